#include "flowd/compile/proxies.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "dataplane/nat/nat.h"
#include "flowd/compile/network.h"
#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

using config::Node;

// The kernel has an entry for each.
constexpr std::uint64_t kMostProxies = 4096;

host::TwinUnit* find_unit(std::string_view name, Compiled& out) {
  for (host::TwinPort& port : out.host.ports) {
    for (host::TwinUnit& unit : port.units) {
      if (out.snapshot.interfaces[unit.ifl.value].name == name) return &unit;
    }
  }
  return nullptr;
}

// What is wrong with a statement whatever its addresses are.
Status check_family(const Node& node, packet::Family family, const match::AddressRange& range,
                    const host::TwinUnit& unit) {
  if (range.low.family != family || range.high.family != family) {
    return wrong(node, "",
                 family == packet::Family::inet ? "proxy-arp is for IPv4; proxy-ndp is for IPv6"
                                                : "proxy-ndp is for IPv6; proxy-arp is for IPv4");
  }
  const auto of_family = [&](const snapshot::InterfaceAddress& own) { return own.address.family == family; };
  if (std::ranges::none_of(unit.addresses, of_family)) {
    return wrong(node, "",
                 fmt::format("the interface has no IPv{} address, so it does not answer",
                             family == packet::Family::inet ? 4 : 6));
  }
  if (range.high < range.low) return wrong(node, "", "a range of addresses is LOW to HIGH");
  return {};
}

// Addresses that the firewall has itself, and those that it reaches others by.
Status check_address(const Node& node, const packet::IpAddress& address, const host::TwinUnit& unit,
                     const Compiled& out) {
  const auto is_own = [&](const snapshot::InterfaceAddress& own) { return own.address == address; };
  for (const snapshot::Interface& interface : out.snapshot.interfaces) {
    if (std::ranges::none_of(interface.addresses, is_own)) continue;
    const std::string text = packet::to_string(address);
    return wrong(node, "",
                 interface.id == unit.ifl
                     ? fmt::format("{} is the interface's own address, for which it answers anyway", text)
                     : fmt::format("{} is the address of {}, and no other interface answers for it", text,
                                   interface.name));
  }
  for (const host::StaticRoute& route : out.host.static_routes) {
    if (std::ranges::find(route.next_hops, address) == route.next_hops.end()) continue;
    return wrong(node, "",
                 fmt::format("{} is the next hop of static route {}, which answers for itself",
                             packet::to_string(address), packet::to_string(route.prefix)));
  }
  return {};
}

// Whether neighbours of the unit take the address for one of theirs.
bool is_on_link(const packet::IpAddress& address, const host::TwinUnit& unit) {
  return std::ranges::any_of(unit.addresses, [&](const snapshot::InterfaceAddress& own) {
    return network_of(own).contains(address);
  });
}

Status add(const Node& node, packet::Family family, host::TwinUnit& unit, Compiled& out) {
  const match::AddressRange range = read_range(node.key(), node.text("to"));
  if (Status checked = check_family(node, family, range, unit); !checked) return checked;
  const nat::AddressList addresses({range});
  if (unit.proxies.size() + addresses.size() > kMostProxies) {
    return wrong(node, "", fmt::format("an interface answers for at most {} addresses", kMostProxies));
  }
  std::optional<packet::IpAddress> elsewhere;
  for (std::uint64_t i = 0; i < addresses.size(); ++i) {
    const packet::IpAddress address = addresses.address(i);
    if (Status checked = check_address(node, address, unit, out); !checked) return checked;
    if (!elsewhere && !is_on_link(address, unit)) elsewhere = address;
    if (std::ranges::find(unit.proxies, address) == unit.proxies.end()) unit.proxies.push_back(address);
  }
  if (elsewhere) {
    warn(out.warnings, node.path(),
         fmt::format("{} is in no network of the interface, so no neighbour will ask for it",
                     packet::to_string(*elsewhere)));
  }
  return {};
}

}  // namespace

Status read_proxies(const Node& root, Compiled& out) {
  const Node nat = root.child("security").child("nat");
  for (const packet::Family family : {packet::Family::inet, packet::Family::inet6}) {
    const Node proxies = nat.child(family == packet::Family::inet ? "proxy-arp" : "proxy-ndp");
    for (const Node& interface : proxies.list("interface")) {
      host::TwinUnit* unit = find_unit(interface.key(), out);
      if (unit == nullptr) {
        warn(out.warnings, interface.path(), "no port has the interface, so nobody asks it for an address");
        continue;
      }
      for (const Node& address : interface.list("address")) {
        if (const Status added = add(address, family, *unit, out); !added) return added.error();
      }
    }
  }
  return {};
}

}  // namespace sluice::compile
