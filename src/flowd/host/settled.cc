#include <linux/rtnetlink.h>

#include "flowd/host/host.h"
#include "flowd/host/picture.h"

namespace sluice::host {
namespace {

// The kernel's state when it has done what the plan says. Links are numbered in the plan's order.
class Settled {
 public:
  explicit Settled(const Plan& plan) {
    for (const TwinPort& port : plan.ports) {
      for (const TwinUnit& unit : port.units) add_link(unit);
    }
    for (const StaticRoute& route : plan.static_routes) add_static(route);
  }

  [[nodiscard]] const KernelState& state() const { return state_; }

 private:
  struct Network {
    packet::IpPrefix prefix;
    int link = 0;
  };

  void add_link(const TwinUnit& unit) {
    const int link = static_cast<int>(state_.links.size()) + 1;
    state_.links.push_back({.index = link, .name = unit.kernel_name, .usable = unit.enabled});
    for (const snapshot::InterfaceAddress& own : unit.addresses) {
      state_.addresses.push_back({.link = link, .address = own.address, .prefix_length = own.prefix_length});
      const auto network =
          packet::parse_prefix(to_string(own.address) + "/" + std::to_string(unsigned{own.prefix_length}));
      if (network) add_network(unit, {.prefix = *network, .link = link});
    }
  }

  void add_network(const TwinUnit& unit, const Network& network) {
    if (unit.enabled) networks_.push_back(network);
    state_.routes.push_back({.prefix = network.prefix,
                             .kind = KernelRoute::Kind::unicast,
                             .protocol = RTPROT_KERNEL,
                             .metric = 0,
                             .hops = {{.link = network.link, .gateway = {}, .usable = unit.enabled}}});
  }

  void add_static(const StaticRoute& route) {
    KernelRoute made{.prefix = route.prefix,
                     .kind = KernelRoute::Kind::unicast,
                     .protocol = RTPROT_STATIC,
                     .metric = 0,
                     .hops = {}};
    if (route.target == StaticRoute::Target::discard) made.kind = KernelRoute::Kind::blackhole;
    if (route.target == StaticRoute::Target::reject) made.kind = KernelRoute::Kind::unreachable;
    for (const packet::IpAddress& gateway : route.next_hops) {
      for (const Network& network : networks_) {
        if (!network.prefix.contains(gateway)) continue;
        made.hops.push_back({.link = network.link, .gateway = gateway, .usable = true});
        break;
      }
    }
    state_.routes.push_back(std::move(made));
  }

  KernelState state_;
  std::vector<Network> networks_;  // of enabled units
};

}  // namespace

route::Definition settled_routes(const Plan& plan, std::uint32_t unix_s) {
  Picture picture;
  route::Definition definition = picture.draw(Settled(plan).state(), plan, unix_s);
  for (route::NextHop& next_hop : definition.next_hops) {
    if (next_hop.kind == route::NextHopKind::glean) next_hop.kind = route::NextHopKind::forward;
  }
  return definition;
}

}  // namespace sluice::host
