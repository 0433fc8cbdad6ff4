// The committed NAT rules and pools as lists, with the numbers and counters that flowd has of them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

struct NatRule {
  config::Node set, node;
  std::uint32_t position = 0;  // among all rules of the kind, from 1
  v1::NatRule counted;         // nothing when flowd does not run it (yet)
};

struct NatPool {
  config::Node node;
  v1::NatPool counted;
};

struct Nat {
  config::Tree tree;  // active statements only; the nodes are of it
  std::vector<NatRule> rules;
  std::vector<NatPool> pools;
  std::uint64_t maximum_ports = 0;
};

// All of one kind.
Result<Nat> read_nat(v1::NatKind kind, const Context& context);
// Keeps those that the input `rule-name` or `pool-name` asks for. An Error: there is none of that name.
Status select_rules(Nat& nat, const Inputs& inputs);
Status select_pools(Nat& nat, const Inputs& inputs);

// All that the pool's ranges have.
std::uint64_t addresses_of(const NatPool& pool);
// As replies have it, whose numbers have 32 bits.
std::uint32_t shown_addresses(std::uint64_t addresses);

// What a rule-set applies to, as pairs of "zone", "interface" or "routing-instance" and a name. `side`:
// "from" or "to".
std::vector<std::pair<std::string_view, std::string_view>> contexts_of(const NatRule& rule,
                                                                       std::string_view side);
// The rule's match.
config::Node match_of(const NatRule& rule);
// "off", "interface", or a pool's name.
std::string_view action_of(const NatRule& rule);

// The addresses that a prefix has, as the first and the last of them.
struct AddressSpan {
  std::string low, high;
};
AddressSpan span_of(std::string_view prefix);

// How many prefixes of each family the rules name, in themselves or by names of address books.
struct PrefixCount {
  std::size_t inet = 0, inet6 = 0;
};
PrefixCount count_prefixes(const Nat& nat);

}  // namespace sluice::rpc
