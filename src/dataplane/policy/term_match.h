// Private to the policy room: what it means for a term to cover a packet. The oracle and
// host-inbound-traffic use it; the compiled table must agree.
#pragma once

#include "dataplane/policy/policy.h"

namespace sluice::policy {

inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIcmp6 = 58;
inline constexpr std::uint8_t kProtocolOspf = 89;
inline constexpr std::uint8_t kProtocolSctp = 132;

[[nodiscard]] inline bool is_icmp(std::uint8_t protocol) noexcept {
  return protocol == kProtocolIcmp || protocol == kProtocolIcmp6;
}
[[nodiscard]] inline bool has_ports(std::uint8_t protocol) noexcept {
  return protocol == kProtocolTcp || protocol == kProtocolUdp || protocol == kProtocolSctp;
}
using match::contains;
using match::is_full;

// A protocol as configured (0: any) against a packet's.
[[nodiscard]] inline bool matches(std::uint8_t configured, std::uint8_t protocol) noexcept {
  return configured == 0 || configured == protocol;
}

template <class Query>
[[nodiscard]] bool matches(const ApplicationTerm& term, const Query& query) noexcept {
  // ICMP has no ports of its own: the source port is whatever names the session.
  const bool source = is_icmp(query.protocol) || contains(term.source, query.source_port);
  return matches(term.protocol, query.protocol) && source &&
         contains(term.destination, query.destination_port);
}

}  // namespace sluice::policy
