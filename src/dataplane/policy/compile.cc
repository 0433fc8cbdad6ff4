#include "dataplane/policy/compile.h"

#include <algorithm>
#include <optional>

#include "dataplane/policy/address_classes.h"
#include "dataplane/policy/first_match.h"
#include "dataplane/policy/keys.h"

namespace sluice::policy {
namespace {

// Bounds the time and memory that one commit may take. A policy makes one rule for each zone pair,
// application term and pair of ranges of address classes.
constexpr std::size_t kMaxRules = 250'000;
// Priorities of rte_acl end at 2^29 - 1.
constexpr std::int32_t kHighestPriority = (1 << 29) - 1;

Outcome outcome_of(const Policy& policy, const Application& application, const ApplicationTerm& term) {
  Outcome outcome{.decision = decision_of(policy), .service = Outcome::Service::matched};
  outcome.decision.application = application.id;
  outcome.decision.alg = term.alg != 0 ? term.alg : application.alg;
  outcome.decision.timeout_s = application.inactivity_timeout_s;
  return outcome;
}

void append_clauses(const Definition& definition, std::size_t index, const ApplicationIndex& applications,
                    std::vector<Clause>& clauses) {
  const Policy& policy = definition.policies[index];
  if (policy.applications.empty()) {
    clauses.push_back({.policy = index, .term = {}, .outcome = {.decision = decision_of(policy)}});
  }
  for (const AppId id : policy.applications) {
    const Application& application = *applications.find(id);
    for (const ApplicationTerm& term : application.terms) {
      clauses.push_back({.policy = index, .term = term, .outcome = outcome_of(policy, application, term)});
    }
  }
}

template <class Address>
AclRule address_rule(Side side, const AddressClasses::Entry& entry) {
  AclRule rule{.priority = 1 + entry.prefix.length, .result = entry.number, .values = {}};
  rule.values[0] = {.value = static_cast<std::uint32_t>(side), .second = 0xff};
  for (std::size_t word = 0; word < kAddressWords<Address>; ++word) {
    const int bits_left = entry.prefix.length - static_cast<int>(32 * word);
    rule.values[1 + word] = {.value = load_be<std::uint32_t>(entry.prefix.address.bytes.data() + 4 * word),
                             .second = static_cast<std::uint32_t>(std::clamp(bits_left, 0, 32))};
  }
  return rule;
}

template <class Address>
Result<Acl> compile_addresses(const AddressClasses& sources, const AddressClasses& destinations) {
  std::vector<AclRule> rules;
  for (const auto& entry : sources.entries()) rules.push_back(address_rule<Address>(Side::source, entry));
  for (const auto& entry : destinations.entries()) {
    rules.push_back(address_rule<Address>(Side::destination, entry));
  }
  return Acl::build(address_fields<Address>(), rules);
}

using ZonePair = std::pair<ZoneId, ZoneId>;  // kNullZone: any

std::vector<ZonePair> zone_pairs(const Policy& policy) {
  if (!is_global(policy)) return {{policy.from_zone, policy.to_zone}};
  const std::vector<ZoneId> any{kNullZone};
  std::vector<ZonePair> pairs;
  for (const ZoneId from : policy.global_from.empty() ? any : policy.global_from) {
    for (const ZoneId to : policy.global_to.empty() ? any : policy.global_to) pairs.push_back({from, to});
  }
  return pairs;
}

AclRule::Value zone_value(ZoneId zone) {
  return {.value = zone.value, .second = zone == kNullZone ? 0U : 0xffffU};
}
AclRule::Value range_value(PortRange range) {
  return {.value = range.low, .second = range.high};
}
AclRule::Value range_value(ClassRange range) {
  return {.value = range.low, .second = range.high};
}

// What clauses of one policy share.
struct PolicyMatch {
  std::vector<ZonePair> zones;
  std::vector<ClassRange> sources;
  std::vector<ClassRange> destinations;
  [[nodiscard]] std::size_t rules() const { return zones.size() * sources.size() * destinations.size(); }
};

void append_rules(const PolicyMatch& match, const ApplicationTerm& term, AclRule rule,
                  std::vector<AclRule>& rules) {
  rule.values[kProtocol] = {.value = term.protocol, .second = term.protocol == 0 ? 0U : 0xffU};
  rule.values[kDestinationPort] = range_value(term.destination);
  rule.values[kSourcePort] = range_value(is_icmp(term.protocol) ? PortRange{} : term.source);
  for (const auto& [from, to] : match.zones) {
    rule.values[kFromZone] = zone_value(from);
    rule.values[kToZone] = zone_value(to);
    for (const ClassRange& source : match.sources) {
      rule.values[kSourceClass] = range_value(source);
      for (const ClassRange& destination : match.destinations) {
        rule.values[kDestinationClass] = range_value(destination);
        rules.push_back(rule);
      }
    }
  }
}

Error too_many(const Policy& policy) {
  return Error{"resource-denied",
               policy.path.empty() ? "security policies policy " + policy.name : policy.path,
               "with this policy there are more than " + std::to_string(kMaxRules) +
                   " match rules; fewer applications, or address sets that overlap less, are needed"};
}

Result<std::vector<AclRule>> make_rules(const Definition& definition, const std::vector<Clause>& clauses,
                                        const AddressClasses& sources, const AddressClasses& destinations) {
  std::vector<AclRule> rules;
  std::optional<std::size_t> current;
  PolicyMatch match;
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    const Clause& clause = clauses[i];
    const Policy& policy = definition.policies[clause.policy];
    if (current != clause.policy) {
      current = clause.policy;
      match = {zone_pairs(policy), sources.ranges(clause.policy), destinations.ranges(clause.policy)};
    }
    if (rules.size() + match.rules() > kMaxRules) return too_many(policy);
    const AclRule blank{.priority = kHighestPriority - static_cast<std::int32_t>(i),
                        .result = static_cast<std::uint32_t>(i + 1),
                        .values = {}};
    append_rules(match, clause.term, blank, rules);
  }
  return rules;
}

// A disabled policy takes part with addresses that nothing has, so it makes no class.
Result<AddressClasses> classes_of(const Definition& definition, AddressMatch Policy::*side,
                                  packet::Family family) {
  static const AddressMatch nothing;
  std::vector<const AddressMatch*> matches;
  for (const Policy& policy : definition.policies) {
    matches.push_back(policy.enabled ? &(policy.*side) : &nothing);
  }
  return AddressClasses::build(matches, family);
}

}  // namespace

std::vector<Clause> clauses_of(const Definition& definition, const ApplicationIndex& applications) {
  std::vector<Clause> clauses;
  for (const bool global : {false, true}) {
    for (std::size_t index = 0; index < definition.policies.size(); ++index) {
      const Policy& policy = definition.policies[index];
      if (policy.enabled && is_global(policy) == global) {
        append_clauses(definition, index, applications, clauses);
      }
    }
  }
  return clauses;
}

Result<FamilyTable> compile_family(const Definition& definition, const std::vector<Clause>& clauses,
                                   packet::Family family) {
  const auto sources = classes_of(definition, &Policy::source, family);
  if (!sources) return sources.error();
  const auto destinations = classes_of(definition, &Policy::destination, family);
  if (!destinations) return destinations.error();
  const auto rules = make_rules(definition, clauses, *sources, *destinations);
  if (!rules) return rules.error();
  FamilyTable table;
  if (rules->empty()) return table;
  auto addresses = family == packet::Family::inet ? compile_addresses<Address4>(*sources, *destinations)
                                                  : compile_addresses<Address6>(*sources, *destinations);
  if (!addresses) return addresses.error();
  auto compiled = Acl::build(kRuleKeyFields, *rules);
  if (!compiled) return compiled.error();
  table.addresses = std::move(*addresses);
  table.rules = std::move(*compiled);
  return table;
}

}  // namespace sluice::policy
