// Route: the view of routes and neighbours.
//
// What: for a destination, the next hop that a packet takes: port, MTU, and the Ethernet header to
// write. Why a view: the Linux kernel owns routes, addresses and neighbours; flowd's host part
// mirrors them here, so static routes, FRR and DHCP work unchanged.
//
// A View is immutable. Every change in the kernel (bundled for a few milliseconds) makes a new View
// that goes to the workers with a new Snapshot. Next-hop ids are stable: one (interface, gateway)
// keeps its id, so sessions keep theirs and see a changed MAC address at once.
// On-link hosts that the kernel has resolved are host routes; the rest of an on-link prefix points to a
// "glean" next hop: the packet waits while the kernel is asked to resolve.
//
// Who owns it: a Snapshot. Threads: compile() on the control thread; the rest on any.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "dataplane/packet/address.h"
#include "dataplane/packet/ids.h"

namespace sluice::route {

enum class NextHopKind : std::uint8_t {
  no_route,  // id 0: what a lookup answers when nothing matches
  forward,   // to `port` with `l2`
  local,     // an address of ours: to the kernel, through the port's twin
  glean,     // neighbour unknown: hold the packet and ask for resolution
  discard,
  reject,  // discard, and tell the sender (ICMP unreachable)
};

// 64 bytes: one cache line for everything that forwarding writes.
struct alignas(64) NextHop {
  // The Ethernet header, right-aligned: its last byte is l2[19]. 14 or 18 (VLAN) bytes are in use;
  // the EtherType is filled for the family of `gateway`.
  std::array<std::uint8_t, 20> l2{};
  std::uint8_t l2_length = 14;
  NextHopKind kind = NextHopKind::no_route;
  std::uint8_t ttl_step = 1;  // 0 towards the host
  PortId port;
  std::uint16_t mtu = 1500;     // largest IP packet
  std::uint16_t plain_mtu = 0;  // the same for kind `forward`, 0 for others: View::compile() sets it
  IflId ifl;                    // egress logical interface; kLocalIfl towards the host
  IflId owner;                  // kind `local`: the logical interface that has the address
  packet::IpAddress gateway;    // the neighbour; all zeros with `glean` means "the destination itself"
};
static_assert(sizeof(NextHop) == 64);

struct Route {
  packet::IpPrefix prefix;
  NextHopId next_hop;
  // For `show route`.
  enum class Source : std::uint8_t { direct, local, fixed, kernel, neighbor } source = Source::direct;
  std::uint8_t preference = 0;
  std::uint32_t metric = 0;
  std::uint32_t installed_unix_s = 0;
};

struct Definition {
  std::vector<NextHop> next_hops;  // index = NextHopId; entry 0 is kNoNextHop
  std::vector<Route> routes;
};

class View {
 public:
  [[nodiscard]] static Result<std::unique_ptr<View>> compile(Definition definition);
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  // Longest-prefix match; addresses in wire order. kNoNextHop when there is no route. An IPv4 address in its
  // IPv6 form (packet::is_mapped) has the route of the IPv4 address.
  [[nodiscard]] NextHopId lookup(std::uint32_t destination) const noexcept;
  [[nodiscard]] NextHopId lookup(const std::array<std::uint8_t, 16>& destination) const noexcept;

  [[nodiscard]] const NextHop& next_hop(NextHopId id) const noexcept { return next_hops_[id.value]; }
  [[nodiscard]] std::span<const Route> routes() const noexcept { return routes_; }
  [[nodiscard]] std::span<const NextHop> next_hops() const noexcept { return next_hops_; }

 private:
  struct Tables;
  View(Definition definition, std::unique_ptr<Tables> tables);
  std::vector<NextHop> next_hops_;
  std::vector<Route> routes_;
  std::unique_ptr<Tables> tables_;
};

}  // namespace sluice::route
