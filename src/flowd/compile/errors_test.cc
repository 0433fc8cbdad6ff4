// One test for each thing that compile refuses, with the operator's whole message.
#include "flowd/compile/test_compile.h"

namespace sluice::compile {
namespace {

// --- system

TEST(CompileErrors, fewer_cores_than_workers) {
  EXPECT_EQ(error_of("set system flow workers 2\nset system flow cores 3\n"),
            "system flow cores: 1 core for 2 workers; give one for each worker, or none at all");
}

TEST(CompileErrors, a_port_without_a_device) {
  EXPECT_EQ(error_of("set system ports ge-0/0/0 driver tap\n"),
            "system ports ge-0/0/0: missing mandatory statement: 'device'");
}

TEST(CompileErrors, a_port_with_more_queues_than_workers) {
  EXPECT_EQ(
      error_of(with("set system ports ge-0/0/0 queues 4\n")),
      "system ports ge-0/0/0 queues 4: a queue needs a worker of its own, and 'system flow workers' is 1");
}

TEST(CompileErrors, a_port_with_a_group_address) {
  EXPECT_EQ(error_of(with("set system ports ge-0/0/0 mac 01:00:5e:00:00:01\n")),
            "system ports ge-0/0/0 mac 01:00:5e:00:00:01: a port's own Ethernet address is neither a group "
            "address (odd first octet) nor all zeros");
}

TEST(CompileErrors, a_device_of_two_ports) {
  EXPECT_EQ(
      error_of(with("set system ports ge-0/0/1 device veth0\n")),
      "system ports ge-0/0/1 device veth0: port ge-0/0/0 has this device already; a device serves one port");
}

TEST(CompileErrors, a_device_with_the_name_of_a_twin) {
  EXPECT_EQ(
      error_of(with("set system ports ge-0/0/1 device ge-0-0-0\n")),
      "system ports ge-0/0/1 device ge-0-0-0: this is what the kernel's side of ge-0/0/0.0 is called; use "
      "a device of another name");
}

// --- interfaces

TEST(CompileErrors, a_unit_without_vlan_tagging) {
  EXPECT_EQ(
      error_of(with("set interfaces ge-0/0/0 unit 7 family inet address 198.51.100.1/24\n")),
      "interfaces ge-0/0/0 unit 7: without 'vlan-tagging' and a 'vlan-id' an interface has unit 0 only");
}

TEST(CompileErrors, a_vlan_id_without_vlan_tagging) {
  EXPECT_EQ(error_of(with("set interfaces ge-0/0/0 unit 0 vlan-id 7\n")),
            "interfaces ge-0/0/0 unit 0: 'vlan-id' needs 'vlan-tagging' on the interface");
}

TEST(CompileErrors, two_units_of_one_vlan) {
  EXPECT_EQ(error_of("set system ports ge-0/0/0 device veth0\n"
                     "set interfaces ge-0/0/0 vlan-tagging\n"
                     "set interfaces ge-0/0/0 unit 1 vlan-id 7\n"
                     "set interfaces ge-0/0/0 unit 2 vlan-id 7\n"),
            "interfaces ge-0/0/0 unit 2: another entry has the same value, which must be unique");
}

TEST(CompileErrors, an_address_of_two_interfaces) {
  EXPECT_EQ(
      error_of(with("set interfaces ge-0/0/1 unit 0 family inet address 203.0.113.2/30\n")),
      "interfaces ge-0/0/1 unit 0 family inet address 203.0.113.2/30: ge-0/0/0.0 has this address already");
}

TEST(CompileErrors, an_interface_address_that_is_its_network) {
  EXPECT_EQ(
      error_of(with("set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.0/24\n")),
      "interfaces ge-0/0/1 unit 0 family inet address 198.51.100.0/24: this is the address of the network "
      "itself; give a host's address in it");
}

TEST(CompileErrors, an_interface_address_that_is_the_broadcast_address) {
  EXPECT_EQ(
      error_of(with("set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.255/24\n")),
      "interfaces ge-0/0/1 unit 0 family inet address 198.51.100.255/24: this is the broadcast address of "
      "its network; give a host's address in it");
}

TEST(CompileErrors, both_addresses_of_a_31_bit_network_are_hosts) {
  EXPECT_EQ(error_of(with("set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.0/31\n")),
            "compiled");
  EXPECT_EQ(error_of(with("set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/31\n")),
            "compiled");
}

TEST(CompileErrors, an_interface_address_that_no_host_has) {
  for (const std::string address : {"inet address 127.0.0.1/8", "inet address 224.0.0.5/24",
                                    "inet6 address ::1/128", "inet6 address ff02::1/64"}) {
    EXPECT_EQ(error_of(with("set interfaces ge-0/0/1 unit 0 family " + address + "\n")),
              "interfaces ge-0/0/1 unit 0 family " + address +
                  ": no host can have this address: it is unspecified, loopback, multicast or reserved");
  }
}

TEST(CompileErrors, an_interface_address_without_prefix_bits) {
  EXPECT_EQ(error_of(with("set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/0\n")),
            "interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/0: an interface address is "
            "ADDRESS/LENGTH, such as 192.0.2.1/24 or 2001:db8::1/64");
}

TEST(CompileErrors, a_family_mtu_beyond_the_interface) {
  EXPECT_EQ(error_of(with("set interfaces ge-0/0/1 unit 0 family inet mtu 1501\n")),
            "interfaces ge-0/0/1 unit 0 family inet mtu 1501: the interface's mtu leaves at most 1500 for a "
            "packet");
}

TEST(CompileErrors, an_mtu_too_small_for_ipv6) {
  EXPECT_EQ(
      error_of(with("set interfaces ge-0/0/1 mtu 1293\nset interfaces ge-0/0/1 unit 0 family inet6\n")),
      "interfaces ge-0/0/1 unit 0 family inet6: IPv6 needs packets of 1280 bytes, and the mtu leaves 1279");
}

TEST(CompileErrors, a_unit_whose_kernel_name_is_too_long) {
  EXPECT_EQ(
      error_of("set system ports verylongport-01 device veth0\n"
               "set interfaces verylongport-01 vlan-tagging\n"
               "set interfaces verylongport-01 unit 4000 vlan-id 7\n"),
      "interfaces verylongport-01 unit 4000: the kernel would call it \"verylongport-01.4000\", and takes "
      "at most 15 characters");
}

TEST(CompileErrors, two_interfaces_of_one_kernel_name) {
  EXPECT_EQ(error_of("set system ports ge-0/0 device veth0\nset interfaces ge-0/0 unit 0\n"
                     "set system ports ge-0-0 device veth1\nset interfaces ge-0-0 unit 0\n"),
            "interfaces ge-0-0 unit 0: the kernel would call it \"ge-0-0\", and ge-0/0.0 too");
}

// --- zones

TEST(CompileErrors, an_interface_in_two_zones) {
  EXPECT_EQ(error_of(with("set security zones security-zone dmz interfaces ge-0/0/0.0\n")),
            "security zones security-zone untrust interfaces ge-0/0/0.0: 'ge-0/0/0.0': the interface is in "
            "another zone already");
}

TEST(CompileErrors, a_zone_with_an_interface_that_is_not_configured) {
  EXPECT_EQ(error_of(with("set security zones security-zone dmz interfaces ge-0/0/5.0\n")),
            "security zones security-zone dmz interfaces ge-0/0/5.0: 'ge-0/0/5.0': the interface is not "
            "configured under "
            "'interfaces'");
}

// --- address books

TEST(CompileErrors, an_address_range_that_runs_backwards) {
  EXPECT_EQ(
      error_of(with("set security address-book global address pool range-address 192.0.2.9 to 192.0.2.1\n")),
      "security address-book global address pool range-address 192.0.2.9 to 192.0.2.1: the range runs "
      "backwards: the low address comes first");
}

TEST(CompileErrors, an_address_range_of_two_families) {
  EXPECT_EQ(
      error_of(
          with("set security address-book global address pool address-range 192.0.2.9 to 2001:db8::1\n")),
      "security address-book global address pool address-range 192.0.2.9 to 2001:db8::1: both ends of a "
      "range are of one family, IPv4 or IPv6");
}

TEST(CompileErrors, a_set_with_an_unknown_address) {
  EXPECT_EQ(error_of(with("set security address-book global address-set web address web-1\n")),
            "security address-book global address-set web address web-1: address 'web-1' is not defined");
}

TEST(CompileErrors, a_set_with_an_unknown_set) {
  EXPECT_EQ(error_of(with("set security address-book global address-set web address-set more\n")),
            "security address-book global address-set web address-set more: address-set more is not defined");
}

TEST(CompileErrors, address_sets_that_hold_each_other) {
  EXPECT_EQ(error_of(with("set security address-book global address-set a address-set b\n"
                          "set security address-book global address-set b address-set c\n"
                          "set security address-book global address-set c address-set a\n")),
            "security address-book global address-set c address-set a: the set would hold itself: a in c in "
            "b in a");
}

TEST(CompileErrors, sets_deeper_than_any_operator_means) {
  std::string commands = "set security address-book global address host 192.0.2.1/32\n";
  for (int i = 0; i < 100; ++i) {
    commands += "set security address-book global address-set s" + std::to_string(i) + " address-set s" +
                std::to_string(i + 1) + "\n";
  }
  commands += "set security address-book global address-set s100 address host\n";
  EXPECT_EQ(
      error_of(with(commands)),
      "security address-book global address-set s63 address-set s64: sets may hold sets 64 deep at most");
}

TEST(CompileErrors, an_empty_set) {
  EXPECT_EQ(error_of(with("set security address-book global address-set web description none\n")),
            "security address-book global address-set web: the set is empty; give it an 'address' or "
            "'address-set'");
}

TEST(CompileErrors, an_address_and_a_set_of_one_name) {
  EXPECT_EQ(
      error_of(with("set security address-book global address web 192.0.2.1/32\n"
                    "set security address-book global address-set web address web\n")),
      "security address-book global address-set web: an address of this book has the same name; give the "
      "set another");
}

TEST(CompileErrors, two_books_attached_to_one_zone) {
  EXPECT_EQ(
      error_of(with("set security address-book one attach zone trust\n"
                    "set security address-book two attach zone trust\n")),
      "security address-book two attach zone trust: book 'one' is attached to the zone already; a zone has "
      "one book");
}

TEST(CompileErrors, a_zone_with_a_book_of_its_own_and_an_attached_one) {
  EXPECT_EQ(
      error_of(with("set security address-book one attach zone trust\n"
                    "set security zones security-zone trust address-book address web 192.0.2.1/32\n")),
      "security zones security-zone trust address-book: book 'one' is attached to the zone, so it cannot "
      "have one of its own");
}

// --- applications

TEST(CompileErrors, a_port_range_that_runs_backwards) {
  EXPECT_EQ(error_of("set applications application backup protocol tcp destination-port 900-800\n"),
            "test.conf:1:67: 'destination-port 900-800': must be a port 0 to 65535, a range LOW-HIGH or a "
            "well-known name such as http");
}

TEST(CompileErrors, a_port_of_a_protocol_without_ports) {
  EXPECT_EQ(
      error_of(with("set applications application backup protocol gre\n"
                    "set applications application backup destination-port 80\n")),
      "applications application backup destination-port: '80': a port needs 'protocol tcp', 'udp' or 'sctp'");
}

TEST(CompileErrors, an_icmp_type_of_another_protocol) {
  EXPECT_EQ(error_of(with("set applications application p protocol tcp\n"
                          "set applications application p icmp-type echo-request\n")),
            "applications application p icmp-type: 'echo-request': 'icmp-type' needs 'protocol icmp'");
}

TEST(CompileErrors, terms_with_different_timeouts) {
  EXPECT_EQ(
      error_of(with("set applications application p term one protocol tcp inactivity-timeout 60\n"
                    "set applications application p term two protocol udp inactivity-timeout 90\n")),
      "applications application p term two inactivity-timeout 90: all terms of an application share one "
      "timeout, and another is set before");
}

TEST(CompileErrors, an_application_named_any) {
  EXPECT_EQ(error_of(with("set applications application any protocol tcp\n")),
            "applications application any: 'any' stands for every application; use another name");
}

TEST(CompileErrors, an_application_with_the_reserved_prefix) {
  EXPECT_EQ(error_of(with("set applications application junos-mine protocol tcp\n")),
            "applications application junos-mine: names that begin with 'junos-' belong to predefined "
            "applications; use another name");
}

TEST(CompileErrors, an_application_set_with_the_name_of_an_application) {
  EXPECT_EQ(error_of(with("set applications application web protocol tcp\n"
                          "set applications application-set web application junos-http\n")),
            "applications application-set web: an application has the same name; give the set another");
}

TEST(CompileErrors, an_application_set_with_an_unknown_application) {
  EXPECT_EQ(error_of(with("set applications application-set web application junos-htp\n")),
            "applications application-set web application junos-htp: application 'junos-htp' is not defined");
}

TEST(CompileErrors, application_sets_that_hold_each_other) {
  EXPECT_EQ(error_of(with("set applications application-set a application-set b\n"
                          "set applications application-set b application-set a\n")),
            "applications application-set b application-set a: the set would hold itself: a in b in a");
}

// --- policies

TEST(CompileErrors, a_policy_between_zones_that_are_not_configured) {
  EXPECT_EQ(
      error_of(
          with("set security policies from-zone trust to-zone dmz policy p match source-address any\n"
               "set security policies from-zone trust to-zone dmz policy p match destination-address any\n"
               "set security policies from-zone trust to-zone dmz policy p match application any\n"
               "set security policies from-zone trust to-zone dmz policy p then permit\n")),
      "security policies from-zone trust to-zone dmz: 'dmz': zone is not configured under 'security zones'");
}

TEST(CompileErrors, a_policy_with_an_unknown_address) {
  EXPECT_EQ(
      error_of(with(policy_with("web", "source-address printers"))),
      "security policies from-zone trust to-zone untrust policy web match source-address printers: address "
      "'printers' is not defined in the address book of zone 'trust' or the global one");
}

TEST(CompileErrors, a_policy_with_an_address_of_the_other_zone) {
  EXPECT_EQ(
      error_of(with("set security zones security-zone trust address-book address web 192.0.2.9/32\n" +
                    policy_with("web", "destination-address web"))),
      "security policies from-zone trust to-zone untrust policy web match destination-address web: address "
      "'web' is not defined in the address book of zone 'untrust' or the global one");
}

TEST(CompileErrors, a_global_policy_with_an_address_of_a_zone) {
  EXPECT_EQ(error_of(with("set security zones security-zone trust address-book address web 192.0.2.9/32\n"
                          "set security policies global policy g match source-address web\n"
                          "set security policies global policy g match destination-address any\n"
                          "set security policies global policy g match application any\n"
                          "set security policies global policy g then deny\n")),
            "security policies global policy g match source-address web: address 'web' is not defined in the "
            "global address book");
}

TEST(CompileErrors, a_policy_that_excludes_any) {
  EXPECT_EQ(
      error_of(with(policy_with("web", "source-address-excluded"))),
      "security policies from-zone trust to-zone untrust policy web match source-address-excluded: 'any' "
      "excluded leaves nothing to match; name the addresses to exclude");
}

TEST(CompileErrors, a_policy_with_an_unknown_application) {
  EXPECT_EQ(
      error_of(with(policy_with("web", "application foo"))),
      "security policies from-zone trust to-zone untrust policy web match application foo: application or "
      "application-set 'foo' is not defined, here or as predefined");
}

// --- routes

TEST(CompileErrors, a_next_hop_of_the_other_family) {
  EXPECT_EQ(
      error_of(with("set routing-options static route 0.0.0.0/0 next-hop 2001:db8::1\n")),
      "routing-options static route 0.0.0.0/0 next-hop 2001:db8::1: the route is IPv4, and so must its next "
      "hops be");
}

TEST(CompileErrors, a_next_hop_that_is_the_firewall) {
  EXPECT_EQ(error_of(with("set routing-options static route 0.0.0.0/0 next-hop 203.0.113.2\n")),
            "routing-options static route 0.0.0.0/0 next-hop 203.0.113.2: this is an address of the firewall "
            "itself; give that of a neighbour");
}

TEST(CompileErrors, a_link_local_next_hop) {
  EXPECT_EQ(error_of(with("set routing-options static route ::/0 next-hop fe80::1\n")),
            "routing-options static route ::/0 next-hop fe80::1: a link-local address does not say on which "
            "interface; give a global address");
}

// --- log

TEST(CompileErrors, a_stream_without_a_destination) {
  EXPECT_EQ(error_of("set security log stream siem format syslog\n"),
            "security log stream siem: missing mandatory statement: 'host' or 'file'");
}

TEST(CompileErrors, a_stream_with_two_destinations) {
  EXPECT_EQ(
      error_of("set security log stream siem host 192.0.2.9\nset security log stream siem file siem.log\n"),
      "security log stream siem file: a stream has a 'host' or a 'file', not both; make another stream");
}

TEST(CompileErrors, a_stream_with_a_source_of_the_other_family) {
  EXPECT_EQ(
      error_of("set security log stream siem host 192.0.2.9\n"
               "set security log stream siem source-address 2001:db8::1\n"),
      "security log stream siem source-address 2001:db8::1: the source is of the collector's family, IPv4 or "
      "IPv6");
}

TEST(CompileErrors, two_streams_of_one_file) {
  EXPECT_EQ(error_of("set security log stream one file all.log\n"
                     "set security log stream two file /var/log/sluice/all.log\n"),
            "security log stream two: another stream writes the file /var/log/sluice/all.log already");
}

}  // namespace
}  // namespace sluice::compile
