// A filter on a kernel interface that drops whatever would enter the kernel's own stack.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace sluice::port {

// Which filter it is. A device may be opened anew before its old port closes; the old one must then
// leave the new one's filter alone.
struct IngressDrop {
  int interface_index = 0;
  std::uint16_t priority = 0;  // drawn by lot
};

// Takes the place of any filter that is there.
[[nodiscard]] Result<IngressDrop> add_ingress_drop(int interface_index);
// Removes this filter, unless another has taken its place.
void remove_ingress_drop(const IngressDrop& filter);

}  // namespace sluice::port
