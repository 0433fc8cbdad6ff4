#include "dataplane/policy/zone.h"

#include <algorithm>

namespace sluice::policy {
namespace {

bool matches_any(const std::vector<ApplicationTerm>& terms, std::uint8_t protocol,
                 std::uint16_t port) noexcept {
  return std::any_of(terms.begin(), terms.end(), [&](const ApplicationTerm& term) {
    return (term.protocol == 0 || term.protocol == protocol) && term.destination.low <= port &&
           port <= term.destination.high;
  });
}

}  // namespace

bool HostInbound::admits(std::uint8_t protocol, std::uint16_t destination_port) const noexcept {
  return (all || matches_any(allowed, protocol, destination_port)) &&
         !matches_any(excepted, protocol, destination_port);
}

}  // namespace sluice::policy
