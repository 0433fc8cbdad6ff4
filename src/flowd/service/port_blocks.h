// Blocks of ports of source NAT as they are told. Any thread: the workers go on meanwhile.
#pragma once

#include <optional>

#include "base/result.h"
#include "dataplane/snapshot/snapshot.h"
#include "proto/flowd.pb.h"

namespace sluice::service {

// A part of them. An unknown pool or a bad address is an error.
[[nodiscard]] Status put_port_blocks(const snapshot::Snapshot& snapshot, std::uint32_t now_s,
                                     const v1::PortBlocksRequest& request, v1::PortBlocksReply& reply);

// The block that has the port of the address. Nothing: no host has one.
[[nodiscard]] std::optional<v1::NatBindingsReply::Block> block_with(const snapshot::Snapshot& snapshot,
                                                                    const packet::IpAddress& address,
                                                                    std::uint16_t port);

}  // namespace sluice::service
