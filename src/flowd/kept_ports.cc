#include "flowd/kept_ports.h"

#include <algorithm>

namespace sluice::flowd {

bool KeptPorts::serves(const Kept& kept, const port::PortOptions& options) {
  port::PortOptions as_kept = options;
  as_kept.mac = kept.options.mac;
  return as_kept == kept.options && (options.mac == kept.options.mac || options.mac == kept.mac);
}

// A device that went and came back is another one.
void KeptPorts::forget_lost() {
  for (Kept& kept : kept_) {
    if (kept.port != nullptr && kept.port->lost()) {
      kept.port.reset();
    }
  }
}

std::shared_ptr<port::Port> KeptPorts::find(const port::PortOptions& options) {
  forget_lost();
  const auto found = std::ranges::find_if(
      kept_, [&](const Kept& kept) { return kept.port != nullptr && serves(kept, options); });
  return found != kept_.end() ? found->port : nullptr;
}

void KeptPorts::keep(const port::PortOptions& options, std::shared_ptr<port::Port> port) {
  forget_lost();
  const auto mac = port->mac();
  Kept made{.options = options, .mac = mac, .port = std::move(port)};
  const auto before = std::ranges::find_if(
      kept_, [&](const Kept& kept) { return kept.port == nullptr && serves(kept, options); });
  if (before != kept_.end()) {
    made.options.mac = before->options.mac;
  }
  std::erase_if(
      kept_, [&](const Kept& kept) { return kept.port == nullptr && kept.options.device == options.device; });
  kept_.push_back(std::move(made));
}

}  // namespace sluice::flowd
