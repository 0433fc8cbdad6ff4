// `routing-options static`, and the host's plan.
#include <fmt/format.h>

#include <map>

#include "flowd/compile/network.h"
#include "flowd/compile/parts.h"
#include "flowd/compile/proxies.h"
#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

using config::Node;
using host::StaticRoute;
using packet::IpAddress;
using packet::IpPrefix;

// What the firewall's own interfaces say of an address.
enum class Neighbour { own, on_link, elsewhere };

Neighbour find(const snapshot::Snapshot& snapshot, const IpAddress& address) {
  Neighbour found = Neighbour::elsewhere;
  for (const snapshot::Interface& interface : snapshot.interfaces) {
    for (const snapshot::InterfaceAddress& own : interface.addresses) {
      if (own.address == address) return Neighbour::own;
      if (interface.enabled && network_of(own).contains(address)) found = Neighbour::on_link;
    }
  }
  return found;
}

Status check_next_hop(const Node& node, const IpPrefix& prefix, const IpAddress& address, Compiled& out) {
  const std::string words = "next-hop " + packet::to_string(address);
  if (address.family != prefix.address.family) {
    const bool inet = prefix.address.family == packet::Family::inet;
    return wrong(node, words, fmt::format("the route is IPv{0}, and so must its next hops be", inet ? 4 : 6));
  }
  if (packet::is_link_local(address)) {
    return wrong(node, words, "a link-local address does not say on which interface; give a global address");
  }
  switch (find(out.snapshot, address)) {
    case Neighbour::own:
      return wrong(node, words, "this is an address of the firewall itself; give that of a neighbour");
    case Neighbour::elsewhere:
      warn(out.warnings, path_below(node, words),
           "no enabled interface is in its network, so the route waits until one is");
      break;
    case Neighbour::on_link:
      break;
  }
  return {};
}

Result<StaticRoute> read_route(const Node& node, Compiled& out) {
  StaticRoute route;
  const auto prefix = packet::parse_prefix(node.key());
  if (!prefix) return wrong(node, "", "a route's prefix is ADDRESS/LENGTH, such as 10.0.0.0/8");
  route.prefix = *prefix;
  if (node.has("discard")) route.target = StaticRoute::Target::discard;
  if (node.has("reject")) route.target = StaticRoute::Target::reject;
  for (const std::string_view text : node.values("next-hop")) {
    const auto address = packet::parse_address(text);
    if (!address) return wrong(node, fmt::format("next-hop {}", text), "a next hop is an address");
    if (const Status usable = check_next_hop(node, *prefix, *address, out); !usable) return usable.error();
    route.next_hops.push_back(*address);
  }
  return route;
}

// The host part knows interfaces by their names; an operator, by their statements.
Error at_statement(const Node& root, Error error) {
  const std::size_t dot = error.path.rfind('.');
  if (dot == std::string::npos) return error;
  const Node interface =
      root.child("interfaces").entry("interface", std::string_view(error.path).substr(0, dot));
  const Node unit = interface.entry("unit", std::string_view(error.path).substr(dot + 1));
  if (unit) error.path = unit.path();
  return error;
}

// A twin cannot be made under the name of a device that a port takes over or makes.
Status check_devices(const Node& root, const Compiled& out) {
  std::map<std::string_view, const host::TwinUnit*> twins;
  for (const host::TwinPort& port : out.host.ports) {
    for (const host::TwinUnit& unit : port.units) twins.emplace(unit.kernel_name, &unit);
  }
  for (const WirePort& port : out.ports) {
    const auto twin = twins.find(port.options.device);
    if (twin == twins.end()) continue;
    const Node node = root.child("system").child("ports").entry("port", port.options.name);
    return wrong(node, "device " + port.options.device,
                 fmt::format("this is what the kernel's side of {} is called; use a device of another name",
                             out.snapshot.interfaces[twin->second->ifl.value].name));
  }
  return {};
}

}  // namespace

Status compile_host(const Node& root, Compiled& out) {
  std::vector<StaticRoute> routes;
  for (const Node& node : root.child("routing-options").child("static").list("route")) {
    auto route = read_route(node, out);
    if (!route) return route.error();
    routes.push_back(std::move(*route));
  }
  auto plan = host::make_plan(out.snapshot, std::move(routes));
  if (!plan) return at_statement(root, plan.error());
  out.host = std::move(*plan);
  if (const Status read = read_proxies(root, out); !read) return read.error();
  return check_devices(root, out);
}

}  // namespace sluice::compile
