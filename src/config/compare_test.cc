// Differences as operators read them, and changes carried to a tree that others changed.
#include <gtest/gtest.h>

#include "config/test_schema.h"

namespace sluice::config {
namespace {

constexpr const char* kBefore =
    "set system host-name fw1\n"
    "set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.1/24\n"
    "set security policies from-zone a to-zone b policy one match application [ junos-http junos-https ]\n"
    "set security policies from-zone a to-zone b policy one then deny\n"
    "set security policies from-zone a to-zone b policy two then deny\n"
    "set security policies from-zone a to-zone b policy three then deny\n"
    "set security zones security-zone a interfaces ge-0/0/0.0\n"
    "set security zones security-zone b\n";

std::string difference(std::string_view commands, std::string_view path = {}) {
  const Tree before = parsed(kBefore);
  Tree after = before.copy();
  const Status done = apply_commands(after, commands, "test");
  return done ? compare(before, after, path) : done.error().text();
}

TEST(Compare, nothing_changed_says_nothing) {
  EXPECT_EQ(difference(""), "");
}

TEST(Compare, changed_value_shows_both) {
  EXPECT_EQ(difference("set system host-name fw2"), "[edit system]\n-  host-name fw1;\n+  host-name fw2;\n");
}

TEST(Compare, several_values_are_one_statement) {
  EXPECT_EQ(difference("set security policies from-zone a to-zone b policy one match application junos-ssh"),
            "[edit security policies from-zone a to-zone b policy one match]\n"
            "-      application [ junos-http junos-https ];\n"
            "+      application [ junos-http junos-https junos-ssh ];\n");
}

TEST(Compare, new_block_stands_whole_under_the_place_that_holds_it) {
  EXPECT_EQ(difference("set routing-options static route 0.0.0.0/0 next-hop 192.0.2.254\n"
                       "set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24"),
            "[edit interfaces]\n"
            "    ge-0/0/0 { ... }\n"
            "+   ge-0/0/1 {\n"
            "+       unit 0 {\n"
            "+           family inet {\n"
            "+               address 198.51.100.1/24;\n"
            "+           }\n"
            "+       }\n"
            "+   }\n"
            "[edit]\n"
            "+  routing-options {\n"
            "+      static {\n"
            "+          route 0.0.0.0/0 next-hop 192.0.2.254;\n"
            "+      }\n"
            "+  }\n");
}

TEST(Compare, policies_that_come_go_and_move) {
  constexpr const char* kAt = "edit security policies from-zone a to-zone b\n";
  EXPECT_EQ(difference(std::string(kAt) + "insert policy one after policy three"),
            "[edit security policies from-zone a to-zone b]\n"
            "!     policy two { ... }\n"
            "!     policy three { ... }\n");
  EXPECT_EQ(difference(std::string(kAt) + "delete policy two\nset policy new then permit\n"
                                          "insert policy new before policy three"),
            "[edit security policies from-zone a to-zone b]\n"
            "-     policy two {\n"
            "-         then {\n"
            "-             deny;\n"
            "-         }\n"
            "-     }\n"
            "      policy one { ... }\n"
            "+     policy new {\n"
            "+         then {\n"
            "+             permit;\n"
            "+         }\n"
            "+     }\n");
}

TEST(Compare, entries_of_a_shared_block) {
  EXPECT_EQ(difference("delete security zones security-zone a interfaces\n"
                       "set security zones security-zone b interfaces ge-0/0/0.0"),
            "[edit security zones security-zone a]\n"
            "-     interfaces {\n"
            "-         ge-0/0/0.0;\n"
            "-     }\n"
            "[edit security zones security-zone b]\n"
            "+     interfaces {\n"
            "+         ge-0/0/0.0;\n"
            "+     }\n");
  EXPECT_EQ(difference("set security zones security-zone a interfaces ge-0/0/1.0"),
            "[edit security zones security-zone a interfaces]\n"
            "       ge-0/0/0.0;\n"
            "+      ge-0/0/1.0;\n");
}

TEST(Compare, deactivated_and_activated_are_marked) {
  EXPECT_EQ(difference("deactivate security policies from-zone a to-zone b policy two"),
            "[edit security policies from-zone a to-zone b]\n!     inactive: policy two { ... }\n");
  const Tree before = parsed("set system host-name x\ndeactivate system host-name\n");
  EXPECT_EQ(compare(before, parsed("set system host-name x\n")), "[edit system]\n!  active: host-name x;\n");
}

TEST(Compare, comments_that_come_go_and_change_stand_above_their_statement) {
  const std::string policies = "[edit security policies from-zone a to-zone b]\n";
  EXPECT_EQ(difference("annotate security policies from-zone a to-zone b policy two \"as asked\""),
            policies + "+     /* as asked */\n      policy two { ... }\n");
  EXPECT_EQ(difference("annotate system host-name \"by hand\""),
            "[edit system]\n+  /* by hand */\n   host-name fw1;\n");
  const std::string before = "/* one */ system { host-name x; }";
  EXPECT_EQ(compare(parsed(before), parsed("/* other */ system { host-name x; }")),
            "[edit]\n-  /* one */\n+  /* other */\n   system { ... }\n");
  EXPECT_EQ(compare(parsed(before), parsed("system { host-name x; }")),
            "[edit]\n-  /* one */\n   system { ... }\n");
  EXPECT_EQ(compare(parsed(before), parsed(before)), "");
}

TEST(Compare, only_below_a_path) {
  constexpr const char* kChanges = "set system host-name fw2\nset security zones security-zone c\n";
  EXPECT_EQ(difference(kChanges, "security"),
            "[edit security zones]\n     security-zone b;\n+    security-zone c;\n");
  EXPECT_EQ(difference(kChanges, "interfaces"), "");
  EXPECT_EQ(difference(kChanges, "security zones security-zone c"), "");
  EXPECT_EQ(difference(kChanges, "routing-options"), "");
}

// What becomes of a tree that others changed by `theirs` when the changes of `ours` are carried to it.
std::string carried(std::string_view ours, std::string_view theirs,
                    std::vector<std::string>* clashes = nullptr) {
  const Tree before = parsed(kBefore);
  Tree after = before.copy();
  Tree onto = before.copy();
  EXPECT_TRUE(apply_commands(after, ours, "ours"));
  EXPECT_TRUE(apply_commands(onto, theirs, "theirs"));
  auto said = carry_changes(before, after, onto);
  if (clashes != nullptr) *clashes = std::move(said);
  return to_set(onto.root());
}

std::string changed(std::string_view commands) {
  Tree tree = parsed(kBefore);
  EXPECT_TRUE(apply_commands(tree, commands, "test"));
  return to_set(tree.root());
}

TEST(Carry, changes_of_both_sides_meet) {
  constexpr const char* kOurs =
      "set system host-name ours\ndelete security policies from-zone a to-zone b policy two\n";
  constexpr const char* kTheirs = "set security zones security-zone c\n";
  std::vector<std::string> clashes;
  EXPECT_EQ(carried(kOurs, kTheirs, &clashes), changed(std::string(kOurs) + kTheirs));
  EXPECT_TRUE(clashes.empty());
  EXPECT_EQ(carried("", kTheirs), changed(kTheirs)) << "what we left alone stays theirs";
}

TEST(Carry, order_and_marks_come_along) {
  constexpr const char* kAt = "edit security policies from-zone a to-zone b\n";
  const std::string ours =
      std::string(kAt) + "insert policy three before policy one\ndeactivate policy two\n";
  EXPECT_EQ(carried(ours, "set system host-name x"), changed("set system host-name x\n" + ours));
  const std::string fresh =
      std::string(kAt) + "set policy new then deny\ninsert policy new after policy one\n";
  EXPECT_EQ(carried(fresh, "set system host-name x"), changed("set system host-name x\n" + fresh));
}

TEST(Carry, ours_wins_where_both_changed_and_it_is_said) {
  std::vector<std::string> clashes;
  EXPECT_EQ(carried("set system host-name ours", "set system host-name theirs", &clashes),
            changed("set system host-name ours"));
  ASSERT_EQ(clashes.size(), 1U);
  EXPECT_EQ(clashes[0], "'system host-name theirs': the statement exists (replaced by 'ours')");
}

}  // namespace
}  // namespace sluice::config
