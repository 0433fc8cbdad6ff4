// KeptPorts: ports that a process can open only once (port.h). A commit that was only checked, or taken back,
// would otherwise use the device up.
//
// A port is kept under the options that configuration has for it. A device that was removed and came back is
// opened with the address that it had before, which configuration does not name: it is kept as the one
// before. Owner: the machine; the control thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/port/port.h"

namespace sluice::flowd {

class KeptPorts {
 public:
  // Null when it is to be opened.
  [[nodiscard]] std::shared_ptr<port::Port> find(const port::PortOptions& options);
  void keep(const port::PortOptions& options, std::shared_ptr<port::Port> port);
  void clear() { kept_.clear(); }

 private:
  struct Kept {
    port::PortOptions options;
    std::array<std::uint8_t, 6> mac{};
    std::shared_ptr<port::Port> port;  // null when its device was removed
  };
  [[nodiscard]] static bool serves(const Kept& kept, const port::PortOptions& options);
  void forget_lost();

  std::vector<Kept> kept_;
};

}  // namespace sluice::flowd
