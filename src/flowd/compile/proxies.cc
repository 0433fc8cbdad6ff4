#include "flowd/compile/proxies.h"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/match/address_set.h"
#include "dataplane/nat/nat.h"
#include "flowd/compile/network.h"
#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

using config::Node;

// The kernel has an entry for each.
constexpr std::uint64_t kMostProxies = 4096;

packet::IpPrefix read_prefix(std::string_view text) {
  return packet::parse_prefix(text).value();  // the schema knows no other values
}

host::TwinUnit* find_unit(std::string_view name, Compiled& out) {
  for (host::TwinPort& port : out.host.ports) {
    for (host::TwinUnit& unit : port.units) {
      if (out.snapshot.interfaces[unit.ifl.value].name == name) return &unit;
    }
  }
  return nullptr;
}

Status add(const Node& node, packet::Family family, host::TwinUnit& unit, Compiled& out) {
  const packet::IpPrefix low = read_prefix(node.key());
  const packet::IpPrefix high = read_prefix(node.text("to").value_or(node.key()));
  if (low.address.family != family || high.address.family != family) {
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
  match::AddressRange range = match::ranges_of({low}, family).front();
  range.high = match::ranges_of({high}, family).front().high;
  if (range.high < range.low) return wrong(node, "", "a range of addresses is LOW to HIGH");
  const nat::AddressList addresses({range});
  if (unit.proxies.size() + addresses.size() > kMostProxies) {
    return wrong(node, "", fmt::format("an interface answers for at most {} addresses", kMostProxies));
  }
  for (std::uint64_t i = 0; i < addresses.size(); ++i) {
    const packet::IpAddress address = addresses.address(i);
    const auto is_own = [&](const snapshot::InterfaceAddress& own) { return own.address == address; };
    if (std::ranges::any_of(unit.addresses, is_own)) {
      return wrong(node, "",
                   fmt::format("{} is the interface's own address, for which it answers anyway",
                               packet::to_string(address)));
    }
    const auto asks = [&](const snapshot::InterfaceAddress& own) {
      return network_of(own).contains(address);
    };
    if (i == 0 && std::ranges::none_of(unit.addresses, asks)) {
      warn(out.warnings, node.path(),
           "it is in no network of the interface, so no neighbour will ask for it");
    }
    if (std::ranges::find(unit.proxies, address) == unit.proxies.end()) unit.proxies.push_back(address);
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
