// Private to the policy room: from a packet's protocol and destination port to the policies that may
// match them, and to the predefined application of that port.
#pragma once

#include "dataplane/match/port_table.h"
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
  using Class = match::PortTable::Class;

  ServiceTable() = default;
  [[nodiscard]] static Result<ServiceTable> build(const Definition& definition, const Ranking& ranking);

  [[nodiscard]] Class find(std::uint8_t protocol, std::uint16_t destination_port) const noexcept {
    return ports_.find(protocol, destination_port);
  }
  [[nodiscard]] const Service& service(Class number) const noexcept { return services_[number]; }
  // Policies with a term that covers protocol and destination port; its source port may not match.
  [[nodiscard]] const std::uint64_t* row(Class number) const noexcept { return ports_.row(number); }

 private:
  match::PortTable ports_;
  std::vector<Service> services_;  // by class
};

}  // namespace sluice::policy
