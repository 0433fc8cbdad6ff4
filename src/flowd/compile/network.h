// Private to the room: what an interface's address says, and addresses of statements that the schema checked.
#pragma once

#include <optional>
#include <string_view>

#include "dataplane/match/address_set.h"
#include "dataplane/packet/address.h"
#include "dataplane/snapshot/snapshot.h"

namespace sluice::compile {

// 192.0.2.1/24 is in 192.0.2.0/24.
[[nodiscard]] packet::IpPrefix network_of(const snapshot::InterfaceAddress& address);

// The schema knows no other values.
[[nodiscard]] packet::IpPrefix read_prefix(std::string_view text);
// A prefix, or from the first address of one to the last of another.
[[nodiscard]] match::AddressRange read_range(std::string_view from, std::optional<std::string_view> to);

}  // namespace sluice::compile
