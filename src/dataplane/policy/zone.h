// Zones, and what a zone or interface admits for the firewall itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/packet/ids.h"
#include "dataplane/policy/policy.h"

namespace sluice::policy {

// host-inbound-traffic, compiled from service and protocol names. Default: nothing is admitted.
struct HostInbound {
  bool all = false;
  std::vector<ApplicationTerm> allowed;  // ICMP as type * 256 + code
  std::vector<ApplicationTerm> excepted;
  // What is admitted by name, for displays, in their order: "ospf", "ping", "ssh".
  std::vector<std::string> names;

  [[nodiscard]] bool admits(std::uint8_t protocol, std::uint16_t destination_port) const noexcept;
};

struct Zone {
  ZoneId id;
  std::string name;
  std::string description;
  std::string screen;
  bool tcp_rst = false;
  HostInbound host_inbound;
};

}  // namespace sluice::policy
