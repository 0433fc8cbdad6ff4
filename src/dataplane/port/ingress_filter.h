// A filter on a kernel interface that drops whatever would enter the kernel's own stack.
#pragma once

#include "base/result.h"

namespace sluice::port {

[[nodiscard]] Status add_ingress_drop(int interface_index);
// Nothing to remove is no failure.
void remove_ingress_drop(int interface_index);

}  // namespace sluice::port
