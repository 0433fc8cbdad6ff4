// `security zones`.
#include <fmt/format.h>

#include <map>

#include "flowd/compile/host_inbound.h"
#include "flowd/compile/parts.h"
#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

using config::Node;

// Zones and the interfaces in them. An interface without a port has no number; its zone stays.
void bind_interfaces(const Node& node, ZoneId zone, const std::map<std::string_view, IflId>& interfaces,
                     Compiled& out) {
  for (const Node& member : node.list("interfaces")) {
    const auto known = interfaces.find(member.key());
    if (known == interfaces.end()) continue;
    snapshot::Interface& interface = out.snapshot.interfaces[known->second.value];
    interface.zone = zone;
    interface.has_host_inbound = member.has("host-inbound-traffic");
    interface.host_inbound = read_host_inbound(member.child("host-inbound-traffic"));
  }
}

void read_zone(const Node& node, policy::Zone& zone, Compiled& out) {
  zone.name = node.key();
  zone.description = node.text("description").value_or("");
  zone.tcp_rst = node.has("tcp-rst");
  zone.screen = node.text("screen").value_or("");
  zone.host_inbound = read_host_inbound(node.child("host-inbound-traffic"));
  if (!zone.screen.empty()) {
    warn(out.warnings, path_below(node, "screen " + zone.screen),
         "screens are not available yet, so none is applied");
  }
}

void warn_of_unbound(const Node& root, Compiled& out) {
  for (const snapshot::Interface& interface : out.snapshot.interfaces) {
    if (interface.name.empty() || interface.zone != kNullZone || !interface.enabled) continue;
    const std::string path = path_below(root.child("interfaces"), interface.name);
    warn(out.warnings, path, "the interface is in no zone, so its packets are dropped");
  }
}

}  // namespace

Status compile_zones(const Node& root, Compiled& out) {
  const std::vector<Node> nodes = root.child("security").child("zones").list("security-zone");
  std::vector<std::string> names;
  names.reserve(nodes.size());
  for (const Node& node : nodes) names.emplace_back(node.key());
  const auto ids = out.ids.zones(names);
  if (!ids) return ids.error();
  std::vector<policy::Zone>& zones = out.snapshot.zones;
  zones.resize(out.ids.zone_count());
  for (std::size_t i = 0; i < zones.size(); ++i) zones[i].id = ZoneId{static_cast<std::uint16_t>(i)};
  zones[kJunosHostZone.value].name = "junos-host";
  std::map<std::string_view, IflId> interfaces;
  for (const snapshot::Interface& interface : out.snapshot.interfaces) {
    if (!interface.name.empty()) interfaces.emplace(interface.name, interface.id);
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    read_zone(nodes[i], zones[(*ids)[i].value], out);
    bind_interfaces(nodes[i], (*ids)[i], interfaces, out);
  }
  warn_of_unbound(root, out);
  return {};
}

}  // namespace sluice::compile
