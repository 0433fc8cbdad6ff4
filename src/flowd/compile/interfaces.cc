// `interfaces`: logical interfaces, their VLANs, MTUs and addresses.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/check.h"
#include "flowd/compile/network.h"
#include "flowd/compile/parts.h"
#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

using config::Node;
using packet::Family;
using packet::IpAddress;
using packet::IpPrefix;
using snapshot::InterfaceAddress;

constexpr std::uint16_t kEthernetHeader = 14;
constexpr std::uint16_t kVlanTag = 4;
constexpr std::uint16_t kDefaultIpMtu = 1500;
constexpr std::uint16_t kLeastIpv6Mtu = 1280;  // RFC 8200 section 5

// Whether a host may have the address at all: not 0/8, 127/8 or 224/3, not ::, ::1 or ff00::/8.
bool is_host_address(const IpAddress& address) {
  const auto& bytes = address.bytes;
  if (address.family == Family::inet) return bytes[0] != 0 && bytes[0] != 127 && bytes[0] < 224;
  const bool low = std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t byte) { return byte == 0; });
  return bytes[0] != 0xff && !(low && bytes[15] <= 1);
}

// The bits after the prefix, all of them, are `value`.
bool host_bits_are(const InterfaceAddress& address, bool value) {
  for (int bit = address.prefix_length; bit < address.address.bits(); ++bit) {
    const std::uint8_t byte = address.address.bytes[static_cast<std::size_t>(bit / 8)];
    if ((((byte >> (7 - bit % 8)) & 1) != 0) != value) return false;
  }
  return true;
}

Result<InterfaceAddress> read_interface_address(const Node& node) {
  const std::string_view text = node.key();
  const std::size_t slash = text.find('/');
  const auto parsed = packet::parse_address(text.substr(0, slash));
  unsigned length = 0;
  const std::string_view digits = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  const auto number = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  const bool whole = number.ec == std::errc() && number.ptr == digits.data() + digits.size();
  if (!parsed || !whole || length == 0 || length > static_cast<unsigned>(parsed->bits())) {
    return wrong(node, "", "an interface address is ADDRESS/LENGTH, such as 192.0.2.1/24 or 2001:db8::1/64");
  }
  const InterfaceAddress address{.address = *parsed, .prefix_length = static_cast<std::uint8_t>(length)};
  if (!is_host_address(address.address)) {
    return wrong(node, "",
                 "no host can have this address: it is unspecified, loopback, multicast or reserved");
  }
  constexpr unsigned kPointToPoint = 31;  // RFC 3021: such a network has no address of its own
  if (parsed->family == Family::inet && length < kPointToPoint) {
    if (host_bits_are(address, false)) {
      return wrong(node, "", "this is the address of the network itself; give a host's address in it");
    }
    if (host_bits_are(address, true)) {
      return wrong(node, "", "this is the broadcast address of its network; give a host's address in it");
    }
  }
  return address;
}

// The largest IP packet that the interface's frames hold.
std::uint16_t ip_mtu(const Node& interface) {
  const auto mtu = interface.number("mtu");
  if (!mtu) return kDefaultIpMtu;
  const bool tagged = interface.has("vlan-tagging");
  return static_cast<std::uint16_t>(*mtu - kEthernetHeader - (tagged ? kVlanTag : 0));
}

// A logical interface has one MTU here: the smallest of the port's and the families'.
Status read_mtu(const Node& unit, std::uint16_t port_mtu, snapshot::Interface& out) {
  out.mtu = port_mtu;
  const Node family = unit.child("family");
  for (const std::string_view name : {"inet", "inet6"}) {
    const auto mtu = family.child(name).number("mtu");
    if (!mtu) continue;
    if (*mtu > port_mtu) {
      return wrong(unit, fmt::format("family {} mtu {}", name, *mtu),
                   fmt::format("the interface's mtu leaves at most {} for a packet", port_mtu));
    }
    out.mtu = std::min(out.mtu, static_cast<std::uint16_t>(*mtu));
  }
  if (family.has("inet6") && out.mtu < kLeastIpv6Mtu) {
    return wrong(
        unit, "family inet6",
        fmt::format("IPv6 needs packets of {} bytes, and the mtu leaves {}", kLeastIpv6Mtu, out.mtu));
  }
  return {};
}

// Units of one interface, as they are added.
class Interfaces {
 public:
  explicit Interfaces(Compiled& out) : out_(out) {}

  Status add(const Node& interface, const Node& unit, IflId id, WirePort& wire);
  // Networks that are on more than one interface.
  void warn_of_overlaps();

 private:
  Status add_vlan(const Node& unit, snapshot::Interface& made);
  Status add_addresses(const Node& unit, snapshot::Interface& made);

  struct Network {
    IpPrefix prefix;
    std::string path;
    IflId ifl;
  };
  Compiled& out_;
  std::map<IpAddress, std::string> owners_;
  std::vector<Network> networks_;
};

Status Interfaces::add(const Node& interface, const Node& unit, IflId id, WirePort& wire) {
  snapshot::Interface& made = out_.snapshot.interfaces[id.value];
  made.name = fmt::format("{}.{}", interface.key(), unit.key());
  made.description = unit.text("description").value_or("");
  made.port = wire.id;
  made.enabled = !interface.has("disable") && !unit.has("disable");
  made.vlan_id = static_cast<std::uint16_t>(unit.number("vlan-id").value_or(0));
  if (Status mtu = read_mtu(unit, wire.options.mtu, made); !mtu) return mtu;
  if (Status vlan = add_vlan(unit, made); !vlan) return vlan;
  return add_addresses(unit, made);
}

Status Interfaces::add_vlan(const Node& unit, snapshot::Interface& made) {
  if (made.vlan_id == 0 && unit.key() != "0") {
    return wrong(unit, "", "without 'vlan-tagging' and a 'vlan-id' an interface has unit 0 only");
  }
  snapshot::Port& wire = out_.snapshot.ports[made.port.value];
  check(wire.ifl_by_vlan[made.vlan_id] == kNoIfl, "the schema has made sure that a VLAN has one unit");
  wire.ifl_by_vlan[made.vlan_id] = made.id;
  out_.snapshot.ports[wire.twin.value].ifl_by_vlan[made.vlan_id] = made.id;
  return {};
}

Status Interfaces::add_addresses(const Node& unit, snapshot::Interface& made) {
  for (const std::string_view family : {"inet", "inet6"}) {
    for (const Node& node : unit.child("family").child(family).list("address")) {
      const auto address = read_interface_address(node);
      if (!address) return address.error();
      made.addresses.push_back(*address);
      // Every link has the same link-local network.
      if (packet::is_link_local(address->address)) continue;
      const auto [other, fresh] = owners_.emplace(address->address, made.name);
      if (!fresh) return wrong(node, "", fmt::format("{} has this address already", other->second));
      networks_.push_back({.prefix = network_of(*address), .path = node.path(), .ifl = made.id});
    }
  }
  return {};
}

void Interfaces::warn_of_overlaps() {
  std::sort(networks_.begin(), networks_.end(),
            [](const Network& a, const Network& b) { return a.prefix < b.prefix; });
  const Network* widest = nullptr;  // of those that begin before the next one
  for (const Network& network : networks_) {
    const bool inside = widest != nullptr && widest->prefix.address.family == network.prefix.address.family &&
                        widest->prefix.contains(network.prefix.address);
    if (!inside) {
      widest = &network;
    } else if (widest->ifl != network.ifl) {
      warn(out_.warnings, network.path,
           fmt::format("its network overlaps {} of {}", packet::to_string(widest->prefix),
                       out_.snapshot.interfaces[widest->ifl.value].name));
    }
  }
}

// A unit, and the port it is on.
struct Unit {
  Node interface;
  Node node;
  WirePort* wire;
};

std::vector<Unit> units_of(const Node& root, Compiled& out) {
  std::map<std::string_view, WirePort*> wires;
  for (WirePort& wire : out.ports) wires.emplace(wire.options.name, &wire);
  std::vector<Unit> units;
  for (const Node& interface : root.child("interfaces").list("interface")) {
    const auto wire = wires.find(interface.key());
    if (wire == wires.end()) {
      warn(out.warnings, interface.path(), "no port of this name is under 'system ports', so it is not used");
      continue;
    }
    wire->second->options.mtu = ip_mtu(interface);
    wire->second->description = interface.text("description").value_or("");
    wire->second->enabled = !interface.has("disable");
    for (const Node& unit : interface.list("unit")) units.push_back({interface, unit, wire->second});
  }
  return units;
}

// ".local..0": the firewall itself.
void add_local(Compiled& out) {
  snapshot::Interface& local = out.snapshot.interfaces[kLocalIfl.value];
  local.name = ".local..0";
  local.zone = kJunosHostZone;
  local.enabled = true;
}

}  // namespace

Status compile_interfaces(const Node& root, Compiled& out) {
  const std::vector<Unit> units = units_of(root, out);
  std::vector<std::string> names;
  names.reserve(units.size());
  for (const Unit& unit : units) names.push_back(fmt::format("{}.{}", unit.interface.key(), unit.node.key()));
  const auto ids = out.ids.interfaces(names);
  if (!ids) return ids.error();
  out.snapshot.interfaces.resize(out.ids.interface_count());
  for (std::size_t i = 0; i < out.snapshot.interfaces.size(); ++i) {
    out.snapshot.interfaces[i].id = IflId{static_cast<std::uint16_t>(i)};
    out.snapshot.interfaces[i].enabled = false;
  }
  add_local(out);
  Interfaces interfaces(out);
  for (std::size_t i = 0; i < units.size(); ++i) {
    const Unit& unit = units[i];
    if (Status added = interfaces.add(unit.interface, unit.node, (*ids)[i], *unit.wire); !added) {
      return added;
    }
  }
  interfaces.warn_of_overlaps();
  return {};
}

}  // namespace sluice::compile
