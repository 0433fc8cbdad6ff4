// What the host part knows of the kernel: plain copies of links, addresses, routes and neighbours.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/packet/address.h"

namespace sluice::host {

using MacAddress = std::array<std::uint8_t, 6>;

struct KernelLink {
  int index = 0;
  std::string name;
  bool usable = false;  // up, with a carrier
};

struct KernelAddress {
  int link = 0;
  packet::IpAddress address;
  std::uint8_t prefix_length = 0;
};

struct KernelHop {
  int link = 0;
  std::optional<packet::IpAddress> gateway;  // none: the destination is on the link
  bool usable = true;
};

// A route of the main table.
struct KernelRoute {
  enum class Kind : std::uint8_t { unicast, blackhole, unreachable, other };
  packet::IpPrefix prefix;
  Kind kind = Kind::unicast;
  std::uint8_t protocol = 0;  // RTPROT_*
  std::uint32_t metric = 0;
  std::vector<KernelHop> hops;
};

struct KernelNeighbor {
  int link = 0;
  packet::IpAddress address;
  MacAddress mac{};
  bool resolved = false;
  bool stale = false;
};

// An address that a link answers for without having it.
struct KernelProxy {
  int link = 0;
  packet::IpAddress address;
};

struct KernelState {
  std::vector<KernelLink> links;
  std::vector<KernelAddress> addresses;
  std::vector<KernelRoute> routes;
  std::vector<KernelNeighbor> neighbors;
};

}  // namespace sluice::host
