// The predefined applications and sets as the reference's section 8.5 has them, written down from there and
// not from the code: name, then its terms. ICMP's terms are types and codes. "program": known by a program
// or UUID only, so that no first packet is recognised as this one. Where the reference names no gateway but
// says that there is one, it is that of application-protocol's list (2.2) which has the application's name.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <map>

#include "dataplane/policy/policy.h"
#include "dataplane/port/eal.h"

namespace sluice::policy {
namespace {

constexpr const char* kApplications[] = {
    "junos-ftp: tcp 21 ftp 1800",
    "junos-ftp-data: tcp 20 1800",
    "junos-tftp: udp 69 tftp 60",
    "junos-ssh: tcp 22 1800",
    "junos-telnet: tcp 23 1800",
    "junos-smtp: tcp 25 1800",
    "junos-mail: tcp 25 1800",
    "junos-smtps: tcp 465 1800, tcp 587 1800",
    "junos-whois: tcp 43 1800",
    "junos-tacacs: tcp 49 1800",
    "junos-tacacs-ds: tcp 65 1800",
    "junos-dns-udp: udp 53 dns 60",
    "junos-dns-tcp: tcp 53 dns 1800",
    "junos-bootps: udp 67 60",
    "junos-dhcp-server: udp 67 60",
    "junos-dhcp-relay: udp 67 60",
    "junos-bootpc: udp 68 60",
    "junos-dhcp-client: udp 68 60",
    "junos-gopher: tcp 70 1800",
    "junos-finger: tcp 79 1800",
    "junos-http: tcp 80 300",
    "junos-http-ext: tcp 7001 1800",
    "junos-https: tcp 443 1800",
    "junos-pop3: tcp 110 1800",
    "junos-ident: tcp 113 1800",
    "junos-nntp: tcp 119 1800",
    "junos-ntp: udp 123 60",
    "junos-imap: tcp 143 1800",
    "junos-imaps: tcp 993 1800",
    "junos-nbname: udp 137 60",
    "junos-nbds: udp 138 60",
    "junos-netbios-session: tcp 139 1800",
    "junos-smb: tcp 139 1800, tcp 445 1800",
    "junos-smb-session: tcp 445 1800",
    "junos-snmp-agentx: tcp 705 1800",
    "junos-bgp: tcp 179 1800",
    "junos-wais: tcp 210 1800",
    "junos-ldap: tcp 389 1800",
    "junos-internet-locator-service: tcp 389 1800",
    "junos-snpp: tcp 444 1800",
    "junos-ike: udp 500 60",
    "junos-ike-nat: udp 4500 60",
    "junos-biff: udp 512 60",
    "junos-who: udp 513 60",
    "junos-rsh: tcp 514 rsh 1800",
    "junos-syslog: udp 514 60",
    "junos-lpr: tcp 515 1800",
    "junos-printer: tcp 515 1800",
    "junos-talk: udp 517 talk 60",
    "junos-ntalk: udp 518 talk 60",
    "junos-rip: udp 520 60",
    "junos-uucp: udp 540 60",
    "junos-rtsp: tcp 554 rtsp 1800",
    "junos-realaudio: tcp 554 realaudio 1800",
    "junos-ldp-tcp: tcp 646 1800",
    "junos-ldp-udp: udp 646 60",
    "junos-twamp: tcp 862 1800",
    "junos-ms-sql: tcp 1433 1800",
    "junos-sql-monitor: udp 1434 60",
    "junos-winframe: tcp 1494 1800",
    "junos-sqlnet-v2: tcp 1521 sqlnet-v2 1800",
    "junos-sqlnet-v1: tcp 1525 1800",
    "junos-l2tp: udp 1701 60",
    "junos-h323: tcp 1503 1800, tcp 1720 q931 1800, tcp 1731 1800, tcp 389 1800, tcp 522 1800, udp 1719 ras "
    "60",
    "junos-pptp: tcp 1723 pptp 1800",
    "junos-radius: udp 1812 60",
    "junos-radacct: udp 1813 60",
    "junos-msn: tcp 1863 1800",
    "junos-sccp: tcp 2000 sccp 1800",
    "junos-nfsd-tcp: tcp 2049 1800",
    "junos-nfsd-udp: udp 2049 60",
    "junos-gtp: udp 2123 60",
    "junos-gprs-gtp-c: udp 2123 60",
    "junos-gprs-gtp-u: udp 2152 60",
    "junos-gprs-gtp-v0: udp 3386 60",
    "junos-gprs-sctp: 132 any 1800",
    "junos-cvspserver: tcp 2401 1800",
    "junos-mgcp-ca: udp 2727 mgcp-ca 60",
    "junos-mgcp-ua: udp 2427 mgcp-ua 60",
    "junos-xnm-ssl: tcp 3220 1800",
    "junos-xnm-clear-text: tcp 3221 1800",
    "junos-rdp: tcp 3389 1800",
    "junos-stun: tcp 3478-3479 1800, udp 3478-3479 60",
    "junos-stun-tcp: tcp 3478-3479 1800",
    "junos-stun-udp: udp 3478-3479 60",
    "junos-wxcontrol: tcp 3578 1800",
    "junos-vxlan: udp 4789 60",
    "junos-ymsg: tcp 5000-5010 1800, tcp 5050 1800",
    "junos-sip: tcp 5060 sip 1800, udp 5060 sip 60",
    "junos-aol: tcp 5190-5193 1800",
    "junos-pc-anywhere: udp 5632 60",
    "junos-vnc: tcp 5800 1800, tcp 5900 1800",
    "junos-geneve: udp 6081 60",
    "junos-x-windows: tcp 6000-6063 1800",
    "junos-gnutella: udp 6346-6347 60",
    "junos-irc: tcp 6660-6669 1800",
    "junos-vdo-live: udp 7000-7010 60",
    "junos-ns-global: tcp 15397 1800",
    "junos-ns-global-pro: tcp 15397 1800",
    "junos-r2cp: udp 28672 60",
    "junos-chargen: udp 19 60",
    "junos-discard: udp 9 60",
    "junos-echo: udp 7 60",
    "junos-nsm: udp 69 60",
    "junos-nfs: udp 111 60",
    "junos-tcp-any: tcp any 1800",
    "junos-udp-any: udp any 60",
    "junos-gre: 47 any 1800",
    "junos-ospf: 89 any 60",
    "junos-sctp-any: 132 any 1800",
    "junos-persistent-nat: 255 65535 1800",
    "junos-ping: icmp 8 60",
    "junos-icmp-ping: icmp 8 60",
    "junos-icmp-all: icmp any 60",
    "junos-pingv6: icmp6 128 60",
    "junos-icmp6-all: icmp6 any 60",
    "junos-icmp6-dst-unreach-route: icmp6 1/0 60",
    "junos-icmp6-dst-unreach-admin: icmp6 1/1 60",
    "junos-icmp6-dst-unreach-beyond: icmp6 1/2 60",
    "junos-icmp6-dst-unreach-addr: icmp6 1/3 60",
    "junos-icmp6-dst-unreach-port: icmp6 1/4 60",
    "junos-icmp6-echo-request: icmp6 128 60",
    "junos-icmp6-echo-reply: icmp6 129 60",
    "junos-icmp6-packet-to-big: icmp6 2 60",
    "junos-icmp6-time-exceed-transit: icmp6 3/0 60",
    "junos-icmp6-time-exceed-reassembly: icmp6 3/1 60",
    "junos-icmp6-param-prob-header: icmp6 4/0 60",
    "junos-icmp6-param-prob-nexthdr: icmp6 4/1 60",
    "junos-icmp6-param-prob-option: icmp6 4/2 60",
    "junos-traceroute: udp 33434-33523 60",
    "junos-sun-rpc-tcp: tcp 111 sun-rpc 1800",
    "junos-sun-rpc-udp: udp 111 sun-rpc 60",
    "junos-sun-rpc-portmap-tcp: tcp 111 sun-rpc 1800",
    "junos-sun-rpc-portmap-udp: udp 111 sun-rpc 60",
    "junos-ms-rpc-tcp: tcp 135 ms-rpc 1800",
    "junos-ms-rpc-udp: udp 135 ms-rpc 60",
    "junos-ms-rpc-epm: tcp 135 ms-rpc 1800",
};

constexpr const char* kSunRpcPrograms[] = {"nfs",      "mountd", "ypbind",  "ypserv", "status", "rquotad",
                                           "nlockmgr", "ruserd", "sadmind", "sprayd", "walld",  "any"};
constexpr const char* kMsRpcPrograms[] = {"msexchange-directory-rfr",
                                          "msexchange-directory-nsp",
                                          "msexchange-info-store",
                                          "uuid-any-tcp",
                                          "uuid-any-udp",
                                          "wmic-admin",
                                          "wmic-admin2",
                                          "wmic-mgmt",
                                          "wmic-webm-level1login",
                                          "iis-com-1",
                                          "iis-com-adminbase"};

std::vector<std::string> reference_applications() {
  std::vector<std::string> lines(std::begin(kApplications), std::end(kApplications));
  for (const char* program : kSunRpcPrograms) {
    lines.push_back(fmt::format("junos-sun-rpc-{}-tcp: program sun-rpc", program));
    lines.push_back(fmt::format("junos-sun-rpc-{}-udp: program sun-rpc", program));
  }
  for (const char* program : kMsRpcPrograms) {
    lines.push_back(fmt::format("junos-ms-rpc-{}: program ms-rpc", program));
  }
  return lines;
}

// --- how the code's own are written down
std::string protocol_text(std::uint8_t protocol) {
  static const std::map<std::uint8_t, std::string> kNames{
      {1, "icmp"}, {6, "tcp"}, {17, "udp"}, {58, "icmp6"}};
  const auto found = kNames.find(protocol);
  return found == kNames.end() ? std::to_string(protocol) : found->second;
}

std::string range_text(const ApplicationTerm& term) {
  const auto [low, high] = term.destination;
  if (low == 0 && high == 65535) {
    return "any";
  }
  if (term.protocol == 1 || term.protocol == 58) {
    return low == high ? fmt::format("{}/{}", low / 256, low % 256) : std::to_string(low / 256);
  }
  return low == high ? std::to_string(low) : fmt::format("{}-{}", low, high);
}

std::string text(const Application& application, const Table& table) {
  std::vector<std::string> terms;
  for (const ApplicationTerm& term : application.terms) {
    EXPECT_EQ(term.source.low, 0);
    EXPECT_EQ(term.source.high, 65535);
    const auto alg = static_cast<AlgId>(term.alg != 0 ? term.alg : application.alg);
    terms.push_back(fmt::format("{} {}{} {}", protocol_text(term.protocol), range_text(term),
                                alg == AlgId::none ? "" : fmt::format(" {}", alg_name(alg)),
                                table.timeout_s(application.id, term.protocol, term.destination.low)));
  }
  std::ranges::sort(terms);
  if (terms.empty()) {
    terms.push_back(fmt::format("program {}", alg_name(static_cast<AlgId>(application.alg))));
  }
  return fmt::format("{}: {}", application.name, fmt::join(terms, ", "));
}

TEST(PredefinedApplications, are_those_of_the_reference) {
  ASSERT_TRUE(port::start_eal().has_value());
  Definition definition;
  definition.applications = predefined_applications();
  const auto table = Table::compile(definition);
  ASSERT_TRUE(table) << table.error().text();
  std::vector<std::string> lines;
  for (const Application& application : predefined_applications()) {
    lines.push_back(text(application, **table));
  }
  EXPECT_THAT(lines, ::testing::UnorderedElementsAreArray(reference_applications()));
}

// A set and its members without "junos-", as the reference has them.
std::map<std::string, std::vector<std::string>> reference_sets() {
  std::map<std::string, std::vector<std::string>> sets{
      {"routing-inbound", {"bgp", "rip", "ldp-tcp", "ldp-udp"}},
      {"cifs", {"netbios-session", "smb-session"}},
      {"mgcp", {"mgcp-ua", "mgcp-ca"}},
      {"ms-rpc", {"ms-rpc-tcp", "ms-rpc-udp"}},
      {"ms-rpc-msexchange",
       {"ms-rpc-tcp", "ms-rpc-udp", "ms-rpc-epm", "ms-rpc-msexchange-directory-rfr",
        "ms-rpc-msexchange-info-store", "ms-rpc-msexchange-directory-nsp"}},
      // Of these three, and of sun-rpc-portmap and sun-rpc-any, the reference has no more than the names.
      {"ms-rpc-wmic",
       {"ms-rpc-tcp", "ms-rpc-wmic-admin", "ms-rpc-wmic-admin2", "ms-rpc-wmic-webm-level1login",
        "ms-rpc-wmic-mgmt"}},
      {"ms-rpc-iis-com", {"ms-rpc-tcp", "ms-rpc-iis-com-1", "ms-rpc-iis-com-adminbase"}},
      {"ms-rpc-any", {"ms-rpc-tcp", "ms-rpc-udp", "ms-rpc-uuid-any-tcp", "ms-rpc-uuid-any-udp"}},
      {"sun-rpc", {"sun-rpc-tcp", "sun-rpc-udp"}},
      {"sun-rpc-nfs-access",
       {"sun-rpc-tcp", "sun-rpc-udp", "sun-rpc-portmap-tcp", "sun-rpc-portmap-udp", "sun-rpc-nfs-tcp",
        "sun-rpc-nfs-udp", "sun-rpc-mountd-tcp", "sun-rpc-mountd-udp"}},
      {"sun-rpc-portmap", {"sun-rpc-tcp", "sun-rpc-udp", "sun-rpc-portmap-tcp", "sun-rpc-portmap-udp"}},
      {"sun-rpc-any", {"sun-rpc-tcp", "sun-rpc-udp", "sun-rpc-any-tcp", "sun-rpc-any-udp"}},
  };
  for (const std::string service : {"nfs", "mountd", "ypbind", "status", "ypserv", "rquotad", "nlockmgr",
                                    "ruserd", "sadmind", "sprayd", "walld"}) {
    sets["sun-rpc-" + service] = {"sun-rpc-tcp",
                                  "sun-rpc-udp",
                                  "sun-rpc-portmap-tcp",
                                  "sun-rpc-portmap-udp",
                                  "sun-rpc-" + service + "-tcp",
                                  "sun-rpc-" + service + "-udp"};
  }
  return sets;
}

TEST(PredefinedApplicationSets, are_those_of_the_reference) {
  std::vector<std::string> expected;
  for (const auto& [name, members] : reference_sets()) {
    expected.push_back(fmt::format("junos-{}: junos-{}", name, fmt::join(members, " junos-")));
  }
  std::vector<std::string> lines;
  for (const ApplicationSet& set : predefined_application_sets()) {
    lines.push_back(fmt::format("{}: {}", set.name, fmt::join(set.members, " ")));
  }
  EXPECT_THAT(lines, ::testing::UnorderedElementsAreArray(expected));
}

}  // namespace
}  // namespace sluice::policy
