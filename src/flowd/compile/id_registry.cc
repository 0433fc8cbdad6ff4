#include "flowd/compile/id_registry.h"

#include <fmt/format.h>

#include "dataplane/policy/policy.h"

namespace sluice::compile {
namespace {

constexpr std::uint32_t kMaxId = 65535;

template <class Id>
Result<std::vector<Id>> typed(const Result<std::vector<std::uint16_t>>& numbers) {
  if (!numbers) return numbers.error();
  std::vector<Id> ids;
  ids.reserve(numbers->size());
  for (const std::uint16_t number : *numbers) ids.push_back(Id{number});
  return ids;
}

std::vector<NamedThing> things_of(const std::vector<std::string>& names) {
  std::vector<NamedThing> things;
  things.reserve(names.size());
  for (const std::string& name : names) things.push_back({.key = name, .name = name});
  return things;
}

std::uint32_t first_application() {
  return static_cast<std::uint32_t>(policy::predefined_applications().size()) + 1;
}

}  // namespace

Result<std::vector<std::uint16_t>> IdSpace::assign(const std::vector<NamedThing>& things,
                                                   std::string_view statement, std::string_view plural) {
  const std::size_t room = last_ - first_ + 1;
  if (things.size() > room) {
    return Error{"resource-denied", std::string(statement),
                 fmt::format("{} {} are configured, at most {} are possible", things.size(), plural, room)};
  }
  ++commit_;
  // Names that have a number first: none of them may lose it to a new name.
  for (const NamedThing& thing : things) {
    const auto known = by_key_.find(thing.key);
    if (known != by_key_.end()) slots_[known->second].last_commit = commit_;
  }
  std::vector<std::uint16_t> numbers;
  numbers.reserve(things.size());
  for (const NamedThing& thing : things) {
    auto known = by_key_.find(thing.key);
    if (known == by_key_.end()) {
      const std::uint32_t slot = take_slot();
      slots_[slot] = {.key = thing.key, .name = thing.name, .last_commit = commit_};
      known = by_key_.emplace(thing.key, slot).first;
    }
    numbers.push_back(static_cast<std::uint16_t>(first_ + known->second));
  }
  return numbers;
}

std::uint32_t IdSpace::take_slot() {
  if (slots_.size() < last_ - first_ + 1) {
    slots_.emplace_back();
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  std::uint32_t oldest = 0;
  for (std::uint32_t slot = 1; slot < slots_.size(); ++slot) {
    if (slots_[slot].last_commit < slots_[oldest].last_commit) oldest = slot;
  }
  by_key_.erase(slots_[oldest].key);
  return oldest;
}

std::vector<std::string> IdSpace::names() const {
  std::vector<std::string> names(size());
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) names[first_ + slot] = slots_[slot].name;
  return names;
}

std::vector<std::string> IdSpace::keys() const {
  std::vector<std::string> keys(size());
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) keys[first_ + slot] = slots_[slot].key;
  return keys;
}

IdRegistry::IdRegistry()
    : interfaces_(kLocalIfl.value + 1, kMaxId),
      zones_(kFirstUserZone.value, kMaxId),
      policies_(kFirstUserPolicy.value, kMaxPolicies - 1),
      applications_(first_application(), kMaxId),
      nat_rules_(kNoNatRule.value + 1, kMaxId),
      nat_pools_(kInterfaceNatPool.value + 1, kMaxId),
      ports_(0, kMaxId / 2) {}

Result<std::vector<IflId>> IdRegistry::interfaces(const std::vector<std::string>& names) {
  return typed<IflId>(interfaces_.assign(things_of(names), "interfaces", "logical interfaces"));
}

Result<std::vector<ZoneId>> IdRegistry::zones(const std::vector<std::string>& names) {
  return typed<ZoneId>(zones_.assign(things_of(names), "security zones", "zones"));
}

Result<std::vector<PolicyId>> IdRegistry::policies(const std::vector<NamedThing>& policies) {
  return typed<PolicyId>(policies_.assign(policies, "security policies", "policies"));
}

Result<std::vector<AppId>> IdRegistry::applications(const std::vector<std::string>& names) {
  return typed<AppId>(applications_.assign(things_of(names), "applications", "applications"));
}

Result<std::vector<NatRuleId>> IdRegistry::nat_rules(const std::vector<NamedThing>& rules) {
  return typed<NatRuleId>(nat_rules_.assign(rules, "security nat", "rules"));
}

Result<std::vector<NatPoolId>> IdRegistry::nat_pools(const std::vector<NamedThing>& pools) {
  return typed<NatPoolId>(nat_pools_.assign(pools, "security nat", "pools"));
}

Result<std::vector<PortId>> IdRegistry::ports(const std::vector<std::string>& names) {
  auto pairs = ports_.assign(things_of(names), "system ports", "ports");
  if (!pairs) return pairs.error();
  std::vector<PortId> wires;
  for (const std::uint16_t pair : *pairs) wires.push_back(PortId{static_cast<std::uint16_t>(pair * 2)});
  return wires;
}

snapshot::Names IdRegistry::names() const {
  snapshot::Names names;
  names.interface = interfaces_.names();
  names.interface[kLocalIfl.value] = ".local..0";
  names.zone = zones_.names();
  names.zone[kJunosHostZone.value] = "junos-host";
  names.policy = policies_.names();
  names.policy[kSelfTrafficPolicy.value] = "self-traffic-policy";
  names.policy[kDefaultPolicy.value] = "default-policy-logical-system-00";
  names.nat_pool = nat_pools_.names();
  names.nat_pool[kInterfaceNatPool.value] = "interface";
  const std::vector<std::string> rule_keys = nat_rules_.keys();
  std::vector<std::string> rules = nat_rules_.names();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string kind = rule_keys[i].substr(0, rule_keys[i].find(' '));
    names.nat_rule.push_back({.type = kind.empty() ? kind : kind + " rule", .name = std::move(rules[i])});
  }
  names.application = applications_.names();
  for (const policy::Application& application : policy::predefined_applications()) {
    names.application[application.id.value] = application.name;
  }
  return names;
}

}  // namespace sluice::compile
