// Alarms: what is wrong with the firewall itself, as operators and programs are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class Alarms : public testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(world.commit(kConfiguration).refused()); }
  std::string alarms() { return world.ask("show system alarms").text; }
  void expect_none() { EXPECT_EQ(alarms(), "No alarms currently active\n"); }
  // The flowd that starts again takes nothing.
  void restart_flowd_refusing() {
    world.stop_flowd();
    world.start_flowd();
    world.flowd().refuse_prepare = true;
    world.look();
  }

  World world;
};

TEST_F(Alarms, are_none_while_all_is_well) {
  world.look();
  expect_none();
  EXPECT_THAT(world.audit(), Not(HasSubstr("ALARM")));
}

TEST_F(Alarms, tell_that_flowd_is_gone_until_it_is_back) {
  world.stop_flowd();
  world.look();
  world.look();
  EXPECT_THAT(alarms(),
              MatchesRegex("1 alarms currently active\n"
                           "Alarm time               Class  Description\n"
                           "20..-..-.. ..:..:.. UTC  Major  the forwarding process \\(sluice-flowd\\) "
                           "does not answer: .*\n"));
  EXPECT_EQ(world.ask("show chassis alarms").text, alarms());
  const std::string noted = world.audit();
  EXPECT_THAT(
      noted,
      HasSubstr("ALARM_SET [junos@2636.1.1.1.2.129 outcome=\"failure\" reason=\"flowd-down\"] Alarm set: "
                "Chassis color=RED, class=SYSTEM, reason=the forwarding process"));
  EXPECT_EQ(noted.find("ALARM_SET"), noted.rfind("ALARM_SET")) << "once";
  world.start_flowd();
  world.look();
  expect_none();
  EXPECT_THAT(world.audit(), HasSubstr("Alarm cleared: Chassis color=RED"));
}

TEST_F(Alarms, tell_that_flowd_does_not_take_the_configuration_and_answers_about_it_warn) {
  restart_flowd_refusing();
  const std::string told = alarms();
  EXPECT_THAT(
      told, HasSubstr("  Major  the running configuration is not in force: sluice-flowd does not take it ("));
  EXPECT_THAT(told, HasSubstr(") and forwards nothing; correct what is named and commit\n"));
  for (const char* question : {"show configuration", "show system commit", "show system uptime"}) {
    EXPECT_THAT(world.ask(question).transcript(), HasSubstr("the running configuration is not in force: "))
        << question;
  }
  EXPECT_THAT(world.rpc("<get-configuration/>"), HasSubstr("<error-severity>warning</error-severity>"));
  world.flowd().refuse_prepare = false;
  world.look();
  expect_none();
  EXPECT_FALSE(world.ask("show configuration").refused());
}

TEST_F(Alarms, tell_of_a_commit_that_was_not_published_until_it_is_in_force) {
  world.look();
  world.flowd().fail_publish = true;
  EXPECT_THAT(world.commit("set system host-name late\n").transcript(), HasSubstr("was not confirmed"));
  EXPECT_THAT(alarms(),
              HasSubstr("the running configuration is not in force: sluice-flowd did not confirm it ("));
  world.flowd().fail_publish = false;
  world.look();
  expect_none();
  EXPECT_THAT(world.flowd().running_json(), HasSubstr("late"));
}

TEST_F(Alarms, end_with_the_commit_that_flowd_takes) {
  restart_flowd_refusing();
  world.flowd().refuse_prepare = false;
  ASSERT_FALSE(world.commit("set system host-name corrected\n").refused());
  expect_none();
}

TEST_F(Alarms, are_elements_for_programs) {
  world.stop_flowd();
  world.look();
  const std::string reply = world.rpc("<get-system-alarm-information/>");
  EXPECT_THAT(reply, HasSubstr("<active-alarm-count>1</active-alarm-count>"));
  EXPECT_THAT(reply, HasSubstr("<alarm-class>Major</alarm-class>"));
  EXPECT_THAT(reply, HasSubstr("<alarm-short-description>flowd-down</alarm-short-description>"));
  EXPECT_THAT(reply, HasSubstr("<alarm-type>Chassis</alarm-type>"));
}

}  // namespace
}  // namespace sluice::test
