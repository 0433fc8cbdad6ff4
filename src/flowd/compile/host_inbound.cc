#include "flowd/compile/host_inbound.h"

#include <set>
#include <string>
#include <string_view>

#include "base/check.h"

namespace sluice::compile {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIgmp = 2;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kRsvp = 46;
constexpr std::uint8_t kNhrp = 54;
constexpr std::uint8_t kIcmp6 = 58;
constexpr std::uint8_t kOspf = 89;
constexpr std::uint8_t kPim = 103;
constexpr std::uint8_t kVrrp = 112;
constexpr std::uint8_t kPgm = 113;

using policy::ApplicationTerm;
using policy::HostInbound;
using policy::PortRange;

constexpr PortRange kAnyPort{0, 65535};

constexpr PortRange port(std::uint16_t number) {
  return {number, number};
}
// As policy::ApplicationTerm writes ICMP: type * 256 + code.
constexpr PortRange types(std::uint8_t low, std::uint8_t high) {
  return {static_cast<std::uint16_t>(low * 256), static_cast<std::uint16_t>(high * 256 + 255)};
}
constexpr PortRange type(std::uint8_t number) {
  return types(number, number);
}

// Consecutive or not, all rows of a name belong to it.
struct Row {
  std::string_view name;
  std::uint8_t protocol;
  PortRange destination = kAnyPort;
};

constexpr Row kServices[] = {
    {"bootp", kUdp, {67, 68}},         {"dhcp", kUdp, {67, 68}},
    {"dhcpv6", kUdp, {546, 547}},      {"dns", kUdp, port(53)},
    {"dns", kTcp, port(53)},           {"finger", kTcp, port(79)},
    {"ftp", kTcp, port(21)},           {"http", kTcp, port(80)},
    {"https", kTcp, port(443)},        {"ident-reset", kTcp, port(113)},
    {"ike", kUdp, port(500)},          {"ike", kUdp, port(4500)},
    {"netconf", kTcp, port(830)},      {"ntp", kUdp, port(123)},
    {"ping", kIcmp, type(8)},          {"ping", kIcmp6, type(128)},
    {"reverse-ssh", kTcp, port(2901)}, {"reverse-telnet", kTcp, port(2900)},
    {"rlogin", kTcp, port(513)},       {"rsh", kTcp, port(514)},
    {"snmp", kUdp, port(161)},         {"snmp-trap", kUdp, port(162)},
    {"ssh", kTcp, port(22)},           {"telnet", kTcp, port(23)},
    {"tftp", kUdp, port(69)},          {"traceroute", kUdp, {33434, 33523}},
};

constexpr Row kProtocols[] = {
    {"bfd", kUdp, {3784, 3785}},  // RFC 5881: control, echo
    {"bfd", kUdp, port(4784)},    // RFC 5883: multihop
    {"bgp", kTcp, port(179)},
    {"dvmrp", kIgmp},
    {"igmp", kIgmp},
    {"ldp", kUdp, port(646)},
    {"ldp", kTcp, port(646)},
    {"msdp", kTcp, port(639)},
    {"ndp", kIcmp6, types(133, 137)},
    {"nhrp", kNhrp},
    {"ospf", kOspf},
    {"ospf3", kOspf},
    {"pgm", kPgm},
    {"pim", kPim},
    {"rip", kUdp, port(520)},
    {"ripng", kUdp, port(521)},
    {"router-discovery", kIcmp, types(9, 10)},
    {"rsvp", kRsvp},
    {"sap", kUdp, port(9875)},
    {"vrrp", kVrrp},
};

ApplicationTerm term(std::uint8_t protocol, PortRange destination) {
  return {.protocol = protocol, .source = kAnyPort, .destination = destination, .alg = 0};
}

// The terms of a name; `all` is every row of its table.
template <std::size_t N>
void add_terms(const Row (&rows)[N], std::string_view name, std::vector<ApplicationTerm>& terms) {
  const std::size_t before = terms.size();
  for (const Row& row : rows) {
    if (name == "all" || row.name == name) terms.push_back(term(row.protocol, row.destination));
  }
  check(terms.size() > before, "the table has every name that the schema has");
}

// Whatever is offered on a port, defined above or not, and ping.
void add_any_service(std::vector<ApplicationTerm>& terms) {
  for (const std::uint8_t protocol : {kTcp, kUdp}) terms.push_back(term(protocol, kAnyPort));
  add_terms(kServices, "ping", terms);
}

template <std::size_t N>
void read_list(const std::vector<config::Node>& list, const Row (&rows)[N], HostInbound& out) {
  for (const config::Node& node : list) {
    const bool excepted = node.has("except");
    std::vector<ApplicationTerm>& terms = excepted ? out.excepted : out.allowed;
    if (node.key() == "any-service") {
      add_any_service(terms);
    } else {
      add_terms(rows, node.key(), terms);
    }
  }
}

// `all` is every name of the table.
template <std::size_t N>
void read_names(const std::vector<config::Node>& list, const Row (&rows)[N], std::set<std::string>& names) {
  for (const config::Node& node : list) {
    if (!node.has("except") && node.key() != "all") names.emplace(node.key());
    if (node.has("except") || node.key() != "all") continue;
    for (const Row& row : rows) names.emplace(row.name);
  }
  for (const config::Node& node : list) {
    if (node.has("except")) names.erase(std::string(node.key()));
  }
}

}  // namespace

HostInbound read_host_inbound(const config::Node& node) {
  HostInbound out;
  read_list(node.list("system-services"), kServices, out);
  read_list(node.list("protocols"), kProtocols, out);
  std::set<std::string> names;
  read_names(node.list("system-services"), kServices, names);
  read_names(node.list("protocols"), kProtocols, names);
  out.names.assign(names.begin(), names.end());
  return out;
}

}  // namespace sluice::compile
