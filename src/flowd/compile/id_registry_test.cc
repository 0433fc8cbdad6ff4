#include "flowd/compile/id_registry.h"

#include <gtest/gtest.h>

#include "dataplane/policy/policy.h"

namespace sluice::compile {
namespace {

using Numbers = std::vector<std::uint16_t>;

std::vector<NamedThing> named(const std::vector<std::string>& names) {
  std::vector<NamedThing> things;
  things.reserve(names.size());
  for (const std::string& name : names) things.push_back({.key = name, .name = name});
  return things;
}

Numbers assign(IdSpace& space, const std::vector<std::string>& names) {
  return space.assign(named(names), "security zones", "zones").value();
}

TEST(IdSpace, a_name_keeps_its_number_through_reordering_insertion_deletion_and_return) {
  IdSpace space(8, 100);
  EXPECT_EQ(assign(space, {"a", "b", "c"}), (Numbers{8, 9, 10}));
  EXPECT_EQ(assign(space, {"c", "new", "a"}), (Numbers{10, 11, 8}));
  EXPECT_EQ(assign(space, {"a", "b", "c"}), (Numbers{8, 9, 10}));
}

TEST(IdSpace, retired_names_are_still_told) {
  IdSpace space(8, 100);
  assign(space, {"a", "b"});
  assign(space, {"c"});
  const std::vector<std::string> names = space.names();
  ASSERT_EQ(names.size(), 11U);
  EXPECT_EQ(names[7], "");
  EXPECT_EQ(names[8], "a");
  EXPECT_EQ(names[9], "b");
  EXPECT_EQ(names[10], "c");
}

TEST(IdSpace, when_fresh_numbers_run_out_the_one_retired_longest_is_reused) {
  IdSpace space(1, 3);
  assign(space, {"a", "b", "c"});
  assign(space, {"b", "c"});  // a retires
  assign(space, {"c"});       // then b
  EXPECT_EQ(assign(space, {"d", "c"}), (Numbers{1, 3}));
  EXPECT_EQ(assign(space, {"e", "d", "c"}), (Numbers{2, 1, 3}));
  EXPECT_EQ(space.names()[2], "e");
}

TEST(IdSpace, a_new_name_never_takes_the_number_of_one_that_comes_later) {
  IdSpace space(1, 3);
  assign(space, {"a", "b", "c"});
  EXPECT_EQ(assign(space, {"new", "a", "c"}), (Numbers{2, 1, 3}));
}

TEST(IdSpace, more_names_than_numbers_is_an_error_that_says_how_many_are_possible) {
  IdSpace space(1, 2);
  const auto result = space.assign(named({"a", "b", "c"}), "security zones", "zones");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().text(), "security zones: 3 zones are configured, at most 2 are possible");
}

TEST(IdRegistry, a_discarded_copy_uses_up_no_number) {
  IdRegistry kept;
  ASSERT_TRUE(kept.zones({"trust"}));
  IdRegistry discarded = kept;
  ASSERT_TRUE(discarded.zones({"trust", "typo"}));
  EXPECT_EQ(kept.zones({"trust", "dmz"}).value(), (std::vector<ZoneId>{ZoneId{8}, ZoneId{9}}));
  EXPECT_EQ(kept.names().zone,
            (std::vector<std::string>{"", "", "junos-host", "", "", "", "", "", "trust", "dmz"}));
}

TEST(IdRegistry, numbers_begin_where_ids_h_says_and_the_firewalls_own_names_are_there) {
  IdRegistry ids;
  EXPECT_EQ(ids.interfaces({"ge-0/0/0.0"}).value().front(), IflId{2});
  EXPECT_EQ(ids.policies({{"global web", "web"}}).value().front(), kFirstUserPolicy);
  EXPECT_EQ(ids.ports({"ge-0/0/0", "ge-0/0/1"}).value(), (std::vector<PortId>{PortId{0}, PortId{2}}));
  const auto predefined = policy::predefined_applications().size();
  EXPECT_EQ(ids.applications({"backup"}).value().front().value, predefined + 1);
  const snapshot::Names names = ids.names();
  EXPECT_EQ(names.interface, (std::vector<std::string>{"", ".local..0", "ge-0/0/0.0"}));
  EXPECT_EQ(names.policy[kSelfTrafficPolicy.value], "self-traffic-policy");
  EXPECT_EQ(names.policy[kDefaultPolicy.value], "default-policy-logical-system-00");
  EXPECT_EQ(names.policy[kFirstUserPolicy.value], "web");
  EXPECT_EQ(names.application[0], "");
  EXPECT_EQ(names.application[1], policy::predefined_applications().front().name);
  EXPECT_EQ(names.application[predefined + 1], "backup");
}

TEST(IdRegistry, policies_of_one_name_in_two_contexts_have_two_numbers) {
  IdRegistry ids;
  const auto numbers = ids.policies({{"from-zone a to-zone b web", "web"}, {"global web", "web"}});
  ASSERT_TRUE(numbers);
  EXPECT_NE(numbers->at(0), numbers->at(1));
}

}  // namespace
}  // namespace sluice::compile
