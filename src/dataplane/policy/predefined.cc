// The predefined applications of group junos-defaults (Junos reference 8.5).
#include <array>
#include <cstddef>

#include "dataplane/policy/policy.h"

namespace sluice::policy {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kGre = 47;
constexpr std::uint8_t kIcmp6 = 58;
constexpr std::uint8_t kOspf = 89;
constexpr std::uint8_t kSctp = 132;

constexpr PortRange port(std::uint16_t number) {
  return {number, number};
}
constexpr PortRange icmp_type(std::uint8_t type) {
  return {static_cast<std::uint16_t>(type * 256), static_cast<std::uint16_t>(type * 256 + 255)};
}
constexpr PortRange icmp_code(std::uint8_t type, std::uint8_t code) {
  return port(static_cast<std::uint16_t>(type * 256 + code));
}
constexpr PortRange kAny{0, 65535};

// One term. Consecutive rows of one name are the terms of one application.
struct Row {
  const char* name;
  std::uint8_t protocol;  // kNoTerm: matched by RPC program or UUID only, so it has no term
  PortRange destination = kAny;
  AlgId alg = AlgId::none;
  std::uint16_t junos_value = 0;  // only where the reference gives it
  std::uint16_t timeout_s = 0;    // only where there is evidence of one
};
constexpr std::uint8_t kNoTerm = 254;  // "experimentation" (RFC 3692): no predefined application has it

// The order is the numbering, so rows are only ever appended to a later release's table, and it is
// the preference where several applications share a port: the first names a session that matched
// policy application `any`.
constexpr Row kRows[] = {
    {"junos-ftp", kTcp, port(21), AlgId::ftp, 1},
    {"junos-ftp-data", kTcp, port(20)},
    {"junos-tftp", kUdp, port(69), AlgId::tftp},
    {"junos-ssh", kTcp, port(22), AlgId::none, 22},
    {"junos-telnet", kTcp, port(23), AlgId::none, 10},
    {"junos-smtp", kTcp, port(25), AlgId::none, 7},
    {"junos-mail", kTcp, port(25)},
    {"junos-smtps", kTcp, port(465)},
    {"junos-smtps", kTcp, port(587)},
    {"junos-whois", kTcp, port(43), AlgId::none, 46},
    {"junos-tacacs", kTcp, port(49)},
    {"junos-tacacs-ds", kTcp, port(65)},
    {"junos-dns-udp", kUdp, port(53), AlgId::dns},
    {"junos-dns-tcp", kTcp, port(53), AlgId::dns},
    {"junos-dhcp-server", kUdp, port(67)},
    {"junos-dhcp-client", kUdp, port(68)},
    {"junos-dhcp-relay", kUdp, port(67)},
    {"junos-bootps", kUdp, port(67)},
    {"junos-bootpc", kUdp, port(68)},
    {"junos-gopher", kTcp, port(70)},
    {"junos-finger", kTcp, port(79)},
    {"junos-http", kTcp, port(80), AlgId::none, 0, 300},
    {"junos-http-ext", kTcp, port(7001)},
    {"junos-https", kTcp, port(443)},
    {"junos-pop3", kTcp, port(110)},
    {"junos-ident", kTcp, port(113)},
    {"junos-nntp", kTcp, port(119)},
    {"junos-ntp", kUdp, port(123)},
    {"junos-imap", kTcp, port(143)},
    {"junos-imaps", kTcp, port(993)},
    {"junos-nbname", kUdp, port(137)},
    {"junos-nbds", kUdp, port(138)},
    {"junos-netbios-session", kTcp, port(139)},
    {"junos-smb-session", kTcp, port(445)},
    {"junos-smb", kTcp, port(139)},
    {"junos-smb", kTcp, port(445)},
    {"junos-snmp-agentx", kTcp, port(705)},
    {"junos-bgp", kTcp, port(179)},
    {"junos-wais", kTcp, port(210)},
    {"junos-ldap", kTcp, port(389)},
    {"junos-internet-locator-service", kTcp, port(389)},
    {"junos-snpp", kTcp, port(444)},
    {"junos-ike", kUdp, port(500)},
    {"junos-ike-nat", kUdp, port(4500)},
    {"junos-biff", kUdp, port(512)},
    {"junos-who", kUdp, port(513)},
    {"junos-rsh", kTcp, port(514), AlgId::rsh},
    {"junos-syslog", kUdp, port(514), AlgId::none, 23},
    {"junos-printer", kTcp, port(515)},
    {"junos-lpr", kTcp, port(515)},
    {"junos-talk", kUdp, port(517), AlgId::talk},
    {"junos-ntalk", kUdp, port(518), AlgId::talk},
    {"junos-rip", kUdp, port(520)},
    {"junos-uucp", kUdp, port(540)},
    {"junos-rtsp", kTcp, port(554), AlgId::rtsp},
    {"junos-realaudio", kTcp, port(554), AlgId::realaudio},
    {"junos-ldp-tcp", kTcp, port(646)},
    {"junos-ldp-udp", kUdp, port(646)},
    {"junos-twamp", kTcp, port(862)},
    {"junos-ms-sql", kTcp, port(1433)},
    {"junos-sql-monitor", kUdp, port(1434)},
    {"junos-winframe", kTcp, port(1494)},
    {"junos-sqlnet-v2", kTcp, port(1521), AlgId::sqlnet_v2},
    {"junos-sqlnet-v1", kTcp, port(1525)},
    {"junos-l2tp", kUdp, port(1701)},
    {"junos-h323", kTcp, port(1720), AlgId::q931},
    {"junos-h323", kUdp, port(1719), AlgId::ras},
    {"junos-h323", kTcp, port(1503)},
    {"junos-h323", kTcp, port(389)},
    {"junos-h323", kTcp, port(522)},
    {"junos-h323", kTcp, port(1731)},
    {"junos-pptp", kTcp, port(1723), AlgId::pptp},
    {"junos-radius", kUdp, port(1812)},
    {"junos-radacct", kUdp, port(1813)},
    {"junos-msn", kTcp, port(1863)},
    {"junos-sccp", kTcp, port(2000), AlgId::sccp},
    {"junos-nfsd-tcp", kTcp, port(2049)},
    {"junos-nfsd-udp", kUdp, port(2049)},
    {"junos-gtp", kUdp, port(2123)},
    {"junos-gprs-gtp-c", kUdp, port(2123)},
    {"junos-gprs-gtp-u", kUdp, port(2152)},
    {"junos-gprs-gtp-v0", kUdp, port(3386)},
    {"junos-cvspserver", kTcp, port(2401)},
    {"junos-mgcp-ua", kUdp, port(2427), AlgId::mgcp_ua},
    {"junos-mgcp-ca", kUdp, port(2727), AlgId::mgcp_ca},
    {"junos-xnm-ssl", kTcp, port(3220)},
    {"junos-xnm-clear-text", kTcp, port(3221)},
    {"junos-rdp", kTcp, port(3389)},
    {"junos-stun", kUdp, {3478, 3479}},
    {"junos-stun", kTcp, {3478, 3479}},
    {"junos-stun-tcp", kTcp, {3478, 3479}},
    {"junos-stun-udp", kUdp, {3478, 3479}},
    {"junos-wxcontrol", kTcp, port(3578)},
    {"junos-vxlan", kUdp, port(4789)},
    {"junos-ymsg", kTcp, {5000, 5010}},
    {"junos-ymsg", kTcp, port(5050)},
    {"junos-sip", kUdp, port(5060), AlgId::sip, 63},
    {"junos-sip", kTcp, port(5060), AlgId::sip, 63},
    {"junos-aol", kTcp, {5190, 5193}},
    {"junos-pc-anywhere", kUdp, port(5632)},
    {"junos-vnc", kTcp, port(5800)},
    {"junos-vnc", kTcp, port(5900)},
    {"junos-geneve", kUdp, port(6081)},
    {"junos-x-windows", kTcp, {6000, 6063}},
    {"junos-gnutella", kUdp, {6346, 6347}},
    {"junos-irc", kTcp, {6660, 6669}},
    {"junos-vdo-live", kUdp, {7000, 7010}},
    {"junos-ns-global", kTcp, port(15397)},
    {"junos-ns-global-pro", kTcp, port(15397)},
    {"junos-r2cp", kUdp, port(28672)},
    {"junos-chargen", kUdp, port(19)},
    {"junos-discard", kUdp, port(9)},
    {"junos-echo", kUdp, port(7)},
    {"junos-nsm", kUdp, port(69)},
    {"junos-traceroute", kUdp, {33434, 33523}},
    {"junos-tcp-any", kTcp},
    {"junos-udp-any", kUdp},
    {"junos-sctp-any", kSctp},
    {"junos-gprs-sctp", kSctp},
    {"junos-gre", kGre},
    {"junos-ospf", kOspf},
    {"junos-persistent-nat", 255, port(65535)},
    {"junos-ping", kIcmp, icmp_type(8)},
    {"junos-icmp-ping", kIcmp, icmp_type(8)},
    {"junos-icmp-all", kIcmp},
    {"junos-pingv6", kIcmp6, icmp_type(128)},
    {"junos-icmp6-all", kIcmp6},
    {"junos-icmp6-dst-unreach-addr", kIcmp6, icmp_code(1, 3)},
    {"junos-icmp6-dst-unreach-admin", kIcmp6, icmp_code(1, 1)},
    {"junos-icmp6-dst-unreach-beyond", kIcmp6, icmp_code(1, 2)},
    {"junos-icmp6-dst-unreach-port", kIcmp6, icmp_code(1, 4)},
    {"junos-icmp6-dst-unreach-route", kIcmp6, icmp_code(1, 0)},
    {"junos-icmp6-echo-reply", kIcmp6, icmp_type(129)},
    {"junos-icmp6-echo-request", kIcmp6, icmp_type(128)},
    {"junos-icmp6-packet-to-big", kIcmp6, icmp_type(2)},  // the field's own spelling
    {"junos-icmp6-param-prob-header", kIcmp6, icmp_code(4, 0)},
    {"junos-icmp6-param-prob-nexthdr", kIcmp6, icmp_code(4, 1)},
    {"junos-icmp6-param-prob-option", kIcmp6, icmp_code(4, 2)},
    {"junos-icmp6-time-exceed-reassembly", kIcmp6, icmp_code(3, 1)},
    {"junos-icmp6-time-exceed-transit", kIcmp6, icmp_code(3, 0)},
    {"junos-sun-rpc-tcp", kTcp, port(111), AlgId::sun_rpc},
    {"junos-sun-rpc-udp", kUdp, port(111), AlgId::sun_rpc},
    {"junos-nfs", kUdp, port(111)},
    {"junos-ms-rpc-tcp", kTcp, port(135), AlgId::ms_rpc},
    {"junos-ms-rpc-udp", kUdp, port(135), AlgId::ms_rpc},
    // The port mapper and the endpoint mapper are the two RPC services that live on a fixed port.
    {"junos-sun-rpc-portmap-tcp", kTcp, port(111), AlgId::sun_rpc},
    {"junos-sun-rpc-portmap-udp", kUdp, port(111), AlgId::sun_rpc},
    {"junos-ms-rpc-epm", kTcp, port(135), AlgId::ms_rpc},
    {"junos-sun-rpc-nfs-tcp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-nfs-udp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-mountd-tcp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-mountd-udp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-ypbind-tcp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-ypbind-udp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-ypserv-tcp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-ypserv-udp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-status-tcp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-status-udp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-rquotad-tcp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-rquotad-udp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-nlockmgr-tcp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-nlockmgr-udp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-ruserd-tcp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-ruserd-udp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-sadmind-tcp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-sadmind-udp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-sprayd-tcp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-sprayd-udp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-walld-tcp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-walld-udp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-any-tcp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-sun-rpc-any-udp", kNoTerm, kAny, AlgId::sun_rpc},
    {"junos-ms-rpc-msexchange-directory-rfr", kNoTerm, kAny, AlgId::ms_rpc},
    {"junos-ms-rpc-msexchange-directory-nsp", kNoTerm, kAny, AlgId::ms_rpc},
    {"junos-ms-rpc-msexchange-info-store", kNoTerm, kAny, AlgId::ms_rpc},
    {"junos-ms-rpc-uuid-any-tcp", kNoTerm, kAny, AlgId::ms_rpc},
    {"junos-ms-rpc-uuid-any-udp", kNoTerm, kAny, AlgId::ms_rpc},
    {"junos-ms-rpc-wmic-admin", kNoTerm, kAny, AlgId::ms_rpc},
    {"junos-ms-rpc-wmic-admin2", kNoTerm, kAny, AlgId::ms_rpc},
    {"junos-ms-rpc-wmic-mgmt", kNoTerm, kAny, AlgId::ms_rpc},
    {"junos-ms-rpc-wmic-webm-level1login", kNoTerm, kAny, AlgId::ms_rpc},
    {"junos-ms-rpc-iis-com-1", kNoTerm, kAny, AlgId::ms_rpc},
    {"junos-ms-rpc-iis-com-adminbase", kNoTerm, kAny, AlgId::ms_rpc},
};

std::vector<Application> build_applications() {
  std::vector<Application> applications;
  for (const Row& row : kRows) {
    if (applications.empty() || applications.back().name != row.name) {
      Application application;
      application.id = AppId{static_cast<std::uint16_t>(applications.size() + 1)};
      application.name = row.name;
      application.junos_value = row.junos_value;
      application.inactivity_timeout_s = row.timeout_s;
      application.predefined = true;
      applications.push_back(std::move(application));
    }
    Application& application = applications.back();
    if (row.protocol == kNoTerm) {
      application.alg = static_cast<std::uint8_t>(row.alg);
    } else {
      application.terms.push_back({.protocol = row.protocol,
                                   .source = {},
                                   .destination = row.destination,
                                   .alg = static_cast<std::uint8_t>(row.alg)});
    }
  }
  return applications;
}

// Indexed by AlgId.
constexpr std::array<std::string_view, 19> kAlgNames = {
    "0",         "ignore", "dns",  "ftp",  "mgcp-ca", "mgcp-ua",   "ms-rpc",  "pptp", "q931", "ras",
    "realaudio", "rsh",    "rtsp", "sccp", "sip",     "sqlnet-v2", "sun-rpc", "talk", "tftp",
};
static_assert(kAlgNames.size() == static_cast<std::size_t>(AlgId::tftp) + 1);

}  // namespace

const std::vector<Application>& predefined_applications() {
  static const std::vector<Application> applications = build_applications();
  return applications;
}

std::string_view alg_name(AlgId alg) noexcept {
  const auto index = static_cast<std::size_t>(alg);
  return index < kAlgNames.size() ? kAlgNames[index] : kAlgNames[0];
}

std::optional<AlgId> parse_alg(std::string_view name) noexcept {
  for (std::size_t i = 1; i < kAlgNames.size(); ++i) {
    if (kAlgNames[i] == name) return static_cast<AlgId>(i);
  }
  return std::nullopt;
}

}  // namespace sluice::policy
