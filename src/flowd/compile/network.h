// Private to the room: what an interface's address says.
#pragma once

#include "dataplane/packet/address.h"
#include "dataplane/snapshot/snapshot.h"

namespace sluice::compile {

// 192.0.2.1/24 is in 192.0.2.0/24.
[[nodiscard]] packet::IpPrefix network_of(const snapshot::InterfaceAddress& address);

}  // namespace sluice::compile
