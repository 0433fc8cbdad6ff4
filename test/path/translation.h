// A network's NAT, compiled.
#pragma once

#include "network.h"

namespace sluice::path {

// Null when the network has none, and had none.
[[nodiscard]] std::shared_ptr<const nat::Table> translation(const Network& network,
                                                            const snapshot::Snapshot& snapshot,
                                                            Numbers& numbers,
                                                            const snapshot::Snapshot* running,
                                                            std::uint16_t workers);

}  // namespace sluice::path
