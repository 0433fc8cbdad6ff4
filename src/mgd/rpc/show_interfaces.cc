#include <algorithm>

#include "base/glob.h"
#include "mgd/rpc/handlers.h"
#include "mgd/rpc/interface_elements.h"
#include "mgd/rpc/names.h"

// show interfaces.
namespace sluice::rpc {
namespace {

using render::Element;
using render::Sink;

// Those that tell everything there is of a port; `terse` and `descriptions` are lists.
constexpr InterfaceLevel kLevels[] = {
    {.name = "", .rates = true},
    {.name = "brief", .brief = true},
    {.name = "statistics", .rates = true, .error_counts = true},
    {.name = "media", .rates = true, .error_counts = true, .ethernet_counters = true},
    {.name = "detail", .counters = true},
    {.name = "extensive", .counters = true, .error_lists = true, .ethernet_counters = true},
};

std::string_view port_of(std::string_view name) {
  return name.substr(0, name.find('.'));
}
bool is_unit(std::string_view name) {
  return name.find('.') != std::string_view::npos;
}

void status_leaves(Sink& sink, const v1::Interface& interface) {
  sink.leaf("name", interface.name());
  sink.leaf("admin-status", interface.admin_up() ? "up" : "down");
  sink.leaf("oper-status", interface.link_up() ? "up" : "down");
}

void terse_family(Sink& sink, std::string_view family,
                  const google::protobuf::RepeatedPtrField<std::string>& all) {
  if (all.empty()) return;
  const Element element(sink, "address-family");
  sink.leaf("address-family-name", family);
  for (const std::string& address : all) {
    const Element one(sink, "interface-address");
    sink.leaf("ifa-local", address);
  }
}

void terse_unit(Sink& sink, const v1::Interface& unit) {
  const Element element(sink, "logical-interface");
  status_leaves(sink, unit);
  terse_family(sink, "inet", unit.inet_addresses());
  terse_family(sink, "inet6", unit.inet6_addresses());
}

void terse_port(Sink& sink, const PortUnits& shown) {
  const Element element(sink, "physical-interface");
  status_leaves(sink, *shown.port);
  for (const v1::Interface* unit : shown.units) terse_unit(sink, *unit);
}

// Ports and units stand beside each other.
void described(Sink& sink, const v1::Interface& interface) {
  if (interface.description().empty()) return;
  const Element element(sink, is_unit(interface.name()) ? render::Name("logical-interface")
                                                        : render::Name("physical-interface"));
  status_leaves(sink, interface);
  sink.leaf("description", interface.description());
}

// What is asked for: everything, a port with its units, a unit, or what matches a pattern.
class Wanted {
 public:
  explicit Wanted(std::string_view name) : name_(name) {}
  [[nodiscard]] bool units_alone() const { return is_unit(name_); }
  [[nodiscard]] bool has(const v1::Interface& interface) const {
    const std::string_view name = interface.name();
    return name_.empty() || matches_glob(name_, units_alone() ? name : port_of(name));
  }

 private:
  std::string_view name_;
};

// Each port with its units, whatever the order in which flowd names them. A unit whose port is not there is
// left out.
std::vector<PortUnits> shown_of(const v1::InterfacesReply& reply, const Wanted& wanted) {
  std::vector<PortUnits> shown;
  for (const v1::Interface& port : reply.interfaces()) {
    if (is_unit(port.name())) continue;
    PortUnits one{&port, {}};
    for (const v1::Interface& unit : reply.interfaces()) {
      const bool is_of_it = is_unit(unit.name()) && port_of(unit.name()) == port.name();
      if (is_of_it && wanted.has(unit)) one.units.push_back(&unit);
    }
    if (wanted.units_alone() ? !one.units.empty() : wanted.has(port)) shown.push_back(std::move(one));
  }
  return shown;
}

// All ports, then all units: elements of one name follow each other.
void tell_descriptions(Sink& sink, const std::vector<PortUnits>& shown, bool units_alone) {
  for (const PortUnits& one : shown) {
    if (!units_alone) described(sink, *one.port);
  }
  for (const PortUnits& one : shown) {
    for (const v1::Interface* unit : one.units) described(sink, *unit);
  }
}

void tell_terse(Sink& sink, const PortUnits& one, bool units_alone) {
  if (!units_alone) return terse_port(sink, one);
  for (const v1::Interface* unit : one.units) terse_unit(sink, *unit);
}

}  // namespace

Status show_interfaces(const Inputs& inputs, const Context& context, Sink& sink) {
  auto reply = context.parts.flowd.ask(&link::Flowd::Stub::Interfaces, v1::InterfacesRequest());
  if (!reply) return reply.error();
  const std::string_view name = inputs.text("interface-name");
  const Wanted wanted(name);
  const std::vector<PortUnits> shown = shown_of(*reply, wanted);
  if (shown.empty() && !name.empty() && !is_glob(name)) {
    return Error{"invalid-value", "interface-name", unknown_interface(*reply, name)};
  }
  const render::Document document(sink, "interface-information", "junos-interface");
  const std::string_view level = inputs.text("level");
  if (level == "descriptions") {
    tell_descriptions(sink, shown, wanted.units_alone());
    return {};
  }
  const auto in_full = std::ranges::find(kLevels, level, &InterfaceLevel::name);
  for (const PortUnits& one : shown) {
    if (level == "terse") {
      tell_terse(sink, one, wanted.units_alone());
    } else if (!wanted.units_alone()) {
      port_element(sink, one, *in_full, context.parts.now_unix_s());
    } else {
      for (const v1::Interface* unit : one.units) unit_element(sink, *unit, *in_full);
    }
  }
  return {};
}

}  // namespace sluice::rpc
