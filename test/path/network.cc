#include "network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/wire.h"
#include "translation.h"

namespace sluice::path {
namespace {

using packet::IpPrefix;
using route::NextHop;
using route::NextHopKind;
using Kind = Numbers::Kind;

template <class List>
auto& find_named(List& list, const std::string& name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& x) { return x.name == name; });
  check(found != list.end(), "a test names something that its network has");
  return *found;
}

IpPrefix prefix(const std::string& text) {
  const auto parsed = packet::parse_prefix(text);
  check(parsed.has_value(), "a test's prefix is a prefix");
  return *parsed;
}

// "10.0.1.1/24" with its host bits.
snapshot::InterfaceAddress interface_address(const std::string& text) {
  const auto slash = text.find('/');
  return {address(text.substr(0, slash)), static_cast<std::uint8_t>(std::stoi(text.substr(slash + 1)))};
}

IpPrefix host_prefix(const IpAddress& of) {
  return {of, static_cast<std::uint8_t>(of.bits())};
}

policy::HostInbound inbound(const std::vector<std::string>& names) {
  static const std::map<std::string, std::vector<policy::ApplicationTerm>> kServices{
      {"ping", {{kIcmp, {}, {8 << 8, 8 << 8}}, {kIcmp6, {}, {128 << 8, 128 << 8}}}},
      {"ssh", {{kTcp, {}, {22, 22}}}},
      {"dhcp", {{kUdp, {}, {67, 68}}}},
      {"traceroute", {{kUdp, {}, {33434, 33534}}}},
      {"ospf", {{89, {}, {}}}},
  };
  policy::HostInbound made;
  made.names = names;
  for (const std::string& name : names) {
    if (name == "all") {
      made.all = true;
      continue;
    }
    const auto service = kServices.find(name);
    check(service != kServices.end(), "a test's host-inbound service is known");
    made.allowed.insert(made.allowed.end(), service->second.begin(), service->second.end());
  }
  return made;
}

policy::AddressMatch address_match(const std::vector<std::string>& prefixes) {
  policy::AddressMatch match;
  match.any = prefixes.empty();
  for (const std::string& text : prefixes) match.prefixes.push_back(prefix(text));
  return match;
}

// One compilation.
class Compiler {
 public:
  Compiler(const Network& network, Numbers& numbers) : network_(network), numbers_(numbers) {}

  std::unique_ptr<snapshot::Snapshot> run(std::uint32_t generation) {
    snapshot_ = std::make_unique<snapshot::Snapshot>();
    snapshot_->generation = generation;
    snapshot_->flow = network_.flow;
    add_zones();
    add_ports();
    add_interfaces();
    snapshot_->policies = policies();
    snapshot_->routes = routes();
    snapshot_->names = std::make_shared<snapshot::Names>();
    return std::move(snapshot_);
  }

 private:
  ZoneId zone_id(const std::string& name) {
    if (name.empty()) return kNullZone;
    return name == "junos-host" ? kJunosHostZone : ZoneId{numbers_.of(Kind::zone, name)};
  }

  void add_zones() {
    for (const ZoneFacts& facts : network_.zones) zone_id(facts.name);
    snapshot_->zones.resize(numbers_.end(Kind::zone));
    snapshot_->zones[kJunosHostZone.value] = {.id = kJunosHostZone, .name = "junos-host"};
    for (const ZoneFacts& facts : network_.zones) {
      const ZoneId id = zone_id(facts.name);
      snapshot_->zones[id.value] = {
          .id = id, .name = facts.name, .tcp_rst = facts.tcp_rst, .host_inbound = inbound(facts.inbound)};
    }
  }

  // Wire and twin of every port; both know the same units.
  void add_ports() {
    for (const Unit& unit : network_.units) {
      const std::uint16_t wire = 2 * numbers_.of(Kind::port, port_of(unit.name));
      if (snapshot_->ports.size() < wire + 2U) snapshot_->ports.resize(wire + 2U);
      for (std::uint16_t side = 0; side < 2; ++side) {
        snapshot::Port& port = snapshot_->ports[wire + side];
        port.name = port_of(unit.name);
        port.twin = PortId{static_cast<std::uint16_t>(wire + 1 - side)};
        port.is_twin = side == 1;
        port.mac = port_mac(wire);
        port.ifl_by_vlan.resize(4096, kNoIfl);
        port.ifl_by_vlan[unit.vlan] = IflId{numbers_.of(Kind::interface, unit.name)};
      }
    }
  }

  void add_interfaces() {
    auto& interfaces = snapshot_->interfaces;
    interfaces.resize(numbers_.end(Kind::interface));
    for (snapshot::Interface& gap : interfaces) gap.enabled = false;
    interfaces[kLocalIfl.value] = {.id = kLocalIfl, .name = ".local..0", .zone = kJunosHostZone};
    for (const Unit& unit : network_.units) {
      const std::uint16_t wire = 2 * numbers_.of(Kind::port, port_of(unit.name));
      const IflId id{numbers_.of(Kind::interface, unit.name)};
      snapshot::Interface& made = interfaces[id.value];
      made = {.id = id,
              .name = unit.name,
              .port = PortId{wire},
              .vlan_id = unit.vlan,
              .zone = zone_id(unit.zone),
              .enabled = unit.enabled,
              .mtu = unit.mtu,
              .mac = port_mac(wire),
              .has_host_inbound = !unit.inbound.empty(),
              .host_inbound = inbound(unit.inbound)};
      for (const std::string& text : unit.addresses) made.addresses.push_back(interface_address(text));
    }
  }

  AppId application_id(const std::string& name) {
    const auto& predefined = policy::predefined_applications();
    const auto found = std::find_if(predefined.begin(), predefined.end(),
                                    [&](const auto& application) { return application.name == name; });
    if (found != predefined.end()) return found->id;
    static_cast<void>(find_named(network_.applications, name));
    const std::uint16_t own = numbers_.of(Kind::application, name);
    return AppId{static_cast<std::uint16_t>(predefined.size() + 1 + own)};
  }

  std::shared_ptr<const policy::Table> policies() {
    policy::Definition definition;
    definition.default_action = network_.default_action;
    definition.log_default = network_.log_default;
    definition.applications = policy::predefined_applications();
    for (policy::Application application : network_.applications) {
      application.id = application_id(application.name);
      definition.applications.push_back(application);
    }
    for (const PolicyFacts& facts : network_.policies) {
      policy::Policy made;
      made.id = PolicyId{numbers_.of(Kind::policy, facts.name)};
      made.name = facts.name;
      made.from_zone = zone_id(facts.from);
      made.to_zone = zone_id(facts.to);
      made.action = facts.action;
      made.log_init = facts.log_init;
      made.log_close = facts.log_close;
      made.count = facts.count;
      made.syn_check_required = facts.syn_check_required;
      made.initial_tcp_mss = facts.initial_tcp_mss;
      made.reverse_tcp_mss = facts.reverse_tcp_mss;
      made.source = address_match(facts.sources);
      made.destination = address_match(facts.destinations);
      for (const std::string& name : facts.applications) made.applications.push_back(application_id(name));
      definition.policies.push_back(made);
    }
    auto table = policy::Table::compile(definition);
    if (!table) check(false, table.error().text().c_str());
    return std::move(table).value();
  }

  NextHop& hop(NextHopId id) {
    if (definition_.next_hops.size() <= id.value) definition_.next_hops.resize(id.value + 1U);
    return definition_.next_hops[id.value];
  }

  static void set_header(NextHop& hop, const Mac& destination, const Mac& source, std::uint16_t vlan,
                         Family family) {
    const Bytes header = frame({destination, source, vlan, ether_type(family)}, {});
    hop.l2_length = static_cast<std::uint8_t>(header.size());
    std::memcpy(hop.l2.data() + hop.l2.size() - header.size(), header.data(), header.size());
  }

  NextHopId local(const Unit& unit, Family family) {
    const NextHopId id{
        numbers_.of(Kind::next_hop, fmt::format("{} local {}", unit.name, static_cast<int>(family)))};
    const std::uint16_t wire = 2 * numbers_.of(Kind::port, port_of(unit.name));
    NextHop& made = hop(id);
    made.kind = NextHopKind::local;
    made.ttl_step = 0;
    made.port = PortId{static_cast<std::uint16_t>(wire + 1)};
    made.mtu = unit.mtu;
    made.ifl = kLocalIfl;
    made.owner = IflId{numbers_.of(Kind::interface, unit.name)};
    set_header(made, port_mac(wire), kernel_mac(), unit.vlan, family);
    return id;
  }

  // To a neighbour, or (all zeros) to whoever is on the link.
  NextHopId towards(const Unit& unit, const IpAddress& gateway) {
    const NextHopId id{
        numbers_.of(Kind::next_hop, fmt::format("{} {}", unit.name, packet::to_string(gateway)))};
    const std::uint16_t wire = 2 * numbers_.of(Kind::port, port_of(unit.name));
    NextHop& made = hop(id);
    const auto host = std::find_if(network_.hosts.begin(), network_.hosts.end(), [&](const Host& x) {
      return x.unit == unit.name && x.resolved &&
             (x.address4 == packet::to_string(gateway) || x.address6 == packet::to_string(gateway));
    });
    made.kind = host == network_.hosts.end() ? NextHopKind::glean : NextHopKind::forward;
    made.port = PortId{wire};
    made.mtu = unit.mtu;
    made.ifl = IflId{numbers_.of(Kind::interface, unit.name)};
    made.gateway = gateway;
    const Mac mac = host == network_.hosts.end() ? Mac{} : host_mac(network_, host->name);
    set_header(made, mac, port_mac(wire), unit.vlan, gateway.family);
    return id;
  }

  void add_route(const IpPrefix& to, NextHopId by) { definition_.routes.push_back({to, by}); }

  void add_unit_routes(const Unit& unit) {
    for (const std::string& text : unit.addresses) {
      const snapshot::InterfaceAddress own = interface_address(text);
      add_route(host_prefix(own.address), local(unit, own.address.family));
      IpAddress anybody;
      anybody.family = own.address.family;
      add_route(prefix(text), towards(unit, anybody));
    }
  }

  void add_static(const StaticRoute& route) {
    const IpPrefix to = prefix(route.prefix);
    if (route.via == "discard" || route.via == "reject") {
      const NextHopId id{numbers_.of(Kind::next_hop, route.via)};
      hop(id).kind = route.via == "discard" ? NextHopKind::discard : NextHopKind::reject;
      return add_route(to, id);
    }
    const IpAddress gateway = address(route.via);
    for (const Unit& unit : network_.units) {
      for (const std::string& text : unit.addresses) {
        if (unit.enabled && prefix(text).contains(gateway)) return add_route(to, towards(unit, gateway));
      }
    }
    check(false, "a static route's gateway is on a link");
  }

  std::shared_ptr<const route::View> routes() {
    for (const Unit& unit : network_.units) {
      if (unit.enabled) add_unit_routes(unit);
    }
    for (const Host& host : network_.hosts) {
      const Unit& unit = find_named(network_.units, host.unit);
      if (!host.resolved || !unit.enabled) continue;
      for (const std::string& text : {host.address4, host.address6}) {
        if (!text.empty()) add_route(host_prefix(address(text)), towards(unit, address(text)));
      }
    }
    for (const StaticRoute& route : network_.routes) add_static(route);
    hop(NextHopId{static_cast<std::uint16_t>(numbers_.end(Kind::next_hop) - 1)});
    auto view = route::View::compile(std::move(definition_));
    if (!view) check(false, view.error().text().c_str());
    return std::move(view).value();
  }

  const Network& network_;
  Numbers& numbers_;
  std::unique_ptr<snapshot::Snapshot> snapshot_;
  route::Definition definition_;
};

std::uint16_t first_number(Numbers::Kind kind) {
  switch (kind) {
    case Kind::interface:
      return kLocalIfl.value + 1;
    case Kind::zone:
      return kFirstUserZone.value;
    case Kind::policy:
      return kFirstUserPolicy.value;
    case Kind::next_hop:
    case Kind::nat_rule:
      return 1;
    case Kind::nat_pool:
      return kInterfaceNatPool.value + 1;
    case Kind::application:
    case Kind::port:
      break;
  }
  return 0;
}

}  // namespace

Unit& Network::unit(const std::string& name) {
  return find_named(units, name);
}
ZoneFacts& Network::zone(const std::string& name) {
  return find_named(zones, name);
}
Host& Network::host(const std::string& name) {
  return find_named(hosts, name);
}
PolicyFacts& Network::policy(const std::string& name) {
  return find_named(policies, name);
}

std::uint16_t Numbers::of(Kind kind, const std::string& name) {
  auto& names = given_[kind];
  const auto next = static_cast<std::uint16_t>(first_number(kind) + names.size());
  return names.emplace(name, next).first->second;
}

std::string Numbers::name(Kind kind, std::uint16_t number) const {
  const auto names = given_.find(kind);
  if (names == given_.end()) return {};
  const auto found = std::find_if(names->second.begin(), names->second.end(),
                                  [&](const auto& entry) { return entry.second == number; });
  return found == names->second.end() ? std::string() : found->first;
}

std::uint16_t Numbers::end(Kind kind) const {
  const auto names = given_.find(kind);
  const std::size_t count = names == given_.end() ? 0 : names->second.size();
  return static_cast<std::uint16_t>(first_number(kind) + count);
}

Mac port_mac(std::uint16_t wire) {
  return {0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(0x10 + wire)};
}
Mac host_mac(const Network& network, const std::string& host) {
  const auto found = std::find_if(network.hosts.begin(), network.hosts.end(),
                                  [&](const Host& candidate) { return candidate.name == host; });
  return {0x02, 0, 0, 0, 1, static_cast<std::uint8_t>(found - network.hosts.begin())};
}
Mac kernel_mac() {
  return {0x02, 0, 0, 0, 2, 0};
}

std::string port_of(const std::string& unit) {
  return unit.substr(0, unit.find('.'));
}

std::unique_ptr<snapshot::Snapshot> compile(const Network& network, Numbers& numbers,
                                            std::uint32_t generation, const snapshot::Snapshot* running,
                                            std::uint16_t workers) {
  auto made = Compiler(network, numbers).run(generation);
  made->nat = translation(network, *made, numbers, running, workers);
  return made;
}

Network office() {
  Network made;
  made.units = {
      {.name = "ge-0/0/0.0", .zone = "trust", .addresses = {"10.0.1.1/24", "2001:db8:1::1/64"}},
      {.name = "ge-0/0/1.0", .zone = "untrust", .addresses = {"10.0.2.1/24", "2001:db8:2::1/64"}},
      {.name = "ge-0/0/2.100", .zone = "dmz", .addresses = {"10.0.3.1/24", "2001:db8:3::1/64"}, .vlan = 100},
      {.name = "ge-0/0/2.200",
       .zone = "guest",
       .addresses = {"10.0.4.1/24", "2001:db8:4::1/64"},
       .vlan = 200},
  };
  made.zones = {
      {.name = "trust", .inbound = {"ping", "ssh"}}, {.name = "untrust"}, {.name = "dmz"}, {.name = "guest"}};
  made.hosts = {
      {"client", "ge-0/0/0.0", "10.0.1.10", "2001:db8:1::10"},
      {"server", "ge-0/0/1.0", "10.0.2.20", "2001:db8:2::20"},
      {"gateway", "ge-0/0/1.0", "10.0.2.254", "2001:db8:2::fe"},
      {"web", "ge-0/0/2.100", "10.0.3.30", "2001:db8:3::30"},
      {"phone", "ge-0/0/2.200", "10.0.4.40", "2001:db8:4::40"},
  };
  made.routes = {{"203.0.113.0/24", "10.0.2.254"}, {"2001:db8:ff::/48", "2001:db8:2::fe"}};
  made.policies = {
      {.name = "out", .from = "trust", .to = "untrust", .log_init = true, .log_close = true},
      {.name = "to-web", .from = "trust", .to = "dmz", .log_init = true, .log_close = true},
      {.name = "web-out", .from = "dmz", .to = "untrust"},
      {.name = "guest-web", .from = "guest", .to = "dmz"},
  };
  return made;
}

}  // namespace sluice::path
