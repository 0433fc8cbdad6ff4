// What show security policies tells of a configuration of its own.
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
