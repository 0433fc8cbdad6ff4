#include "dataplane/nat/rule_table.h"

#include <algorithm>
#include <bit>
#include <map>
#include <set>

namespace sluice::nat {
namespace {

constexpr std::size_t kChunk = match::AddressTable::kMaxQueries;

bool holds(const Term& term, std::uint8_t protocol, std::uint16_t source,
           std::uint16_t destination) noexcept {
  return (term.protocol == 0 || term.protocol == protocol) && match::contains(term.source, source) &&
         match::contains(term.destination, destination);
}

// What a class stands for, to see which rule-sets cover it.
struct Member {
  IflId ifl = kNoIfl;  // kNoIfl: any that is not named
  ZoneId zone = kNullZone;
};

template <class T>
bool has(const std::vector<T>& all, T one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// The firewall itself is in no routing instance that rules speak of.
bool covers(const Side& side, const Member& member) {
  if (!side.interfaces.empty()) return member.ifl != kNoIfl && has(side.interfaces, member.ifl);
  if (!side.zones.empty()) return has(side.zones, member.zone);
  return member.zone != kJunosHostZone;
}

}  // namespace

std::uint16_t RuleTable::Classes::of(IflId ifl, ZoneId zone) const noexcept {
  const std::uint16_t own = ifl.value < by_ifl.size() ? by_ifl[ifl.value] : std::uint16_t{0};
  if (own != 0) {
    return own;
  }
  return zone.value < by_zone.size() ? by_zone[zone.value] : std::uint16_t{0};
}

// Class 0 is whatever is named nowhere; junos-host always has one of its own.
RuleTable::Classes RuleTable::classes_of(const std::vector<RuleSet>& sets, Side RuleSet::*side) {
  Classes classes;
  std::set<IflId> interfaces;
  std::set<ZoneId> zones{kJunosHostZone};
  for (const RuleSet& set : sets) {
    interfaces.insert((set.*side).interfaces.begin(), (set.*side).interfaces.end());
    zones.insert((set.*side).zones.begin(), (set.*side).zones.end());
  }
  for (const ZoneId zone : zones) {
    classes.by_zone.resize(zone.value + std::size_t{1});
    classes.by_zone[zone.value] = classes.count++;
  }
  for (const IflId ifl : interfaces) {
    classes.by_ifl.resize(ifl.value + std::size_t{1});
    classes.by_ifl[ifl.value] = classes.count++;
  }
  return classes;
}

void RuleTable::choose_sets(const std::vector<RuleSet>& sets, const std::vector<Interface>& interfaces) {
  const auto members_of = [&](const Classes& classes) {
    std::vector<Member> members(classes.count);
    for (std::size_t zone = 0; zone < classes.by_zone.size(); ++zone) {
      if (classes.by_zone[zone] != 0)
        members[classes.by_zone[zone]].zone.value = static_cast<std::uint16_t>(zone);
    }
    for (std::size_t ifl = 0; ifl < classes.by_ifl.size(); ++ifl) {
      if (classes.by_ifl[ifl] == 0) continue;
      members[classes.by_ifl[ifl]].ifl.value = static_cast<std::uint16_t>(ifl);
      members[classes.by_ifl[ifl]].zone = ifl < interfaces.size() ? interfaces[ifl].zone : kNullZone;
    }
    return members;
  };
  const std::vector<Member> from = members_of(from_);
  const std::vector<Member> to = members_of(to_);
  sets_.assign(from.size() * to.size(), kNoSet);
  for (std::size_t i = 0; i < from.size(); ++i) {
    for (std::size_t k = 0; k < to.size(); ++k) {
      std::uint32_t best = ~0U;
      for (std::size_t set = 0; set < sets.size(); ++set) {
        const std::uint32_t loose = 3 * looseness(sets[set].to) + looseness(sets[set].from);
        if (loose < best && covers(sets[set].from, from[i]) && covers(sets[set].to, to[k])) {
          best = loose;
          sets_[i * to.size() + k] = static_cast<std::uint16_t>(set);
        }
      }
    }
  }
}

Result<RuleTable> RuleTable::build(const std::vector<RuleSet>& sets, const std::vector<Interface>& interfaces,
                                   const std::string& statement) {
  RuleTable table;
  table.from_ = classes_of(sets, &RuleSet::from);
  table.to_ = classes_of(sets, &RuleSet::to);
  table.choose_sets(sets, interfaces);
  std::vector<const AddressMatch*> sources;
  std::vector<const AddressMatch*> destinations;
  std::vector<match::PortTerm> terms;
  for (const RuleSet& set : sets) {
    const auto first = static_cast<std::uint32_t>(table.rules_.size());
    for (const Rule& rule : set.rules) {
      const auto rank = static_cast<std::uint32_t>(table.rules_.size());
      table.rules_.push_back(&rule);
      sources.push_back(&rule.source);
      destinations.push_back(&rule.destination);
      for (const Term& term : rule.terms) terms.push_back({rank, term.protocol, term.destination});
      if (rule.terms.empty()) terms.push_back({rank, 0, {}});
    }
    table.ranks_.push_back({first, static_cast<std::uint32_t>(table.rules_.size())});
  }
  if (table.rules_.empty()) return table;
  auto ports = match::PortTable::build(terms, {}, table.rules_.size(), statement);
  if (!ports) return ports.error();
  const match::AddressTable::Rules rules{.sources = sources,
                                         .destinations = destinations,
                                         .plural = "rules",
                                         .statement = statement,
                                         .addresses = statement};
  auto inet = match::AddressTable::build(rules, packet::Family::inet);
  if (!inet) return inet.error();
  auto inet6 = match::AddressTable::build(rules, packet::Family::inet6);
  if (!inet6) return inet6.error();
  table.ports_ = std::move(*ports);
  table.inet_ = std::move(*inet);
  table.inet6_ = std::move(*inet6);
  return table;
}

template <class Address>
const RuleTable::Ranks* RuleTable::ranks_of(const Query<Address>& query) const noexcept {
  const std::size_t from = from_.of(query.from_ifl, query.from_zone);
  const std::size_t to = to_.of(query.to_ifl, query.to_zone);
  const std::uint16_t set = sets_[from * to_.count + to];
  return set == kNoSet ? nullptr : &ranks_[set];
}

template <class Address>
const Rule* RuleTable::decide(const Query<Address>& query, const Ranks& ranks, const std::uint64_t* source,
                              const std::uint64_t* destination) const noexcept {
  const std::uint64_t* service = ports_.row(ports_.find(query.protocol, query.destination_port));
  for (std::uint32_t word = ranks.first / 64; 64 * word < ranks.last; ++word) {
    std::uint64_t bits = source[word] & destination[word] & service[word];
    if (ranks.first > 64 * word) {
      bits &= ~std::uint64_t{0} << (ranks.first % 64);
    }
    for (; bits != 0; bits &= bits - 1) {
      const std::uint32_t rank = 64 * word + static_cast<std::uint32_t>(std::countr_zero(bits));
      if (rank >= ranks.last) {
        return nullptr;
      }
      // The rows said all but the source port.
      const std::vector<Term>& terms = rules_[rank]->terms;
      const bool fits = terms.empty() || std::any_of(terms.begin(), terms.end(), [&](const Term& term) {
                          return holds(term, query.protocol, query.source_port, query.destination_port);
                        });
      if (fits) {
        return rules_[rank];
      }
    }
  }
  return nullptr;
}

template <class Address>
void RuleTable::find(std::span<const Query<Address>> queries, std::span<const Rule*> rules) const noexcept {
  std::array<const std::uint64_t*, 2 * kChunk> rows;
  std::array<Query<Address>, kChunk> asked;  // those to which a rule-set applies
  std::array<std::size_t, kChunk> places;
  std::array<const Ranks*, kChunk> ranks;
  std::fill(rules.begin(), rules.end(), nullptr);
  if (empty()) {
    return;
  }
  for (std::size_t at = 0; at < queries.size(); at += kChunk) {
    std::size_t count = 0;
    for (std::size_t i = at; i < std::min(at + kChunk, queries.size()); ++i) {
      ranks[count] = ranks_of(queries[i]);
      asked[count] = queries[i];
      places[count] = i;
      count += ranks[count] != nullptr ? 1 : 0;
    }
    if (count == 0) {
      continue;
    }
    match::find_rows<Query<Address>>(inet_, inet6_, {asked.data(), count}, rows.data());
    for (std::size_t i = 0; i < count; ++i) {
      rules[places[i]] = decide(asked[i], *ranks[i], rows[2 * i], rows[2 * i + 1]);
    }
  }
}
template void RuleTable::find(std::span<const Query<std::uint32_t>>, std::span<const Rule*>) const noexcept;
template void RuleTable::find(std::span<const Query<std::array<std::uint8_t, 16>>>,
                              std::span<const Rule*>) const noexcept;

}  // namespace sluice::nat
