#include "flowd/query/reroute.h"

#include <algorithm>
#include <map>

#include "dataplane/match/address_set.h"
#include "flowd/query/sweep.h"

namespace sluice::query {
namespace {

using packet::Family;
using route::NextHopKind;

// Prefixes that lead elsewhere now: their route came, went, or has another next hop.
std::vector<packet::IpPrefix> changed_prefixes(const route::View& before, const route::View& after) {
  std::map<packet::IpPrefix, NextHopId> old;
  for (const route::Route& route : before.routes()) {
    old[route.prefix] = route.next_hop;
  }
  std::vector<packet::IpPrefix> changed;
  for (const route::Route& route : after.routes()) {
    const auto known = old.find(route.prefix);
    if (known == old.end() || known->second != route.next_hop) {
      changed.push_back(route.prefix);
    }
    if (known != old.end()) {
      old.erase(known);
    }
  }
  for (const auto& [prefix, next_hop] : old) {
    changed.push_back(prefix);
  }
  return changed;
}

// A record's address while its owner may be writing it.
packet::IpAddress read_address(const std::uint32_t& address) {
  return packet::to_address(session::get(address));
}
packet::IpAddress read_address(const std::array<std::uint8_t, 16>& address) {
  std::array<std::uint8_t, 16> copy;
  const auto* words = reinterpret_cast<const std::uint64_t*>(&address);
  store(copy.data(), session::get(words[0]));
  store(copy.data() + 8, session::get(words[1]));
  return packet::to_address(copy);
}

class RerouteJudge {
 public:
  RerouteJudge(const snapshot::Snapshot& before, const snapshot::Snapshot& after)
      : after_(after), routes_(*after.routes) {
    const auto changed = changed_prefixes(*before.routes, *after.routes);
    inet_ = match::ranges_of(changed, Family::inet);
    inet6_ = match::ranges_of(changed, Family::inet6);
  }

  [[nodiscard]] bool needed() const { return !inet_.empty() || !inet6_.empty(); }

  template <class F>
  [[nodiscard]] bool concerns(const session::Record<F>& record, const session::Cold<F>& cold) const {
    const bool translated = (session::get(record.flags) & session::flag::kNat) != 0;
    const auto& far = translated ? cold.far.source : record.key.destination;
    return moved(read_address(record.key.source)) || moved(read_address(far));
  }

  template <class F>
  void operator()(const Case<F>& one) const {
    NextHopId next_hop[2];
    for (unsigned wing = 0; wing < 2; ++wing) {
      const auto far = one.session.key(wing ^ 1U);
      next_hop[wing] = NextHopId{one.session.record.next_hop[wing]};
      if (!moved(packet::to_address(far.source))) {
        continue;
      }
      next_hop[wing] = routes_.lookup(far.source);
      if (leaves_elsewhere(next_hop[wing], ZoneId{far.zone})) {
        return one.end(session::CloseReason::route_change);
      }
    }
    for (int wing = 0; wing < 2; ++wing) {
      if (next_hop[wing].value != one.session.record.next_hop[wing]) {
        one.reroute(wing, next_hop[wing]);
      }
    }
  }

 private:
  [[nodiscard]] bool moved(const packet::IpAddress& destination) const {
    const auto& ranges = destination.family == Family::inet ? inet_ : inet6_;
    const auto after = std::ranges::upper_bound(ranges, destination, {}, &match::AddressRange::low);
    return after != ranges.begin() && destination <= std::prev(after)->high;
  }

  // Whether packets would leave through another zone than the one the session was permitted for.
  [[nodiscard]] bool leaves_elsewhere(NextHopId id, ZoneId zone) const {
    const route::NextHop& next_hop = routes_.next_hop(id);
    const bool leaves = next_hop.kind == NextHopKind::forward || next_hop.kind == NextHopKind::local ||
                        next_hop.kind == NextHopKind::glean;
    return leaves && next_hop.ifl.value < after_.interfaces.size() &&
           after_.interfaces[next_hop.ifl.value].zone != zone;
  }

  const snapshot::Snapshot& after_;
  const route::View& routes_;
  std::vector<match::AddressRange> inet_;
  std::vector<match::AddressRange> inet6_;
};

}  // namespace

std::uint64_t reroute(Shards shards, const snapshot::Snapshot& before, const snapshot::Snapshot& after,
                      const Wait& wait, const Pace& pace) {
  const RerouteJudge judge(before, after);
  return judge.needed() ? sweep(shards, judge, wait, pace) : 0;
}

}  // namespace sluice::query
