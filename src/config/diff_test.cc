#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_schema.h"

namespace sluice::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<Change> after(std::string_view commands) {
  const Tree before = parsed(read_testdata("branch.conf"));
  Tree now = before.copy();
  const auto applied = apply_commands(now, commands, "cli");
  EXPECT_TRUE(applied) << applied.error().text();
  return diff(before, now);
}

TEST(Diff, equal_configurations_have_no_changes) {
  EXPECT_THAT(after(""), IsEmpty());
}

TEST(Diff, each_change_is_named_once_in_the_operators_words) {
  EXPECT_THAT(after("set system host-name other\n"
                    "delete security zones security-zone untrust\n"
                    "set security zones security-zone dmz interfaces ge-0/0/2.0\n"
                    "deactivate routing-options static route 10/8\n"
                    "activate interfaces ge-0/0/1 unit 20\n"),
              UnorderedElementsAre(Change{ChangeKind::changed, "system host-name other"},
                                   Change{ChangeKind::removed, "security zones security-zone untrust"},
                                   Change{ChangeKind::added, "security zones security-zone dmz"},
                                   Change{ChangeKind::deactivated, "routing-options static route 10.0.0.0/8"},
                                   Change{ChangeKind::activated, "interfaces ge-0/0/1 unit 20"}));
}

TEST(Diff, comment_is_a_change) {
  EXPECT_THAT(after("annotate interfaces ge-0/0/1 unit 20 \"guests\"\n"),
              UnorderedElementsAre(Change{ChangeKind::annotated, "interfaces ge-0/0/1 unit 20"}));
}

TEST(Diff, values_of_a_list_change_one_by_one) {
  EXPECT_THAT(after("delete system flow cores 2\nset system flow cores 7\n"),
              ElementsAre(Change{ChangeKind::removed, "system flow cores 2"},
                          Change{ChangeKind::added, "system flow cores 7"}));
}

TEST(Diff, another_order_of_policies_is_a_change) {
  const Tree before = parsed("security { policies { global { policy a; policy b; policy c; } } }");
  const Tree now = parsed("security { policies { global { policy c; policy a; } } }");
  EXPECT_THAT(diff(before, now), ElementsAre(Change{ChangeKind::removed, "security policies global policy b"},
                                             Change{ChangeKind::reordered, "security policies global"}));
}

TEST(Diff, removing_everything_names_the_top_statements) {
  const Tree before = parsed("system { host-name a; } security { flow { allow-dns-reply; } }");
  EXPECT_THAT(diff(before, parsed("")),
              ElementsAre(Change{ChangeKind::removed, "system"}, Change{ChangeKind::removed, "security"}));
}

}  // namespace
}  // namespace sluice::config
