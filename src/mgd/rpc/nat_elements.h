// The elements that replies about NAT have in common.
#pragma once

#include "mgd/rpc/nat.h"

namespace sluice::rpc {

inline constexpr std::string_view kNatModule = "junos-nat";

// Names, number and place of a rule.
void nat_rule_leaves(render::Sink& sink, const NatRule& rule);
// Where packets must come from; go to.
void nat_from_leaves(render::Sink& sink, const NatRule& rule);
void nat_to_leaves(render::Sink& sink, const NatRule& rule);
// Hits, successes, failures and sessions now.
void nat_rule_counter_leaves(render::Sink& sink, const v1::NatCounters& counters);
// Of them, those that are about sessions.
void nat_session_leaves(render::Sink& sink, const v1::NatCounters& counters);

// Elements around addresses of a match.
struct AddressNames {
  render::Name entry, low, high, name;
};
void nat_address_entries(render::Sink& sink, const std::vector<std::string_view>& prefixes,
                         const std::vector<std::string_view>& names, const AddressNames& elements);

// Elements around a range of ports: LOW, or LOW to HIGH.
struct PortNames {
  render::Name low, high;
};
void nat_port_leaves(render::Sink& sink, const config::Node& range, std::string_view low_leaf,
                     const PortNames& elements);

}  // namespace sluice::rpc
