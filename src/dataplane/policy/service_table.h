// Private to the policy room: from a packet's protocol and destination port to the policies that may
// match them, and to the predefined application of that port.
#pragma once

#include <array>

#include "dataplane/policy/bit_rows.h"
#include "dataplane/policy/ranking.h"

namespace sluice::policy {

// What a predefined application says of its port.
struct Service {
  AppId application = kNoApp;
  std::uint8_t alg = 0;
  std::uint32_t timeout_s = 0;  // 0: none of its own
};

class ServiceTable {
 public:
  using Class = std::uint16_t;  // ports that no term tells apart

  ServiceTable() = default;
  [[nodiscard]] static Result<ServiceTable> build(const Definition& definition, const Ranking& ranking);

  [[nodiscard]] Class find(std::uint8_t protocol, std::uint16_t destination_port) const noexcept {
    const Protocol& entry = protocols_[protocol];
    return entry.by_port == kNone ? entry.all : classes_by_port_[entry.by_port + destination_port];
  }
  [[nodiscard]] const Service& service(Class number) const noexcept { return services_[number]; }
  // Policies with a term that covers protocol and destination port; its source port may not match.
  [[nodiscard]] const std::uint64_t* row(Class number) const noexcept { return rows_.row(number); }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Protocol {
    std::uint32_t by_port = kNone;  // where its 65536 ports start in classes_by_port_
    Class all = 0;                  // when there is no need to look at ports
  };

  void assign(std::uint8_t protocol, PortRange ports, Class number);

  std::array<Protocol, 256> protocols_{};
  std::vector<Class> classes_by_port_;
  std::vector<Service> services_;  // by class
  BitRows rows_;                   // by class
};

}  // namespace sluice::policy
