// A small world for the path tests: interfaces, hosts, routes and policies in a readable form, and
// its compilation to a Snapshot, as configuration and kernel would have made it.
//
// Numbers (interfaces, zones, policies, next hops) belong to names and stay when a world changes and
// is compiled again, as they do in the product.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/snapshot/snapshot.h"
#include "wire.h"

namespace sluice::path {

// A unit of a port. Its MAC addresses and its twin follow from the port.
struct Unit {
  std::string name;  // "ge-0/0/0.0"
  std::string zone;  // empty: in no zone
  std::vector<std::string> addresses;
  std::uint16_t vlan = 0;
  std::uint16_t mtu = 1500;
  bool enabled = true;
  // host-inbound-traffic of this interface alone; empty: the zone's.
  std::vector<std::string> inbound;
};

struct ZoneFacts {
  std::string name;
  std::vector<std::string> inbound;  // "ping", "ssh", "dhcp", "ospf", "all"
  bool tcp_rst = false;
};

struct Host {
  std::string name;
  std::string unit;
  std::string address4;
  std::string address6;
  bool resolved = true;  // the kernel knows its MAC address
};

struct StaticRoute {
  std::string prefix;
  std::string via;  // a gateway's address, "discard" or "reject"
};

struct PolicyFacts {
  std::string name;
  std::string from;  // both empty: a global policy
  std::string to;
  policy::Action action = policy::Action::permit;
  std::vector<std::string> applications;  // empty: any
  std::vector<std::string> sources;       // empty: any
  std::vector<std::string> destinations;
  bool log_init = false;
  bool log_close = false;
  bool count = false;
  bool syn_check_required = false;
  std::uint16_t initial_tcp_mss = 0;
  std::uint16_t reverse_tcp_mss = 0;
};

// A NAT rule. Rules with the same `set` are in one rule-set, whose from and to are those of the first.
struct NatRuleFacts {
  std::string name;
  std::string set = "rs";
  std::string from;                  // a zone or a unit; empty: any
  std::string to;                    // likewise; source NAT only
  std::vector<std::string> sources;  // empty: any
  std::vector<std::string> destinations;
  std::uint8_t protocol = 0;            // 0: any
  match::PortRange destination_ports;   // with a protocol
  std::string then;                     // "off", "interface", a pool, or for static NAT a prefix or "inet"
  match::PortRange static_ports{0, 0};  // static NAT: of the destination
  match::PortRange mapped_ports{0, 0};
  std::optional<nat::Persistence> persistence;
};

struct NatPoolFacts {
  std::string name;
  std::string low;   // addresses
  std::string high;  // empty: one address
  match::PortRange ports{1024, 65535};
  std::uint16_t overloading = 1;  // port-overloading-factor
  bool translate_ports = true;
  std::string base;      // host-address-base
  std::string overflow;  // a pool, or "interface"
  bool paired = false;
  std::optional<nat::BlockAllocation> blocks = {};
  std::optional<nat::Deterministic> deterministic = {};
  nat::PoolAlarm alarm = {};
  std::uint16_t port = 0;  // destination NAT
};

struct NatFacts {
  std::vector<NatRuleFacts> source;
  std::vector<NatRuleFacts> destination;
  std::vector<NatRuleFacts> static_nat;
  std::vector<NatPoolFacts> source_pools;
  std::vector<NatPoolFacts> destination_pools;
  bool address_persistent = false;
  std::uint16_t interface_overloading = 1;
  std::uint32_t bindings = 4096;  // persistent ones, of all workers
};

struct Network {
  std::vector<Unit> units;
  std::vector<ZoneFacts> zones;
  std::vector<Host> hosts;
  std::vector<StaticRoute> routes;
  std::vector<PolicyFacts> policies;
  std::vector<policy::Application> applications;  // besides the predefined ones; ids are given here
  NatFacts nat;
  snapshot::FlowOptions flow;
  policy::Action default_action = policy::Action::deny;
  bool log_default = false;

  [[nodiscard]] Unit& unit(const std::string& name);
  [[nodiscard]] ZoneFacts& zone(const std::string& name);
  [[nodiscard]] Host& host(const std::string& name);
  [[nodiscard]] PolicyFacts& policy(const std::string& name);
};

// Three ports and four zones, permitted from the inside out, with session logs:
//
//   trust    ge-0/0/0.0    client 10.0.1.10  2001:db8:1::10
//   untrust  ge-0/0/1.0    server 10.0.2.20  2001:db8:2::20, and the gateway 10.0.2.254 to everywhere
//   dmz      ge-0/0/2.100  web    10.0.3.30  2001:db8:3::30    VLAN 100
//   guest    ge-0/0/2.200  phone  10.0.4.40  2001:db8:4::40    VLAN 200
//
// The firewall's own addresses end in .1 and ::1; trust may ping and ssh it.
[[nodiscard]] Network office();

// MAC addresses by convention.
[[nodiscard]] Mac port_mac(std::uint16_t wire);
[[nodiscard]] Mac host_mac(const Network& network, const std::string& host);
[[nodiscard]] Mac kernel_mac();  // the host's end of every twin

// Names and numbers that survive recompilation.
class Numbers {
 public:
  // Zones count from 8, policies from 4, interfaces and NAT pools from 2, next hops and NAT rules from 1, as
  // in the product.
  enum class Kind : std::uint8_t { interface, zone, policy, next_hop, application, port, nat_rule, nat_pool };
  [[nodiscard]] std::uint16_t of(Kind kind, const std::string& name);
  // The name of a number; empty when it has none.
  [[nodiscard]] std::string name(Kind kind, std::uint16_t number) const;
  [[nodiscard]] std::uint16_t end(Kind kind) const;

 private:
  std::map<Kind, std::map<std::string, std::uint16_t>> given_;
};

// Ports alternate: the wire of the n-th port is 2n, its twin 2n + 1.
[[nodiscard]] std::string port_of(const std::string& unit);
// `running`: what it follows, or null.
[[nodiscard]] std::unique_ptr<snapshot::Snapshot> compile(const Network& network, Numbers& numbers,
                                                          std::uint32_t generation,
                                                          const snapshot::Snapshot* running = nullptr,
                                                          std::uint16_t workers = 1);

}  // namespace sluice::path
