// Private to the nat room: what a definition must keep to.
#pragma once

#include "dataplane/nat/nat.h"

namespace sluice::nat {

[[nodiscard]] Status validate(const Definition& definition);

// Whether a rule, or a pool that overflows, translates to addresses of interfaces.
[[nodiscard]] bool uses_interfaces(const Definition& definition);

}  // namespace sluice::nat
