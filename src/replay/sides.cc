#include "replay/sides.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace sluice::replay {
namespace {

using packet::IpAddress;
using packet::IpPrefix;
using route::NextHop;
using route::NextHopKind;

bool within(const IpPrefix& outer, const IpPrefix& prefix) {
  return outer.length <= prefix.length && outer.contains(prefix.address);
}

bool leads_to_a_wire(const NextHop& next_hop) {
  return next_hop.kind == NextHopKind::forward || next_hop.kind == NextHopKind::glean;
}

Error wrong_option(std::string where, std::string message) {
  return Error{"invalid-value", std::move(where), std::move(message)};
}

// The interfaces that routes within the prefix lead to; without any, that of the route which covers it.
std::vector<IflId> interfaces_for(const IpPrefix& prefix, const route::View& routes) {
  std::set<IflId> units;
  const route::Route* covering = nullptr;
  for (const route::Route& route : routes.routes()) {
    const NextHop& next_hop = routes.next_hop(route.next_hop);
    if (!leads_to_a_wire(next_hop)) continue;
    if (within(prefix, route.prefix)) {
      units.insert(next_hop.ifl);
    } else if (within(route.prefix, prefix) &&
               (covering == nullptr || covering->prefix.length < route.prefix.length)) {
      covering = &route;
    }
  }
  if (units.empty() && covering != nullptr) units.insert(routes.next_hop(covering->next_hop).ifl);
  return {units.begin(), units.end()};
}

}  // namespace

Result<Sides> Sides::derive(const SideOptions& options, const snapshot::Snapshot& snapshot) {
  Sides sides(snapshot);
  sides.inside_ = options.inside;
  if (const Status found = sides.find_inside(options); !found) return found.error();
  if (const Status found = sides.find_outside(options); !found) return found.error();
  return sides;
}

Status Sides::find_inside(const SideOptions& options) {
  if (!options.inside_interface.empty()) {
    const auto unit = named("--inside-interface", options.inside_interface);
    if (!unit) return unit.error();
    inside_units_ = {*unit};
    return {};
  }
  for (const IpPrefix& prefix : inside_) {
    const std::vector<IflId> units = interfaces_for(prefix, *snapshot_->routes);
    if (units.empty()) {
      return wrong_option("--inside " + to_string(prefix),
                          fmt::format("no interface or static route of the configuration leads there; name "
                                      "the interface with --inside-interface: {}",
                                      names(usable())));
    }
    for (const IflId unit : units) {
      if (!is_inside(unit)) inside_units_.push_back(unit);
    }
  }
  return {};
}

Status Sides::find_outside(const SideOptions& options) {
  outside_fixed_ = !options.outside_interface.empty();
  if (outside_fixed_) {
    const auto unit = named("--outside-interface", options.outside_interface);
    if (!unit) return unit.error();
    outside_unit_ = *unit;
  } else {
    for (const route::Route& route : snapshot_->routes->routes()) {
      const NextHop& next_hop = snapshot_->routes->next_hop(route.next_hop);
      const bool leaves = route.prefix.length == 0 && leads_to_a_wire(next_hop) && !is_inside(next_hop.ifl);
      if (leaves && outside_unit_ == kNoIfl) outside_unit_ = next_hop.ifl;
    }
  }
  if (is_inside(outside_unit_)) {
    return wrong_option("--outside-interface " + options.outside_interface,
                        "this is the inside interface; the two are different ones");
  }
  if (outside_unit_ != kNoIfl) return {};
  std::vector<IflId> left = usable();
  std::erase_if(left, [&](IflId unit) { return is_inside(unit); });
  if (left.size() == 1) {
    outside_unit_ = left.front();
    return {};
  }
  const std::string which =
      left.empty() ? "no interface is left to be the outside one: " + inside_names() + " is inside"
                   : "more than one interface could be the outside one: " + names(left);
  return wrong_option("", which + "; name it with --outside-interface");
}

Result<IflId> Sides::named(std::string_view option, const std::string& name) const {
  for (const snapshot::Interface& interface : snapshot_->interfaces) {
    const bool meant = !interface.name.empty() && interface.id != kLocalIfl &&
                       (interface.name == name || interface.name == name + ".0");
    if (meant) return interface.id;
  }
  return wrong_option(fmt::format("{} {}", option, name),
                      fmt::format("the configuration has no such interface; it has {}", names(usable())));
}

// Units that packets may enter by.
std::vector<IflId> Sides::usable() const {
  std::vector<IflId> units;
  for (const snapshot::Interface& interface : snapshot_->interfaces) {
    const bool real = !interface.name.empty() && interface.id != kLocalIfl;
    if (real && interface.enabled && interface.zone != kNullZone) units.push_back(interface.id);
  }
  return units;
}

bool Sides::is_inside(IflId unit) const {
  return std::ranges::find(inside_units_, unit) != inside_units_.end();
}

// The unit by which packets for this address leave; kNoIfl when they do not.
IflId Sides::towards(const IpAddress& address) const {
  const route::View& routes = *snapshot_->routes;
  NextHopId id;
  if (address.family == packet::Family::inet) {
    std::uint32_t word = 0;
    std::memcpy(&word, address.bytes.data(), sizeof word);
    id = routes.lookup(word);
  } else {
    id = routes.lookup(address.bytes);
  }
  const NextHop& next_hop = routes.next_hop(id);
  return leads_to_a_wire(next_hop) ? next_hop.ifl : kNoIfl;
}

Place Sides::place_of(const IpAddress& source, const IpAddress& destination) const {
  for (const snapshot::Interface& interface : snapshot_->interfaces) {
    for (const snapshot::InterfaceAddress& own : interface.addresses) {
      if (own.address != source || !interface.enabled) continue;
      const IflId leaves_by = towards(destination);
      return {.side = Place::Side::self, .unit = leaves_by == kNoIfl ? interface.id : leaves_by};
    }
  }
  const IflId home = towards(source);
  const bool inside = std::ranges::any_of(inside_, [&](const IpPrefix& p) { return p.contains(source); });
  if (inside) {
    return {.side = Place::Side::inside, .unit = is_inside(home) ? home : inside_units_.front()};
  }
  const bool other = !outside_fixed_ && home != kNoIfl && !is_inside(home);
  return {.side = Place::Side::outside, .unit = other ? home : outside_unit_};
}

std::string Sides::names(const std::vector<IflId>& units) const {
  std::vector<std::string_view> list;
  list.reserve(units.size());
  for (const IflId unit : units) list.push_back(snapshot_->interfaces[unit.value].name);
  return list.empty() ? "none is usable" : fmt::format("{}", fmt::join(list, ", "));
}

std::string Sides::inside_names() const {
  return names(inside_units_);
}
std::string Sides::outside_name() const {
  return names({outside_unit_});
}

}  // namespace sluice::replay
