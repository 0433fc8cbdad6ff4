// How the kernel must treat the TAP of a unit: sysctls of one interface (private to the room).
#pragma once

#include <string>
#include <vector>

#include "flowd/host/host.h"

namespace sluice::host {

// Before the interface comes up. Answers sentences about what the kernel refused.
[[nodiscard]] std::vector<std::string> settle_twin(const TwinUnit& unit);

// Settings of the whole namespace that work against the firewall, one sentence each.
[[nodiscard]] std::vector<std::string> namespace_warnings();

}  // namespace sluice::host
