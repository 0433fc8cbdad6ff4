// Commits that go back by themselves unless they are confirmed.
#include <gtest/gtest.h>

#include "configuration.h"
#include "edits.h"
#include "world.h"

namespace sluice::test {
namespace {

constexpr const char* kBefore = "set system host-name fw1\n";
constexpr const char* kAfter = "set system host-name fw2\n";

// The candidate with another name, committed for two minutes.
void commit_confirmed(World& world, std::string_view command = "set system host-name fw2") {
  ASSERT_EQ(load_set(world, command), kLoaded);
  const std::string reply = world.rpc(
      "<commit-configuration><confirmed/><confirm-timeout>2</confirm-timeout></commit-configuration>");
  ASSERT_NE(reply.find("automatically rolled back in 2 minutes unless confirmed"), std::string::npos)
      << reply;
}

void expect_rolled_back(World& world) {
  EXPECT_EQ(host_name(world), kBefore);
  EXPECT_NE(world.flowd().running_json().find("fw1"), std::string::npos);
  EXPECT_FALSE(commit::roll_back_if_due(world.parts()).value()) << "once";
  world.restart_management();
  EXPECT_EQ(host_name(world), kBefore);
}

TEST(ConfirmedCommit, goes_back_when_its_time_is_over) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  commit_confirmed(world);
  EXPECT_EQ(host_name(world), kAfter);
  EXPECT_NE(world.ask("show system commit").text.find("via cli commit confirmed, rollback in 2mins\n1   "),
            std::string::npos);
  World::advance(119);
  EXPECT_FALSE(commit::roll_back_if_due(world.parts()).value());
  World::advance(2);
  EXPECT_TRUE(commit::roll_back_if_due(world.parts()).value());
  expect_rolled_back(world);
  EXPECT_NE(
      world.ask("show system commit").text.find("by root via other\n    rolled back, as the commit was not"),
      std::string::npos);
}

TEST(ConfirmedCommit, goes_back_after_a_restart_in_between) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  commit_confirmed(world);
  world.restart_management();
  EXPECT_EQ(host_name(world), kAfter);
  EXPECT_FALSE(commit::roll_back_if_due(world.parts()).value());
  World::advance(121);
  world.restart_management();
  EXPECT_TRUE(commit::roll_back_if_due(world.parts()).value());
  expect_rolled_back(world);
}

TEST(ConfirmedCommit, stays_once_another_commit_confirms_it) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  commit_confirmed(world);
  EXPECT_NE(world.rpc("<commit-configuration/>").find("<commit-success/>"), std::string::npos);
  World::advance(1000);
  EXPECT_FALSE(commit::roll_back_if_due(world.parts()).value());
  world.restart_management();
  EXPECT_FALSE(commit::roll_back_if_due(world.parts()).value());
  EXPECT_EQ(host_name(world), kAfter);
}

TEST(ConfirmedCommit, several_go_back_to_what_was_before_the_first) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  commit_confirmed(world);
  World::advance(60);
  commit_confirmed(world, "set system host-name fw3");
  World::advance(61);
  EXPECT_FALSE(commit::roll_back_if_due(world.parts()).value()) << "the second one prolonged it";
  World::advance(60);
  EXPECT_TRUE(commit::roll_back_if_due(world.parts()).value());
  expect_rolled_back(world);
}

TEST(ConfirmedCommit, first_of_all_goes_back_to_nothing) {
  World world;
  commit_confirmed(world);
  World::advance(121);
  EXPECT_TRUE(commit::roll_back_if_due(world.parts()).value());
  EXPECT_EQ(host_name(world), "");
  world.restart_management();
  EXPECT_FALSE(world.parts().running.damage());
  EXPECT_FALSE(commit::reconcile(world.parts()).value());
  EXPECT_EQ(world.flowd().running_json().find("fw2"), std::string::npos);
}

TEST(ConfirmedCommit, is_tried_again_while_the_data_plane_is_gone) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  commit_confirmed(world);
  World::advance(121);
  world.stop_flowd();
  EXPECT_FALSE(commit::roll_back_if_due(world.parts()));
  EXPECT_EQ(host_name(world), kAfter) << "never half of it";
  world.start_flowd();
  EXPECT_TRUE(commit::roll_back_if_due(world.parts()).value());
  expect_rolled_back(world);
}

TEST(ConfirmedCommit, refused_one_leaves_no_deadline) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  ASSERT_EQ(load_set(world, "set system host-name fw2"), kLoaded);
  world.flowd().refuse_prepare = true;
  EXPECT_NE(world.rpc("<commit-configuration><confirmed/></commit-configuration>").find("rpc-error"),
            std::string::npos);
  World::advance(10000);
  EXPECT_FALSE(commit::roll_back_if_due(world.parts()).value());
  EXPECT_EQ(host_name(world), kBefore);
}

}  // namespace
}  // namespace sluice::test
