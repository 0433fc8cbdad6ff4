#include "dataplane/nat/validate.h"

#include <algorithm>
#include <map>
#include <set>

#include "dataplane/nat/rule_table.h"
#include "dataplane/packet/embedded.h"

namespace sluice::nat {
namespace {

using match::AddressRange;

Error wrong(const std::string& path, std::string message) {
  return Error{"invalid-value", path, std::move(message)};
}

Status validate_addresses(const std::string& path, const std::vector<AddressRange>& addresses) {
  if (addresses.empty()) return wrong(path, "a pool needs at least one address");
  for (const AddressRange& range : addresses) {
    if (range.low.family != addresses.front().low.family) {
      return wrong(path, "a pool's addresses are all IPv4 or all IPv6");
    }
    if (range.low.family != range.high.family || range.high < range.low) {
      return wrong(path, "the range " + packet::to_string(range.low) + " to " +
                             packet::to_string(range.high) + " runs backwards: the low address comes first");
    }
  }
  return {};
}

// Ports of one address are given out in one place.
Status validate_apart(const std::vector<SourcePool>& pools) {
  std::map<packet::IpAddress, std::pair<packet::IpAddress, const SourcePool*>> by_low;  // high, whose
  for (const SourcePool& pool : pools) {
    for (const AddressRange& range : pool.addresses) {
      auto next = by_low.upper_bound(range.high);
      if (next != by_low.begin() && !(std::prev(next)->second.first < range.low) &&
          std::prev(next)->first.family == range.low.family) {
        return wrong(pool.path, "its addresses from " + packet::to_string(range.low) +
                                    " on are also those of pool " + std::prev(next)->second.second->name +
                                    "; an address is in one source pool");
      }
      by_low.emplace(range.low, std::pair(range.high, &pool));
    }
  }
  return {};
}

// What cannot stand beside blocks.
Status validate_beside_blocks(const SourcePool& pool) {
  const std::string word = pool.blocks ? "block-allocation" : "deterministic";
  if (pool.blocks && pool.deterministic) {
    return wrong(pool.path, "a pool has block-allocation or is deterministic, not both");
  }
  if (!pool.translate_ports) {
    return wrong(pool.path, "ports that are kept (no-translation) are not given out by the block: port " +
                                word + " needs them to be translated");
  }
  if (pool.has_base) {
    return wrong(pool.path, "host-address-base says which address a host has, and so does port " + word +
                                ": one of them goes");
  }
  const std::uint32_t ports = pool.ports.high - pool.ports.low + 1U;
  if (pool.block_size() == 0 || pool.block_size() > ports) {
    return wrong(pool.path, "a block-size of " + std::to_string(pool.block_size()) + " is not within the " +
                                std::to_string(ports) + " ports of an address: it is 1 to " +
                                std::to_string(ports));
  }
  return {};
}

// What cannot stand beside ports that have several sessions.
Status validate_overloading(const SourcePool& pool) {
  if (pool.overloading == 1) return {};
  if (!pool.translate_ports) {
    return wrong(pool.path,
                 "ports that are kept (no-translation) are not overloaded: "
                 "port-overloading-factor needs them to be translated");
  }
  if (pool.block_size() != 0) {
    return wrong(pool.path, std::string("a port of a block is one session's: port ") +
                                (pool.blocks ? "block-allocation" : "deterministic") +
                                " and port-overloading-factor exclude each other");
  }
  return {};
}

// The same addresses again and again: each has bits for so many sessions of every port.
Status validate_interface_overloading(const Definition& definition) {
  if (definition.interface_overloading == 1 || !uses_interfaces(definition)) return {};
  std::size_t addresses = 0;
  for (const Interface& interface : definition.interfaces) {
    for (const packet::Family family : {packet::Family::inet, packet::Family::inet6}) {
      addresses += std::ranges::any_of(
          interface.addresses, [&](const packet::IpAddress& address) { return address.family == family; });
    }
  }
  if (addresses * definition.interface_overloading <= kMaxPortAddresses) return {};
  return Error{"resource-denied", "security nat source interface port-overloading-factor",
               "the interfaces have " + std::to_string(addresses) + " addresses: a factor of at most " +
                   std::to_string(std::max<std::size_t>(kMaxPortAddresses / addresses, 1)) +
                   " fits into the " + std::to_string(kMaxPortAddresses) +
                   " addresses whose ports may be translated"};
}

// How many addresses the prefix has; no more than so many.
std::uint64_t hosts_of(const packet::IpPrefix& prefix, std::uint64_t most) {
  const int bits = prefix.address.bits() - prefix.length;
  return bits >= 63 ? most : std::min(most, std::uint64_t{1} << bits);
}

Status validate_deterministic(const SourcePool& pool, const AddressList& addresses) {
  if (!pool.deterministic) return {};
  const std::uint64_t blocks = addresses.size() * pool.blocks_each();
  const std::uint64_t hosts = hosts_of(pool.deterministic->hosts, ~std::uint64_t{0});
  if (pool.deterministic->hosts.address.family != addresses.family()) {
    return wrong(pool.path, "deterministic hosts are of the pool's own family");
  }
  if (hosts > blocks) {
    return wrong(pool.path, "the hosts " + packet::to_string(pool.deterministic->hosts) + " are " +
                                std::to_string(hosts) + ", and the pool has " + std::to_string(blocks) +
                                " blocks of " + std::to_string(pool.deterministic->size) +
                                " ports: give it more addresses, or its hosts smaller blocks");
  }
  return {};
}

// The ports of an interface's address are given out one by one while interface NAT is asked for.
Status validate_apart_from_interfaces(const Definition& definition, const SourcePool& pool) {
  if (!uses_interfaces(definition)) return {};
  for (const Interface& interface : definition.interfaces) {
    for (const packet::IpAddress& address : interface.addresses) {
      const bool is = std::ranges::any_of(pool.addresses, [&](const AddressRange& range) {
        return address.family == range.low.family && !(address < range.low) && !(range.high < address);
      });
      if (is) {
        return wrong(pool.path,
                     "its address " + packet::to_string(address) +
                         " is an interface's, whose ports 'source-nat interface' gives out one by one: a "
                         "pool with blocks has addresses of its own");
      }
    }
  }
  return {};
}

// Where a host's sessions live follows from the first pool (nat.h).
Status validate_overflow_of_blocks(const Definition& definition, const SourcePool& pool) {
  const auto overflow = std::ranges::find(definition.source_pools, pool.overflow, &SourcePool::id);
  if (overflow == definition.source_pools.end()) return {};
  if (overflow->block_size() != 0) {
    return wrong(pool.path,
                 "an overflow-pool gives out ports one by one, and " + overflow->name + " has blocks");
  }
  if (pool.block_size() != 0 && !overflow->translate_ports) {
    return wrong(pool.path, "a pool with blocks overflows into one that translates ports, and " +
                                overflow->name + " does not");
  }
  return {};
}

Status validate_blocks(const Definition& definition, const SourcePool& pool, const AddressList& addresses) {
  if (Status fine = validate_overflow_of_blocks(definition, pool); !fine) return fine;
  if (!pool.blocks && !pool.deterministic) return {};
  if (Status fine = validate_beside_blocks(pool); !fine) return fine;
  if (Status fine = validate_apart_from_interfaces(definition, pool); !fine) return fine;
  return validate_deterministic(pool, addresses);
}

Status validate_source_pools(const Definition& definition) {
  std::size_t translated = 0;
  for (const SourcePool& pool : definition.source_pools) {
    if (Status fine = validate_addresses(pool.path, pool.addresses); !fine) return fine;
    if (pool.ports.high < pool.ports.low || pool.ports.low == 0) {
      return wrong(pool.path, "a port range is LOW to HIGH, from 1 to 65535");
    }
    const AddressList addresses(pool.addresses);
    if (pool.has_base && pool.base.family != addresses.family()) {
      return wrong(pool.path, "host-address-base is an address of the pool's own family");
    }
    if (Status fine = validate_overloading(pool); !fine) return fine;
    translated += pool.translate_ports ? addresses.size() * pool.overloading : 0;
    if (translated > kMaxPortAddresses) {
      return Error{"resource-denied", pool.path,
                   "pools that translate ports have at most " + std::to_string(kMaxPortAddresses) +
                       " addresses together, each counted as often as its port-overloading-factor says"};
    }
    if (Status fine = validate_blocks(definition, pool, addresses); !fine) return fine;
  }
  return validate_apart(definition.source_pools);
}

Status validate_inet_rule(const Rule& rule, const packet::IpPrefix& outside) {
  if (outside.address.family != packet::Family::inet6 || !packet::embeds(outside.length)) {
    return wrong(rule.path,
                 "'static-nat inet' needs an IPv6 destination-address of 32, 40, 48, 56, 64 or 96 bits, such "
                 "as 64:ff9b::/96, behind which the IPv4 address stands; " +
                     packet::to_string(outside) + " is not");
  }
  if (rule.ports.low != 0 || rule.mapped_ports.low != 0) {
    return wrong(rule.path,
                 "'static-nat inet' translates addresses and no ports: it has no destination-port");
  }
  return {};
}

Status validate_static_rule(const Rule& rule) {
  if (rule.destination.any || rule.destination.prefixes.size() != 1) {
    return wrong(rule.path, "a static rule matches one destination prefix");
  }
  const packet::IpPrefix& outside = rule.destination.prefixes.front();
  if (rule.action == Action::inet) return validate_inet_rule(rule, outside);
  if (outside.address.family != rule.mapped.address.family || outside.length != rule.mapped.length) {
    return wrong(rule.path, "static NAT maps a prefix to one of the same family and length, and " +
                                packet::to_string(outside) + " and " + packet::to_string(rule.mapped) +
                                " differ");
  }
  const bool spans_differ =
      rule.ports.high - rule.ports.low != rule.mapped_ports.high - rule.mapped_ports.low;
  if ((rule.ports.low == 0) != (rule.mapped_ports.low == 0) || spans_differ) {
    return wrong(rule.path, "destination-port and mapped-port are as many ports, or neither is given");
  }
  return {};
}

// An IPv4 destination has no place in a pool of IPv6, nor the other way round.
Status validate_destinations(const Rule& rule, const DestinationPool& pool) {
  const packet::Family family = pool.addresses.front().low.family;
  const bool alike = std::ranges::all_of(rule.destination.prefixes, [&](const packet::IpPrefix& prefix) {
    return prefix.address.family == family;
  });
  if (alike && !rule.destination.any) return {};
  return wrong(rule.path, std::string("needs destination addresses of its pool's family, ") +
                              (family == packet::Family::inet ? "IPv4" : "IPv6"));
}

// Null: there is none of this number.
const SourcePool* pool_of(const Definition& definition, NatPoolId id) {
  const auto pool = std::ranges::find(definition.source_pools, id, &SourcePool::id);
  return pool == definition.source_pools.end() ? nullptr : &*pool;
}

// Whether an address of the family may match.
bool may_be(packet::Family family, const AddressMatch& match) {
  return match.any || match.excluded ||
         std::ranges::any_of(match.prefixes,
                             [&](const packet::IpPrefix& prefix) { return prefix.address.family == family; });
}

// Whether the rule may translate hosts of IPv6 that a static rule sends to IPv4.
bool may_translate_across(const Definition& definition, const Rule& rule) {
  const bool any = std::ranges::any_of(definition.static_nat, [](const RuleSet& set) {
    return std::ranges::any_of(set.rules, [](const Rule& of) { return of.action == Action::inet; });
  });
  const SourcePool* pool = pool_of(definition, rule.pool);
  const bool to_inet = rule.action == Action::interface ||
                       (pool != nullptr && pool->addresses.front().low.family == packet::Family::inet);
  return any && to_inet && may_be(packet::Family::inet6, rule.source) &&
         may_be(packet::Family::inet, rule.destination);
}

// Whose ports, of those that the rule gives out, may have several sessions; empty: nobody's.
std::string overloaded_by(const Definition& definition, const Rule& rule) {
  const SourcePool* own = rule.action == Action::pool ? pool_of(definition, rule.pool) : nullptr;
  const SourcePool* overflow = own == nullptr ? nullptr : pool_of(definition, own->overflow);
  for (const SourcePool* pool : {own, overflow}) {
    if (pool != nullptr && pool->overloading > 1) return "pool " + pool->name;
  }
  const bool by_interface = rule.action == Action::interface || (own != nullptr && own->overflow_interface);
  return by_interface && definition.interface_overloading > 1 ? "interfaces" : "";
}

// A public port says whose the binding is (binding.h): where it is kept in one place, it is kept in all. What
// a binding's address is from must be told from the rule, so there is one overflow and no chain of them.
Status validate_bound_pool(const Definition& definition, const Rule& rule, const SourcePool& own) {
  if (own.block_size() != 0) {
    return wrong(rule.path, "persistent-nat gives a host ports of its own, and so does pool " + own.name +
                                " by the block: a rule has one of both");
  }
  const SourcePool* overflow = pool_of(definition, own.overflow);
  if (overflow == nullptr) return {};
  if (own.translate_ports && !overflow->translate_ports) {
    return wrong(rule.path,
                 "with persistent-nat a pool that translates ports needs an overflow-pool that does");
  }
  if (overflow->overflow != kNoNatPool || overflow->overflow_interface) {
    return wrong(rule.path, "with persistent-nat an overflow-pool has no overflow-pool of its own, and " +
                                overflow->name + " has");
  }
  return {};
}

Status validate_persistence(const Definition& definition, const Rule& rule) {
  if (may_translate_across(definition, rule)) {
    return wrong(rule.path,
                 "persistent-nat binds a host to an address of its own family, and this rule may match hosts "
                 "of IPv6 that 'static-nat inet' sends to IPv4: give it IPv4 source-addresses alone");
  }
  if (const std::string whose = overloaded_by(definition, rule); !whose.empty()) {
    return wrong(rule.path, "persistent-nat gives a host ports of its own, and those of " + whose +
                                " may have several sessions (port-overloading-factor): a rule has one of "
                                "both");
  }
  const SourcePool* own = rule.action == Action::pool ? pool_of(definition, rule.pool) : nullptr;
  return own == nullptr ? Status() : validate_bound_pool(definition, rule, *own);
}

// Where ports are kept, rules that do not share bindings would give out the same ports one beside the other.
Status validate_sharing(const Definition& definition, const Rule& rule, const Rule& other) {
  const auto pool = std::ranges::find(definition.source_pools, rule.pool, &SourcePool::id);
  const auto permit = [](const Rule& x) {
    return x.persistence ? std::optional(x.persistence->permit) : std::nullopt;
  };
  if (pool == definition.source_pools.end() || pool->translate_ports || permit(rule) == permit(other))
    return {};
  return wrong(rule.path, "pool " + pool->name + " keeps ports, and rule " + other.name +
                              " uses it with another 'persistent-nat permit' or none: they must agree");
}

Status validate_sharing(const Definition& definition) {
  std::map<NatPoolId, const Rule*> first;
  for (const RuleSet& set : definition.source) {
    for (const Rule& rule : set.rules) {
      if (rule.action != Action::pool) continue;
      const Rule& other = *first.emplace(rule.pool, &rule).first->second;
      if (Status fine = validate_sharing(definition, rule, other); !fine) return fine;
    }
  }
  return {};
}

Status validate_rule(const Definition& definition, const Rule& rule) {
  for (const Term& term : rule.terms) {
    if (term.protocol == 0 && !(match::is_full(term.source) && match::is_full(term.destination))) {
      return wrong(rule.path, "ports need a protocol that has them, such as tcp or udp");
    }
  }
  if (rule.action == Action::prefix || rule.action == Action::inet) return validate_static_rule(rule);
  if (rule.persistence) {
    if (Status fine = validate_persistence(definition, rule); !fine) return fine;
  }
  if (rule.action != Action::pool) return {};
  for (const SourcePool& pool : definition.source_pools) {
    if (pool.id == rule.pool) return {};
  }
  for (const DestinationPool& pool : definition.destination_pools) {
    if (pool.id == rule.pool) return validate_destinations(rule, pool);
  }
  return wrong(rule.path, "its pool is not defined");
}

// Two rule-sets of one kind that apply to the same packets leave open which one counts.
Status validate_contexts(const std::vector<RuleSet>& sets) {
  const auto meet = [](const auto& a, const auto& b) {
    for (const auto& one : a) {
      for (const auto& other : b) {
        if (one == other) return true;
      }
    }
    return a.empty() && b.empty();
  };
  const auto same = [&](const Side& a, const Side& b) {
    return looseness(a) == looseness(b) && meet(a.interfaces, b.interfaces) && meet(a.zones, b.zones);
  };
  for (std::size_t i = 0; i < sets.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (same(sets[i].from, sets[k].from) && same(sets[i].to, sets[k].to)) {
        return wrong(sets[i].path, "rule-set " + sets[k].name +
                                       " is for the same packets; one rule-set is for each from and to");
      }
    }
  }
  return {};
}

}  // namespace

bool uses_interfaces(const Definition& definition) {
  const auto pool = [](const SourcePool& of) { return of.overflow_interface; };
  const auto rule = [](const Rule& of) { return of.action == Action::interface; };
  return std::any_of(definition.source_pools.begin(), definition.source_pools.end(), pool) ||
         std::any_of(definition.source.begin(), definition.source.end(), [&](const RuleSet& set) {
           return std::any_of(set.rules.begin(), set.rules.end(), rule);
         });
}

Status validate(const Definition& definition) {
  if (Status fine = validate_source_pools(definition); !fine) return fine;
  if (Status fine = validate_interface_overloading(definition); !fine) return fine;
  for (const DestinationPool& pool : definition.destination_pools) {
    if (Status fine = validate_addresses(pool.path, pool.addresses); !fine) return fine;
  }
  for (const auto* sets : {&definition.source, &definition.destination, &definition.static_nat}) {
    if (Status fine = validate_contexts(*sets); !fine) return fine;
    for (const RuleSet& set : *sets) {
      for (const Rule& rule : set.rules) {
        if (Status fine = validate_rule(definition, rule); !fine) return fine;
      }
    }
  }
  return validate_sharing(definition);
}

}  // namespace sluice::nat
