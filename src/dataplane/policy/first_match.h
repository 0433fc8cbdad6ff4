// Private to the policy room: one policy against one query, the plain way.
#pragma once

#include <optional>

#include "dataplane/policy/policy.h"

namespace sluice::policy {

// The application by which a policy matched, and the term that said so. Both null: policy
// application `any`, and no predefined application has that port.
struct ApplicationMatch {
  const Application* application = nullptr;
  const ApplicationTerm* term = nullptr;
};

// Empty when the policy does not match. A disabled policy matches nothing.
template <class Address>
[[nodiscard]] std::optional<ApplicationMatch> match_policy(const Definition& definition, const Policy& policy,
                                                           const Query<Address>& query) noexcept;

// The predefined application of a protocol and destination port (Table::by_port says which).
[[nodiscard]] ApplicationMatch service(std::uint8_t protocol, std::uint16_t destination_port) noexcept;

// The parts of a decision that the policy alone determines.
[[nodiscard]] Decision decision_of(const Policy& policy) noexcept;
[[nodiscard]] Decision default_decision(const Definition& definition) noexcept;

// The last step of the timeout lookup: TCP 1800, UDP 60, ICMP 60, OSPF 60, others 1800.
[[nodiscard]] std::uint32_t protocol_timeout_s(std::uint8_t protocol) noexcept;

[[nodiscard]] inline bool is_global(const Policy& policy) noexcept {
  return policy.from_zone == kNullZone && policy.to_zone == kNullZone;
}

}  // namespace sluice::policy
