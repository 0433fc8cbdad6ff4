// The kernel by netlink: reading its state, changing it, and hearing that it changed (private to the
// room; libnl underneath).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "flowd/host/host.h"
#include "flowd/host/kernel_state.h"

struct nl_sock;

namespace sluice::host {

struct SocketDeleter {
  void operator()(nl_sock* socket) const noexcept;
};
using SocketPointer = std::unique_ptr<nl_sock, SocketDeleter>;

// Kinds of things that change, as a set of bits.
enum Change : unsigned {
  kNothing = 0,
  kLinks = 1,
  kAddresses = 2,
  kRoutes = 4,
  kNeighbors = 8,
  kEverything = 15
};

// Requests and their answers. One thread at a time.
class Netlink {
 public:
  [[nodiscard]] static Result<Netlink> open();

  // Replaces the parts of `state` that `what` names.
  [[nodiscard]] Status read(unsigned what, KernelState& state);
  [[nodiscard]] Status read_addresses(std::vector<KernelAddress>& addresses);

  [[nodiscard]] Status add_address(int link, const snapshot::InterfaceAddress& address);
  // An address that is not there any more is no failure; nor is such a route.
  [[nodiscard]] Status remove_address(int link, const snapshot::InterfaceAddress& address);
  [[nodiscard]] Status put_route(const StaticRoute& route);
  [[nodiscard]] Status remove_route(const StaticRoute& route);
  // From now on the link answers for the address, which is not its own. Again is no failure, and puts what
  // is missing.
  [[nodiscard]] Status add_proxy(int link, const packet::IpAddress& address);
  // Not any more: the link's part, and the route that all links share which answer for the address. What is
  // not there any more is no failure.
  [[nodiscard]] Status remove_proxy(int link, const packet::IpAddress& address);
  [[nodiscard]] Status remove_proxy_route(const packet::IpAddress& address);
  // Routes of proxies that an earlier process left behind.
  [[nodiscard]] Status remove_old_proxies();
  // What links answer for.
  [[nodiscard]] Status read_proxies(std::vector<KernelProxy>& proxies);
  // Makes the kernel ask for the neighbour's address, or verify it when it has one.
  [[nodiscard]] Status solicit(int link, const packet::IpAddress& neighbor);

 private:
  explicit Netlink(SocketPointer socket) : socket_(std::move(socket)) {}
  struct NeighborKind {
    std::uint16_t state = 0;  // NUD_*
    std::uint8_t flags = 0;   // NTF_*
  };
  // RTM_NEWNEIGH or RTM_DELNEIGH of such a neighbour.
  [[nodiscard]] int change_neighbor(int type, const NeighborKind& kind, int link,
                                    const packet::IpAddress& address);
  [[nodiscard]] Status read_links(std::vector<KernelLink>& links);
  [[nodiscard]] Status read_routes(std::vector<KernelRoute>& routes);
  [[nodiscard]] Status read_neighbors(std::vector<KernelNeighbor>& neighbors);

  SocketPointer socket_;
};

// Announcements of changes. Only their kind is used: what changed is then read whole, since the kernel
// does not announce everything (routes that go with an interface) and may lose announcements.
class ChangeSocket {
 public:
  [[nodiscard]] static Result<ChangeSocket> open();
  [[nodiscard]] int fd() const;
  // Reads what has arrived, without waiting: a set of Change bits.
  [[nodiscard]] unsigned drain();

 private:
  explicit ChangeSocket(SocketPointer socket) : socket_(std::move(socket)) {}
  SocketPointer socket_;
};

}  // namespace sluice::host
