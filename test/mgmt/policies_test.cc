// What show security policies tells of a configuration of its own.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Policies, detail_opens_sets_of_applications_and_brief_names_them) {
  World world;
  std::string configuration = kConfiguration;
  const std::string named = "application [ junos-http junos-icmp-ping ];";
  const std::size_t at = configuration.find(named);
  ASSERT_NE(at, std::string::npos);
  configuration.replace(at, named.size(), "application web;");
  configuration +=
      "applications {\n    application-set web {\n        application junos-http;\n        application-set "
      "pings;\n"
      "    }\n    application-set pings {\n        application junos-icmp-ping;\n    }\n}\n";
  const Answer committed = world.commit(configuration);
  ASSERT_FALSE(committed.refused()) << committed.transcript();
  EXPECT_THAT(world.ask("show security policies policy-name allow-web").text,
              HasSubstr("Applications: web\n"));
  EXPECT_THAT(world.ask("show security policies policy-name allow-web detail").text,
              HasSubstr("  Application: junos-http\n"
                        "    IP protocol: tcp, ALG: 0, Inactivity timeout: 300\n"
                        "      Source port range: [0-0] \n"
                        "      Destination ports: 80\n"
                        "  Application: junos-icmp-ping\n"
                        "    IP protocol: icmp, ALG: 0, Inactivity timeout: 60\n"));
}

TEST(Policies, zone_context_counts_them_for_each_pair_of_zones) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  const Answer all = world.ask("show security policies zone-context");
  EXPECT_EQ(all.transcript(),
            "From zone                To zone                  Policy count\n"
            "trust                    untrust                  3\n"
            "junos-global             junos-global             1\n");
  const std::string xml =
      world.rpc("<get-firewall-policies><zone-context/><from-zone>trust</from-zone></get-firewall-policies>");
  EXPECT_THAT(xml, HasSubstr("<policy-zone-context-from-zone>trust</policy-zone-context-from-zone>"));
  EXPECT_THAT(xml, HasSubstr("<policy-zone-context-policy-count>3</policy-zone-context-policy-count>"));
  EXPECT_THAT(xml, Not(HasSubstr("junos-global")));
  EXPECT_THAT(xml, Not(HasSubstr("<policies>")));
}

// Sets of sets: each holds the one below twice over, by another one.
std::string nested(std::string_view kind, std::string_view member) {
  std::string sets;
  for (int i = 0; i < 40; ++i) {
    const std::string below = i == 0 ? fmt::format("{} {};", kind, member)
                                     : fmt::format("{0}-set a{1}; {0}-set b{1};", kind, i - 1);
    sets += fmt::format("{0}-set a{1} {{ {2} }} {0}-set b{1} {{ {2} }}\n", kind, i, below);
  }
  return sets;
}

TEST(Policies, detail_of_sets_in_sets_tells_each_member_once) {
  World world;
  std::string configuration = kConfiguration;
  const auto replace = [&](const std::string& from, const std::string& to) {
    const std::size_t at = configuration.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    configuration.replace(at, from.size(), to);
  };
  replace("address-set servers {", nested("address", "srv-net") + "address-set servers {");
  replace("destination-address servers;", "destination-address a39;");
  replace("application [ junos-http junos-icmp-ping ];", "application b39;");
  configuration += "applications {\n" + nested("application", "junos-http") + "}\n";
  const Answer committed = world.commit(configuration);
  ASSERT_FALSE(committed.refused()) << committed.transcript();
  const std::string told = world.ask("show security policies policy-name allow-web detail").text;
  const auto times = [&](std::string_view what) {
    std::size_t count = 0;
    for (std::size_t at = told.find(what); at != std::string::npos; at = told.find(what, at + 1)) ++count;
    return count;
  };
  EXPECT_EQ(times("srv-net(global)"), 1U) << told;
  EXPECT_EQ(times("Application: junos-http"), 1U) << told;
}

TEST(Policies, detail_without_a_data_plane_is_an_error_and_not_half_an_answer) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  world.stop_flowd();
  const Answer answer = world.ask("show security policies detail");
  EXPECT_TRUE(answer.refused());
  EXPECT_THAT(answer.text, Not(HasSubstr("Policy: ")));
}

// What an operator asks of a flow from trust to untrust.
std::string match_line(std::string_view rest) {
  return fmt::format(
      "show security match-policies from-zone trust to-zone untrust source-ip 192.0.2.38 destination-ip "
      "198.51.100.7 {}",
      rest);
}

TEST(MatchPolicies, asks_flowd_about_the_first_packet) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  ASSERT_FALSE(world.ask(match_line("source-port 1024 destination-port 80 protocol 6")).refused());
  v1::MatchPoliciesRequest asked = world.flowd().last_match();
  EXPECT_EQ(asked.from_zone() + asked.to_zone(), "trustuntrust");
  EXPECT_EQ(asked.source(), std::string("\xc0\x00\x02\x26", 4));
  EXPECT_EQ(asked.destination(), "\xc6\x33\x64\x07");
  EXPECT_EQ(asked.protocol(), 6U);
  EXPECT_EQ(asked.source_port(), 1024U);
  EXPECT_EQ(asked.destination_port(), 80U);
  EXPECT_FALSE(asked.only_global());
  ASSERT_FALSE(world
                   .ask("show security match-policies global source-ip 2001:db8::1 destination-ip "
                        "2001:db8::2 protocol icmp6 result-count 3")
                   .refused());
  asked = world.flowd().last_match();
  EXPECT_TRUE(asked.only_global());
  EXPECT_EQ(asked.source().size(), 16U);
  EXPECT_EQ(asked.destination_port(), 128U * 256) << "an echo request";
  EXPECT_EQ(asked.most(), 3U);
}

TEST(MatchPolicies, of_icmp_by_type_and_code_whatever_ports_are_given) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  const auto port = [&](std::string_view rest) {
    const Answer answer = world.ask(match_line(rest));
    EXPECT_FALSE(answer.refused()) << answer.transcript();
    return world.flowd().last_match().destination_port();
  };
  EXPECT_EQ(port("protocol icmp source-port 1 destination-port 1"), 8U * 256);
  EXPECT_EQ(port("protocol icmp icmp-type 3 icmp-code 4"), 3U * 256 + 4);
  EXPECT_EQ(port("protocol esp source-port 1 destination-port 1"), 0U);
}

TEST(MatchPolicies, built_in_policies_are_told_by_their_action) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  world.flowd().matching_policies = {2};
  EXPECT_EQ(world.ask(match_line("protocol gre")).transcript(),
            "Policy: default-policy, action-type: deny-all, State: enabled, Index: 2\n"
            "  Sequence number: 2\n");
  world.flowd().matching_policies = {1};
  EXPECT_EQ(world.ask(match_line("protocol gre")).transcript(),
            "Policy: self-traffic-policy, action-type: permit, State: enabled, Index: 1\n"
            "  Sequence number: 1\n");
}

TEST(MatchPolicies, one_sentence_says_what_is_wrong) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  const auto sentence = [&](const std::string& line) { return world.ask(line).transcript(); };
  EXPECT_THAT(sentence(match_line("protocol tcp destination-port 80")),
              HasSubstr("a flow of protocol tcp has ports; 'source-port' is missing"));
  EXPECT_THAT(sentence(match_line("protocol gre icmp-type 8")),
              HasSubstr("'icmp-type' is for protocol icmp and icmp6, not for gre"));
  EXPECT_THAT(sentence(match_line("protocol gre result-count 17")), HasSubstr("a number 1 to 16"));
  EXPECT_THAT(sentence("show security match-policies from-zone nowhere to-zone untrust source-ip 192.0.2.38 "
                       "destination-ip 198.51.100.7 protocol gre"),
              HasSubstr("zone nowhere not found; there are trust, untrust, junos-host"));
  EXPECT_THAT(sentence("show security match-policies from-zone trust to-zone untrust source-ip 192.0.2 "
                       "destination-ip 198.51.100.7 protocol gre"),
              HasSubstr("'192.0.2' is not an IP address; write 192.0.2.1 or 2001:db8::1"));
}

TEST(ClearCounters, of_policies_and_flow_reach_flowd_and_the_audit_log) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  for (const char* line :
       {"clear security policies hit-count", "clear security policies hit-count from-zone trust",
        "clear security policies statistics", "clear security flow statistics"}) {
    EXPECT_EQ(world.ask(line).transcript(), "");
    EXPECT_THAT(world.audit(), HasSubstr(fmt::format("command=\"{}\" outcome=\"success\"", line)));
  }
  EXPECT_THAT(world.flowd().counter_clears(),
              ::testing::ElementsAre("policies all: true only_hits: true",
                                     "policies policy_ids: 4 policy_ids: 5 policy_ids: 7 only_hits: true",
                                     "policies all: true", "flow"));
  EXPECT_THAT(world.ask("clear security policies hit-count to-zone nowhere").transcript(),
              HasSubstr("zone nowhere not found"));
  EXPECT_EQ(world.ask("clear security policies hit-count from-zone untrust").transcript(), "");
  EXPECT_EQ(world.flowd().counter_clears().back(), "policies only_hits: true") << "none, and not all";
}

}  // namespace
}  // namespace sluice::test
