// Picture: from the kernel's state to a route::Definition (private to the room). Pure but for its
// memory: which next-hop id belongs to which (interface, gateway), and since when a route is there.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dataplane/route/route.h"
#include "flowd/host/host.h"
#include "flowd/host/kernel_state.h"

namespace sluice::host {

class Picture {
 public:
  // Routes through interfaces that are no twins do not concern the firewall and are left out; so are
  // link-local and multicast destinations.
  [[nodiscard]] route::Definition draw(const KernelState& state, const Plan& plan, std::uint32_t unix_s);

  // A sentence when next-hop ids ran out (65535 at a time, and those that rest); else empty.
  [[nodiscard]] const std::string& shortage() const { return shortage_; }

 private:
  enum class Use : std::uint8_t { neighbor, local, discard, reject };
  struct HopKey {
    Use use = Use::neighbor;
    IflId ifl;
    packet::IpAddress gateway;  // all zeros: the destination itself
    friend auto operator<=>(const HopKey&, const HopKey&) = default;
  };
  struct RouteKey {
    packet::IpPrefix prefix;
    NextHopId next_hop;
    route::Route::Source source;
    friend auto operator<=>(const RouteKey&, const RouteKey&) = default;
  };
  class Drawing;

  // An id, and since when (Unix time) nothing has led there; 0: something does.
  struct Given {
    NextHopId id;
    std::uint32_t unused_since_s = 0;
  };

  [[nodiscard]] NextHopId id_of(const HopKey& key, std::uint32_t unix_s);
  // The id that has rested longest, taken from its owner; kNoNextHop when none has rested enough.
  [[nodiscard]] NextHopId take_rested(std::uint32_t unix_s);

  std::map<HopKey, Given> ids_;
  std::map<RouteKey, std::uint32_t> installed_;
  std::string shortage_;
};

[[nodiscard]] bool same(const route::Definition& a, const route::Definition& b);

}  // namespace sluice::host
