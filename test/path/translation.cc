#include "translation.h"

#include <algorithm>

#include "base/check.h"

namespace sluice::path {
namespace {

using Kind = Numbers::Kind;

match::AddressMatch addresses(const std::vector<std::string>& prefixes) {
  match::AddressMatch match{.any = prefixes.empty()};
  for (const std::string& text : prefixes) match.prefixes.push_back(packet::parse_prefix(text).value());
  return match;
}

std::vector<match::AddressRange> range(const NatPoolFacts& pool) {
  return {{address(pool.low), address(pool.high.empty() ? pool.low : pool.high)}};
}

class Translator {
 public:
  Translator(const Network& network, const snapshot::Snapshot& snapshot, Numbers& numbers)
      : network_(network), snapshot_(snapshot), numbers_(numbers) {}

  nat::Definition run(std::uint16_t workers) {
    nat::Definition made;
    made.workers = workers;
    made.address_persistent = network_.nat.address_persistent;
    made.interface_overloading = network_.nat.interface_overloading;
    made.bindings = network_.nat.bindings;
    for (const snapshot::Interface& interface : snapshot_.interfaces) {
      auto& own = made.interfaces.emplace_back();
      own.zone = interface.zone;
      for (const auto& entry : interface.addresses) own.addresses.push_back(entry.address);
    }
    for (const NatPoolFacts& facts : network_.nat.source_pools)
      made.source_pools.push_back(source_pool(facts));
    for (const NatPoolFacts& facts : network_.nat.destination_pools) {
      made.destination_pools.push_back(
          {.id = pool_id(facts.name), .name = facts.name, .addresses = range(facts), .port = facts.port});
    }
    made.source = sets(network_.nat.source);
    made.destination = sets(network_.nat.destination);
    made.static_nat = sets(network_.nat.static_nat);
    return made;
  }

 private:
  NatPoolId pool_id(const std::string& name) { return NatPoolId{numbers_.of(Kind::nat_pool, name)}; }

  nat::SourcePool source_pool(const NatPoolFacts& facts) {
    nat::SourcePool made{.id = pool_id(facts.name),
                         .name = facts.name,
                         .addresses = range(facts),
                         .ports = facts.ports,
                         .overloading = facts.overloading,
                         .translate_ports = facts.translate_ports,
                         .has_base = !facts.base.empty(),
                         .paired = facts.paired,
                         .overflow_interface = facts.overflow == "interface",
                         .blocks = facts.blocks,
                         .deterministic = facts.deterministic,
                         .alarm = facts.alarm};
    if (made.has_base) made.base = address(facts.base);
    if (!facts.overflow.empty() && !made.overflow_interface) made.overflow = pool_id(facts.overflow);
    return made;
  }

  nat::Side side(const std::string& name) {
    if (name.empty()) return {};
    const bool unit = std::any_of(network_.units.begin(), network_.units.end(),
                                  [&](const Unit& x) { return x.name == name; });
    if (unit) return {.interfaces = {IflId{numbers_.of(Kind::interface, name)}}};
    return {.zones = {name == "junos-host" ? kJunosHostZone : ZoneId{numbers_.of(Kind::zone, name)}}};
  }

  nat::Rule rule(const NatRuleFacts& facts) {
    nat::Rule made{.id = NatRuleId{numbers_.of(Kind::nat_rule, facts.name)},
                   .name = facts.name,
                   .source = addresses(facts.sources),
                   .destination = addresses(facts.destinations),
                   .ports = facts.static_ports,
                   .mapped_ports = facts.mapped_ports,
                   .persistence = facts.persistence};
    if (facts.protocol != 0) {
      made.terms.push_back({.protocol = facts.protocol, .destination = facts.destination_ports});
    }
    if (const auto mapped = packet::parse_prefix(facts.then)) {
      made.action = nat::Action::prefix;
      made.mapped = *mapped;
    } else if (facts.then == "inet") {
      made.action = nat::Action::inet;
    } else if (facts.then == "interface") {
      made.action = nat::Action::interface;
    } else if (facts.then != "off") {
      made.action = nat::Action::pool;
      made.pool = pool_id(facts.then);
    }
    return made;
  }

  std::vector<nat::RuleSet> sets(const std::vector<NatRuleFacts>& rules) {
    std::vector<nat::RuleSet> made;
    for (const NatRuleFacts& facts : rules) {
      auto set = std::find_if(made.begin(), made.end(), [&](const auto& x) { return x.name == facts.set; });
      if (set == made.end()) {
        made.push_back({.name = facts.set, .from = side(facts.from), .to = side(facts.to)});
        set = std::prev(made.end());
      }
      set->rules.push_back(rule(facts));
    }
    return made;
  }

  const Network& network_;
  const snapshot::Snapshot& snapshot_;
  Numbers& numbers_;
};

}  // namespace

std::shared_ptr<const nat::Table> translation(const Network& network, const snapshot::Snapshot& snapshot,
                                              Numbers& numbers, const snapshot::Snapshot* running,
                                              std::uint16_t workers) {
  const NatFacts& facts = network.nat;
  const nat::Table* before = running == nullptr ? nullptr : running->nat.get();
  if (before == nullptr && facts.source.empty() && facts.destination.empty() && facts.static_nat.empty())
    return nullptr;
  auto table = nat::Table::compile(Translator(network, snapshot, numbers).run(workers), before);
  if (!table) check(false, table.error().text().c_str());
  return std::move(table).value();
}

}  // namespace sluice::path
