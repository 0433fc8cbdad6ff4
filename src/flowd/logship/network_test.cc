// UDP and TCP collectors on loopback, with ports of the kernel's choice.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <thread>

#include "flowd/logship/socket.h"
#include "flowd/logship/test_ship.h"

namespace sluice::logship {
namespace {

using sessionlog::EventType;
using test::kSecond;
using test::lost_of;
using test::sequence_of;
using test::ssh;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr int kPatienceMs = 5'000;

packet::IpAddress address(const char* text) {
  return packet::parse_address(text).value();
}

// Whether something can be read from it in time.
bool readable(int fd, int timeout_ms = kPatienceMs) {
  pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, timeout_ms) == 1;
}

// A socket bound to a free port of an address of the loopback interface.
struct Bound {
  Bound(const char* ip, int type) : where(address(ip)) {
    const bool v4 = where.family == packet::Family::inet;
    socket = Socket(::socket(v4 ? AF_INET : AF_INET6, type, 0));
    sockaddr_storage name{};
    socklen_t size = 0;
    if (v4) {
      auto* in = reinterpret_cast<sockaddr_in*>(&name);
      in->sin_family = AF_INET;
      std::memcpy(&in->sin_addr, where.bytes.data(), 4);
      size = sizeof *in;
    } else {
      auto* in6 = reinterpret_cast<sockaddr_in6*>(&name);
      in6->sin6_family = AF_INET6;
      std::memcpy(&in6->sin6_addr, where.bytes.data(), 16);
      size = sizeof *in6;
    }
    check(::bind(socket.fd(), reinterpret_cast<sockaddr*>(&name), size) == 0,
          "a loopback address can be bound");
    ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&name), &size);
    port = ntohs(reinterpret_cast<sockaddr_in*>(&name)->sin_port);  // at the same place in both families
  }

  packet::IpAddress where;
  Socket socket;
  std::uint16_t port = 0;
};

// --- UDP ---

struct UdpCollector : Bound {
  explicit UdpCollector(const char* ip) : Bound(ip, SOCK_DGRAM) {}
  [[nodiscard]] UdpTarget target() const { return {.address = where, .port = port, .source = {}}; }

  std::string receive() {
    if (!readable(socket.fd())) {
      return "nothing came";
    }
    std::string datagram(65536, 0);
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(socket.fd(), datagram.data(), datagram.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
    datagram.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    sender = ::inet_ntoa(from.sin_addr);
    return datagram;
  }
  std::string sender;
};

TEST(UdpStream, each_record_is_one_datagram_without_a_line_feed) {
  for (const char* ip : {"127.0.0.1", "::1"}) {
    UdpCollector collector(ip);
    test::Ship ship;
    LogOptions how = test::options();
    how.streams = {test::stream("s1", collector.target())};
    ship.ship.publish(how, test::names());
    ship.log(ssh(EventType::created));
    ship.log_many(49);
    ship.drain();
    EXPECT_THAT(collector.receive(), AllOf(StartsWith("<14>1 2026-06-07T16:49:31.401Z fw1 RT_FLOW - "
                                                      "RT_FLOW_SESSION_CREATE [junos@2636.1.1.1.2.129 "),
                                           ::testing::EndsWith("log-sequence=\"1\"]")));
    for (std::uint64_t i = 2; i <= 50; ++i) {
      ASSERT_EQ(sequence_of(collector.receive()), i);
    }
    EXPECT_EQ(ship.statistics("s1").records, 50U);
  }
}

TEST(UdpStream, records_come_from_the_configured_source_address) {
  UdpCollector collector("127.0.0.1");
  test::Ship ship;
  LogOptions how = test::options();
  UdpTarget target = collector.target();
  target.source = address("127.0.0.7");
  how.streams = {test::stream("s1", target)};
  ship.ship.publish(how, test::names());
  ship.log_many(1);
  ship.drain();
  EXPECT_EQ(sequence_of(collector.receive()), 1U);
  EXPECT_EQ(collector.sender, "127.0.0.7");
}

TEST(UdpStream, a_source_address_that_is_not_ours_is_reported_by_name) {
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream(
      "s1", UdpTarget{.address = address("127.0.0.1"), .port = 514, .source = address("192.0.2.1")})};
  ship.ship.publish(how, test::names());
  ship.log_many(1);
  ship.drain();
  EXPECT_THAT(ship.reports, ElementsAre(HasSubstr("log stream s1: cannot use source-address 192.0.2.1: ")));
}

TEST(UdpStream, a_collector_that_is_not_there_holds_nobody_up) {
  std::uint16_t port = 0;
  {
    const UdpCollector gone("127.0.0.1");
    port = gone.port;
  }
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", UdpTarget{.address = address("127.0.0.1"), .port = port, .source = {}})};
  ship.ship.publish(how, test::names());
  ship.log_many(1'000);
  ship.drain();
  EXPECT_EQ(ship.statistics("s1").records, 1'000U) << "UDP cannot know";
}

// --- TCP ---

struct TcpCollector : Bound {
  explicit TcpCollector(const char* ip = "127.0.0.1") : Bound(ip, SOCK_STREAM) { ::listen(socket.fd(), 4); }
  // Its kernel takes little before it is read.
  void small_window() const {
    const int bytes = 8'192;
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  [[nodiscard]] TcpTarget target(TcpFraming framing = TcpFraming::octet_counting) const {
    return {.address = where, .port = port, .source = {}, .framing = framing};
  }
  // The connection that somebody makes meanwhile.
  Socket accept() {
    check(readable(socket.fd()), "the log ship connects");
    return Socket(::accept(socket.fd(), nullptr, nullptr));
  }
};

// What has arrived on a connection, taken apart.
class Received {
 public:
  std::string bytes;

  // Appends what comes within the time; false when the connection ended or nothing came.
  bool read(const Socket& from, int timeout_ms = kPatienceMs) {
    if (!readable(from.fd(), timeout_ms)) {
      return false;
    }
    std::string part(1U << 18U, 0);
    const ssize_t got = ::recv(from.fd(), part.data(), part.size(), 0);
    bytes.append(part, 0, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return got > 0;
  }
  // Complete records so far, by octet count.
  const std::vector<std::string>& counted() {
    for (;;) {
      const std::size_t blank = bytes.find(' ', taken_);
      if (blank == std::string::npos) {
        return records_;
      }
      const std::size_t size = std::stoul(bytes.substr(taken_, blank - taken_));
      if (blank + 1 + size > bytes.size()) {
        return records_;
      }
      records_.push_back(bytes.substr(blank + 1, size));
      taken_ = blank + 1 + size;
    }
  }

 private:
  std::vector<std::string> records_;
  std::size_t taken_ = 0;
};

// Drives the ship while reading until `records` have come.
void read_records(test::Ship& ship, const Socket& from, Received& into, std::size_t records) {
  while (into.counted().size() < records) {
    ship.drain();
    ASSERT_TRUE(into.read(from)) << "after " << into.counted().size() << " records";
  }
}

TEST(TcpStream, records_are_counted_in_octets) {
  for (const char* ip : {"127.0.0.1", "::1"}) {
    TcpCollector collector(ip);
    test::Ship ship;
    LogOptions how = test::options();
    how.streams = {test::stream("s1", collector.target())};
    ship.ship.publish(how, test::names());
    ship.log(ssh(EventType::created));
    ship.log_many(49);
    ship.drain();
    const Socket connection = collector.accept();
    Received received;
    read_records(ship, connection, received, 50);
    const auto records = received.counted();
    EXPECT_THAT(records.front(), AllOf(StartsWith("<14>1 2026-06-07T"), HasSubstr("RT_FLOW_SESSION_CREATE")));
    for (std::size_t i = 0; i < 50; ++i) {
      EXPECT_EQ(sequence_of(records[i]), i + 1);
    }
  }
}

TEST(TcpStream, octet_counts_of_three_digits_are_right_too) {
  TcpCollector collector;
  test::Ship ship;
  LogOptions how = test::options(Format::syslog);
  how.streams = {test::stream("s1", collector.target())};
  ship.ship.publish(how, test::names());
  ship.log_many(3);
  ship.drain();
  const Socket connection = collector.accept();
  Received received;
  read_records(ship, connection, received, 3);
  EXPECT_THAT(received.counted(),
              ::testing::Each(AllOf(StartsWith("<14>Jun  7"), ::testing::EndsWith(" N/A N/A"))));
}

TEST(TcpStream, records_can_be_lines) {
  TcpCollector collector;
  test::Ship ship;
  LogOptions how = test::options(Format::syslog);
  how.streams = {test::stream("s1", collector.target(TcpFraming::newline))};
  ship.ship.publish(how, test::names());
  ship.log_many(2);
  ship.drain();
  const Socket connection = collector.accept();
  Received received;
  while (std::ranges::count(received.bytes, '\n') < 2) {
    ship.drain();
    ASSERT_TRUE(received.read(connection));
  }
  EXPECT_THAT(received.bytes, AllOf(StartsWith("<14>Jun  7"), ::testing::EndsWith("N/A N/A\n")));
}

TEST(TcpStream, a_broken_connection_is_made_again_and_no_record_is_missing) {
  TcpCollector collector;
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", collector.target())};
  ship.ship.publish(how, test::names());
  ship.log_many(20);
  ship.drain();
  Received first;
  {
    const Socket connection = collector.accept();
    read_records(ship, connection, first, 20);
  }
  // The collector restarts. The ship notices when it next looks, and tries again after a while.
  ship.log_many(20);
  ship.drain();
  ship.log_many(20);
  ship.drain();
  EXPECT_THAT(ship.reports, Contains(HasSubstr("log stream s1: lost the connection to 127.0.0.1 port")));
  EXPECT_FALSE(ship.statistics("s1").up);
  ship.now_ns += kSecond;
  ship.drain();
  const Socket connection = collector.accept();
  Received second;
  const auto has_last = [&second] {
    const auto records = second.counted();
    return !records.empty() && sequence_of(records.back()) == 60;
  };
  while (!has_last()) {
    ship.drain();
    ASSERT_TRUE(second.read(connection));
  }
  std::set<std::uint64_t> sequences;
  for (Received* part : {&first, &second}) {
    for (const std::string& record : part->counted()) {
      sequences.insert(sequence_of(record));
    }
  }
  EXPECT_EQ(sequences.size(), 60U);
  EXPECT_EQ(ship.statistics("s1").lost, 0U);
  EXPECT_EQ(ship.reports.back(), "log stream s1 works again");
}

TEST(TcpStream, what_a_dying_collector_has_not_acknowledged_goes_to_the_next_connection) {
  constexpr std::uint64_t kRecords = 1'000;
  TcpCollector collector;
  collector.small_window();
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", collector.target())};
  ship.ship.publish(how, test::names());
  std::uint64_t acknowledged = 0;
  {
    ship.log_many(1);
    ship.drain();
    const Socket connection = collector.accept();
    ship.log_many(kRecords - 1);
    ship.drain();
    acknowledged = ship.statistics("s1").records;
    int received = 0;
    ASSERT_EQ(::ioctl(connection.fd(), FIONREAD, &received), 0);
    ASSERT_LE(ship.statistics("s1").bytes, static_cast<std::uint64_t>(received)) << "not before it arrived";
    ASSERT_LT(acknowledged, kRecords);
  }
  ship.drain();
  ship.now_ns += kSecond;
  ship.drain();
  const Socket connection = collector.accept();
  Received received;
  while (received.counted().empty() || sequence_of(received.counted().back()) != kRecords) {
    ship.drain();
    ASSERT_TRUE(received.read(connection));
  }
  std::uint64_t next = sequence_of(received.counted().front());
  EXPECT_LE(next, acknowledged + 1);
  for (const std::string& record : received.counted()) {
    ASSERT_EQ(sequence_of(record), next++);
  }
  EXPECT_EQ(ship.statistics("s1").lost, 0U);
}

TEST(TcpStream, a_collector_that_does_not_read_overflows_alone_and_hears_how_much_it_missed) {
  constexpr std::size_t kRecords = 30'000;
  const test::Folder folder;
  TcpCollector collector;
  test::Ship ship;
  LogOptions how = test::options();
  Stream slow = test::stream("slow", collector.target());
  slow.buffer_bytes = 128U << 10U;
  how.streams = {slow, test::stream("file", test::file(folder.file("log")))};
  ship.ship.publish(how, test::names());
  ship.log_many(1);
  ship.drain();
  const Socket connection = collector.accept();
  ship.log_many(kRecords - 1);
  ship.drain();
  EXPECT_EQ(ship.statistics("file").records, kRecords);
  EXPECT_EQ(ship.statistics("file").lost, 0U);
  const std::uint64_t lost = ship.statistics("slow").lost;
  ASSERT_GT(lost, 0U);

  // Now it reads. Once there is room again, a record tells it.
  Received received;
  const auto last = [&received] {
    const auto& records = received.counted();
    return records.empty() ? 0 : sequence_of(records.back());
  };
  while (ship.statistics("slow").lost + ship.statistics("slow").records < kRecords) {
    ship.drain();
    received.read(connection, 0);
  }
  ship.log_many(1);
  while (last() != kRecords + 1) {
    ship.drain();
    ASSERT_TRUE(received.read(connection));
  }
  std::uint64_t announced = 0;
  std::uint64_t next = 1;
  for (const std::string& record : received.counted()) {
    if (lost_of(record) != 0) {
      EXPECT_THAT(record, HasSubstr("reason=\"log destination too slow or unreachable\""));
      announced += lost_of(record);
      next += lost_of(record);
    } else {
      ASSERT_EQ(sequence_of(record), next++) << "every gap has been announced";
    }
  }
  EXPECT_EQ(announced, ship.statistics("slow").lost);
}

TEST(TcpStream, an_absent_collector_is_tried_again_less_and_less_often) {
  TcpCollector reserved;
  const TcpTarget target = reserved.target();
  reserved.socket.close();
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", target)};
  ship.ship.publish(how, test::names());
  ship.log_many(5);
  for (int second = 0; second < 60; ++second) {
    for (int i = 0; i < 5; ++i) {
      ship.drain();
      ship.now_ns += kSecond / 5;
    }
  }
  EXPECT_THAT(ship.reports, SizeIs(1));
  const std::uint64_t errors = ship.statistics("s1").errors;
  EXPECT_GE(errors, 7U);
  EXPECT_LE(errors, 14U);
  EXPECT_EQ(ship.statistics("s1").lost, 0U) << "five records wait";
}

TEST(TcpStream, a_stream_that_is_deleted_says_what_it_could_not_deliver) {
  TcpCollector reserved;
  const TcpTarget target = reserved.target();
  reserved.socket.close();
  test::Ship ship;
  LogOptions how = test::options();
  how.streams = {test::stream("s1", target)};
  ship.ship.publish(how, test::names());
  ship.log_many(5);
  ship.drain();
  how.streams.clear();
  ship.ship.publish(how, test::names());
  ship.drain();
  EXPECT_EQ(ship.reports.back(), "log stream s1 ends with 5 records that it could not deliver");
}

TEST(TcpStream, stop_waits_for_what_the_collector_has_not_read) {
  TcpCollector collector;
  sessionlog::EventRing ring(4096);
  LogShip ship({&ring}, {});
  LogOptions how = test::options();
  how.streams = {test::stream("s1", collector.target())};
  ship.publish(how, test::names());
  for (int i = 0; i < 2'000; ++i) {
    sessionlog::Event* slot = ring.reserve();
    const std::uint64_t sequence = slot->sequence;
    *slot = ssh(EventType::closed);
    slot->sequence = sequence;
    ring.commit();
  }
  ship.start();
  const Socket connection = collector.accept();
  std::thread stopper([&ship] { ship.stop(); });
  Received received;
  while (received.counted().size() < 2'000 && received.read(connection)) {
  }
  stopper.join();
  EXPECT_EQ(received.counted().size(), 2'000U);
  EXPECT_EQ(ship.statistics().streams.at(0).records, 2'000U);
}

}  // namespace
}  // namespace sluice::logship
