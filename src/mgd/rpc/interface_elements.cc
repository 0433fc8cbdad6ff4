#include "mgd/rpc/interface_elements.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.h"
#include "mgd/rpc/ip.h"

namespace sluice::rpc {
namespace {

using render::Element;
using render::Name;
using render::Sink;

constexpr std::uint32_t kEthernetHeader = 14;  // which Junos counts into a port's MTU

// The names that the schema has for services and protocols of the firewall, as Junos's elements.
constexpr Name kInbound[] = {
    "inbound-any-service", "inbound-bfd",    "inbound-bgp",         "inbound-bootp",
    "inbound-dhcp",        "inbound-dhcpv6", "inbound-dns",         "inbound-dvmrp",
    "inbound-finger",      "inbound-ftp",    "inbound-http",        "inbound-https",
    "inbound-ident-reset", "inbound-igmp",   "inbound-ike",         "inbound-ldp",
    "inbound-msdp",        "inbound-ndp",    "inbound-netconf",     "inbound-nhrp",
    "inbound-ntp",         "inbound-ospf",   "inbound-ospf3",       "inbound-pgm",
    "inbound-pim",         "inbound-ping",   "inbound-reverse-ssh", "inbound-reverse-telnet",
    "inbound-rip",         "inbound-ripng",  "inbound-rlogin",      "inbound-router-discovery",
    "inbound-rsh",         "inbound-rsvp",   "inbound-sap",         "inbound-snmp",
    "inbound-snmp-trap",   "inbound-ssh",    "inbound-telnet",      "inbound-tftp",
    "inbound-traceroute",  "inbound-vrrp",
};
constexpr std::size_t kInboundPrefix = std::string_view("inbound-").size();

std::string speed_text(std::uint32_t mbps) {
  if (mbps == 0) return "Unspecified";
  return mbps >= 10000 && mbps % 1000 == 0 ? fmt::format("{}Gbps", mbps / 1000) : fmt::format("{}mbps", mbps);
}

// "00:18:57", "3d 18:57", "8w6d 17:32"
std::string ago_text(std::uint64_t seconds) {
  const std::string days = weeks_and_days(seconds);
  const std::string text = fmt::format("{}{:02}:{:02}", days, seconds / 3600 % 24, seconds / 60 % 60);
  return days.empty() ? fmt::format("{}:{:02}", text, seconds % 60) : text;
}

void flapped_leaf(Sink& sink, std::uint32_t at, std::int64_t now_unix_s) {
  if (at == 0) return sink.leaf("interface-flapped", "Never", {{"junos:seconds", "0"}});
  const auto ago = static_cast<std::uint64_t>(std::max<std::int64_t>(now_unix_s - at, 0));
  sink.leaf("interface-flapped", fmt::format("{} ({} ago)", utc_time(at), ago_text(ago)),
            {{"junos:seconds", fmt::to_string(ago)}});
}

void state_elements(Sink& sink, const v1::Interface& port) {
  {
    const Element flags(sink, "if-device-flags");
    if (port.has_port()) {  // its device is there
      sink.flag("ifdf-present");
      sink.flag("ifdf-running");
    }
    if (!port.link_up()) sink.flag("ifdf-down");
  }
  {
    const Element flags(sink, "if-config-flags");
    sink.flag(port.link_up() ? Name("iff-none") : Name("iff-hardware-down"));
  }
  const Element flags(sink, "if-media-flags");
  sink.flag("ifmf-none");
}

void traffic_element(Sink& sink, const v1::PortState& state, const InterfaceLevel& level) {
  if (level.counters) {
    const Element element(sink, "traffic-statistics", {{"junos:style", "verbose"}});
    sink.leaf("input-bytes", state.input_bytes());
    sink.leaf("input-bps", state.input_bps());
    sink.leaf("output-bytes", state.output_bytes());
    sink.leaf("output-bps", state.output_bps());
    sink.leaf("input-packets", state.input_packets());
    sink.leaf("input-pps", state.input_pps());
    sink.leaf("output-packets", state.output_packets());
    sink.leaf("output-pps", state.output_pps());
  } else if (level.rates) {
    const Element element(sink, "traffic-statistics", {{"junos:style", "brief"}});
    sink.leaf("input-bps", state.input_bps());
    sink.leaf("input-pps", state.input_pps());
    sink.leaf("output-bps", state.output_bps());
    sink.leaf("output-pps", state.output_pps());
  }
}

// Kinds that the ports do not tell apart are in the sum alone.
void error_elements(Sink& sink, const v1::PortState& state, const InterfaceLevel& level) {
  if (level.error_counts) {
    sink.leaf("input-error-count", state.input_errors() + state.input_drops());
    sink.leaf("output-error-count", state.output_errors());
  }
  if (!level.error_lists) return;
  {
    const Element element(sink, "input-error-list");
    sink.leaf("input-errors", state.input_errors());
    sink.leaf("input-drops", state.input_drops());
    for (const Name none :
         {Name("framing-errors"), Name("input-runts"), Name("input-discards"), Name("input-l3-incompletes"),
          Name("input-l2-channel-errors"), Name("input-l2-mismatch-timeouts"), Name("input-fifo-errors"),
          Name("input-resource-errors")}) {
      sink.leaf(none, 0);
    }
  }
  const Element element(sink, "output-error-list");
  sink.leaf("carrier-transitions", state.carrier_transitions());
  sink.leaf("output-errors", state.output_errors());
  for (const Name none :
       {Name("output-collisions"), Name("output-drops"), Name("aged-packets"), Name("mtu-errors"),
        Name("hs-link-crc-errors"), Name("output-fifo-errors"), Name("output-resource-errors")}) {
    sink.leaf(none, 0);
  }
}

void alarm_elements(Sink& sink, bool link_up) {
  for (const Name kind : {Name("active-alarms"), Name("active-defects")}) {
    const Element element(sink, kind);
    const Element alarms(sink, "interface-alarms");
    sink.flag(link_up ? Name("alarm-not-present") : Name("ethernet-alarm-link-down"));
  }
}

void ethernet_element(Sink& sink, const v1::PortState& state) {
  const Element element(sink, "ethernet-mac-statistics", {{"junos:style", "verbose"}});
  sink.leaf("input-bytes", state.input_bytes());
  sink.leaf("output-bytes", state.output_bytes());
  sink.leaf("input-packets", state.input_packets());
  sink.leaf("output-packets", state.output_packets());
}

void medium_elements(Sink& sink, const v1::Interface& port) {
  sink.leaf("local-index", port.index());
  if (!port.description().empty()) sink.leaf("description", port.description());
  sink.leaf("link-level-type", "Ethernet");
  sink.leaf("mtu", port.mtu() + kEthernetHeader);
  sink.leaf("link-mode", "Full-duplex");
  sink.leaf("speed", speed_text(port.port().speed_mbps()));
  sink.leaf("loopback", "disabled");
  sink.leaf("source-filtering", "disabled");
  state_elements(sink, port);
}

void inbound_element(Sink& sink, const v1::Interface& unit) {
  const Element element(sink, "allowed-host-inbound-traffic");
  for (const Name name : kInbound) {
    const std::string_view service = name.text().substr(kInboundPrefix);
    if (std::ranges::find(unit.host_inbound(), service) != unit.host_inbound().end()) sink.flag(name);
  }
}

// As Junos writes networks: "192.0.2/24".
std::string network_text(const Prefix& prefix) {
  std::string text = address_text(prefix.address);
  if (prefix.address.size() == 4) {
    for (std::uint32_t octets = 4; octets > 1 && (octets - 1) * 8 >= prefix.length; --octets) {
      text.resize(text.rfind('.'));
    }
  }
  return fmt::format("{}/{}", text, prefix.length);
}

// Of an IPv4 network that has one.
std::string broadcast_text(Prefix prefix) {
  if (prefix.address.size() != 4 || prefix.length > 30) return {};
  for (std::uint32_t bit = prefix.length; bit < 32; ++bit) {
    char& byte = prefix.address[bit / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) | (0x80U >> (bit % 8)));
  }
  return address_text(prefix.address);
}

void address_element(Sink& sink, const std::string& address, bool primary) {
  const Element element(sink, "interface-address");
  {
    const Element flags(sink, "ifa-flags");
    sink.flag("ifaf-current-preferred");
    if (primary) sink.flag("ifaf-current-primary");
  }
  if (const auto prefix = parse_prefix(address)) {
    sink.leaf("ifa-destination", network_text(*prefix));
    sink.leaf("ifa-local", address.substr(0, address.find('/')));
    const std::string broadcast = broadcast_text(*prefix);
    if (!broadcast.empty()) sink.leaf("ifa-broadcast", broadcast);
  }
}

void family_element(Sink& sink, std::string_view family, const v1::Interface& unit,
                    const InterfaceLevel& level) {
  const auto& all = family == "inet" ? unit.inet_addresses() : unit.inet6_addresses();
  if (all.empty()) return;
  const Element element(sink, "address-family");
  sink.leaf("address-family-name", family);
  if (!level.brief) sink.leaf("mtu", unit.mtu());
  bool first = true;
  for (const std::string& address : all) {
    if (level.brief) {
      const Element one(sink, "interface-address");
      sink.leaf("ifa-local", address);
    } else {
      address_element(sink, address, std::exchange(first, false));
    }
  }
}

}  // namespace

void unit_element(Sink& sink, const v1::Interface& unit, const InterfaceLevel& level) {
  const Element element(sink, "logical-interface");
  sink.leaf("name", unit.name());
  sink.leaf("local-index", unit.index());
  if (!unit.description().empty()) sink.leaf("description", unit.description());
  {
    const Element flags(sink, "if-config-flags");
    sink.flag(!unit.admin_up() ? Name("iff-down")
              : unit.link_up() ? Name("iff-up")
                               : Name("iff-device-down"));
  }
  if (unit.vlan_id() != 0) {
    const std::string tag = fmt::format("[ 0x8100.{} ] ", unit.vlan_id());
    sink.leaf("link-address", tag, {{"junos:format", "VLAN-Tag " + tag}});
  }
  sink.leaf("encapsulation", "ENET2");
  sink.leaf("logical-interface-zone-name", unit.zone().empty() ? "Null" : unit.zone());
  if (!unit.zone().empty()) inbound_element(sink, unit);
  family_element(sink, "inet", unit, level);
  family_element(sink, "inet6", unit, level);
}

void port_element(Sink& sink, const PortUnits& shown, const InterfaceLevel& level, std::int64_t now_unix_s) {
  const v1::Interface& port = *shown.port;
  const v1::PortState& state = port.port();
  const Element element(sink, "physical-interface");
  sink.leaf("name", port.name());
  sink.leaf("admin-status", port.admin_up() ? "up" : "down",
            {{"junos:format", port.admin_up() ? "Enabled" : "Administratively down"}});
  sink.leaf("oper-status", port.link_up() ? "up" : "down");
  medium_elements(sink, port);
  if (!level.brief) {
    if (!state.mac().empty()) {
      sink.leaf("current-physical-address", mac_text(state.mac()));
      sink.leaf("hardware-physical-address", mac_text(state.mac()));
    }
    flapped_leaf(sink, state.flapped_unix_s(), now_unix_s);
    if (level.counters || level.error_counts) sink.leaf("statistics-cleared", "Never");
    traffic_element(sink, state, level);
    error_elements(sink, state, level);
    alarm_elements(sink, port.link_up());
    if (level.ethernet_counters) ethernet_element(sink, state);
  }
  if (level.name == "media") return;
  for (const v1::Interface* unit : shown.units) unit_element(sink, *unit, level);
}

}  // namespace sluice::rpc
