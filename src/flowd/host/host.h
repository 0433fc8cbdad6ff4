// Host: the firewall's own side, which is the Linux kernel.
//
// What: every port has a twin in the kernel, a TAP named after the interface ("ge-0/0/0" is
// "ge-0-0-0" there, its VLAN unit 100 "ge-0-0-0.100"). Packets for the firewall itself go to the twin,
// and what the kernel sends comes from it. Addresses and static routes of the configuration are set
// in the kernel by netlink; routes, addresses, links and neighbours are learnt back and become a
// route::Definition. Why: ARP, ND, DHCP, routing protocols and sshd then work unchanged.
//
// Every unit has a TAP, a VLAN unit too, and the tag is put on and taken off here: the kernel need not
// know VLANs. On the worker's side the twin is one port whose frames look exactly as on the wire.
//
// The kernel does not forward what the firewall judges: twins have IPv4 forwarding off but for those that
// answer for others (below), and IPv6 forwarding of the namespace ("all") is expected off and reported when
// it is not. Twins take no router advertisements and no source routes, and call themselves IPv6 routers in
// neighbour discovery. Reverse paths are the firewall's to check, so rp_filter is 0; ARP is answered for a
// twin's own addresses only (arp_ignore 1). A unit without IPv6 addresses has no IPv6.
//
// Addresses that a unit answers for without having them (proxy ARP and NDP) are neighbour proxies of the
// kernel, each with a route to the loopback, of a protocol number of ours in the kernel's table of local
// addresses; the loopback is brought up for them. The kernel answers ARP for those only where it forwards,
// and towards another interface: such a unit has IPv4 forwarding on. What the firewall does not hand to the
// kernel it cannot forward. What the firewall's own programs send to such an address ends on the loopback.
//
// Next hops. A NextHopId belongs to one (interface, gateway); only when all have been given away does one
// that nothing has led to for five minutes get another owner: no session carries it by then. A gateway or
// on-link neighbour that the kernel has not resolved is `glean`; resolve() makes the kernel ask, and the
// answer arrives as a new definition. Of several next hops of one route (ECMP) the first usable one is
// taken. Link-local and multicast destinations are not in the definition: they belong to the port that
// a packet came from.
//
// Static routes are kept in the kernel: when it drops one (its interface went down) it is put back as soon as
// the kernel takes it again.
//
// A twin that somebody removed from the kernel is made again by repair() or the next apply(), and so is what
// a twin lost while it was down.
//
// Neighbours in use must not fade: the kernel sees none of the forwarded traffic and would collect
// them as stale, or keep a wrong address for ever. Stale neighbours are therefore probed again after a
// while, a few at a time; one that does not answer becomes `glean` and then goes.
//
// Threads: apply(), repair(), resolve(), set_link() and routes() on the control thread (any one at a time);
// frames move between TAPs and rings on a thread of Host's own; netlink is read on another, which calls
// on_change. Needs root (CAP_NET_ADMIN) in its network namespace, and /dev/net/tun; nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dataplane/packet/address.h"
#include "dataplane/packet/ids.h"
#include "dataplane/port/port.h"
#include "dataplane/route/route.h"
#include "dataplane/snapshot/snapshot.h"

namespace sluice::host {

// A static route of the configuration, for the kernel.
struct StaticRoute {
  enum class Target : std::uint8_t { next_hop, discard, reject };
  packet::IpPrefix prefix;
  Target target = Target::next_hop;
  std::vector<packet::IpAddress> next_hops;

  friend auto operator<=>(const StaticRoute&, const StaticRoute&) = default;
};

// A logical interface as the kernel shall have it.
struct TwinUnit {
  IflId ifl;
  std::string kernel_name;    // "ge-0-0-0", "ge-0-0-0.100"
  std::uint16_t vlan_id = 0;  // 0: untagged
  std::uint16_t mtu = 1500;   // largest IP packet
  bool enabled = true;
  std::vector<snapshot::InterfaceAddress> addresses;
  std::vector<packet::IpAddress> proxies;  // that it answers ARP and neighbour discovery for
};

// A port and its twin.
struct TwinPort {
  PortId port;  // the wire
  PortId twin;  // what the host part is to the workers
  std::string name;
  std::array<std::uint8_t, 6> mac{};  // of both
  std::vector<TwinUnit> units;
};

// What the kernel shall look like.
struct Plan {
  std::vector<TwinPort> ports;
  std::vector<StaticRoute> static_routes;
};

// The kernel's name of a logical interface: "ge-0/0/0.0" is "ge-0-0-0", "ge-0/0/0.100" is "ge-0-0-0.100".
[[nodiscard]] Result<std::string> kernel_name(std::string_view interface);

// From what the configuration compiled to. Fails when names clash or are too long for the kernel.
[[nodiscard]] Result<Plan> make_plan(const snapshot::Snapshot& snapshot,
                                     std::vector<StaticRoute> static_routes);

// The routes when a kernel has done all of the plan and every neighbour has answered: what there is to
// forward by where there is no kernel (sluice-replay). Frames leave to the Ethernet address of zeros.
[[nodiscard]] route::Definition settled_routes(const Plan& plan, std::uint32_t unix_s);

struct HostOptions {
  // For frames that the kernel sends: outlives Host and its twins, and its buffers hold the largest mtu
  // and 18 bytes more.
  rte_mempool* pool = nullptr;
  std::uint16_t queues = 1;          // of each twin: one per worker
  std::uint32_t bundle_ms = 5;       // changes in the kernel are gathered for so long
  std::uint32_t stale_probe_s = 30;  // a neighbour that is stale for so long is probed
};

class Host {
 public:
  // Runs on Host's netlink thread, for every settled change, with the whole picture.
  using OnChange = std::function<void(route::Definition)>;

  [[nodiscard]] static Result<std::unique_ptr<Host>> open(const HostOptions& options, OnChange on_change);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Makes the kernel look like the plan: twins, addresses, static routes. Differences only, so what
  // stays keeps its neighbours. A failure leaves a part undone; applying a plan again mends it.
  [[nodiscard]] Status apply(const Plan& plan);
  // Makes again what somebody removed of the twins; cheap when nothing is missing. A failure is pending()
  // until a later try succeeds.
  void repair();
  // The workers' side of a twin, by its PortId; null before apply() named it. It stays valid while held.
  [[nodiscard]] std::shared_ptr<port::Port> twin(PortId twin) const;
  // The wire's link state, which the twin's carrier follows.
  void set_link(PortId port, bool up);

  // Asks the kernel to resolve a neighbour (a packet waits for it). Asks at most once a second per address
  // and a thousand times a second in all, whatever the packets.
  void resolve(IflId ifl, const packet::IpAddress& address);
  // The picture now; after apply() it is the applied plan's.
  [[nodiscard]] route::Definition routes() const;
  // What could not be done and is tried again when the kernel changes, one sentence each: a static
  // route without a usable gateway, for example.
  [[nodiscard]] std::vector<std::string> pending() const;

 private:
  class Impl;
  explicit Host(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::host
