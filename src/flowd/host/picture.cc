#include "flowd/host/picture.h"

#include <fmt/format.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <unordered_map>

#include "base/wire.h"
#include "dataplane/packet/packet.h"

namespace sluice::host {
namespace {

using packet::Family;
using packet::IpAddress;
using packet::IpPrefix;
using route::NextHop;
using route::NextHopKind;
using Source = route::Route::Source;

// Junos's preferences, where it has them; a kernel route is one that a routing protocol or the operator
// put there without us. Local routes are hosts and precede everything of their length.
constexpr std::uint8_t kDirectPreference = 1;
constexpr std::uint8_t kStaticPreference = 5;
constexpr std::uint8_t kNeighborPreference = 7;
constexpr std::uint8_t kKernelPreference = 10;

// So long an id rests before another next hop gets it. Sessions leave a next hop as soon as their route does
// (query/reroute.h), within moments: none carries the id by then.
constexpr std::uint32_t kRestS = 300;

// The source address of frames to the kernel, which come from no Ethernet station.
constexpr MacAddress kHostSideMac{0x02, 0x53, 0x6c, 0x00, 0x00, 0x01};

constexpr std::uint16_t kTypeIpv4 = 0x0800;
constexpr std::uint16_t kTypeIpv6 = 0x86dd;

// IPv6 tables of older kernels hold "unreachable default" with the worst metric: it says "no route".
constexpr std::uint32_t kNoRouteMetric = std::numeric_limits<std::uint32_t>::max();

bool is_global(const IpAddress& address) {
  const auto& b = address.bytes;
  if (address.family == Family::inet) return (b[0] & 0xf0) != 0xe0 && b[0] != 127 && b[0] != 0;
  if (b[0] == 0xff || packet::is_link_local(address)) return false;
  IpAddress loopback{Family::inet6, {}};
  loopback.bytes[15] = 1;
  return address != loopback;
}

// Whether routes to this prefix concern forwarding: not link-local, loopback or multicast. The
// default route does.
bool is_global(const IpPrefix& prefix) {
  return prefix.length == 0 || is_global(prefix.address);
}

IpAddress zeros(Family family) {
  return IpAddress{family, {}};
}

IpPrefix host_prefix(const IpAddress& address) {
  return IpPrefix{address, static_cast<std::uint8_t>(address.bits())};
}

std::vector<std::uint8_t> header(const MacAddress& destination, const MacAddress& source, std::uint16_t vlan,
                                 Family family) {
  std::vector<std::uint8_t> bytes(destination.begin(), destination.end());
  bytes.insert(bytes.end(), source.begin(), source.end());
  const auto append = [&](std::uint16_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8));
    bytes.push_back(static_cast<std::uint8_t>(value));
  };
  if (vlan != 0) {
    append(packet::kEtherVlan);
    append(vlan);
  }
  append(family == Family::inet ? kTypeIpv4 : kTypeIpv6);
  return bytes;
}

void set_header(NextHop& hop, const std::vector<std::uint8_t>& bytes) {
  std::copy(bytes.rbegin(), bytes.rend(), hop.l2.rbegin());
  hop.l2_length = static_cast<std::uint8_t>(bytes.size());
}

// A unit, its port, and its interface in the kernel.
struct Twin {
  const TwinPort* port = nullptr;
  const TwinUnit* unit = nullptr;
  bool usable = false;
};

}  // namespace

// One drawing in progress.
class Picture::Drawing {
 public:
  Drawing(Picture& picture, const KernelState& state, const Plan& plan, std::uint32_t unix_s)
      : picture_(picture), state_(state), unix_s_(unix_s) {
    find_twins(plan);
    // Ids of before stay what they were named for, without a way to forward until something says so.
    definition_.next_hops.resize(1);
  }

  route::Definition finish() && {
    retire();
    return std::move(definition_);
  }

  // In order of precedence among equal prefixes.
  void draw_all() {
    index_neighbors();
    draw_locals();
    draw_routes();
    draw_neighbors();
  }

 private:
  void find_twins(const Plan& plan) {
    std::unordered_map<std::string, const KernelLink*> by_name;
    for (const KernelLink& link : state_.links) by_name[link.name] = &link;
    for (const TwinPort& port : plan.ports) {
      for (const TwinUnit& unit : port.units) {
        const auto link = by_name.find(unit.kernel_name);
        if (link == by_name.end()) continue;
        twins_[link->second->index] = Twin{&port, &unit, unit.enabled && link->second->usable};
      }
    }
    if (const auto loopback = by_name.find("lo"); loopback != by_name.end())
      loopback_ = loopback->second->index;
  }

  const Twin* usable_twin(int link) const {
    const auto twin = twins_.find(link);
    return twin == twins_.end() || !twin->second.usable ? nullptr : &twin->second;
  }

  void index_neighbors() {
    for (const KernelNeighbor& neighbor : state_.neighbors) {
      if (neighbor.resolved && usable_twin(neighbor.link) != nullptr) {
        resolved_[{neighbor.link, neighbor.address}] = neighbor.mac;
      }
    }
  }

  // Our own addresses, and subnets' broadcast addresses: to the kernel.
  void draw_locals() {
    for (const KernelAddress& own : state_.addresses) {
      const Twin* twin = own.link == loopback_ ? any_twin() : usable_twin(own.link);
      if (twin == nullptr || !is_global(own.address)) continue;
      const NextHopId next_hop = local(*twin, own.address.family);
      add(host_prefix(own.address), next_hop, Source::local, 0, 0);
      if (own.address.family == Family::inet && own.prefix_length < 31 && own.link != loopback_) {
        const std::uint32_t hosts = ~std::uint32_t{0} >> own.prefix_length;
        const auto address = load_be<std::uint32_t>(own.address.bytes.data());
        add(host_prefix(IpAddress::v4(address | hosts)), next_hop, Source::local, 0, 0);
      }
    }
  }

  void draw_routes() {
    // Of several routes to a prefix the kernel takes the lowest metric.
    std::vector<const KernelRoute*> routes;
    for (const KernelRoute& route : state_.routes) {
      if (is_global(route.prefix)) routes.push_back(&route);
    }
    std::stable_sort(routes.begin(), routes.end(), [](const KernelRoute* a, const KernelRoute* b) {
      return std::tie(a->prefix, a->metric) < std::tie(b->prefix, b->metric);
    });
    const IpPrefix* drawn = nullptr;
    for (const KernelRoute* route : routes) {
      if (drawn != nullptr && *drawn == route->prefix) continue;
      if (draw_route(*route)) drawn = &route->prefix;
    }
  }

  // False when the route leads nowhere for now.
  bool draw_route(const KernelRoute& route) {
    const Family family = route.prefix.address.family;
    const auto put = [&](NextHopId next_hop, Source source) {
      add(route.prefix, next_hop, source, preference(source), route.metric);
      return true;
    };
    switch (route.kind) {
      case KernelRoute::Kind::blackhole:
        return put(dead_end(Use::discard, family), source_of(route));
      case KernelRoute::Kind::unreachable:
        if (route.metric == kNoRouteMetric) return false;
        return put(dead_end(Use::reject, family), source_of(route));
      case KernelRoute::Kind::other:
        return false;
      case KernelRoute::Kind::unicast:
        break;
    }
    for (const KernelHop& hop : route.hops) {
      const Twin* twin = hop.usable ? usable_twin(hop.link) : nullptr;
      if (twin == nullptr) continue;
      const IpAddress gateway = hop.gateway.value_or(zeros(family));
      if (!hop.gateway) on_link_.push_back({hop.link, route.prefix});
      return put(towards(hop.link, *twin, family, gateway), source_of(route));
    }
    return false;
  }

  // Resolved hosts on our links.
  void draw_neighbors() {
    for (const auto& [where, mac] : resolved_) {
      const auto& [link, address] = where;
      if (!is_global(address) || !is_on_link(link, address)) continue;
      const NextHopId next_hop = towards(link, *usable_twin(link), address.family, address);
      add(host_prefix(address), next_hop, Source::neighbor, kNeighborPreference, 0);
    }
  }

  bool is_on_link(int link, const IpAddress& address) const {
    return std::any_of(on_link_.begin(), on_link_.end(), [&](const auto& entry) {
      return entry.first == link && entry.second.contains(address);
    });
  }

  const Twin* any_twin() const {
    for (const auto& [link, twin] : twins_) {
      if (twin.usable) return &twin;
    }
    return nullptr;
  }

  NextHop& hop(NextHopId id) {
    if (definition_.next_hops.size() <= id.value) definition_.next_hops.resize(id.value + 1U);
    return definition_.next_hops[id.value];
  }

  NextHopId local(const Twin& twin, Family family) {
    const NextHopId id = picture_.id_of({Use::local, twin.unit->ifl, zeros(family)}, unix_s_);
    if (id == kNoNextHop) return id;
    NextHop& made = hop(id);
    made.kind = NextHopKind::local;
    made.ttl_step = 0;
    made.port = twin.port->twin;
    made.mtu = twin.unit->mtu;
    made.ifl = kLocalIfl;
    made.owner = twin.unit->ifl;
    made.gateway = zeros(family);
    set_header(made, header(twin.port->mac, kHostSideMac, twin.unit->vlan_id, family));
    return id;
  }

  // A gateway of another family than the route's (RFC 8950) still carries the route's packets, so it is a
  // next hop of its own only by its address; the header follows the gateway's family.
  NextHopId towards(int link, const Twin& twin, Family family, const IpAddress& gateway) {
    const NextHopId id = picture_.id_of({Use::neighbor, twin.unit->ifl, gateway}, unix_s_);
    if (id == kNoNextHop) return id;
    NextHop& made = hop(id);
    const auto mac = resolved_.find({link, gateway});
    made.kind = mac == resolved_.end() ? NextHopKind::glean : NextHopKind::forward;
    made.port = twin.port->port;
    made.mtu = twin.unit->mtu;
    made.ifl = twin.unit->ifl;
    made.gateway = gateway;
    set_header(made, header(mac == resolved_.end() ? MacAddress{} : mac->second, twin.port->mac,
                            twin.unit->vlan_id, family));
    return id;
  }

  NextHopId dead_end(Use use, Family family) {
    const NextHopId id = picture_.id_of({use, kNoIfl, zeros(family)}, unix_s_);
    if (id == kNoNextHop) return id;
    hop(id).kind = use == Use::discard ? NextHopKind::discard : NextHopKind::reject;
    hop(id).gateway = zeros(family);
    return id;
  }

  void add(const IpPrefix& prefix, NextHopId next_hop, Source source, std::uint8_t preference,
           std::uint32_t metric) {
    if (next_hop == kNoNextHop) return;  // ids ran out
    const RouteKey key{prefix, next_hop, source};
    const auto known = picture_.installed_.find(key);
    const std::uint32_t since = known == picture_.installed_.end() ? unix_s_ : known->second;
    installed_[key] = since;
    definition_.routes.push_back({prefix, next_hop, source, preference, metric, since});
  }

  // Next hops that sessions may still carry, though no route leads to them any more.
  void retire() {
    for (auto& [key, given] : picture_.ids_) {
      NextHop& made = hop(given.id);
      if (made.kind != NextHopKind::no_route) continue;
      if (given.unused_since_s == 0) given.unused_since_s = unix_s_;
      made.gateway = key.gateway;
      made.ifl = key.ifl;
      if (key.use == Use::neighbor) retire_neighbor(key, made);
    }
    picture_.installed_ = std::move(installed_);
  }

  // A neighbour that faded may come back: its packets wait and ask, as long as the link is there.
  void retire_neighbor(const HopKey& key, NextHop& made) const {
    for (const auto& [link, twin] : twins_) {
      if (twin.unit->ifl != key.ifl || !twin.usable || key.gateway == zeros(key.gateway.family)) continue;
      made.kind = NextHopKind::glean;
      made.port = twin.port->port;
      made.mtu = twin.unit->mtu;
      set_header(made, header(MacAddress{}, twin.port->mac, twin.unit->vlan_id, key.gateway.family));
    }
  }

  static Source source_of(const KernelRoute& route) {
    if (route.protocol == RTPROT_STATIC) return Source::fixed;
    const bool on_link =
        route.kind == KernelRoute::Kind::unicast && !route.hops.empty() && !route.hops[0].gateway;
    return on_link ? Source::direct : Source::kernel;
  }

  static std::uint8_t preference(Source source) {
    switch (source) {
      case Source::local:
        return 0;
      case Source::direct:
        return kDirectPreference;
      case Source::fixed:
        return kStaticPreference;
      case Source::neighbor:
        return kNeighborPreference;
      case Source::kernel:
        break;
    }
    return kKernelPreference;
  }

  Picture& picture_;
  const KernelState& state_;
  const std::uint32_t unix_s_;
  route::Definition definition_;
  std::map<int, Twin> twins_;  // by the kernel's index; ordered, so that any_twin() is always the same
  int loopback_ = 0;
  std::map<std::pair<int, IpAddress>, MacAddress> resolved_;
  std::vector<std::pair<int, IpPrefix>> on_link_;
  std::map<RouteKey, std::uint32_t> installed_;
};

route::Definition Picture::draw(const KernelState& state, const Plan& plan, std::uint32_t unix_s) {
  shortage_.clear();
  Drawing drawing(*this, state, plan, unix_s);
  drawing.draw_all();
  return std::move(drawing).finish();
}

NextHopId Picture::id_of(const HopKey& key, std::uint32_t unix_s) {
  const auto known = ids_.find(key);
  if (known != ids_.end()) {
    known->second.unused_since_s = 0;
    return known->second.id;
  }
  const bool fresh = ids_.size() < std::numeric_limits<std::uint16_t>::max();
  const NextHopId id = fresh ? NextHopId{static_cast<std::uint16_t>(ids_.size() + 1)} : take_rested(unix_s);
  if (id == kNoNextHop) {
    shortage_ = fmt::format("{} next hops are in use or were moments ago: {} has none", ids_.size(),
                            to_string(key.gateway));
    return kNoNextHop;
  }
  ids_.emplace(key, Given{id});
  return id;
}

NextHopId Picture::take_rested(std::uint32_t unix_s) {
  auto oldest = ids_.end();
  for (auto entry = ids_.begin(); entry != ids_.end(); ++entry) {
    const std::uint32_t since = entry->second.unused_since_s;
    const bool rested = since != 0 && unix_s >= since + kRestS;
    if (rested && (oldest == ids_.end() || since < oldest->second.unused_since_s)) oldest = entry;
  }
  if (oldest == ids_.end()) return kNoNextHop;
  const NextHopId id = oldest->second.id;
  ids_.erase(oldest);
  return id;
}

bool same(const route::Definition& a, const route::Definition& b) {
  const auto hop = [](const NextHop& h) {
    return std::tie(h.l2, h.l2_length, h.kind, h.ttl_step, h.port, h.mtu, h.ifl, h.gateway);
  };
  const auto route = [](const route::Route& r) {
    return std::tie(r.prefix, r.next_hop, r.source, r.preference, r.metric, r.installed_unix_s);
  };
  return std::equal(a.next_hops.begin(), a.next_hops.end(), b.next_hops.begin(), b.next_hops.end(),
                    [&](const NextHop& x, const NextHop& y) { return hop(x) == hop(y); }) &&
         std::equal(a.routes.begin(), a.routes.end(), b.routes.begin(), b.routes.end(),
                    [&](const route::Route& x, const route::Route& y) { return route(x) == route(y); });
}

}  // namespace sluice::host
