// Numbers through a series of commits, each compiled with the registry of the one before.
#include <gmock/gmock.h>

#include "flowd/compile/test_compile.h"

namespace sluice::compile {
namespace {

// Publishes one text after the other.
class Commits {
 public:
  const Compiled& commit(const std::string& commands) {
    last_ = must_compile(with(commands), last_.ids);
    return last_;
  }

 private:
  Compiled last_;
};

PolicyId id_of(const Compiled& compiled, std::string_view policy) {
  return find_policy(compiled, policy)->id;
}

TEST(IdStability, a_policy_keeps_its_index_when_others_come_before_it) {
  Commits commits;
  EXPECT_EQ(id_of(commits.commit(policy_with("web", "")), "web"), kFirstUserPolicy);
  const Compiled& after = commits.commit(policy_with("first", "") + policy_with("web", ""));
  EXPECT_EQ(id_of(after, "web"), kFirstUserPolicy);
  EXPECT_EQ(id_of(after, "first").value, kFirstUserPolicy.value + 1);
}

TEST(IdStability, reordering_changes_the_sequence_and_not_the_index) {
  Commits commits;
  commits.commit(policy_with("a", "") + policy_with("b", ""));
  const Compiled& after = commits.commit(policy_with("b", "") + policy_with("a", ""));
  const auto& policies = after.snapshot.policies->definition().policies;
  ASSERT_EQ(policies.size(), 2U);
  EXPECT_EQ(policies[0].name, "b");
  EXPECT_EQ(policies[0].id.value, 5);
  EXPECT_EQ(policies[1].name, "a");
  EXPECT_EQ(policies[1].id.value, 4);
}

TEST(IdStability, a_renamed_policy_has_a_new_index_and_the_old_name_is_still_told) {
  Commits commits;
  commits.commit(policy_with("old", ""));
  const Compiled& after = commits.commit(policy_with("new", ""));
  EXPECT_EQ(id_of(after, "new").value, 5);
  EXPECT_EQ(after.snapshot.names->policy.at(4), "old");
  EXPECT_EQ(after.snapshot.names->policy.at(5), "new");
  EXPECT_EQ(after.snapshot.policies->find(PolicyId{4}), nullptr) << "no policy has it any more";
}

TEST(IdStability, a_policy_that_comes_back_has_its_index_again) {
  Commits commits;
  commits.commit(policy_with("a", "") + policy_with("b", ""));
  commits.commit(policy_with("b", ""));
  EXPECT_EQ(id_of(commits.commit(policy_with("c", "") + policy_with("a", "")), "a").value, 4);
}

TEST(IdStability, a_discarded_commit_uses_up_nothing) {
  const Compiled running = must_compile(with(policy_with("a", "")));
  must_compile(with(policy_with("typo", "") + policy_with("a", "")), running.ids);
  EXPECT_EQ(id_of(must_compile(with(policy_with("a", "") + policy_with("b", "")), running.ids), "b").value,
            5);
}

TEST(IdStability, zones_interfaces_and_ports_keep_their_numbers_and_retired_ones_leave_empty_places) {
  Commits commits;
  const Compiled before = commits.commit("");
  const IflId trust = find_interface(before, "ge-0/0/1.0")->id;
  const ZoneId zone = find_zone(before, "trust")->id;
  const PortId wire = before.ports[1].id;
  const Compiled& after = commits.commit(
      "delete system ports ge-0/0/0\n"
      "delete interfaces ge-0/0/0\n"
      "delete security zones security-zone untrust\n"
      "set system ports xe-0/0/0 device veth9\n"
      "set interfaces xe-0/0/0 unit 0 family inet address 198.51.100.1/24\n"
      "set security zones security-zone dmz interfaces xe-0/0/0.0\n");
  EXPECT_EQ(find_interface(after, "ge-0/0/1.0")->id, trust);
  EXPECT_EQ(find_zone(after, "trust")->id, zone);
  EXPECT_EQ(after.ports[0].id, wire);
  const PortId gone = before.ports[0].id;
  EXPECT_EQ(after.snapshot.ports[gone.value].name, "");
  EXPECT_EQ(after.snapshot.ports[gone.value].ifl_by_vlan.size(), 4096U) << "workers may still look";
  const IflId gone_ifl = find_interface(before, "ge-0/0/0.0")->id;
  EXPECT_FALSE(after.snapshot.interfaces[gone_ifl.value].enabled);
  EXPECT_EQ(after.snapshot.interfaces[gone_ifl.value].zone, kNullZone);
  EXPECT_EQ(after.snapshot.names->interface.at(gone_ifl.value), "ge-0/0/0.0");
  EXPECT_EQ(after.snapshot.names->zone.at(find_zone(before, "untrust")->id.value), "untrust");
  EXPECT_EQ(after.host.ports.size(), 2U) << "nothing retired is in the host plan";
}

TEST(IdStability, configured_applications_keep_their_numbers_after_the_predefined_ones) {
  Commits commits;
  const std::string one = "set applications application one protocol tcp\n";
  const std::string two = "set applications application two protocol udp\n";
  const auto predefined = static_cast<std::uint16_t>(policy::predefined_applications().size());
  commits.commit(one + two);
  const Compiled& after = commits.commit(two);
  const AppId id{static_cast<std::uint16_t>(predefined + 2)};
  ASSERT_NE(after.snapshot.policies->find(id), nullptr);
  EXPECT_EQ(after.snapshot.policies->find(id)->name, "two");
  EXPECT_EQ(after.snapshot.names->application.at(predefined + 1U), "one");
}

TEST(TableReuse, policies_that_say_the_same_are_not_compiled_again) {
  const auto compiled = [](const std::string& commands, const Compiled& before) {
    const auto tree = config::parse_text(test_schema(), with(commands), "test.conf");
    return compile(tree->active(), before.ids, {.policies = before.snapshot.policies}).value();
  };
  const Compiled first = must_compile(with(policy_with("a", "")));
  const Compiled renamed = compiled(policy_with("a", "") + "set system host-name other\n", first);
  EXPECT_EQ(renamed.snapshot.policies, first.snapshot.policies);
  const Compiled changed = compiled(policy_with("a", "source-address any-ipv4"), first);
  EXPECT_NE(changed.snapshot.policies, first.snapshot.policies);
}

}  // namespace
}  // namespace sluice::compile
