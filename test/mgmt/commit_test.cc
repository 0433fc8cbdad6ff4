// Commits, and what is left when a step of one fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "configuration.h"
#include "edits.h"
#include "mgd/keeper.h"
#include "world.h"

namespace sluice::test {
namespace {

constexpr const char* kOther = "set system host-name other\n";

// Where `words` stand in a text, "LINE:COLUMN".
std::string line_and_column(std::string_view text, std::string_view words) {
  const std::string_view before = text.substr(0, text.find(words));
  const auto lines = std::ranges::count(before, '\n');
  return std::to_string(lines + 1) + ":" + std::to_string(before.size() - before.rfind('\n'));
}

// Neither memory, disk nor flowd took anything in.
void expect_untouched(World& world, std::uint32_t generation) {
  EXPECT_EQ(host_name(world), "set system host-name fw1\n");
  EXPECT_EQ(world.flowd().generation(), generation);
  world.restart_management();
  EXPECT_EQ(host_name(world), "set system host-name fw1\n");
}

TEST(Commit, becomes_the_running_configuration_of_both_daemons_and_of_the_disk) {
  World world;
  EXPECT_EQ(world.commit(kConfiguration).transcript(), "commit complete\n");
  EXPECT_EQ(world.flowd().generation(), 1U);
  EXPECT_NE(world.flowd().running_json().find("allow-web"), std::string::npos);
  EXPECT_EQ(world.flowd().running_json().find("later"), std::string::npos) << "inactive statements stay here";
  world.restart_management();
  EXPECT_EQ(host_name(world), "set system host-name fw1\n");
  const auto saved = world.parts().store->load().value();
  EXPECT_GT(saved->unix_s, 1700000000);
  EXPECT_EQ(saved->text, kConfiguration);
}

TEST(Commit, shown_configuration_commits_again_to_the_same) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  const std::string shown = world.ask("show configuration").text;
  ASSERT_TRUE(shown.starts_with("## Last commit: "));
  EXPECT_EQ(world.commit(shown).transcript(), "commit complete\n");
  EXPECT_EQ(world.parts().store->load().value()->text, kConfiguration);
}

TEST(Commit, set_commands_are_a_configuration_too) {
  World world;
  EXPECT_EQ(world.commit(kOther).transcript(), "commit complete\n");
  EXPECT_EQ(host_name(world), "set system host-name other\n");
}

TEST(Commit, check_changes_nothing) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  EXPECT_EQ(world.ask("commit check fw.conf", kOther).transcript(), "configuration check succeeds\n");
  EXPECT_EQ(world.flowd().discarded(), 1);
  expect_untouched(world, 1);
}

TEST(Commit, file_that_does_not_read_is_refused_with_its_place) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  const Answer answer = world.commit("system {\n    host-nam x;\n}\n");
  ASSERT_TRUE(answer.refused());
  EXPECT_EQ(answer.refusals[0].error.path, "fw.conf:2:5");
  EXPECT_EQ(answer.text, "");
  expect_untouched(world, 1);
}

TEST(Commit, configuration_that_is_not_valid_is_refused_with_its_statement) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  const Answer answer = world.commit(
      "set security policies from-zone a to-zone b policy p match source-address any destination-address any "
      "application any\nset security policies from-zone a to-zone b policy p then permit\n");
  ASSERT_TRUE(answer.refused());
  EXPECT_NE(answer.transcript().find("from-zone a to-zone b"), std::string::npos) << answer.transcript();
  expect_untouched(world, 1);
}

TEST(Commit, an_error_of_the_whole_names_line_column_and_statement_too) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  const std::string zones = "security {\n    zones {\n        security-zone a {\n            interfaces {\n";
  EXPECT_EQ(
      world.commit(zones + "                ge-0/0/9.0;\n            }\n        }\n    }\n}\n").transcript(),
      "fw.conf:5:17: security zones security-zone a interfaces ge-0/0/9.0: 'ge-0/0/9.0': "
      "the interface is not configured under 'interfaces'\nconfiguration check-out failed\n");
  world.flowd().refuse_prepare = true;
  const Answer answer = world.commit(kConfiguration);
  ASSERT_TRUE(answer.refused());
  EXPECT_EQ(answer.refusals[0].error.path,
            "fw.conf:" + line_and_column(kConfiguration, "policy allow-web") +
                ": security policies from-zone trust to-zone untrust policy allow-web");
  expect_untouched(world, 1);
}

TEST(Commit, refusal_of_the_data_plane_is_passed_on_with_its_path) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  world.flowd().refuse_prepare = true;
  EXPECT_EQ(world.commit(kOther).transcript(),
            "[edit security policies from-zone trust to-zone untrust]: the match needs more rules than fit\n"
            "configuration check-out failed\n");
  expect_untouched(world, 1);
}

TEST(Commit, data_plane_that_is_gone_refuses_and_changes_nothing) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  world.stop_flowd();
  const Answer answer = world.commit(kOther);
  EXPECT_NE(answer.transcript().find("sluice-flowd) does not answer"), std::string::npos);
  EXPECT_EQ(host_name(world), "set system host-name fw1\n");
}

TEST(Commit, disk_that_does_not_take_it_refuses_and_changes_nothing) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  std::filesystem::create_directories(world.folder() / "state" / "sluice.conf.new" / "occupied");
  const Answer answer = world.commit(kOther);
  EXPECT_NE(answer.transcript().find("sluice.conf.new: cannot be written"), std::string::npos)
      << answer.transcript();
  EXPECT_EQ(world.flowd().discarded(), 1) << "what was prepared is dropped";
  expect_untouched(world, 1);
}

TEST(Commit, data_plane_lost_after_the_point_of_no_return_is_a_warning_and_gets_it_later) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  world.flowd().fail_publish = true;
  const Answer answer = world.commit(kOther);
  EXPECT_FALSE(answer.refused());
  EXPECT_TRUE(answer.text.starts_with("warning: the configuration is committed, but was not confirmed"))
      << answer.text;
  EXPECT_TRUE(answer.text.ends_with("commit complete\n"));
  EXPECT_EQ(host_name(world), "set system host-name other\n");
  world.flowd().fail_publish = false;
  EXPECT_TRUE(commit::reconcile(world.parts()).value());
  EXPECT_NE(world.flowd().running_json().find("other"), std::string::npos);
}

// flowd dies at a step of a commit, and begins again knowing nothing.
struct Death {
  const char* name;
  FakeFlowd::Step step;
  FakeFlowd::LastCall last;
  bool committed;  // what is documented: before the point of no return nothing changes, after it everything
};
class DeathOfFlowd : public testing::TestWithParam<Death> {};

TEST_P(DeathOfFlowd, leaves_one_configuration_that_both_daemons_agree_on) {
  const Death& death = GetParam();
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  world.flowd().on_step = [&](FakeFlowd::Step step) {
    if (step == death.step) world.flowd().die(death.last);
  };
  const Answer answer = world.commit(kOther);
  world.flowd().on_step = nullptr;
  EXPECT_EQ(answer.refused(), !death.committed) << answer.transcript();
  EXPECT_EQ(answer.text.starts_with("warning: the configuration is committed, but was not confirmed"),
            death.committed)
      << answer.transcript();
  const std::string name = death.committed ? "other" : "fw1";
  EXPECT_EQ(host_name(world), "set system host-name " + name + "\n");
  EXPECT_EQ(world.flowd().running_json(), "") << "it knows nothing yet";
  EXPECT_TRUE(commit::reconcile(world.parts()).value());
  EXPECT_NE(world.flowd().running_json().find('"' + name + '"'), std::string::npos);
  world.restart_management();
  EXPECT_FALSE(commit::reconcile(world.parts()).value()) << "what is on disk is the same";
  EXPECT_EQ(host_name(world), "set system host-name " + name + "\n");
  EXPECT_FALSE(world.commit(kConfiguration).refused()) << "and the next commit goes its way";
}

INSTANTIATE_TEST_SUITE_P(
    every, DeathOfFlowd,
    testing::Values(
        Death{"during_prepare", FakeFlowd::Step::prepare, FakeFlowd::LastCall::lost, false},
        Death{"before_the_answer_to_prepare", FakeFlowd::Step::prepared, FakeFlowd::LastCall::lost, false},
        Death{"between_prepare_and_publish", FakeFlowd::Step::prepared, FakeFlowd::LastCall::answered, true},
        Death{"during_publish", FakeFlowd::Step::publish, FakeFlowd::LastCall::lost, true},
        Death{"before_the_answer_to_publish", FakeFlowd::Step::published, FakeFlowd::LastCall::lost, true}),
    [](const auto& death) { return std::string(death.param.name); });

TEST(Commit, restarted_management_leaves_a_data_plane_in_agreement_alone) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  world.restart_management();
  EXPECT_FALSE(commit::reconcile(world.parts()).value());
  EXPECT_EQ(world.flowd().generation(), 1U);
}

TEST(Commit, restarted_data_plane_is_given_the_committed_configuration) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  world.stop_flowd();
  world.start_flowd();
  EXPECT_TRUE(commit::reconcile(world.parts()).value());
  EXPECT_NE(world.flowd().running_json().find("allow-web"), std::string::npos);
}

TEST(Commit, data_plane_keeps_its_own_when_nothing_was_ever_committed) {
  World world;
  EXPECT_FALSE(commit::reconcile(world.parts()).value());
  EXPECT_EQ(world.flowd().generation(), 0U);
}

TEST(Commit, file_without_a_statement_is_refused_and_changes_nothing) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  for (const char* nothing :
       {"\n", "/* system { host-name other; } */\n", "# set system host-name other\n"}) {
    const Answer answer = world.commit(nothing);
    EXPECT_NE(answer.transcript().find("fw.conf has no statement"), std::string::npos) << answer.transcript();
  }
  expect_untouched(world, 1);
}

TEST(Commit, file_that_did_not_come_with_the_command_is_an_error) {
  World world;
  const Answer answer = world.ask("commit elsewhere.conf", kConfiguration);
  EXPECT_NE(answer.transcript().find("the content of elsewhere.conf did not come"), std::string::npos);
}

}  // namespace
}  // namespace sluice::test
