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

}  // namespace
}  // namespace sluice::test
