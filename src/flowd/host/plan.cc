#include <fmt/format.h>
#include <linux/if.h>

#include <algorithm>
#include <map>

#include "flowd/host/host.h"

namespace sluice::host {

Result<std::string> kernel_name(std::string_view interface) {
  std::string name(interface);
  // Unit 0 is what the kernel calls by the port's own name.
  if (name.ends_with(".0")) name.resize(name.size() - 2);
  std::replace(name.begin(), name.end(), '/', '-');
  if (name.empty() || name.size() >= IFNAMSIZ) {
    return Error{
        "invalid-value", std::string(interface),
        fmt::format("the kernel would call it \"{}\", and takes at most {} characters", name, IFNAMSIZ - 1)};
  }
  return name;
}

namespace {

Result<TwinUnit> make_unit(const snapshot::Interface& interface) {
  Result<std::string> name = kernel_name(interface.name);
  if (!name) return name.error();
  TwinUnit unit;
  unit.ifl = interface.id;
  unit.kernel_name = std::move(*name);
  unit.vlan_id = interface.vlan_id;
  unit.mtu = interface.mtu;
  unit.enabled = interface.enabled;
  unit.addresses = interface.addresses;
  return unit;
}

}  // namespace

Result<Plan> make_plan(const snapshot::Snapshot& snapshot, std::vector<StaticRoute> static_routes) {
  Plan plan;
  plan.static_routes = std::move(static_routes);
  std::map<std::string, std::string> named;  // kernel's name -> ours
  for (std::size_t id = 0; id < snapshot.ports.size(); ++id) {
    const snapshot::Port& port = snapshot.ports[id];
    if (port.is_twin || port.name.empty()) continue;
    TwinPort made;
    made.port = PortId{static_cast<std::uint16_t>(id)};
    made.twin = port.twin;
    made.name = port.name;
    made.mac = port.mac;
    for (const snapshot::Interface& interface : snapshot.interfaces) {
      const bool retired = interface.name.empty();
      if (interface.port != made.port || interface.id == kLocalIfl || retired) continue;
      Result<TwinUnit> unit = make_unit(interface);
      if (!unit) return unit.error();
      const auto [other, fresh] = named.emplace(unit->kernel_name, interface.name);
      if (!fresh) {
        return Error{"invalid-value", interface.name,
                     fmt::format("the kernel would call it \"{}\", and {} too", other->first, other->second)};
      }
      made.units.push_back(std::move(*unit));
    }
    plan.ports.push_back(std::move(made));
  }
  return plan;
}

}  // namespace sluice::host
