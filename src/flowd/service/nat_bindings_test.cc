// Who had a public address and port, from living sessions and from log files.
#include "flowd/service/nat_bindings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "flowd/service/test_nat.h"

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

  v1::NatBindingsReply ask(const std::string& address, std::uint32_t port,
                           std::optional<std::uint64_t> at = {}) {
    v1::NatBindingsRequest request;
    const auto bytes = packet::parse_address(address);
    request.set_address(std::string(reinterpret_cast<const char*>(bytes->bytes.data()),
                                    static_cast<std::size_t>(bytes->bits()) / 8));
    request.set_port(port);
    if (at) request.set_at_unix_s(*at);
    v1::NatBindingsReply reply;
    const auto running = control_.running();
    put_nat_bindings({.fleet = *control_.fleet(),
                      .snapshot = running->snapshot,
                      .log = running->log,
                      .moment = control_.moment(now_)},
                     request, reply);
    return reply;
  }
  // "1000 now", "1000 20..65", "1000 20.." with times since the beginning of the test.
  std::vector<std::string> told(const std::string& address, std::uint32_t port,
                                std::optional<std::uint64_t> at = {}) {
    std::vector<std::string> lines;
    const auto answer = ask(address, port, at);
    for (const v1::NatBinding& one : answer.bindings()) {
      std::string line = fmt::format("{} {}", one.source_port(), one.start_unix_s() - kStart_s);
      line += one.live() ? " now" : "..";
      line += one.has_end_unix_s() ? std::to_string(one.end_unix_s() - kStart_s) : "";
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

constexpr const char* kMade =
    "<14>Nov 14 22:13:40 fw1 RT_FLOW: RT_FLOW_SESSION_CREATE: session created 192.0.2.9/{0}->203.0.113.80/9 "
    "0x0 None 203.0.113.5/2000->203.0.113.80/9 0x0 source rule hide N/A N/A 17 out trust untrust {1} "
    "N/A(N/A) ge-0/0/1.0 UNKNOWN UNKNOWN UNKNOWN\n";
constexpr const char* kEnded =
    "<14>Nov 14 22:14:25 fw1 RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed idle Timeout: "
    "192.0.2.9/{0}->203.0.113.80/9 0x0 None 203.0.113.5/2000->203.0.113.80/9 0x0 source rule hide N/A N/A 17 "
    "out trust untrust {1} 3(120) 0(0) 45 UNKNOWN UNKNOWN N/A(N/A) ge-0/0/1.0 No\n";

TEST_F(NatBindingsTest, of_the_log_files_are_told_once_with_both_times_where_both_are_known) {
  log("traffic", fmt::format(kEnded, 1000, 5) + fmt::format(kMade, 1007, 6));
  log("traffic.0", fmt::format(kMade, 1000, 5));
  advance(3600);
  EXPECT_EQ(ask("203.0.113.5", 2000).log_files_size(), 2);
  EXPECT_THAT(told("203.0.113.5", 2000), ElementsAre("1000 20..65", "1007 20.."));
  EXPECT_THAT(told("203.0.113.5", 2000, kStart_s + 30), ElementsAre("1000 20..65", "1007 20.."));
  EXPECT_THAT(told("203.0.113.5", 2000, kStart_s + 70), ElementsAre("1007 20.."));
  EXPECT_THAT(told("203.0.113.5", 2000, kStart_s), IsEmpty());
  EXPECT_THAT(told("203.0.113.5", 200), IsEmpty());
}

TEST_F(NatBindingsTest, a_living_session_is_not_told_again_from_the_log) {
  advance(20);
  send(80, 1);
  const std::uint16_t port = public_port(1000);
  const auto row = query::page(control_.fleet()->shards(), {}, control_.moment(now_), 0, 10).rows.at(0);
  std::string line = fmt::format(kMade, 1000, row.identifier);
  line.replace(line.find("/2000->"), 7, fmt::format("/{}->", port));
  log("traffic", line);
  EXPECT_THAT(told("203.0.113.5", port), ElementsAre("1000 20 now"));
}

TEST_F(NatBindingsTest, what_is_no_address_is_refused) {
  v1::NatBindingsRequest request;
  request.set_address("abc");
  v1::NatBindingsReply reply;
  const auto running = control_.running();
  put_nat_bindings({.fleet = *control_.fleet(),
                    .snapshot = running->snapshot,
                    .log = running->log,
                    .moment = control_.moment(now_)},
                   request, reply);
  EXPECT_EQ(reply.failure().path(), "address");
}

}  // namespace
}  // namespace sluice::service
