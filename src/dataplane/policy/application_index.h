// Private to the policy room: applications by id, and the service of a protocol and port.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/policy/policy.h"

namespace sluice::policy {

// What a predefined application says of its port. The first of them, all zero, is "none".
struct Service {
  AppId application = kNoApp;
  std::uint8_t alg = 0;
  std::uint32_t timeout_s = 0;  // 0: none of its own
};

// Immutable; refers to the applications it was built from.
class ApplicationIndex {
 public:
  explicit ApplicationIndex(const std::vector<Application>& applications);

  [[nodiscard]] const Application* find(AppId id) const noexcept {
    return id.value < by_id_.size() ? by_id_[id.value] : nullptr;
  }
  [[nodiscard]] const Service& service(std::uint8_t protocol, std::uint16_t destination_port) const noexcept {
    constexpr std::uint8_t kTcp = 6;
    constexpr std::uint8_t kUdp = 17;
    if (protocol == kTcp) return services_[tcp_[destination_port]];
    if (protocol == kUdp) return services_[udp_[destination_port]];
    return services_[others_[protocol]];
  }

 private:
  void add_service(const Application& application, const ApplicationTerm& term);

  std::vector<const Application*> by_id_;
  std::vector<Service> services_;
  std::vector<std::uint16_t> tcp_;  // by port: index in services_
  std::vector<std::uint16_t> udp_;
  std::array<std::uint16_t, 256> others_{};  // by protocol
};

}  // namespace sluice::policy
