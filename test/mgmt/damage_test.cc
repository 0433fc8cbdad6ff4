// The committed configuration on disk is damaged when the management daemon starts.
#include <gtest/gtest.h>

#include <fstream>

#include "configuration.h"
#include "edits.h"
#include "world.h"

namespace sluice::test {
namespace {

constexpr const char* kFirst = "set system host-name first\n";

// Two commits, the second of kConfiguration, and a file that somebody else wrote over it.
class Damage : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_FALSE(world.commit(kFirst).refused());
    ASSERT_FALSE(world.commit(kConfiguration).refused());
  }
  [[nodiscard]] std::string file(unsigned number = 0) const { return world.parts().store->file(number); }
  [[nodiscard]] std::string content() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // The daemon was away while the file became `content`.
  void restart_with(const std::string& content) {
    std::ofstream(file(), std::ios::binary) << content;
    world.restart_management();
  }
  // That flowd and the rollbacks were left alone, and every answer about configuration says `why`.
  void expect_told(const std::string& why) {
    EXPECT_FALSE(commit::reconcile(world.parts()).value());
    EXPECT_EQ(world.flowd().generation(), 2U);
    for (const char* question : {"show configuration", "show security flow", "show security flow status",
                                 "show security policies", "show security zones", "show interfaces terse"}) {
      const Answer answer = world.ask(question);
      ASSERT_EQ(answer.refusals.size(), 1U) << question;
      const std::string told = answer.refusals[0].error.message;
      EXPECT_TRUE(told.starts_with("the committed configuration " + file() + " ")) << told;
      EXPECT_NE(told.find(why), std::string::npos) << told;
      EXPECT_NE(told.find("'sluice commit " + file(1) + "' makes it the configuration"), std::string::npos)
          << told;
    }
  }

  World world;
};

TEST_F(Damage, cut_in_the_middle_of_a_statement) {
  restart_with(content().substr(0, content().size() / 2));
  expect_told("is damaged (" + file() + ": the file was cut off");
}

TEST_F(Damage, cut_where_what_is_left_would_read_well) {
  const std::string whole = content();
  restart_with(whole.substr(0, whole.find("\nsecurity {") + 1));
  expect_told("the file was cut off");
}

TEST_F(Damage, cut_to_nothing_or_to_its_heading) {
  const std::string heading = content().substr(0, content().find('\n') + 1);
  for (const std::string& left : {std::string(), heading}) {
    restart_with(left);
    expect_told("the file has no statement");
  }
}

TEST_F(Damage, garbage_and_the_zeros_of_a_crash) {
  restart_with(
      "\x7f"
      "ELF\x02\x01 {;} \xff\xfe");
  expect_told(file() + ":1:1");
  restart_with(std::string(4096, '\0'));
  expect_told(file() + ":1:1");
}

TEST_F(Damage, statements_of_another_release_are_named_by_their_line_in_the_file) {
  std::string other = content();
  other.replace(other.find("host-name"), 9, "hostname");
  restart_with(other);
  expect_told(file() + ":4:5");
}

TEST_F(Damage, configuration_that_is_not_valid) {
  restart_with(
      "security {\n    zones {\n        security-zone a {\n            interfaces {\n"
      "                ge-0/0/9.0;\n            }\n        }\n    }\n}\n");
  expect_told(file() + ":5:17: security zones security-zone a interfaces ge-0/0/9.0");
}

TEST_F(Damage, removed_file_is_no_fresh_machine_while_there_are_rollbacks) {
  std::filesystem::remove(file());
  world.restart_management();
  expect_told("is missing, though " + file(1) + " is there");
}

TEST_F(Damage, what_flowd_runs_is_shown_and_given_back_to_a_flowd_that_restarts) {
  restart_with("");
  ASSERT_FALSE(commit::reconcile(world.parts()).value());
  EXPECT_NE(world.ask("show configuration").text.find("policy allow-web"), std::string::npos);
  world.stop_flowd();
  world.start_flowd();
  EXPECT_TRUE(commit::reconcile(world.parts()).value());
  EXPECT_NE(world.flowd().running_json().find("allow-web"), std::string::npos);
}

TEST_F(Damage, sessions_are_listed_without_a_warning) {
  restart_with("");
  EXPECT_FALSE(world.ask("show security flow session").refused());
  EXPECT_FALSE(world.ask("show security flow statistics").refused());
}

TEST_F(Damage, programs_get_the_answer_and_a_warning) {
  restart_with("");
  ASSERT_FALSE(commit::reconcile(world.parts()).value());
  const std::string reply = world.rpc("<get-configuration/>");
  EXPECT_NE(reply.find("<name>allow-web</name>"), std::string::npos) << reply;
  EXPECT_NE(reply.find("<error-severity>warning</error-severity>"), std::string::npos) << reply;
}

TEST_F(Damage, commit_check_and_a_refused_commit_say_so_too) {
  restart_with("");
  const Answer checked = world.ask("commit check fw.conf", kConfiguration);
  EXPECT_TRUE(checked.text.starts_with("warning: the committed configuration " + file() + " is damaged"))
      << checked.text;
  const Answer refused = world.commit("system {\n    host-nam x;\n}\n");
  ASSERT_TRUE(refused.refused());
  EXPECT_NE(refused.transcript().find("fw.conf:2:5"), std::string::npos);
  EXPECT_NE(refused.transcript().find("is damaged"), std::string::npos) << refused.transcript();
}

TEST_F(Damage, commit_of_the_rollback_that_was_named_mends_it) {
  restart_with("junk");
  std::ifstream in(file(1));
  const std::string rollback{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(world.commit(rollback).transcript(), "commit complete\n");
  EXPECT_FALSE(world.ask("show configuration").refused());
  world.restart_management();
  EXPECT_EQ(world.ask("show configuration | display set").transcript(), kFirst);
  EXPECT_EQ(world.parts().store->load(1).value()->text, world.parts().store->load(0).value()->text)
      << "the damaged file takes no rollback's place";
  EXPECT_TRUE(std::filesystem::exists(world.parts().store->damaged_file()));
}

TEST_F(Damage, rollbacks_that_do_not_read_are_passed_over) {
  ASSERT_FALSE(world.commit("set system host-name third\n").refused());
  std::ofstream(file(1)) << "junk";
  restart_with("junk");
  const std::string told = world.ask("show configuration").refusals.at(0).error.message;
  EXPECT_NE(told.find("'sluice commit " + file(2) + "'"), std::string::npos) << told;
  std::ofstream(file(2)) << "junk";
  world.restart_management();
  const std::string none = world.ask("show configuration").refusals.at(0).error.message;
  EXPECT_NE(none.find("there is no rollback that reads well: 'sluice commit FILE'"), std::string::npos)
      << none;
}

// For two minutes, by which time nobody confirms.
void commit_unconfirmed(World& world) {
  ASSERT_EQ(load_set(world, "set system host-name unconfirmed"), kLoaded);
  const std::string reply = world.rpc(
      "<commit-configuration><confirmed/><confirm-timeout>2</confirm-timeout></commit-configuration>");
  ASSERT_NE(reply.find("automatically rolled back"), std::string::npos) << reply;
  World::advance(121);
  EXPECT_TRUE(commit::roll_back_if_due(world.parts()).value());
}

TEST_F(Damage, unconfirmed_commit_goes_back_to_what_ran) {
  restart_with("junk");
  ASSERT_FALSE(commit::reconcile(world.parts()).value());
  commit_unconfirmed(world);
  EXPECT_NE(world.flowd().running_json().find("allow-web"), std::string::npos);
  EXPECT_EQ(world.flowd().running_json().find("unconfirmed"), std::string::npos);
}

TEST_F(Damage, unconfirmed_commit_goes_back_to_what_ran_though_its_file_is_gone) {
  std::filesystem::remove(file());
  commit_unconfirmed(world);
  EXPECT_NE(world.flowd().running_json().find("allow-web"), std::string::npos);
  EXPECT_EQ(world.ask("show configuration system host-name | display set").text,
            "set system host-name fw1\n");
}

TEST(FreshMachine, starts_without_a_word) {
  World world;
  EXPECT_FALSE(world.parts().running.damage());
  EXPECT_EQ(world.ask("show system alarms").text, "No alarms currently active\n");
  EXPECT_FALSE(world.ask("show configuration").refused());
}

}  // namespace
}  // namespace sluice::test
