// What each filter of `show` and `clear security flow session` asks of flowd.
#include <gtest/gtest.h>

#include "configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

struct Condition {
  const char* filter;
  const char* asked;  // the request's filter
};

constexpr Condition kFilters[] = {
    {"source-prefix 10/8", R"(source_prefix { address: "\n\000\000\000" length: 8 })"},
    {"source-prefix 192.0.2.77/24", R"(source_prefix { address: "\300\000\002\000" length: 24 })"},
    {"destination-prefix 198.51.100.7", R"(destination_prefix { address: "\3063d\007" length: 32 })"},
    {"destination-prefix 2001:db8::/32",
     R"(destination_prefix { address: " \001\r\270\000\000\000\000\000\000\000\000\000\000\000\000" length: 32 })"},
    {"source-port 53", "source_port: 53"},
    {"destination-port 65535", "destination_port: 65535"},
    {"nat-source-prefix 203.0.113.2", R"(nat_source_prefix { address: "\313\000q\002" length: 32 })"},
    {"nat-destination-prefix 10/8", R"(nat_destination_prefix { address: "\n\000\000\000" length: 8 })"},
    {"nat-source-port 17783", "nat_source_port: 17783"},
    {"nat-destination-port 8080", "nat_destination_port: 8080"},
    {"source-nat-pool pool-1", R"(source_nat_pool: "pool-1")"},
    {"source-nat-pool interface", R"(source_nat_pool: "interface")"},
    {"protocol tcp", "protocol: 6"},
    {"protocol 0", "protocol: 0"},
    {"protocol icmp6", "protocol: 58"},
    {"protocol 132", "protocol: 132"},
    {"interface ge-0/0/1.0", R"(interface: "ge-0/0/1.0")"},
    {"interface-name ge-0/0/1.0", R"(interface: "ge-0/0/1.0")"},
    {"interface ge-0/0/1", R"(interface: "ge-0/0/1")"},
    {"interface .local..0", R"(interface: ".local..0")"},
    {"application ssh", R"(application: "ssh")"},
    {"family inet", "family: FAMILY_INET"},
    {"family inet6", "family: FAMILY_INET6"},
    {"zone trust", R"(zone: "trust")"},
    {"zone junos-host", R"(zone: "junos-host")"},
    {"policy-id 4", "policy_id: 4"},
    {"policy-id 1", "policy_id: 1"},
    {"nat", "kind: KIND_NAT"},
    {"tunnel", "kind: KIND_TUNNEL"},
    {"resource-manager", "kind: KIND_RESOURCE_MANAGER"},
    {"duration-more-than 10", "duration_more_than: 10"},
    {"duration-less-than 10", "duration_less_than: 10"},
    {"timeout-more-than 10", "timeout_more_than: 10"},
    {"timeout-less-than 10", "timeout_less_than: 10"},
    {"packets-more-than 10", "packets_more_than: 10"},
    {"packets-less-than 10", "packets_less_than: 10"},
    {"bytes-more-than 4294967295", "bytes_more_than: 4294967295"},
    {"bytes-less-than 10", "bytes_less_than: 10"},
    {"bytes-less-than +010", "bytes_less_than: 10"},
    {"protocol \" 17\"", "protocol: 17"},
    {"protocol udp destination-port 53 zone trust family inet bytes-more-than 1 nat",
     R"(destination_port: 53 protocol: 17 family: FAMILY_INET zone: "trust" kind: KIND_NAT bytes_more_than: 1)"},
};

class Filter : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    world = new World;
    ASSERT_FALSE(world->commit(kConfiguration).refused());
  }
  static void TearDownTestSuite() { delete world; }
  static std::string asked(const std::string& command) {
    const Answer answer = world->ask(command);
    return answer.refused() ? answer.transcript() : world->flowd().last_filter();
  }
  static World* world;
};
World* Filter::world = nullptr;

TEST_F(Filter, each_alone_and_together_reaches_flowd_in_show_summary_and_clear) {
  for (const Condition& row : kFilters) {
    const std::string expected = std::string("filter { ") + row.asked + " }";
    EXPECT_EQ(asked(std::string("show security flow session ") + row.filter), expected);
    EXPECT_EQ(asked(std::string("show security flow session extensive ") + row.filter), expected);
    EXPECT_EQ(asked(std::string("show security flow session summary ") + row.filter), expected);
    EXPECT_EQ(asked(std::string("clear security flow session ") + row.filter), expected);
  }
}

TEST_F(Filter, what_is_left_of_the_timeout_selects_sessions_to_show) {
  EXPECT_EQ(asked("show security flow session curr-more-than 10"), "filter { curr_more_than: 10 }");
  EXPECT_EQ(asked("show security flow session summary curr-less-than 10"), "filter { curr_less_than: 10 }");
  EXPECT_NE(asked("clear security flow session curr-less-than 10").find("syntax error"), std::string::npos);
}

TEST_F(Filter, pages_are_asked_for_by_identifier_and_count) {
  EXPECT_EQ(asked("show security flow session start-identifier 8 count 2 protocol tcp"),
            "filter { protocol: 6 } start_identifier: 8 count: 2");
}

TEST_F(Filter, one_session_is_asked_for_by_its_identifier) {
  EXPECT_EQ(asked("show security flow session session-identifier 18446744073709551615"),
            "filter { session_identifier: 18446744073709551615 }");
  EXPECT_EQ(asked("clear security flow session session-identifier 7"), "filter { session_identifier: 7 }");
}

TEST_F(Filter, clear_all_is_the_only_clear_without_a_condition) {
  EXPECT_EQ(asked("clear security flow session all"), "filter { }");
  for (const char* slip :
       {"clear security flow session", "clear security flow session protocol",
        "clear security flow session zone", "clear security flow session zone dmz",
        "clear security flow session everything", "clear security flow session policy-id 0",
        "clear security flow session source-prefix /8"}) {
    (void)world->ask("clear security flow session session-identifier 1234");
    EXPECT_TRUE(world->ask(slip).refused()) << slip;
    EXPECT_EQ(world->flowd().last_filter(), "filter { session_identifier: 1234 }")
        << slip << " reached flowd";
  }
  const std::string needs_one = "needs at least one input";
  EXPECT_NE(world->rpc("<clear-flow-session/>").find(needs_one), std::string::npos);
  EXPECT_NE(world->rpc("<clear-flow-session><root-logical-system/></clear-flow-session>").find(needs_one),
            std::string::npos);
  EXPECT_EQ(world->flowd().last_filter(), "filter { session_identifier: 1234 }");
}

TEST_F(Filter, clear_names_the_ssh_connection_it_came_through) {
  (void)world->ask("clear security flow session all", {}, "192.0.2.10 50412 192.0.2.1 22");
  const v1::ClearRequest asked = world->flowd().last_clear();
  EXPECT_EQ(asked.spare_source(), std::string("\xc0\x00\x02\x0a", 4));
  EXPECT_EQ(asked.spare_source_port(), 50412U);
  EXPECT_EQ(asked.spare_destination(), std::string("\xc0\x00\x02\x01", 4));
  EXPECT_EQ(asked.spare_destination_port(), 22U);
  (void)world->ask("clear security flow session all", {}, "nonsense");
  EXPECT_EQ(world->flowd().last_clear().spare_source(), "");
}

}  // namespace
}  // namespace sluice::test
