// Match: what rules that are tried in order have in common, whatever they decide.
//
// What: from each field of a packet to a row of bits, one bit for each rule in the order of trial: the
// rules which this field does not rule out. The first bit that all rows share is the rule. Why compiled: a
// thousand rules must cost the same as ten. Policies and NAT rules are both found this way; each brings its
// own context (zones, interfaces) and looks at what no row tells, such as source ports.
//
//   address_table.h    addresses, by longest prefix (rte_acl)
//   port_table.h       protocol and destination port, by index
//   address_set.h      sets of addresses as prefixes
//   bit_rows.h         the rows
//
// Who owns it: the compiled tables of the rooms that use it; immutable. Threads: built on the control thread,
// asked on any worker.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/packet/address.h"

namespace sluice::match {

// Addresses as prefixes (address_set.h splits ranges). `excluded` turns the match round: every
// address of either family that no prefix contains. Neither `any` nor a prefix: matches nothing.
struct AddressMatch {
  bool any = false;
  bool excluded = false;
  std::vector<packet::IpPrefix> prefixes;
  friend bool operator==(const AddressMatch&, const AddressMatch&) = default;
};

struct PortRange {
  std::uint16_t low = 0;
  std::uint16_t high = 65535;
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

[[nodiscard]] inline bool contains(PortRange range, std::uint16_t port) noexcept {
  return port >= range.low && port <= range.high;
}
[[nodiscard]] inline bool is_full(PortRange range) noexcept {
  return range.low == 0 && range.high == 65535;
}

}  // namespace sluice::match
