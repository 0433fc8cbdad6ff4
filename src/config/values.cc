#include "config/values.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <charconv>

namespace sluice::config {
namespace {

template <class Number>
struct Named {
  std::string_view name;
  Number number;
};

// The names that Junos gives to ports, and IANA's numbers for them.
constexpr auto kPorts = std::to_array<Named<std::uint16_t>>({
    {"afs", 1483},           {"bgp", 179},         {"biff", 512},        {"bootpc", 68},
    {"bootps", 67},          {"cmd", 514},         {"cvspserver", 2401}, {"dhcp", 67},
    {"domain", 53},          {"eklogin", 2105},    {"ekshell", 2106},    {"exec", 512},
    {"finger", 79},          {"ftp", 21},          {"ftp-data", 20},     {"http", 80},
    {"https", 443},          {"ident", 113},       {"imap", 143},        {"kerberos-sec", 88},
    {"klogin", 543},         {"kpasswd", 761},     {"krb-prop", 754},    {"krbupdate", 760},
    {"kshell", 544},         {"ldap", 389},        {"ldp", 646},         {"login", 513},
    {"mobileip-agent", 434}, {"mobilip-mn", 435},  {"msdp", 639},        {"netbios-dgm", 138},
    {"netbios-ns", 137},     {"netbios-ssn", 139}, {"nfsd", 2049},       {"nntp", 119},
    {"ntalk", 518},          {"ntp", 123},         {"pop3", 110},        {"pptp", 1723},
    {"printer", 515},        {"radacct", 1813},    {"radius", 1812},     {"rip", 520},
    {"rkinit", 2108},        {"smtp", 25},         {"snmp", 161},        {"snmptrap", 162},
    {"snpp", 444},           {"socks", 1080},      {"ssh", 22},          {"sunrpc", 111},
    {"syslog", 514},         {"tacacs", 49},       {"tacacs-ds", 65},    {"talk", 517},
    {"telnet", 23},          {"tftp", 69},         {"timed", 525},       {"who", 513},
    {"xdmcp", 177},          {"zephyr-clt", 2103}, {"zephyr-hm", 2104},  {"zephyr-srv", 2102},
});

constexpr auto kProtocols = std::to_array<Named<std::uint8_t>>({
    {"ah", 51},
    {"egp", 8},
    {"esp", 50},
    {"gre", 47},
    {"icmp", 1},
    {"icmp6", 58},
    {"igmp", 2},
    {"ipip", 4},
    {"ospf", 89},
    {"pim", 103},
    {"rsvp", 46},
    {"sctp", 132},
    {"tcp", 6},
    {"udp", 17},
});

constexpr auto kIcmpTypes = std::to_array<Named<std::uint8_t>>({
    {"echo-reply", 0},
    {"echo-request", 8},
    {"info-reply", 16},
    {"info-request", 15},
    {"mask-reply", 18},
    {"mask-request", 17},
    {"parameter-problem", 12},
    {"redirect", 5},
    {"router-advertisement", 9},
    {"router-solicit", 10},
    {"source-quench", 4},
    {"time-exceeded", 11},
    {"timestamp", 13},
    {"timestamp-reply", 14},
    {"unreachable", 3},
});

constexpr auto kIcmp6Types = std::to_array<Named<std::uint8_t>>({
    {"destination-unreachable", 1},
    {"echo-reply", 129},
    {"echo-request", 128},
    {"neighbor-advertisement", 136},
    {"neighbor-solicit", 135},
    {"packet-too-big", 2},
    {"parameter-problem", 4},
    {"redirect", 137},
    {"router-advertisement", 134},
    {"router-solicit", 133},
    {"time-exceeded", 3},
});

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

template <class Number, std::size_t N>
std::optional<Number> number_or_name(const std::array<Named<Number>, N>& names, std::string_view text) {
  for (const auto& known : names) {
    if (known.name == text) return known.number;
  }
  return parse_number<Number>(text);
}

// An address in its shortest writing; nullopt when it is none of this family.
std::optional<std::string> canonical_address(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> binary{};
  std::array<char, INET6_ADDRSTRLEN> shown{};
  if (inet_pton(family, std::string(text).c_str(), binary.data()) != 1) return std::nullopt;
  inet_ntop(family, binary.data(), shown.data(), shown.size());
  return std::string(shown.data());
}

std::optional<std::string> canonical_with_length(int family, std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = canonical_address(family, text.substr(0, slash));
  const auto length = parse_number<std::uint8_t>(text.substr(slash + 1));
  if (!address || !length || *length > (family == AF_INET ? 32 : 128)) return std::nullopt;
  return fmt::format("{}/{}", *address, *length);
}

// "10/8" -> "10.0.0.0/8"; complete addresses stay as they are.
std::string with_all_octets(std::string_view text) {
  const std::size_t slash = text.find('/');
  std::string address(text.substr(0, slash));
  if (slash == std::string_view::npos || address.find(':') != std::string::npos) return std::string(text);
  int dots = 0;
  for (const char c : address) dots += c == '.' ? 1 : 0;
  for (; dots < 3; ++dots) address += ".0";
  return address + std::string(text.substr(slash));
}

Result<std::string> ip_prefix(std::string_view text) {
  const std::string full = with_all_octets(text);
  for (const int family : {AF_INET, AF_INET6}) {
    if (auto address = canonical_address(family, full)) {
      return fmt::format("{}/{}", *address, family == AF_INET ? 32 : 128);
    }
    if (auto prefix = canonical_with_length(family, full)) return *prefix;
  }
  return Error{"invalid-value", "",
               "must be an IPv4 or IPv6 prefix, such as 192.0.2.0/24, 10/8 or 2001:db8::/32, or an address"};
}

Result<std::string> ip_address(std::string_view text) {
  for (const int family : {AF_INET, AF_INET6}) {
    if (auto address = canonical_address(family, text)) return *address;
  }
  return Error{"invalid-value", "", "must be an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1"};
}

// Unit 0 unless one is named.
std::string logical_interface(std::string_view text) {
  return text.find('.') == std::string_view::npos ? fmt::format("{}.0", text) : std::string(text);
}

Result<std::string> interface_address(int family, std::string_view text) {
  if (auto address = canonical_with_length(family, text)) return *address;
  return Error{"invalid-value", "",
               family == AF_INET ? "must be an IPv4 address with its prefix length, such as 192.0.2.1/24"
                                 : "must be an IPv6 address with its prefix length, such as 2001:db8::1/64"};
}

}  // namespace

std::optional<PortRange> parse_port_range(std::string_view text) {
  if (const auto port = number_or_name(kPorts, text)) return PortRange{*port, *port};
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto low = parse_number<std::uint16_t>(text.substr(0, dash));
  const auto high = parse_number<std::uint16_t>(text.substr(dash + 1));
  if (!low || !high || *low > *high) return std::nullopt;
  return PortRange{*low, *high};
}

std::optional<std::uint8_t> parse_ip_protocol(std::string_view text) {
  return number_or_name(kProtocols, text);
}

std::optional<std::uint8_t> parse_icmp_type(std::string_view text) {
  return number_or_name(kIcmpTypes, text);
}

std::optional<std::uint8_t> parse_icmp6_type(std::string_view text) {
  return number_or_name(kIcmp6Types, text);
}

Result<std::string> canonical_value(std::string_view form, std::string_view text) {
  if (form == "ip-prefix") return ip_prefix(text);
  if (form == "ip-address") return ip_address(text);
  if (form == "interface-ipv4") return interface_address(AF_INET, text);
  if (form == "interface-ipv6") return interface_address(AF_INET6, text);
  if (form == "logical-interface") return logical_interface(text);
  check(form == "port-range", "the schema names a value form that exists");
  if (!parse_port_range(text)) {
    return Error{"invalid-value", "",
                 "must be a port 0 to 65535, a range LOW-HIGH or a well-known name such as http"};
  }
  return std::string(text);
}

}  // namespace sluice::config
