// Each service and protocol of host-inbound-traffic, and what it admits.
#include <gmock/gmock.h>

#include "dataplane/packet/packet.h"
#include "flowd/compile/test_compile.h"

namespace sluice::compile {
namespace {

using testing::ElementsAre;

using namespace packet::protocol;

struct Case {
  std::string_view name;
  std::uint8_t protocol;
  std::uint16_t port;
};

// The first and last port of every service.
constexpr Case kServices[] = {
    {"bootp", kUdp, 67},
    {"bootp", kUdp, 68},
    {"dhcp", kUdp, 67},
    {"dhcp", kUdp, 68},
    {"dhcpv6", kUdp, 546},
    {"dhcpv6", kUdp, 547},
    {"dns", kUdp, 53},
    {"dns", kTcp, 53},
    {"finger", kTcp, 79},
    {"ftp", kTcp, 21},
    {"http", kTcp, 80},
    {"https", kTcp, 443},
    {"ident-reset", kTcp, 113},
    {"ike", kUdp, 500},
    {"ike", kUdp, 4500},
    {"netconf", kTcp, 830},
    {"ntp", kUdp, 123},
    {"ping", kIcmp, 8 * 256},
    {"ping", kIcmp6, 128 * 256},
    {"reverse-ssh", kTcp, 2901},
    {"reverse-telnet", kTcp, 2900},
    {"rlogin", kTcp, 513},
    {"rsh", kTcp, 514},
    {"snmp", kUdp, 161},
    {"snmp-trap", kUdp, 162},
    {"ssh", kTcp, 22},
    {"telnet", kTcp, 23},
    {"tftp", kUdp, 69},
    {"traceroute", kUdp, 33434},
    {"traceroute", kUdp, 33523},
    {"any-service", kTcp, 8080},
    {"any-service", kUdp, 65535},
    {"any-service", kIcmp, 8 * 256},
};

constexpr Case kProtocols[] = {
    {"bfd", kUdp, 3784},  {"bfd", kUdp, 3785},
    {"bfd", kUdp, 4784},  {"bgp", kTcp, 179},
    {"dvmrp", 2, 0},      {"igmp", 2, 0},
    {"ldp", kUdp, 646},   {"ldp", kTcp, 646},
    {"msdp", kTcp, 639},  {"ndp", kIcmp6, 135 * 256},
    {"nhrp", 54, 0},      {"ospf", 89, 0},
    {"ospf3", 89, 0},     {"pgm", 113, 0},
    {"pim", 103, 0},      {"rip", kUdp, 520},
    {"ripng", kUdp, 521}, {"router-discovery", kIcmp, 9 * 256},
    {"rsvp", 46, 0},      {"sap", kUdp, 9875},
    {"vrrp", 112, 0},
};

policy::HostInbound inbound(const std::string& lines) {
  std::string commands;
  std::size_t begin = 0;
  while (begin < lines.size()) {
    const std::size_t end = std::min(lines.find(';', begin), lines.size());
    commands += "set security zones security-zone trust host-inbound-traffic " +
                lines.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  const Compiled compiled = must_compile(with(commands));
  return find_zone(compiled, "trust")->host_inbound;
}

TEST(HostInbound, every_service_admits_its_ports) {
  for (const Case& test : kServices) {
    const auto admitted = inbound("system-services " + std::string(test.name));
    EXPECT_TRUE(admitted.admits(test.protocol, test.port)) << test.name;
    EXPECT_FALSE(admitted.admits(47, 0)) << test.name << " and GRE";
  }
}

TEST(HostInbound, every_protocol_admits_its_packets) {
  for (const Case& test : kProtocols) {
    const auto admitted = inbound("protocols " + std::string(test.name));
    EXPECT_TRUE(admitted.admits(test.protocol, test.port)) << test.name;
    EXPECT_FALSE(admitted.admits(kTcp, 22)) << test.name << " and SSH";
  }
}

TEST(HostInbound, a_service_admits_nothing_beside_its_ports) {
  const auto ssh = inbound("system-services ssh");
  EXPECT_FALSE(ssh.admits(kTcp, 21));
  EXPECT_FALSE(ssh.admits(kTcp, 23));
  EXPECT_FALSE(ssh.admits(kUdp, 22));
  const auto ping = inbound("system-services ping");
  EXPECT_FALSE(ping.admits(kIcmp, 0)) << "echo reply";
  EXPECT_FALSE(ping.admits(kIcmp, 13 * 256)) << "timestamp";
  EXPECT_FALSE(ping.admits(kIcmp6, 8 * 256));
  const auto traceroute = inbound("system-services traceroute");
  EXPECT_FALSE(traceroute.admits(kUdp, 33433));
  EXPECT_FALSE(traceroute.admits(kUdp, 33524));
}

TEST(HostInbound, without_the_statement_nothing_is_admitted) {
  const auto nothing = inbound("");
  EXPECT_FALSE(nothing.admits(kTcp, 22));
  EXPECT_FALSE(nothing.admits(kIcmp, 8 * 256));
  EXPECT_FALSE(nothing.admits(89, 0));
}

TEST(HostInbound, all_services_are_the_defined_ones_and_no_protocols) {
  const auto all = inbound("system-services all");
  for (const Case& test : kServices) {
    const bool open = test.name == "any-service" && test.port != 8 * 256;
    EXPECT_EQ(all.admits(test.protocol, test.port), !open) << test.name;
  }
  EXPECT_FALSE(all.admits(kTcp, 8080)) << "that takes any-service";
  EXPECT_FALSE(all.admits(89, 0)) << "that takes protocols";
}

TEST(HostInbound, all_protocols_are_no_services) {
  const auto all = inbound("protocols all");
  for (const Case& test : kProtocols) EXPECT_TRUE(all.admits(test.protocol, test.port)) << test.name;
  EXPECT_FALSE(all.admits(kTcp, 22));
}

TEST(HostInbound, except_takes_one_away_from_all) {
  const auto most =
      inbound("system-services all;system-services telnet except;protocols all;protocols ospf except");
  EXPECT_TRUE(most.admits(kTcp, 22));
  EXPECT_FALSE(most.admits(kTcp, 23));
  EXPECT_TRUE(most.admits(103, 0));
  EXPECT_FALSE(most.admits(89, 0));
}

TEST(HostInbound, names_are_those_admitted_in_their_order) {
  EXPECT_THAT(inbound("system-services ssh;system-services ping;protocols ospf;protocols rip except").names,
              ElementsAre("ospf", "ping", "ssh"));
  EXPECT_THAT(inbound("protocols all;protocols ospf except;protocols rip except").names,
              ElementsAre("bfd", "bgp", "dvmrp", "igmp", "ldp", "msdp", "ndp", "nhrp", "ospf3", "pgm", "pim",
                          "ripng", "router-discovery", "rsvp", "sap", "vrrp"));
}

}  // namespace
}  // namespace sluice::compile
