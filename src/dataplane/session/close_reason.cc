#include "dataplane/session/close_reason.h"

#include <array>

#include "base/check.h"

namespace sluice::session {

std::string_view name(CloseReason reason) {
  static constexpr std::array<std::string_view, static_cast<std::size_t>(CloseReason::count_)> kNames{
      "unset",
      "TCP FIN",
      "TCP CLIENT RST",
      "TCP SERVER RST",
      "idle Timeout",
      "response received",
      "ICMP error",
      "policy delete",
      "aged out",
      "CLI",
      "first path reroute, session recreated",
      "other"};
  const auto index = static_cast<std::size_t>(reason);
  check(index < kNames.size(), "a CloseReason out of its enum");
  return kNames[index];
}

}  // namespace sluice::session
