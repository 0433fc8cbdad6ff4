#include "mgd/rpc/nat.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "base/text.h"
#include "mgd/rpc/ip.h"
#include "mgd/rpc/policies.h"

namespace sluice::rpc {
namespace {

constexpr std::string_view kWords[] = {"source", "destination", "static"};
constexpr std::string_view kMatches[] = {"src-nat-rule-match", "dest-nat-rule-match",
                                         "static-nat-rule-match"};

void list_all(v1::NatKind kind, const v1::NatStatisticsReply& statistics, Nat& nat) {
  std::map<std::pair<std::string_view, std::string_view>, const v1::NatRule*> counted_rules;
  for (const v1::NatRule& one : statistics.rules()) {
    const std::pair<std::string_view, std::string_view> key(one.rule_set(), one.name());
    if (one.kind() == kind) counted_rules.emplace(key, &one);
  }
  std::map<std::string_view, const v1::NatPool*> counted_pools;
  for (const v1::NatPool& one : statistics.pools()) {
    if (one.kind() == kind) counted_pools.emplace(one.name(), &one);
  }
  const config::Node all = nat.tree.root().child("security").child("nat").child(kWords[kind]);
  for (const config::Node& set : all.list("rule-set")) {
    for (const config::Node& node : set.list("rule")) {
      NatRule rule{set, node, static_cast<std::uint32_t>(nat.rules.size()) + 1, {}};
      const auto counted = counted_rules.find({set.key(), node.key()});
      if (counted != counted_rules.end()) rule.counted = *counted->second;
      rule.counted.set_kind(kind);
      nat.rules.push_back(std::move(rule));
    }
  }
  if (kind == v1::NAT_STATIC) return;
  for (const config::Node& node : all.list("pool")) {
    NatPool pool{node, {}};
    const auto counted = counted_pools.find(node.key());
    if (counted != counted_pools.end()) pool.counted = *counted->second;
    nat.pools.push_back(std::move(pool));
  }
}

// Keeps those of the name that the input gives, if it does.
template <class Thing>
Status select(std::vector<Thing>& things, std::string_view what, std::string_view input,
              const Inputs& inputs) {
  if (!inputs.has(input)) return {};
  if (inputs.has("all")) {
    return Error{"invalid-value", "all", fmt::format("'all' leaves no choice of one {}", what)};
  }
  const std::string_view name = inputs.text(input);
  std::vector<std::string> known;
  for (const Thing& thing : things) {
    if (std::ranges::find(known, thing.node.key()) == known.end()) known.emplace_back(thing.node.key());
  }
  std::erase_if(things, [&](const Thing& thing) { return thing.node.key() != name; });
  if (!things.empty()) return {};
  return Error{"invalid-value", std::string(input),
               fmt::format("{} {} not found; {}", what, name, there_are(known))};
}

void count(std::string_view prefix, PrefixCount& counted) {
  ++(prefix.find(':') == std::string_view::npos ? counted.inet : counted.inet6);
}

void count_named(const config::Tree& tree, std::string_view zone, std::string_view name,
                 PrefixCount& counted) {
  for (const ResolvedAddress& address : resolve_address(tree, zone, name)) {
    count(address.prefix.empty() ? address.low : address.prefix, counted);
  }
}

}  // namespace

Result<Nat> read_nat(v1::NatKind kind, const Context& context) {
  auto statistics = context.parts.flowd.ask(&link::Flowd::Stub::NatStatistics, v1::NatStatisticsRequest());
  if (!statistics) return statistics.error();
  Nat nat{context.parts.running.committed().tree->active(), {}, {}, statistics->maximum_ports()};
  list_all(kind, *statistics, nat);
  return nat;
}

Status select_rules(Nat& nat, const Inputs& inputs) {
  return select(nat.rules, "rule", "rule-name", inputs);
}

Status select_pools(Nat& nat, const Inputs& inputs) {
  return select(nat.pools, "pool", "pool-name", inputs);
}

std::uint64_t addresses_of(const NatPool& pool) {
  std::uint64_t addresses = 0;
  for (const v1::NatPoolRange& range : pool.counted.ranges()) addresses += range.addresses();
  return addresses;
}

std::uint32_t shown_addresses(std::uint64_t addresses) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(addresses, kMost));
}

std::vector<std::pair<std::string_view, std::string_view>> contexts_of(const NatRule& rule,
                                                                       std::string_view side) {
  std::vector<std::pair<std::string_view, std::string_view>> contexts;
  const config::Node node = rule.set.child(side);
  for (const std::string_view kind : {"zone", "interface", "routing-instance"}) {
    for (const std::string_view name : node.values(kind)) contexts.emplace_back(kind, name);
  }
  return contexts;
}

config::Node match_of(const NatRule& rule) {
  return rule.node.child(kMatches[rule.counted.kind()]);
}

std::string_view action_of(const NatRule& rule) {
  const bool source = rule.counted.kind() == v1::NAT_SOURCE;
  const config::Node action = rule.node.child("then").child(source ? "source-nat" : "destination-nat");
  if (const auto pool = action.child("pool").text("pool-name")) return *pool;
  return source && action.has("interface") ? "interface" : "off";
}

AddressSpan span_of(std::string_view prefix) {
  const auto read = parse_prefix(prefix);
  if (!read) return {std::string(prefix), std::string(prefix)};
  return {address_text(read->address), address_text(last_address(*read))};
}

PrefixCount count_prefixes(const Nat& nat) {
  PrefixCount counted;
  for (const NatRule& rule : nat.rules) {
    const config::Node match = match_of(rule);
    const auto zones = rule.set.child("from").values("zone");
    const std::string_view zone = zones.size() == 1 ? zones.front() : std::string_view();
    for (const std::string_view prefix : match.values("source-address")) count(prefix, counted);
    for (const std::string_view name : match.values("source-address-name")) {
      count_named(nat.tree, zone, name, counted);
    }
    if (rule.counted.kind() == v1::NAT_SOURCE) {
      for (const std::string_view prefix : match.values("destination-address")) count(prefix, counted);
      for (const std::string_view name : match.values("destination-address-name")) {
        count_named(nat.tree, {}, name, counted);
      }
      continue;
    }
    if (const auto prefix = match.child("destination-address").text("dst-addr")) count(*prefix, counted);
    if (const auto name = match.child("destination-address-name").text("dst-addr-name")) {
      count_named(nat.tree, zone, *name, counted);
    }
  }
  return counted;
}

}  // namespace sluice::rpc
