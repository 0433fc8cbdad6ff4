#include <fmt/format.h>

#include <algorithm>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/names.h"

// show interfaces terse.
namespace sluice::rpc {
namespace {

using render::Element;
using render::Sink;

std::string_view port_of(std::string_view name) {
  return name.substr(0, name.find('.'));
}
bool is_unit(std::string_view name) {
  return name.find('.') != std::string_view::npos;
}

void status_leaves(Sink& sink, const v1::Interface& interface, std::string_view name) {
  sink.leaf("name", name);
  sink.leaf("admin-status", interface.admin_up() ? "up" : "down");
  sink.leaf("oper-status", interface.link_up() ? "up" : "down");
  if (!interface.description().empty()) sink.leaf("description", interface.description());
}

void family_element(Sink& sink, std::string_view family,
                    const google::protobuf::RepeatedPtrField<std::string>& all) {
  if (all.empty()) return;
  const Element element(sink, "address-family");
  sink.leaf("address-family-name", family);
  for (const std::string& address : all) {
    const Element one(sink, "interface-address");
    sink.leaf("ifa-local", address);
  }
}

void unit_element(Sink& sink, const v1::Interface& unit) {
  const Element element(sink, "logical-interface");
  status_leaves(sink, unit, unit.name());
  family_element(sink, "inet", unit.inet_addresses());
  family_element(sink, "inet6", unit.inet6_addresses());
}

// A port with those of its units that are wanted. flowd may name a unit whose port has no device.
void port_element(Sink& sink, std::string_view port, const std::vector<const v1::Interface*>& members) {
  const Element element(sink, "physical-interface");
  status_leaves(sink, *members.front(), port);
  for (const v1::Interface* member : members) {
    if (is_unit(member->name())) unit_element(sink, *member);
  }
}

}  // namespace

Status show_interfaces(const Inputs& inputs, const Context& context, Sink& sink) {
  auto reply = context.parts.flowd.ask(&link::Flowd::Stub::Interfaces, v1::InterfacesRequest());
  if (!reply) return reply.error();
  const std::string_view wanted = inputs.text("interface-name");
  std::vector<std::pair<std::string_view, std::vector<const v1::Interface*>>> ports;
  for (const v1::Interface& interface : reply->interfaces()) {
    const bool shown = wanted.empty() || interface.name() == wanted || port_of(interface.name()) == wanted;
    if (!shown) continue;
    const auto same = [&](const auto& port) { return port.first == port_of(interface.name()); };
    auto at = std::ranges::find_if(ports, same);
    if (at == ports.end()) at = ports.insert(at, {port_of(interface.name()), {}});
    // The port itself stands first, whatever the order in which flowd names them.
    at->second.insert(is_unit(interface.name()) ? at->second.end() : at->second.begin(), &interface);
  }
  if (ports.empty() && !wanted.empty()) {
    return Error{"invalid-value", "interface-name", unknown_interface(*reply, wanted)};
  }
  const render::Document document(sink, "interface-information", "junos-interface");
  for (const auto& [port, members] : ports) {
    if (is_unit(wanted)) {
      for (const v1::Interface* unit : members) unit_element(sink, *unit);
    } else {
      port_element(sink, port, members);
    }
  }
  return {};
}

}  // namespace sluice::rpc
