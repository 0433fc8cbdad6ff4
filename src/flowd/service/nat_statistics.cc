#include "flowd/service/nat_statistics.h"

#include <algorithm>

#include "flowd/service/since.h"
#include "flowd/service/sums.h"
#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

using flow::NatCounters;

// Those that ended before those that were made: a session of the meantime counts as living.
v1::NatCounters counted(const flowd::Fleet& fleet,
                        const flow::NatCounterTable& (worker::Worker::*table)() const noexcept,
                        std::uint16_t number) {
  const NatCounters sum =
      sum_of(fleet, table, number,
             {&NatCounters::ended, &NatCounters::created, &NatCounters::failed, &NatCounters::hits});
  v1::NatCounters counters;
  counters.set_hits(sum.hits);
  counters.set_succeeded(sum.created);
  counters.set_failed(sum.failed);
  counters.set_active(sum.created - std::min(sum.ended, sum.created));
  return counters;
}

// One rule or pool, with the place where its counters stand.
struct Counted {
  v1::NatKind kind;
  std::uint16_t number = 0;
  std::string name;
  std::string rule_set;  // of rules
  v1::NatCounters counters;
};

std::vector<Counted> count_rules(const flowd::Fleet& fleet, const nat::Definition& definition) {
  std::vector<Counted> all;
  const struct {
    v1::NatKind kind;
    const std::vector<nat::RuleSet>& sets;
  } kinds[] = {{v1::NAT_SOURCE, definition.source},
               {v1::NAT_DESTINATION, definition.destination},
               {v1::NAT_STATIC, definition.static_nat}};
  for (const auto& [kind, sets] : kinds) {
    for (const nat::RuleSet& set : sets) {
      for (const nat::Rule& rule : set.rules) {
        all.push_back({.kind = kind,
                       .number = rule.id.value,
                       .name = rule.name,
                       .rule_set = set.name,
                       .counters = counted(fleet, &worker::Worker::nat_rule_counters, rule.id.value)});
      }
    }
  }
  return all;
}

template <class Pools>
void count_pools(const flowd::Fleet& fleet, v1::NatKind kind, const Pools& pools, std::vector<Counted>& all) {
  for (const auto& pool : pools) {
    all.push_back({.kind = kind,
                   .number = pool.id.value,
                   .name = pool.name,
                   .rule_set = {},
                   .counters = counted(fleet, &worker::Worker::nat_pool_counters, pool.id.value)});
  }
}

std::vector<Counted> count_pools(const flowd::Fleet& fleet, const nat::Definition& definition) {
  std::vector<Counted> all;
  count_pools(fleet, v1::NAT_SOURCE, definition.source_pools, all);
  count_pools(fleet, v1::NAT_DESTINATION, definition.destination_pools, all);
  return all;
}

template <class ByNumber>
v1::NatCounters since_clear(const ByNumber& cleared, const Counted& one) {
  v1::NatCounters counters = one.counters;
  if (const auto before = cleared.find(one.number); before != cleared.end()) {
    count_since(before->second, counters, {v1::NatCounters::kActiveFieldNumber});
  }
  return counters;
}

// `spaces`: of the ports of all the pool's addresses in turn; empty where ports are not translated.
void put_ranges(const std::vector<match::AddressRange>& ranges, std::span<nat::PortSpace* const> spaces,
                v1::NatPool& to) {
  std::uint64_t position = 0;
  for (const match::AddressRange& range : ranges) {
    v1::NatPoolRange& one = *to.add_ranges();
    one.set_low(bytes_of(range.low));
    one.set_high(bytes_of(range.high));
    const std::uint64_t addresses = nat::AddressList({range}).size();
    one.set_addresses(addresses);
    std::uint64_t taken = 0;
    for (std::uint64_t i = position; i < position + addresses && i < spaces.size(); ++i) {
      taken += spaces[i]->taken();
    }
    one.set_ports_taken(taken);
    position += addresses;
  }
}

void put_pool_ranges(const nat::Table& table, v1::NatPool& to) {
  const NatPoolId id{static_cast<std::uint16_t>(to.pool_id())};
  if (to.kind() == v1::NAT_SOURCE) {
    const nat::Table::Source& source = *table.source(id);
    return put_ranges(source.pool->addresses, source.spaces, to);
  }
  for (const nat::DestinationPool& pool : table.definition().destination_pools) {
    if (pool.id == id) {
      put_ranges(pool.addresses, {}, to);
    }
  }
}

}  // namespace

void NatStatistics::put(const flowd::Fleet& fleet, const snapshot::Snapshot& snapshot,
                        v1::NatStatisticsReply& reply) const {
  reply.set_maximum_ports(std::uint64_t{nat::kMaxPortAddresses} *
                          (nat::kTranslatedPorts.high - nat::kTranslatedPorts.low + 1U));
  if (snapshot.nat == nullptr) {
    return;
  }
  const std::vector<Counted> rules = count_rules(fleet, snapshot.nat->definition());
  const std::vector<Counted> pools = count_pools(fleet, snapshot.nat->definition());
  const std::lock_guard lock(mutex_);
  for (const Counted& rule : rules) {
    v1::NatRule& to = *reply.add_rules();
    to.set_kind(rule.kind);
    to.set_rule_set(rule.rule_set);
    to.set_name(rule.name);
    to.set_rule_id(rule.number);
    *to.mutable_counters() = since_clear(rules_, rule);
  }
  for (const Counted& pool : pools) {
    v1::NatPool& to = *reply.add_pools();
    to.set_kind(pool.kind);
    to.set_name(pool.name);
    to.set_pool_id(pool.number);
    *to.mutable_counters() = since_clear(pools_, pool);
    put_pool_ranges(*snapshot.nat, to);
  }
}

void NatStatistics::clear(const flowd::Fleet& fleet, const snapshot::Snapshot& snapshot,
                          const v1::ClearNatStatisticsRequest& request) {
  if (snapshot.nat == nullptr) {
    return;
  }
  const nat::Definition& definition = snapshot.nat->definition();
  const std::vector<Counted> all =
      request.pools() ? count_pools(fleet, definition) : count_rules(fleet, definition);
  const std::lock_guard lock(mutex_);
  for (const Counted& one : all) {
    if (one.kind == request.kind() && (request.name().empty() || one.name == request.name())) {
      (request.pools() ? pools_ : rules_)[one.number] = one.counters;
    }
  }
}

}  // namespace sluice::service
