// What the command line knows of NAT, besides what the golden conversation shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nat_configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> offered(World& world, std::string_view line) {
  std::vector<std::string> words;
  for (const Suggestion& item : world.complete(line).items) words.push_back(item.text);
  return words;
}

TEST(Nat, names_of_source_pools_are_offered_where_sessions_are_filtered_by_them) {
  World world;
  ASSERT_FALSE(world.commit(kNatConfiguration).refused());
  EXPECT_THAT(offered(world, "show security flow session source-nat-pool "),
              ElementsAre("<source-nat-pool>", "interface", "kept", "pool-1"));
  EXPECT_THAT(offered(world, "clear security flow session source-nat-pool p"),
              ElementsAre("<source-nat-pool>", "pool-1"));
}

TEST(Nat, an_unknown_pool_is_an_error_before_anything_is_shown_or_cleared) {
  World world;
  ASSERT_FALSE(world.commit(kNatConfiguration).refused());
  for (const char* command : {"show security flow session source-nat-pool pool-9",
                              "show security flow session summary source-nat-pool pool-9",
                              "show security flow session source-nat-pool pool-9 | display xml",
                              "clear security flow session source-nat-pool pool-9"}) {
    const Answer answer = world.ask(command);
    ASSERT_EQ(answer.refusals.size(), 1U) << command;
    EXPECT_EQ(answer.refusals[0].position, std::string(command).find("pool-9")) << command;
    EXPECT_THAT(answer.transcript(), HasSubstr("source NAT pool pool-9 not found; there are pool-1, kept"))
        << command;
    EXPECT_THAT(answer.transcript(), Not(HasSubstr("session-information"))) << command;
  }
  EXPECT_THAT(world.rpc("<get-flow-session-information><source-nat-pool>pool-9</source-nat-pool>"
                        "</get-flow-session-information>"),
              Not(HasSubstr("<flow-session-information")));
}

TEST(Nat, names_of_pools_and_rules_are_offered_to_what_shows_and_clears_them) {
  World world;
  ASSERT_FALSE(world.commit(kNatConfiguration).refused());
  EXPECT_THAT(offered(world, "show security nat source pool "),
              ElementsAre("<pool-name>", "all", "kept", "pool-1"));
  EXPECT_THAT(offered(world, "show security nat source rule "),
              ElementsAre("<rule-name>", "all", "rest", "voice", "web"));
  EXPECT_THAT(offered(world, "show security nat destination pool "),
              ElementsAre("<pool-name>", "all", "farm", "web-pool"));
  EXPECT_THAT(offered(world, "clear security nat statistics destination rule "),
              ElementsAre("<rule-name>", "all", "publish", "spread"));
  EXPECT_THAT(offered(world, "clear security nat statistics static rule "),
              ElementsAre("<rule-name>", "all", "mail", "ports"));
}

TEST(Nat, a_pool_with_overloaded_ports_says_how_much_it_holds) {
  World world;
  ASSERT_FALSE(world
                   .commit(std::string(kNatConfiguration) +
                           "set security nat source pool pool-1 port port-overloading-factor 4\n")
                   .refused());
  EXPECT_THAT(world.ask("show security nat source pool pool-1").transcript(),
              HasSubstr("Port overloading   : 4\n"));
  EXPECT_THAT(world.ask("show security nat source summary").transcript(),
              HasSubstr("Total port number usage for port translation pool: 32000\n"));
}

TEST(Nat, each_clear_asks_flowd_for_what_it_says) {
  struct Clearing {
    const char* command;
    v1::NatKind kind;
    bool pools;
    const char* name;
  };
  World world;
  ASSERT_FALSE(world.commit(kNatConfiguration).refused());
  for (const Clearing& row : {Clearing{"source rule web", v1::NAT_SOURCE, false, "web"},
                              Clearing{"destination pool all", v1::NAT_DESTINATION, true, ""},
                              Clearing{"source rule all", v1::NAT_SOURCE, false, ""},
                              Clearing{"static rule mail", v1::NAT_STATIC, false, "mail"},
                              Clearing{"source pool pool-1", v1::NAT_SOURCE, true, "pool-1"},
                              Clearing{"destination rule publish", v1::NAT_DESTINATION, false, "publish"}}) {
    EXPECT_EQ(world.ask(std::string("clear security nat statistics ") + row.command).transcript(), "");
    const v1::ClearNatStatisticsRequest asked = world.flowd().last_nat_clear();
    EXPECT_EQ(asked.kind(), row.kind) << row.command;
    EXPECT_EQ(asked.pools(), row.pools) << row.command;
    EXPECT_EQ(asked.name(), row.name) << row.command;
  }
}

// "waiting" is of a rule-set whose interface no port has: flowd has never heard of it.
TEST(Nat, what_flowd_does_not_run_is_shown_and_cleared_like_the_rest) {
  World world;
  ASSERT_FALSE(
      world
          .commit(std::string(kNatConfiguration) +
                  "set interfaces ge-0/0/9 unit 0 family inet address 10.9.0.1/24\n"
                  "set security zones security-zone guest interfaces ge-0/0/9.0\n"
                  "set security nat destination rule-set later from interface ge-0/0/9.0\n"
                  "set security nat destination rule-set later rule waiting match destination-address "
                  "203.0.113.40/32\n"
                  "set security nat destination rule-set later rule waiting then destination-nat off\n")
          .refused());
  EXPECT_THAT(world.ask("show security nat destination rule waiting").text,
              HasSubstr("Rule Id                    : 0"));
  EXPECT_EQ(world.ask("clear security nat statistics destination rule waiting").transcript(), "");
  EXPECT_THAT(world.ask("clear security nat statistics destination rule nobody").transcript(),
              HasSubstr("rule nobody not found; there are publish, spread, waiting"));
  EXPECT_EQ(world.flowd().last_nat_clear().name(), "waiting") << "a name that nothing has reached flowd";
}

TEST(Nat, a_name_or_all_is_asked_for_and_not_both) {
  World world;
  ASSERT_FALSE(world.commit(kNatConfiguration).refused());
  EXPECT_THAT(world.rpc("<get-destination-nat-pool-information><root-logical-system/>"
                        "</get-destination-nat-pool-information>"),
              HasSubstr("needs at least one input"));
  EXPECT_THAT(world.rpc("<clear-source-nat-rule-sets-information><root-logical-system/>"
                        "</clear-source-nat-rule-sets-information>"),
              HasSubstr("needs at least one input"));
  EXPECT_THAT(world.rpc("<clear-source-nat-rule-sets-information><rule-name>web</rule-name><all/>"
                        "</clear-source-nat-rule-sets-information>"),
              HasSubstr("'all' leaves no choice of one rule"));
  EXPECT_TRUE(world.ask("show security nat source pool all pool-1").refused());
  EXPECT_EQ(world.flowd().last_nat_clear().DebugString(), "");
}

TEST(Nat, a_pool_of_more_addresses_than_32_bits_count_says_as_many_as_they_do) {
  World world;
  ASSERT_FALSE(world.commit(kNatConfiguration).refused());
  EXPECT_THAT(world.rpc("<get-destination-nat-pool-information><pool-name>farm</pool-name>"
                        "</get-destination-nat-pool-information>"),
              HasSubstr("<total-pool-address>4</total-pool-address>"));
  world.flowd().large_farm = true;
  EXPECT_THAT(world.rpc("<get-destination-nat-pool-information><pool-name>farm</pool-name>"
                        "</get-destination-nat-pool-information>"),
              HasSubstr("<total-pool-address>4294967295</total-pool-address>"));
}

TEST(Nat, programs_ask_by_the_names_that_they_know) {
  World world;
  ASSERT_FALSE(world.commit(kNatConfiguration).refused());
  EXPECT_THAT(
      world.rpc("<get-source-nat-rule-sets-information><all/></get-source-nat-rule-sets-information>"),
      HasSubstr("<concurrent-hits>40</concurrent-hits>"));
  EXPECT_THAT(world.rpc("<retrieve-source-nat-pool-information><pool-name>pool-1</pool-name>"
                        "</retrieve-source-nat-pool-information>"),
              HasSubstr("<address-pool-hits>925</address-pool-hits>"));
  EXPECT_THAT(world.rpc("<get-static-nat-rule-information><rule-name>mail</rule-name>"
                        "</get-static-nat-rule-information>"),
              HasSubstr("<rule-host-address-prefix>192.0.2.25</rule-host-address-prefix>"));
  EXPECT_THAT(world.rpc("<get-destination-nat-pool-information/>"), HasSubstr("needs at least one input"));
}

TEST(Nat, each_wing_of_a_session_between_the_families_is_shown_in_its_own) {
  World world;
  ASSERT_FALSE(world.commit(kNatConfiguration).refused());
  world.flowd().nat64 = true;
  EXPECT_THAT(world.ask("show security flow session").text,
              AllOf(HasSubstr("In: 2001:db8:140::10/7 --> 64:ff9b::c633:6407/1;icmp6, "),
                    HasSubstr("Out: 198.51.100.7/1 --> 203.0.113.172/13998;icmp, ")));
  EXPECT_THAT(world.rpc("<get-flow-session-information/>"), HasSubstr("<protocol>icmp</protocol>"));
}

TEST(Nat, a_static_rule_towards_ipv4_says_so) {
  World world;
  ASSERT_FALSE(world
                   .commit(std::string(kNatConfiguration) +
                           "set security nat static rule-set both rule six match destination-address "
                           "64:ff9b::/96\n"
                           "set security nat static rule-set both rule six then static-nat inet\n")
                   .refused());
  EXPECT_THAT(world.ask("show security nat static rule six").text,
              AllOf(HasSubstr("Destination addresses      : 64:ff9b::\n"),
                    HasSubstr("Host addresses             : inet\n"),
                    HasSubstr("Netmask                    : 96\n")));
  EXPECT_THAT(world.ask("show configuration security nat static rule-set both rule six").text,
              HasSubstr("static-nat {\n        inet;\n    }"));
}

TEST(Nat, without_a_data_plane_there_are_no_counters_and_no_half_answers) {
  World world;
  ASSERT_FALSE(world.commit(kNatConfiguration).refused());
  world.stop_flowd();
  const Answer answer = world.ask("show security nat source rule all");
  EXPECT_TRUE(answer.refused());
  EXPECT_EQ(answer.text, "");
}

}  // namespace
}  // namespace sluice::test
