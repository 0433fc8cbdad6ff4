#include "flowd/host/netlink.h"

#include <fmt/format.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/cache.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>

namespace sluice::host {
namespace {

using packet::Family;
using packet::IpAddress;

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};
using Cache = std::unique_ptr<nl_cache, Free<nl_cache_free>>;
using Message = std::unique_ptr<nl_msg, Free<nlmsg_free>>;
using NlAddress = std::unique_ptr<nl_addr, Free<nl_addr_put>>;
using Route = std::unique_ptr<rtnl_route, Free<rtnl_route_put>>;
using Address = std::unique_ptr<rtnl_addr, Free<rtnl_addr_put>>;

// Buffer of a socket that hears announcements: bursts (a table of routes) must fit.
constexpr int kChangeBufferBytes = 4 << 20;

Error failure(const std::string& what, int nl_error) {
  return Error{"operation-failed", "", fmt::format("{}: {}", what, nl_geterror(nl_error))};
}

int native_family(Family family) {
  return family == Family::inet ? AF_INET : AF_INET6;
}

NlAddress to_nl(const IpAddress& address, int prefix_length) {
  NlAddress made(nl_addr_build(native_family(address.family), address.bytes.data(),
                               static_cast<std::size_t>(address.bits() / 8)));
  check(made != nullptr, "memory for a netlink address");
  nl_addr_set_prefixlen(made.get(), prefix_length);
  return made;
}

std::optional<IpAddress> from_nl(const nl_addr* address) {
  if (address == nullptr) return std::nullopt;
  const int family = nl_addr_get_family(address);
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  IpAddress made;
  made.family = family == AF_INET ? Family::inet : Family::inet6;
  const auto length =
      std::min<std::size_t>(nl_addr_get_len(address), static_cast<std::size_t>(made.bits() / 8));
  std::memcpy(made.bytes.data(), nl_addr_get_binary_addr(address), length);
  return made;
}

template <class Object, class Visit>
void for_each(nl_cache* cache, Visit visit) {
  for (nl_object* object = nl_cache_get_first(cache); object != nullptr; object = nl_cache_get_next(object)) {
    visit(reinterpret_cast<Object*>(object));
  }
}

KernelRoute::Kind kind_of(std::uint8_t type) {
  switch (type) {
    case RTN_UNICAST:
      return KernelRoute::Kind::unicast;
    case RTN_BLACKHOLE:
      return KernelRoute::Kind::blackhole;
    case RTN_UNREACHABLE:
    case RTN_PROHIBIT:
      return KernelRoute::Kind::unreachable;
    default:
      return KernelRoute::Kind::other;
  }
}

std::optional<KernelRoute> from_nl(rtnl_route* route) {
  if (rtnl_route_get_table(route) != RT_TABLE_MAIN) return std::nullopt;
  const std::uint8_t family = rtnl_route_get_family(route);
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  KernelRoute made;
  nl_addr* destination = rtnl_route_get_dst(route);
  made.prefix.address.family = family == AF_INET ? Family::inet : Family::inet6;
  if (const auto address = from_nl(destination)) {
    made.prefix.address = *address;
    made.prefix.length = static_cast<std::uint8_t>(nl_addr_get_prefixlen(destination));
  }
  made.kind = kind_of(rtnl_route_get_type(route));
  made.protocol = rtnl_route_get_protocol(route);
  made.metric = rtnl_route_get_priority(route);
  for (int i = 0; i < rtnl_route_get_nnexthops(route); ++i) {
    rtnl_nexthop* hop = rtnl_route_nexthop_n(route, i);
    KernelHop one;
    one.link = rtnl_route_nh_get_ifindex(hop);
    one.gateway = from_nl(rtnl_route_nh_get_gateway(hop));
    if (!one.gateway) one.gateway = from_nl(rtnl_route_nh_get_via(hop));
    one.usable = (rtnl_route_nh_get_flags(hop) & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) == 0;
    made.hops.push_back(one);
  }
  return made;
}

std::optional<KernelNeighbor> from_nl(rtnl_neigh* neighbor) {
  const auto address = from_nl(rtnl_neigh_get_dst(neighbor));
  if (!address || (rtnl_neigh_get_flags(neighbor) & NTF_PROXY) != 0) return std::nullopt;
  KernelNeighbor made;
  made.link = rtnl_neigh_get_ifindex(neighbor);
  made.address = *address;
  const int state = rtnl_neigh_get_state(neighbor);
  const nl_addr* mac = rtnl_neigh_get_lladdr(neighbor);
  if (mac != nullptr && nl_addr_get_len(mac) == made.mac.size()) {
    std::memcpy(made.mac.data(), nl_addr_get_binary_addr(mac), made.mac.size());
    made.resolved =
        (state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)) != 0;
  }
  made.stale = (state & NUD_STALE) != 0;
  return made;
}

Address address_object(int link, const snapshot::InterfaceAddress& wanted) {
  Address object(rtnl_addr_alloc());
  check(object != nullptr, "memory for a netlink address");
  rtnl_addr_set_ifindex(object.get(), link);
  rtnl_addr_set_local(object.get(), to_nl(wanted.address, wanted.prefix_length).get());
  rtnl_addr_set_prefixlen(object.get(), wanted.prefix_length);
  // Point-to-point prefixes have no broadcast address (RFC 3021).
  if (wanted.address.family == Family::inet && wanted.prefix_length < 31) {
    IpAddress broadcast = wanted.address;
    for (int bit = wanted.prefix_length; bit < 32; ++bit) {
      broadcast.bytes[static_cast<std::size_t>(bit / 8)] |= static_cast<std::uint8_t>(0x80U >> (bit % 8));
    }
    rtnl_addr_set_broadcast(object.get(), to_nl(broadcast, 32).get());
  }
  return object;
}

Route route_object(const StaticRoute& wanted) {
  Route object(rtnl_route_alloc());
  check(object != nullptr, "memory for a netlink route");
  rtnl_route_set_family(object.get(), static_cast<std::uint8_t>(native_family(wanted.prefix.address.family)));
  rtnl_route_set_table(object.get(), RT_TABLE_MAIN);
  rtnl_route_set_protocol(object.get(), RTPROT_STATIC);
  rtnl_route_set_scope(object.get(), RT_SCOPE_UNIVERSE);
  rtnl_route_set_dst(object.get(), to_nl(wanted.prefix.address, wanted.prefix.length).get());
  switch (wanted.target) {
    case StaticRoute::Target::next_hop:
      rtnl_route_set_type(object.get(), RTN_UNICAST);
      break;
    case StaticRoute::Target::discard:
      rtnl_route_set_type(object.get(), RTN_BLACKHOLE);
      break;
    case StaticRoute::Target::reject:
      rtnl_route_set_type(object.get(), RTN_UNREACHABLE);
      break;
  }
  for (const IpAddress& gateway : wanted.next_hops) {
    rtnl_nexthop* hop = rtnl_route_nh_alloc();
    check(hop != nullptr, "memory for a netlink next hop");
    rtnl_route_nh_set_gateway(hop, to_nl(gateway, gateway.bits()).get());
    rtnl_route_add_nexthop(object.get(), hop);
  }
  return object;
}

// Of the routes that make the kernel answer for addresses of others; nobody else uses the number. They are
// in the table of local addresses, which is asked before all others: routes to the same addresses, which are
// what the firewall forwards by, stand beside them. An address that the kernel has goes before by its metric.
constexpr std::uint8_t kProxyProtocol = 173;
constexpr std::uint32_t kProxyMetric = 1'000'000;
constexpr int kLoopback = 1;  // in every network namespace

// IPv4 is answered for where the kernel would forward to another link. IPv6 too, but for one question:
// whether the neighbour is still there goes to the address itself, and so must be taken as if it were our
// own.
Route proxy_route(const IpAddress& address) {
  const bool inet = address.family == Family::inet;
  Route object(rtnl_route_alloc());
  check(object != nullptr, "memory for a netlink route");
  rtnl_route_set_family(object.get(), static_cast<std::uint8_t>(native_family(address.family)));
  rtnl_route_set_table(object.get(), RT_TABLE_LOCAL);
  rtnl_route_set_protocol(object.get(), kProxyProtocol);
  rtnl_route_set_priority(object.get(), kProxyMetric);
  rtnl_route_set_scope(object.get(), inet ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
  rtnl_route_set_type(object.get(), inet ? RTN_UNICAST : RTN_LOCAL);
  rtnl_route_set_dst(object.get(), to_nl(address, address.bits()).get());
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  check(hop != nullptr, "memory for a netlink next hop");
  rtnl_route_nh_set_ifindex(hop, kLoopback);
  rtnl_route_add_nexthop(object.get(), hop);
  return object;
}

unsigned change_of(int message_type) {
  switch (message_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      // Addresses, routes and neighbours go with a link, partly unannounced.
      return kEverything;
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return kAddresses | kRoutes;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      return kRoutes;
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      return kNeighbors;
    default:
      return kNothing;
  }
}

int note_change(nl_msg* message, void* changes) {
  *static_cast<unsigned*>(changes) |= change_of(nlmsg_hdr(message)->nlmsg_type);
  return NL_OK;
}

}  // namespace

void SocketDeleter::operator()(nl_sock* socket) const noexcept {
  nl_socket_free(socket);
}

Result<Netlink> Netlink::open() {
  SocketPointer socket(nl_socket_alloc());
  const int failed = socket ? nl_connect(socket.get(), NETLINK_ROUTE) : -NLE_NOMEM;
  if (failed != 0) return failure("no netlink socket", failed);
  return Netlink(std::move(socket));
}

Status Netlink::read(unsigned what, KernelState& state) {
  if ((what & kLinks) != 0) {
    if (Status done = read_links(state.links); !done) return done;
  }
  if ((what & kAddresses) != 0) {
    if (Status done = read_addresses(state.addresses); !done) return done;
  }
  if ((what & kRoutes) != 0) {
    if (Status done = read_routes(state.routes); !done) return done;
  }
  if ((what & kNeighbors) != 0) {
    if (Status done = read_neighbors(state.neighbors); !done) return done;
  }
  return {};
}

Status Netlink::read_links(std::vector<KernelLink>& links) {
  nl_cache* filled = nullptr;
  if (const int failed = rtnl_link_alloc_cache(socket_.get(), AF_UNSPEC, &filled); failed != 0) {
    return failure("the kernel's links cannot be read", failed);
  }
  const Cache cache(filled);
  links.clear();
  for_each<rtnl_link>(cache.get(), [&](rtnl_link* link) {
    const unsigned flags = rtnl_link_get_flags(link);
    links.push_back({rtnl_link_get_ifindex(link), rtnl_link_get_name(link),
                     (flags & (IFF_UP | IFF_LOWER_UP)) == (IFF_UP | IFF_LOWER_UP)});
  });
  return {};
}

Status Netlink::read_addresses(std::vector<KernelAddress>& addresses) {
  nl_cache* filled = nullptr;
  if (const int failed = rtnl_addr_alloc_cache(socket_.get(), &filled); failed != 0) {
    return failure("the kernel's addresses cannot be read", failed);
  }
  const Cache cache(filled);
  addresses.clear();
  for_each<rtnl_addr>(cache.get(), [&](rtnl_addr* object) {
    if (const auto address = from_nl(rtnl_addr_get_local(object))) {
      addresses.push_back({rtnl_addr_get_ifindex(object), *address,
                           static_cast<std::uint8_t>(rtnl_addr_get_prefixlen(object))});
    }
  });
  return {};
}

Status Netlink::read_routes(std::vector<KernelRoute>& routes) {
  nl_cache* filled = nullptr;
  if (const int failed = rtnl_route_alloc_cache(socket_.get(), AF_UNSPEC, 0, &filled); failed != 0) {
    return failure("the kernel's routes cannot be read", failed);
  }
  const Cache cache(filled);
  routes.clear();
  for_each<rtnl_route>(cache.get(), [&](rtnl_route* object) {
    if (auto route = from_nl(object)) routes.push_back(std::move(*route));
  });
  return {};
}

Status Netlink::read_neighbors(std::vector<KernelNeighbor>& neighbors) {
  nl_cache* filled = nullptr;
  if (const int failed = rtnl_neigh_alloc_cache(socket_.get(), &filled); failed != 0) {
    return failure("the kernel's neighbours cannot be read", failed);
  }
  const Cache cache(filled);
  neighbors.clear();
  for_each<rtnl_neigh>(cache.get(), [&](rtnl_neigh* object) {
    if (const auto neighbor = from_nl(object)) neighbors.push_back(*neighbor);
  });
  return {};
}

Status Netlink::add_address(int link, const snapshot::InterfaceAddress& address) {
  const int failed =
      rtnl_addr_add(socket_.get(), address_object(link, address).get(), NLM_F_CREATE | NLM_F_REPLACE);
  if (failed == 0) return {};
  return failure(fmt::format("the kernel does not take address {}/{}", to_string(address.address),
                             address.prefix_length),
                 failed);
}

Status Netlink::remove_address(int link, const snapshot::InterfaceAddress& address) {
  const int failed = rtnl_addr_delete(socket_.get(), address_object(link, address).get(), 0);
  if (failed == 0 || failed == -NLE_NOADDR || failed == -NLE_NODEV || failed == -NLE_OBJ_NOTFOUND) return {};
  return failure(
      fmt::format("address {}/{} cannot be removed", to_string(address.address), address.prefix_length),
      failed);
}

Status Netlink::put_route(const StaticRoute& route) {
  const int failed = rtnl_route_add(socket_.get(), route_object(route).get(), NLM_F_CREATE | NLM_F_REPLACE);
  if (failed == 0) return {};
  return failure(fmt::format("static route {} is not usable now", to_string(route.prefix)), failed);
}

Status Netlink::remove_route(const StaticRoute& route) {
  const int failed = rtnl_route_delete(socket_.get(), route_object(route).get(), 0);
  if (failed == 0 || failed == -NLE_OBJ_NOTFOUND || failed == -NLE_NODEV || failed == -NLE_FAILURE) return {};
  return failure(fmt::format("static route {} cannot be removed", to_string(route.prefix)), failed);
}

int Netlink::change_neighbor(int type, const NeighborKind& kind, int link, const IpAddress& address) {
  ndmsg header{};
  header.ndm_family = static_cast<std::uint8_t>(native_family(address.family));
  header.ndm_ifindex = link;
  header.ndm_state = kind.state;
  header.ndm_flags = kind.flags;
  const Message message(nlmsg_alloc_simple(type, type == RTM_NEWNEIGH ? NLM_F_CREATE | NLM_F_REPLACE : 0));
  if (!message) return -NLE_NOMEM;
  nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
  nla_put(message.get(), NDA_DST, address.bits() / 8, address.bytes.data());
  const int failed = nl_send_auto(socket_.get(), message.get());
  return failed >= 0 ? nl_wait_for_ack(socket_.get()) : failed;
}

Status Netlink::solicit(int link, const IpAddress& neighbor) {
  // "As if a packet had just been sent to it": the kernel starts resolution of a new or failed entry,
  // and verifies a stale one.
  const int failed = change_neighbor(RTM_NEWNEIGH, {.flags = NTF_USE}, link, neighbor);
  if (failed >= 0) return {};
  return failure(fmt::format("neighbour {} cannot be asked for", to_string(neighbor)), failed);
}

Status Netlink::add_proxy(int link, const IpAddress& address) {
  // Permanent ones outlive a lost carrier.
  int failed = change_neighbor(RTM_NEWNEIGH, {.state = NUD_PERMANENT, .flags = NTF_PROXY}, link, address);
  if (failed >= 0) {
    failed = rtnl_route_add(socket_.get(), proxy_route(address).get(), NLM_F_CREATE | NLM_F_EXCL);
    if (failed >= 0 || failed == -NLE_EXIST) return {};
    (void)remove_proxy(link, address);  // the first failure is the one to tell
  }
  return failure(fmt::format("the kernel does not answer for {}", to_string(address)), failed);
}

Status Netlink::remove_proxy(int link, const IpAddress& address) {
  const int failed = change_neighbor(RTM_DELNEIGH, {.flags = NTF_PROXY}, link, address);
  if (failed >= 0 || failed == -NLE_OBJ_NOTFOUND || failed == -NLE_NODEV) return {};
  return failure(fmt::format("the kernel still answers for {}", to_string(address)), failed);
}

Status Netlink::remove_proxy_route(const IpAddress& address) {
  const int failed = rtnl_route_delete(socket_.get(), proxy_route(address).get(), 0);
  if (failed >= 0 || failed == -NLE_OBJ_NOTFOUND || failed == -NLE_NODEV || failed == -NLE_FAILURE) return {};
  return failure(fmt::format("the kernel still has a route of its own to {}", to_string(address)), failed);
}

Status Netlink::remove_old_proxies() {
  nl_cache* filled = nullptr;
  if (const int failed = rtnl_route_alloc_cache(socket_.get(), AF_UNSPEC, 0, &filled); failed != 0) {
    return failure("the kernel's routes cannot be read", failed);
  }
  const Cache cache(filled);
  std::vector<IpAddress> old;
  for_each<rtnl_route>(cache.get(), [&](rtnl_route* route) {
    if (rtnl_route_get_table(route) != RT_TABLE_LOCAL || rtnl_route_get_protocol(route) != kProxyProtocol)
      return;
    if (const auto address = from_nl(rtnl_route_get_dst(route))) old.push_back(*address);
  });
  for (const IpAddress& address : old) {
    if (Status removed = remove_proxy_route(address); !removed) return removed;
  }
  return {};
}

Status Netlink::read_proxies(std::vector<KernelProxy>& proxies) {
  nl_cache* filled = nullptr;
  if (const int failed = rtnl_neigh_alloc_cache_flags(socket_.get(), &filled, NTF_PROXY); failed != 0) {
    return failure("the kernel's neighbour proxies cannot be read", failed);
  }
  const Cache cache(filled);
  proxies.clear();
  for_each<rtnl_neigh>(cache.get(), [&](rtnl_neigh* object) {
    if (const auto address = from_nl(rtnl_neigh_get_dst(object))) {
      proxies.push_back({rtnl_neigh_get_ifindex(object), *address});
    }
  });
  return {};
}

Result<ChangeSocket> ChangeSocket::open() {
  SocketPointer socket(nl_socket_alloc());
  if (!socket) return failure("no netlink socket", -NLE_NOMEM);
  nl_socket_disable_seq_check(socket.get());
  int failed = nl_connect(socket.get(), NETLINK_ROUTE);
  if (failed == 0) {
    failed = nl_socket_add_memberships(socket.get(), RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_IFADDR,
                                       RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, 0);
  }
  if (failed == 0) failed = nl_socket_set_nonblocking(socket.get());
  if (failed != 0) return failure("changes in the kernel cannot be heard", failed);
  nl_socket_set_buffer_size(socket.get(), kChangeBufferBytes, 0);
  return ChangeSocket(std::move(socket));
}

int ChangeSocket::fd() const {
  return nl_socket_get_fd(socket_.get());
}

unsigned ChangeSocket::drain() {
  unsigned changes = kNothing;
  nl_socket_modify_cb(socket_.get(), NL_CB_VALID, NL_CB_CUSTOM, note_change, &changes);
  int failed = 0;
  while (failed >= 0) failed = nl_recvmsgs_default(socket_.get());
  if (failed == -NLE_AGAIN) return changes;
  // The kernel ran out of room for announcements, or something worse: anything may have changed. What
  // still waits is read next time.
  return changes | kEverything;
}

}  // namespace sluice::host
