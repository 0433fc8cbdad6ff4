// Sets of addresses as prefixes: ranges split, lists merged, lists turned round. Control path.
#pragma once

#include <vector>

#include "base/result.h"
#include "dataplane/packet/address.h"

namespace sluice::match {

// The fewest prefixes that cover low..high, both included, in ascending order. Fails when the two
// are of different families or low is above high.
[[nodiscard]] Result<std::vector<packet::IpPrefix>> prefixes_of_range(const packet::IpAddress& low,
                                                                      const packet::IpAddress& high);

// The fewest prefixes that cover the same addresses, IPv4 first, ascending.
[[nodiscard]] std::vector<packet::IpPrefix> merged(const std::vector<packet::IpPrefix>& prefixes);

// The fewest prefixes that cover every address of `family` that `prefixes` does not contain.
[[nodiscard]] std::vector<packet::IpPrefix> complement(const std::vector<packet::IpPrefix>& prefixes,
                                                       packet::Family family);

// An unbroken run of addresses of one family, both ends included.
struct AddressRange {
  packet::IpAddress low;
  packet::IpAddress high;
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

// The fewest ranges that cover what `prefixes` covers of one family, ascending.
[[nodiscard]] std::vector<AddressRange> ranges_of(const std::vector<packet::IpPrefix>& prefixes,
                                                  packet::Family family);

}  // namespace sluice::match
