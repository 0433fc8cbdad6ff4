// Who had a public address and port, from living sessions and from log files.
#include "flowd/service/nat_bindings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "flowd/service/test_nat.h"
#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NatBindingsTest : public NatTest {
 protected:
  NatBindingsTest() {
    char name[] = "/tmp/sluice-bindings-XXXXXX";
    folder_ = mkdtemp(name);
    commit(fmt::format("{}set security log file path {}\nset security log utc-timestamp\n", kNatBase,
                       folder_.string()));
  }
  ~NatBindingsTest() override { std::filesystem::remove_all(folder_); }

  v1::NatBindingsReply ask(const v1::NatBindingsRequest& request) {
    v1::NatBindingsReply reply;
    const auto running = control_.running();
    put_nat_bindings({.fleet = *control_.fleet(),
                      .snapshot = running->snapshot,
                      .log = running->log,
                      .moment = control_.moment(now_),
                      .stop = [] { return false; }},
                     request, reply);
    return reply;
  }
  v1::NatBindingsReply ask(const std::string& address, std::uint32_t port,
                           std::optional<std::uint64_t> at = {}) {
    v1::NatBindingsRequest request;
    request.set_address(bytes_of(*packet::parse_address(address)));
    request.set_port(port);
    if (at) request.set_at_unix_s(*at);
    return ask(request);
  }
  // "1000 now", "1000 20..65", "1000 20.." and, where another had the port then, "1000 20..<65", with times
  // since the beginning of the test. Who had it as a destination has an arrow before.
  std::vector<std::string> told(const std::string& address, std::uint32_t port,
                                std::optional<std::uint64_t> at = {}) {
    std::vector<std::string> lines;
    const auto answer = ask(address, port, at);
    for (const v1::NatBinding& one : answer.bindings()) {
      const bool source = one.translated_destination().empty();
      std::string line = fmt::format("{}{} {}", source ? "" : ">",
                                     source ? one.source_port() : one.translated_destination_port(),
                                     one.start_unix_s() - kStart_s);
      line += one.live() ? " now" : "..";
      line += one.has_end_unix_s() ? std::to_string(one.end_unix_s() - kStart_s) : "";
      line += one.has_latest_end_unix_s() ? fmt::format("<{}", one.latest_end_unix_s() - kStart_s) : "";
      lines.push_back(std::move(line));
    }
    return lines;
  }
  // The public port of the only session from this port.
  std::uint16_t public_port(std::uint16_t source_port) {
    const auto page = query::page(control_.fleet()->shards(), {.sent = {.source_port = source_port}},
                                  control_.moment(now_), 0, 10);
    EXPECT_EQ(page.rows.size(), 1U);
    return page.rows.empty() ? std::uint16_t{0} : page.rows[0].wing[1].destination_port;
  }
  void log(const std::string& file, const std::string& text) const { std::ofstream(folder_ / file) << text; }

  static constexpr std::uint64_t kStart_s = 1'700'000'000;  // 2023-11-14 22:13:20 UTC
  std::filesystem::path folder_;
};

TEST_F(NatBindingsTest, of_living_sessions_are_told_with_who_has_them_since_when) {
  send(80, 3);
  advance(5);
  const std::uint16_t port = public_port(1001);
  EXPECT_THAT(told("203.0.113.5", port), ElementsAre("1001 0 now"));
  EXPECT_THAT(told("203.0.113.5", port, kStart_s + 2), ElementsAre("1001 0 now"));
  EXPECT_THAT(told("203.0.113.5", port, kStart_s - 1), IsEmpty());
  EXPECT_THAT(told("203.0.113.6", port), IsEmpty());
  EXPECT_THAT(told("192.0.2.9", 1001), IsEmpty()) << "it is seen outside as another";
  advance(61);
  EXPECT_THAT(told("203.0.113.5", port), IsEmpty());
}

// What a log has of a session that 192.0.2.9/PORT began and that was seen as 203.0.113.5/2000, in UTC.
std::string clock_text(std::int64_t after_start_s) {
  const std::int64_t second = 80000 + after_start_s;  // 22:13:20
  return fmt::format("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
}
std::string made(std::int64_t when, int port, std::uint64_t session) {
  return fmt::format(
      "<14>Nov 14 {} fw1 RT_FLOW: RT_FLOW_SESSION_CREATE: session created 192.0.2.9/{}->203.0.113.80/9 "
      "0x0 None 203.0.113.5/2000->203.0.113.80/9 0x0 source rule hide N/A N/A 17 out trust untrust {} "
      "N/A(N/A) ge-0/0/1.0 UNKNOWN UNKNOWN UNKNOWN\n",
      clock_text(when), port, session);
}
std::string ended(std::int64_t when, int port, std::uint64_t session, int elapsed) {
  return fmt::format(
      "<14>Nov 14 {} fw1 RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed idle Timeout: "
      "192.0.2.9/{}->203.0.113.80/9 0x0 None 203.0.113.5/2000->203.0.113.80/9 0x0 source rule hide N/A N/A "
      "17 "
      "out trust untrust {} 3(120) 0(0) {} UNKNOWN UNKNOWN N/A(N/A) ge-0/0/1.0 No\n",
      clock_text(when), port, session, elapsed);
}
// That of a session to 203.0.113.9/25, which was 192.0.2.25/2525.
std::string mailed(std::int64_t when, std::uint64_t session, int elapsed) {
  return fmt::format(
      "<14>Nov 14 {} fw1 RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: "
      "203.0.113.77/4000->203.0.113.9/25 0x0 None 203.0.113.77/4000->192.0.2.25/2525 0x0 N/A N/A static rule "
      "mail 6 in untrust trust {} 3(120) 2(80) {} UNKNOWN UNKNOWN N/A(N/A) ge-0/0/0.0 No\n",
      clock_text(when), session, elapsed);
}

TEST_F(NatBindingsTest, of_the_log_files_are_told_once_with_both_times_where_both_are_known) {
  log("traffic", ended(65, 1000, 5, 45) + made(90, 1007, 6));
  log("traffic.0", made(20, 1000, 5));
  advance(3600);
  EXPECT_EQ(ask("203.0.113.5", 2000).log_files_size(), 2);
  EXPECT_THAT(told("203.0.113.5", 2000), ElementsAre("1007 90..", "1000 20..65"));
  EXPECT_THAT(told("203.0.113.5", 2000, kStart_s + 30), ElementsAre("1000 20..65"));
  EXPECT_THAT(told("203.0.113.5", 2000, kStart_s + 70), IsEmpty());
  EXPECT_THAT(told("203.0.113.5", 2000, kStart_s + 100), ElementsAre("1007 90.."));
  EXPECT_THAT(told("203.0.113.5", 2000, kStart_s), IsEmpty());
  EXPECT_THAT(told("203.0.113.5", 200), IsEmpty());
}

TEST_F(NatBindingsTest, of_two_streams_and_of_a_file_that_is_renamed_meanwhile_are_told_once) {
  commit(
      fmt::format("{0}set security log utc-timestamp\nset security log file path {1}\n"
                  "set security log stream one file {1}/one\n"
                  "set security log stream two file {1}/two\n",
                  kNatBase, folder_.string()));
  const std::string text = made(20, 1000, 5) + ended(65, 1000, 5, 45) + made(70, 1007, 6);
  for (const char* file : {"one", "one.0", "two"}) log(file, text);
  advance(3600);
  EXPECT_EQ(ask("203.0.113.5", 2000).log_files_size(), 3);
  EXPECT_THAT(told("203.0.113.5", 2000), ElementsAre("1007 70..", "1000 20..65"));
}

TEST_F(NatBindingsTest, whose_end_is_not_known_end_when_the_port_is_given_to_another_host) {
  log("traffic",
      made(20, 1000, 5) + made(30, 1000, 6) + made(60, 1001, 7) + ended(90, 1002, 8, 5) + made(100, 1003, 9));
  advance(3600);
  EXPECT_THAT(told("203.0.113.5", 2000),
              ElementsAre("1003 100..", "1002 85..90", "1001 60..<85", "1000 30..<60", "1000 20..<60"));
  EXPECT_THAT(told("203.0.113.5", 2000, kStart_s + 92), IsEmpty());
  EXPECT_THAT(told("203.0.113.5", 2000, kStart_s + 50), ElementsAre("1000 30..", "1000 20.."));
}

TEST_F(NatBindingsTest, of_an_overloaded_port_do_not_end_each_other) {
  commit(
      fmt::format("{}set security log file path {}\nset security log utc-timestamp\n"
                  "set security nat source pool out port port-overloading-factor 2\n",
                  kNatBase, folder_.string()));
  log("traffic", made(20, 1000, 5) + made(60, 1001, 7));
  advance(3600);
  EXPECT_THAT(told("203.0.113.5", 2000), ElementsAre("1001 60..", "1000 20.."));
}

TEST_F(NatBindingsTest, of_a_port_that_nobody_chose_do_not_end_each_other) {
  log("traffic", made(20, 2000, 5) + made(30, 2000, 6));
  advance(3600);
  EXPECT_THAT(told("203.0.113.5", 2000), ElementsAre("2000 30..", "2000 20.."));
}

TEST_F(NatBindingsTest, of_a_host_that_is_reached_by_the_address_are_told_with_that_host) {
  log("traffic", mailed(65, 5, 45));
  advance(3600);
  const auto answer = ask("203.0.113.9", 25);
  ASSERT_EQ(answer.bindings_size(), 1);
  EXPECT_EQ(answer.bindings(0).translated_destination(), bytes_of(*packet::parse_address("192.0.2.25")));
  EXPECT_THAT(told("203.0.113.9", 25), ElementsAre(">2525 20..65"));
  EXPECT_THAT(told("192.0.2.25", 2525), IsEmpty());
}

TEST_F(NatBindingsTest, of_living_sessions_are_told_of_their_destinations_too) {
  send(8, 1);  // published: it is 203.0.113.80
  const auto answer = ask("203.0.113.8", 9);
  ASSERT_EQ(answer.bindings_size(), 1);
  EXPECT_EQ(answer.bindings(0).translated_destination(), bytes_of(*packet::parse_address("203.0.113.80")));
  EXPECT_THAT(told("203.0.113.8", 9), ElementsAre(">9 0 now"));
  EXPECT_THAT(told("203.0.113.80", 9), IsEmpty());
}

TEST_F(NatBindingsTest, of_a_time_are_found_behind_thousands_of_later_ones_and_the_latest_are_told_of_all) {
  std::string text = ended(10, 1000, 5, 5);
  for (std::uint64_t i = 0; i < 2500; ++i) {
    text += ended(100 + static_cast<std::int64_t>(i), 1001, 1000 + i, 1);
  }
  log("traffic", text);
  advance(3600);
  EXPECT_THAT(told("203.0.113.5", 2000, kStart_s + 7), ElementsAre("1000 5..10"));
  EXPECT_FALSE(ask("203.0.113.5", 2000, kStart_s + 7).more());
  const auto all = ask("203.0.113.5", 2000);
  EXPECT_TRUE(all.more());
  ASSERT_EQ(all.bindings_size(), 1000);
  EXPECT_EQ(all.bindings(0).end_unix_s(), kStart_s + 2599);
}

TEST_F(NatBindingsTest, a_living_session_is_not_told_again_from_the_log) {
  advance(20);
  send(80, 1);
  const std::uint16_t port = public_port(1000);
  const auto row = query::page(control_.fleet()->shards(), {}, control_.moment(now_), 0, 10).rows.at(0);
  std::string line = made(20, 1000, row.identifier);
  line.replace(line.find("/2000->"), 7, fmt::format("/{}->", port));
  log("traffic", line);
  EXPECT_THAT(told("203.0.113.5", port), ElementsAre("1000 20 now"));
}

// The record of a block that 192.0.2.HOST got when `made` was.
std::string block_record(const std::string& event, std::int64_t when, int host, std::int64_t made_at) {
  const bool interim = event == "INTERIM";
  return fmt::format(
      "<14>Nov 14 {} fw1 RT_NAT: RT_SRC_NAT_PBA_{}: Subscriber 192.0.2.{} used/maximum [1/8] blocks, {}port "
      "block [1984-2047] from 203.0.113.5 in source pool out lsys_id: 0 epoch 0x{:x}\n",
      clock_text(when), event, host,
      interim            ? ""
      : event == "ALLOC" ? "allocates "
                         : "releases ",
      1'700'000'000 + made_at);
}

TEST_F(NatBindingsTest, of_blocks_are_told_from_the_log_with_when_each_host_had_the_port) {
  log("traffic.0", block_record("ALLOC", 20, 9, 20) + block_record("RELEASE", 60, 9, 20) +
                       block_record("ALLOC", 70, 10, 70));
  log("traffic", block_record("INTERIM", 90, 11, 85) + block_record("INTERIM", 95, 11, 85) + "\n");
  advance(3600);
  const auto blocks = [&](std::uint32_t port, std::optional<std::uint64_t> at = {}) {
    std::vector<std::string> lines;
    const auto answer = ask("203.0.113.5", port, at);
    for (const auto& block : answer.blocks()) {
      lines.push_back(fmt::format("{} {}..{}{} {}", static_cast<unsigned char>(block.host().back()),
                                  block.start_unix_s() - kStart_s, block.has_latest_end_unix_s() ? "<" : "",
                                  block.has_end_unix_s() ? std::to_string(block.end_unix_s() - kStart_s)
                                  : block.has_latest_end_unix_s()
                                      ? std::to_string(block.latest_end_unix_s() - kStart_s)
                                      : "",
                                  block.log_file().substr(folder_.string().size() + 1)));
    }
    return lines;
  };
  EXPECT_THAT(blocks(2000), ElementsAre("11 85.. traffic", "10 70..<85 traffic.0", "9 20..60 traffic.0"));
  EXPECT_THAT(blocks(2047), ElementsAre("11 85.. traffic", "10 70..<85 traffic.0", "9 20..60 traffic.0"));
  EXPECT_THAT(blocks(2048), IsEmpty());
  EXPECT_THAT(blocks(2000, kStart_s + 40), ElementsAre("9 20..60 traffic.0"));
  EXPECT_THAT(blocks(2000, kStart_s + 65), IsEmpty());
  EXPECT_THAT(blocks(2000, kStart_s + 80), ElementsAre("10 70..<85 traffic.0"));
  EXPECT_THAT(blocks(2000, kStart_s + 200), ElementsAre("11 85.. traffic"));
}

TEST_F(NatBindingsTest, a_block_that_a_host_has_now_is_not_told_again_from_the_log) {
  commit(
      fmt::format("{}set security log file path {}\nset security log utc-timestamp\n"
                  "set security nat source pool out port block-allocation block-size 64\n",
                  kNatBase, folder_.string()));
  advance(20);
  send(80, 1);
  const std::uint16_t port = public_port(1000);
  const auto now = ask("203.0.113.5", port);
  ASSERT_EQ(now.blocks_size(), 1);
  const auto made_at = static_cast<std::int64_t>(now.blocks(0).start_unix_s() - kStart_s);
  std::string line = block_record("ALLOC", made_at, 9, made_at);
  line.replace(line.find("1984-2047"), 9, fmt::format("{}-{}", now.blocks(0).low(), now.blocks(0).high()));
  log("traffic", line);
  const auto again = ask("203.0.113.5", port);
  ASSERT_EQ(again.blocks_size(), 1);
  EXPECT_EQ(again.blocks(0).log_file(), "");
  advance(100);
  EXPECT_EQ(ask("203.0.113.5", port, kStart_s + 5).blocks_size(), 0) << "he had it later";
}

TEST_F(NatBindingsTest, of_log_files_are_told_though_records_go_to_a_collector_since) {
  log("traffic", ended(65, 1000, 5, 45));
  for (const char* mode : {"", "set security log mode stream\n"}) {
    commit(
        fmt::format("{}set security log file path {}\nset security log utc-timestamp\n{}"
                    "set security log stream far host 192.0.2.200\n",
                    kNatBase, folder_.string(), mode));
    now_.unix_s = kStart_s + 3600;
    EXPECT_THAT(told("203.0.113.5", 2000), ElementsAre("1000 20..65"));
  }
}

TEST_F(NatBindingsTest, what_is_no_address_or_time_is_refused) {
  v1::NatBindingsRequest request;
  request.set_address("abc");
  EXPECT_EQ(ask(request).failure().path(), "address");
  const auto early = ask("203.0.113.5", 2000, kStart_s + 1);
  EXPECT_EQ(early.failure().path(), "at");
  EXPECT_EQ(early.failure().message(), "that time has not come yet");
}

}  // namespace
}  // namespace sluice::service
