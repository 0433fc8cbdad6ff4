// `system flow` and `system ports`.
#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "flowd/compile/parts.h"
#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

using config::Node;

std::optional<std::array<std::uint8_t, 6>> parse_mac(std::string_view text) {
  // The schema's pattern leaves six pairs of hexadecimal digits.
  std::array<std::uint8_t, 6> mac{};
  for (std::size_t i = 0; i < mac.size(); ++i) {
    if (text.size() < 3 * i + 2) return std::nullopt;
    mac[i] = static_cast<std::uint8_t>(std::stoul(std::string(text.substr(3 * i, 2)), nullptr, 16));
  }
  return mac;
}

Status read_mac(const Node& node, port::PortOptions& options) {
  const auto text = node.text("mac");
  if (!text) return {};
  options.mac = parse_mac(*text);
  constexpr std::uint8_t kGroup = 1;
  const bool usable =
      options.mac && (options.mac->front() & kGroup) == 0 && *options.mac != std::array<std::uint8_t, 6>{};
  if (usable) return {};
  return wrong(node, fmt::format("mac {}", *text),
               "a port's own Ethernet address is neither a group address (odd first octet) nor all zeros");
}

Result<port::PortOptions> read_port(const Node& node, std::uint16_t workers) {
  port::PortOptions options;
  options.name = node.key();
  options.device = node.text("device").value_or("");
  options.driver = node.text("driver").value_or("");
  options.workers = workers;
  options.queues = static_cast<std::uint16_t>(node.number("queues").value_or(workers));
  if (options.queues > workers) {
    return wrong(node, fmt::format("queues {}", options.queues),
                 fmt::format("a queue needs a worker of its own, and 'system flow workers' is {}", workers));
  }
  if (const Status mac = read_mac(node, options); !mac) return mac.error();
  return options;
}

// A wire and its twin: the same name and VLANs, each other's other side.
void add_port(const port::PortOptions& options, PortId wire, Compiled& out) {
  const PortId twin{static_cast<std::uint16_t>(wire.value + 1)};
  for (const PortId id : {wire, twin}) {
    snapshot::Port& port = out.snapshot.ports[id.value];
    port.name = options.name;
    port.is_twin = id == twin;
    port.twin = id == twin ? wire : twin;
  }
  out.ports.push_back({.id = wire, .options = options});
}

}  // namespace

Status compile_system(const Node& root, Compiled& out) {
  const Node flow = root.child("system").child("flow");
  SystemOptions& system = out.system;
  system.workers = static_cast<std::uint16_t>(flow.number("workers").value_or(system.workers));
  system.maximum_sessions =
      static_cast<std::uint32_t>(flow.number("maximum-sessions").value_or(system.maximum_sessions));
  system.polling =
      flow.text("polling") == "busy" ? SystemOptions::Polling::busy : SystemOptions::Polling::adaptive;
  for (const std::string_view core : flow.values("cores")) {
    system.cores.push_back(static_cast<std::uint16_t>(std::stoul(std::string(core))));
  }
  if (!system.cores.empty() && system.cores.size() < system.workers) {
    return wrong(flow, "cores",
                 fmt::format("{} for {}; give one for each worker, or none at all",
                             counted(system.cores.size(), "core"), counted(system.workers, "worker")));
  }
  return {};
}

Status compile_ports(const Node& root, Compiled& out) {
  const std::vector<Node> nodes = root.child("system").child("ports").list("port");
  std::vector<std::string> names;
  names.reserve(nodes.size());
  for (const Node& node : nodes) names.emplace_back(node.key());
  const auto ids = out.ids.ports(names);
  if (!ids) return ids.error();
  // Retired ports too: packets that wait in a worker may still name one.
  constexpr std::size_t kVlans = 4096;
  out.snapshot.ports.resize(out.ids.port_count());
  for (snapshot::Port& port : out.snapshot.ports) port.ifl_by_vlan.assign(kVlans, kNoIfl);
  std::map<std::string, std::string> used;  // device -> port
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto options = read_port(nodes[i], out.system.workers);
    if (!options) return options.error();
    const auto [other, fresh] = used.emplace(options->device, options->name);
    if (!fresh) {
      return wrong(nodes[i], fmt::format("device {}", options->device),
                   fmt::format("port {} has this device already; a device serves one port", other->second));
    }
    add_port(*options, (*ids)[i], out);
  }
  return {};
}

}  // namespace sluice::compile
