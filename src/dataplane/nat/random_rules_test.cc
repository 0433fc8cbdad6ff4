#include "dataplane/nat/random_rules.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "dataplane/port/eal.h"

namespace sluice::nat::testing {
namespace {

using packet::Family;
using packet::IpAddress;
using packet::IpPrefix;

constexpr unsigned kInterfaces = 6;
constexpr unsigned kZones = 3;  // of two interfaces each

ZoneId zone_of(unsigned ifl) {
  return ZoneId{static_cast<std::uint16_t>(kFirstUserZone.value + ifl % kZones)};
}

bool covers(const AddressMatch& match, const IpAddress& address) {
  const bool listed = std::any_of(match.prefixes.begin(), match.prefixes.end(),
                                  [&](const IpPrefix& prefix) { return prefix.contains(address); });
  return match.any || listed != match.excluded;
}

template <class T>
bool has(const std::vector<T>& all, T one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool applies(const Side& side, IflId ifl, ZoneId zone) {
  if (!side.interfaces.empty()) return has(side.interfaces, ifl);
  if (!side.zones.empty()) return has(side.zones, zone);
  return zone != kJunosHostZone;
}

int rank_of(const Side& side) {
  return side.interfaces.empty() ? side.zones.empty() ? 2 : 1 : 0;
}

}  // namespace

IpAddress RandomRules::address(Family family) {
  IpAddress at;
  at.family = family;
  at.bytes[0] = family == Family::inet ? 10 : 0x20;
  at.bytes[family == Family::inet ? 2 : 14] = static_cast<std::uint8_t>(below(2));
  at.bytes[family == Family::inet ? 3 : 15] = static_cast<std::uint8_t>(below(8));
  return at;
}

AddressMatch RandomRules::addresses() {
  AddressMatch match{.any = once_in(2), .excluded = false, .prefixes = {}};
  for (unsigned i = match.any ? 0 : 1 + below(3); i > 0; --i) {
    IpAddress at = address(once_in(2) ? Family::inet : Family::inet6);
    const int host_bits = static_cast<int>(below(5));
    std::uint8_t& last = at.bytes[at.family == Family::inet ? 3 : 15];
    last = static_cast<std::uint8_t>(last >> host_bits << host_bits);
    match.prefixes.push_back({at, static_cast<std::uint8_t>(at.bits() - host_bits)});
  }
  return match;
}

PortRange RandomRules::ports() {
  if (once_in(2)) return {};
  const auto low = static_cast<std::uint16_t>(below(6));
  return {low, static_cast<std::uint16_t>(low + below(4))};
}

Side RandomRules::side() {
  Side side;
  const unsigned kind = below(3);
  if (kind == 0) side.interfaces.push_back(IflId{static_cast<std::uint16_t>(2 + below(kInterfaces))});
  if (kind == 1) side.zones.push_back(zone_of(below(kZones)));
  if (kind == 1 && once_in(6)) side.zones.push_back(kJunosHostZone);
  return side;
}

Rule RandomRules::rule() {
  Rule rule;
  rule.id = NatRuleId{next_rule_++};
  rule.source = addresses();
  rule.destination = addresses();
  for (unsigned i = below(3); i > 0; --i) {
    Term term{.protocol = static_cast<std::uint8_t>(once_in(2) ? 6 : 17), .source = {}, .destination = {}};
    term.destination = ports();
    if (once_in(3)) term.source = ports();
    rule.terms.push_back(term);
  }
  return rule;
}

RuleSet RandomRules::rule_set(unsigned number) {
  RuleSet set;
  set.name = "set-" + std::to_string(number);
  set.from = side();
  set.to = side();
  for (unsigned i = below(once_in(4) ? 100 : 5); i > 0; --i) set.rules.push_back(rule());
  return set;
}

Definition RandomRules::definition() {
  Definition definition;
  definition.interfaces.resize(2);
  for (unsigned i = 0; i < kInterfaces; ++i) definition.interfaces.push_back({zone_of(2 + i), {}});
  std::vector<std::pair<Side, Side>> taken;
  for (unsigned i = below(8); i > 0; --i) {
    RuleSet set = rule_set(i);
    const auto same = [](const auto& a, const auto& b) {
      return rank_of(a) == rank_of(b) && (a.interfaces == b.interfaces) &&
             (rank_of(a) != 1 || a.zones.front() == b.zones.front() ||
              (a.zones.size() == 2 && b.zones.size() == 2));
    };
    const bool clash = std::any_of(
        definition.source.begin(), definition.source.end(),
        [&](const RuleSet& other) { return same(set.from, other.from) && same(set.to, other.to); });
    if (!clash) definition.source.push_back(std::move(set));
  }
  return definition;
}

template <class Address>
Query<Address> RandomRules::query() {
  constexpr Family kFamily = sizeof(Address) == 4 ? Family::inet : Family::inet6;
  static constexpr std::uint8_t kProtocols[] = {1, 6, 17, 47};
  const unsigned from = 2 + below(kInterfaces);
  const unsigned to = 2 + below(kInterfaces);
  Query<Address> query{};
  query.from_ifl = IflId{static_cast<std::uint16_t>(from)};
  query.from_zone = zone_of(from);
  query.to_ifl = IflId{static_cast<std::uint16_t>(to)};
  query.to_zone = zone_of(to);
  if (once_in(10)) {
    query.to_ifl = kLocalIfl;
    query.to_zone = kJunosHostZone;
  }
  query.source = load<Address>(address(kFamily).bytes.data());
  query.destination = load<Address>(address(kFamily).bytes.data());
  if constexpr (kFamily == Family::inet6) {
    if (once_in(4)) {  // from IPv6 to IPv4
      query.destination = packet::to_mapped(load<std::uint32_t>(address(Family::inet).bytes.data()));
    }
  }
  query.protocol = kProtocols[below(4)];
  query.source_port = static_cast<std::uint16_t>(below(10));
  query.destination_port = static_cast<std::uint16_t>(below(10));
  return query;
}
template Query<std::uint32_t> RandomRules::query();
template Query<std::array<std::uint8_t, 16>> RandomRules::query();

// Every rule-set in turn, the most specific of those that apply; in it every rule in turn.
template <class Address>
const Rule* first_match(const std::vector<RuleSet>& sets, const Query<Address>& query) {
  const RuleSet* chosen = nullptr;
  for (const RuleSet& set : sets) {
    if (!applies(set.from, query.from_ifl, query.from_zone) || !applies(set.to, query.to_ifl, query.to_zone))
      continue;
    const auto place = [](const RuleSet& of) { return std::pair(rank_of(of.to), rank_of(of.from)); };
    if (chosen == nullptr || place(set) < place(*chosen)) chosen = &set;
  }
  if (chosen == nullptr) return nullptr;
  for (const Rule& rule : chosen->rules) {
    const bool service =
        rule.terms.empty() || std::any_of(rule.terms.begin(), rule.terms.end(), [&](const Term& term) {
          const auto in = [](PortRange range, std::uint16_t port) {
            return port >= range.low && port <= range.high;
          };
          return (term.protocol == 0 || term.protocol == query.protocol) &&
                 in(term.source, query.source_port) && in(term.destination, query.destination_port);
        });
    if (service && covers(rule.source, packet::to_address(query.source)) &&
        covers(rule.destination, packet::to_address(query.destination))) {
      return &rule;
    }
  }
  return nullptr;
}
template const Rule* first_match(const std::vector<RuleSet>&, const Query<std::uint32_t>&);
template const Rule* first_match(const std::vector<RuleSet>&, const Query<std::array<std::uint8_t, 16>>&);

namespace {

template <class Address>
unsigned compare(const Table& table, RandomRules& random) {
  std::vector<Query<Address>> queries;
  queries.reserve(150);
  for (int i = 0; i < 150; ++i) queries.push_back(random.query<Address>());
  std::vector<const Rule*> found(queries.size());
  table.find<Address>(Stage::source, queries, found);
  unsigned matched = 0;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const Rule* expected = first_match(table.definition().source, queries[i]);
    EXPECT_EQ(found[i], expected) << "rule " << (expected ? expected->id.value : 0) << " expected";
    matched += expected != nullptr ? 1 : 0;
  }
  return matched;
}

TEST(RandomRules, the_compiled_rules_are_those_that_a_plain_reading_finds) {
  ASSERT_TRUE(port::start_eal());
  unsigned matched = 0;
  for (std::uint32_t seed = 0; seed < 60 && !::testing::Test::HasFailure(); ++seed) {
    RandomRules random(seed);
    const Definition definition = random.definition();
    const auto table = Table::compile(definition, nullptr);
    ASSERT_TRUE(table) << table.error().text();
    matched += compare<std::uint32_t>(**table, random);
    matched += compare<std::array<std::uint8_t, 16>>(**table, random);
  }
  EXPECT_GT(matched, 1000U);
}

}  // namespace
}  // namespace sluice::nat::testing
