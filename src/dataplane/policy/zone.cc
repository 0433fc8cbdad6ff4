#include "dataplane/policy/zone.h"

#include <algorithm>

#include "dataplane/policy/term_match.h"

namespace sluice::policy {

bool HostInbound::admits(std::uint8_t protocol, std::uint16_t destination_port) const noexcept {
  // Services name the port they are offered on; whoever asks may use any port of its own.
  const auto covers = [&](const ApplicationTerm& term) {
    return matches(term.protocol, protocol) && contains(term.destination, destination_port);
  };
  if (std::any_of(excepted.begin(), excepted.end(), covers)) return false;
  return all || std::any_of(allowed.begin(), allowed.end(), covers);
}

}  // namespace sluice::policy
