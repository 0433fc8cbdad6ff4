// The committed policies as a list, with the ids that flowd gave them and their counters.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

struct Policy {
  std::string from_zone, to_zone;  // both empty: global
  config::Node node;
  std::uint32_t id = 0;        // 0: flowd does not run it (yet)
  std::uint32_t sequence = 1;  // in its context, from 1

  [[nodiscard]] bool global() const { return from_zone.empty(); }
  [[nodiscard]] bool same_context(const Policy& other) const {
    return from_zone == other.from_zone && to_zone == other.to_zone;
  }
};

// Those that no configuration names.
inline constexpr std::uint32_t kSelfTrafficPolicyId = 1, kDefaultPolicyId = 2;

// What stands for the zones of global policies in a table.
inline constexpr std::string_view kGlobalZone = "junos-global";

struct Policies {
  config::Tree tree;         // active statements only; the nodes are of it
  std::vector<Policy> list;  // in order of configuration, globals last
  v1::PolicyStatisticsReply statistics;

  [[nodiscard]] v1::PolicyCounters counters(std::uint32_t id) const;
  // "permit-all" or "deny-all"
  [[nodiscard]] std::string default_action() const;
};

// All of them, with flowd's ids and counters.
Result<Policies> read_policies(const Context& context);

// Whether an input of this name, if there is one, is a zone of the configuration.
Status check_zone(const Policies& policies, const Inputs& inputs, std::string_view input);
// Keeps those that from-zone, to-zone, policy-name and global ask for. An Error: a zone or policy
// that does not exist.
Status select_policies(Policies& policies, const Inputs& inputs);

// "permit", "deny", "reject"
std::string_view action_of(const Policy& policy);

// Visits a name, and what it holds when it is a set, sets in it opened too: in the operator's order and each
// once, as sets that hold sets may name one thing very often. `visit` answers the set of this name, or none;
// `kinds` are the lists of its members. Names are the configuration's own.
void open_sets(std::string_view name, std::initializer_list<std::string_view> kinds,
               const std::function<config::Node(std::string_view)>& visit);

// One address that a name in a policy stands for.
struct ResolvedAddress {
  std::string label;  // "web(global)": the name and its book
  std::string prefix;
  std::string low, high;  // a range, when there is no prefix
};

// What `name` means in `zone`: the zone's own books before the global one; sets as their members.
std::vector<ResolvedAddress> resolve_address(const config::Tree& tree, std::string_view zone,
                                             std::string_view name);

}  // namespace sluice::rpc
