// The firewall itself: what reaches its kernel, what it sends, and what passes between a wire and its twin.
#include "lab.h"

namespace sluice::path {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SLUICE_PATH_SUITE(OwnTraffic);
SLUICE_PATH_SUITE_OF(OwnTrafficV4, Family::inet);
SLUICE_PATH_SUITE_OF(OwnTrafficV6, Family::inet6);

TEST_P(OwnTraffic, ssh_to_the_firewall_is_a_session_with_its_far_side_at_local) {
  Lab lab(office(), GetParam());
  const Endpoint client = lab.at("client", 40000);
  const Endpoint firewall = lab.at("firewall ge-0/0/0.0", 22);
  EXPECT_TRUE(lab.reaches_kernel("ge-0/0/0", tcp(client, firewall, {.flags = "S", .sequence = 100})));
  EXPECT_TRUE(lab.kernel_sends(
      "ge-0/0/0", tcp(firewall, client, {.flags = "SA", .sequence = 900, .acknowledgement = 101})));
  EXPECT_TRUE(
      lab.reaches_kernel("ge-0/0/0", tcp(client, firewall, {.sequence = 101, .acknowledgement = 901})));
  const Seen session = lab.session();
  EXPECT_EQ(session.flow, "tcp client/40000 > firewall/22");
  EXPECT_EQ(session.zones, "trust > junos-host");
  EXPECT_EQ(session.interfaces, "ge-0/0/0.0 > .local..0");
  EXPECT_EQ(session.policy, "self-traffic-policy");
  EXPECT_EQ(session.application, "junos-ssh");
  EXPECT_EQ(session.timeout_s, 1800U);
}

TEST_P(OwnTraffic, ping_to_the_firewall_is_answered_by_its_kernel) {
  Lab lab(office(), GetParam());
  const Endpoint client = lab.at("client");
  const Endpoint firewall = lab.at("firewall ge-0/0/0.0");
  EXPECT_TRUE(lab.reaches_kernel("ge-0/0/0", echo_request(client, firewall, 7, 1)));
  EXPECT_TRUE(lab.kernel_sends("ge-0/0/0", echo_reply(firewall, client, 7, 1)));
  EXPECT_EQ(lab.session().timeout_s, 4U);
}

TEST_P(OwnTraffic, a_packet_with_one_hop_left_still_reaches_the_firewall) {
  Lab lab(office(), GetParam());
  Datagram ping = echo_request(lab.at("client"), lab.at("firewall ge-0/0/0.0"), 7, 1);
  ping.hops = 1;
  EXPECT_TRUE(lab.reaches_kernel("ge-0/0/0", ping));
}

TEST_P(OwnTraffic, the_zone_decides_what_is_admitted) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.drops(tcp(lab.at("client", 40000), lab.at("firewall ge-0/0/0.0", 80), {.flags = "S"}),
                        DropReason::host_inbound));
  EXPECT_TRUE(lab.drops(echo_request(lab.at("server"), lab.at("firewall ge-0/0/1.0"), 7, 1),
                        DropReason::host_inbound));
  EXPECT_THAT(lab.flows(), IsEmpty());
}

TEST_P(OwnTraffic, the_interfaces_own_list_replaces_the_zones) {
  Network net = office();
  net.unit("ge-0/0/0.0").inbound = {"ssh"};
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.drops(echo_request(lab.at("client"), lab.at("firewall ge-0/0/0.0"), 7, 1),
                        DropReason::host_inbound));
  EXPECT_TRUE(lab.reaches_kernel(
      "ge-0/0/0", tcp(lab.at("client", 40000), lab.at("firewall ge-0/0/0.0", 22), {.flags = "S"})));
}

// --- an address of the firewall in another zone than the packet's: two lookups (Juniper KB27211)

Network office_that_answers_from_untrust() {
  Network net = office();
  net.zone("untrust").inbound = {"ping"};
  return net;
}

TEST_P(OwnTraffic, another_zones_address_is_reached_by_a_policy_towards_that_zone) {
  Lab lab(office_that_answers_from_untrust(), GetParam());
  EXPECT_TRUE(
      lab.reaches_kernel("ge-0/0/1", echo_request(lab.at("client"), lab.at("firewall ge-0/0/1.0"), 7, 1)));
  // The kernel answers by the route to the client, that is by another twin.
  EXPECT_TRUE(
      lab.kernel_sends("ge-0/0/0", echo_reply(lab.at("firewall ge-0/0/1.0"), lab.at("client"), 7, 1)));
  EXPECT_EQ(lab.session().policy, "out");
  EXPECT_EQ(lab.session().zones, "trust > junos-host");
  EXPECT_EQ(lab.session().interfaces, "ge-0/0/0.0 > .local..0");
}

TEST_P(OwnTraffic, another_zones_address_is_denied_without_a_policy_towards_that_zone) {
  Lab lab(office(), GetParam());
  const Datagram ping = echo_request(lab.at("server"), lab.at("firewall ge-0/0/0.0"), 7, 1);
  EXPECT_TRUE(lab.drops(ping, DropReason::default_deny));
  lab.network().policies.push_back({.name = "in", .from = "untrust", .to = "trust"});
  lab.publish();
  EXPECT_TRUE(lab.reaches_kernel("ge-0/0/0", ping));
}

TEST_P(OwnTraffic, another_zones_address_admits_what_its_own_zone_admits) {
  Lab lab(office_that_answers_from_untrust(), GetParam());
  EXPECT_TRUE(lab.drops(tcp(lab.at("client", 40000), lab.at("firewall ge-0/0/1.0", 22), {.flags = "S"}),
                        DropReason::host_inbound));
}

TEST_P(OwnTraffic, a_policy_towards_junos_host_may_deny_at_the_second_lookup) {
  Network net = office_that_answers_from_untrust();
  net.policies.push_back(
      {.name = "silent", .from = "untrust", .to = "junos-host", .action = policy::Action::deny});
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.drops(echo_request(lab.at("client"), lab.at("firewall ge-0/0/1.0"), 7, 1),
                        DropReason::policy_deny));
}

TEST_P(OwnTraffic, an_address_in_no_zone_is_not_reached) {
  Network net = office();
  net.unit("ge-0/0/1.0").zone = "";
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.drops(echo_request(lab.at("client"), lab.at("firewall ge-0/0/1.0"), 7, 1),
                        DropReason::zone_unbound));
}

TEST_P(OwnTraffic, another_interfaces_address_in_the_same_zone_takes_no_policy) {
  Network net = office();
  net.unit("ge-0/0/2.100").zone = "trust";
  Lab lab(net, GetParam());
  EXPECT_TRUE(
      lab.reaches_kernel("ge-0/0/2", echo_request(lab.at("client"), lab.at("firewall ge-0/0/2.100"), 7, 1)));
  EXPECT_EQ(lab.session().policy, "self-traffic-policy");
}

// --- what the firewall starts

TEST_P(OwnTraffic, what_the_kernel_starts_is_a_session_from_local_and_loses_no_hop) {
  Lab lab(office(), GetParam());
  const Endpoint firewall = lab.at("firewall ge-0/0/1.0", 33000);
  const Endpoint server = lab.at("server", 514);
  Datagram message = udp(firewall, server);
  message.hops = 1;  // as a traceroute does
  EXPECT_TRUE(lab.kernel_sends("ge-0/0/1", message));
  EXPECT_TRUE(lab.reaches_kernel("ge-0/0/1", udp(server, firewall)));
  EXPECT_EQ(lab.session().flow, "udp firewall/33000 > server/514");
  EXPECT_EQ(lab.session().zones, "junos-host > untrust");
  EXPECT_EQ(lab.session().interfaces, ".local..0 > ge-0/0/1.0");
  EXPECT_EQ(lab.session().policy, "self-traffic-policy");
}

TEST_P(OwnTraffic, what_the_kernel_sends_into_a_vlan_is_tagged) {
  Lab lab(office(), GetParam());
  Network& net = lab.network();
  const Datagram message = udp(lab.at("firewall ge-0/0/2.100", 33000), lab.at("web", 514));
  const Bytes bytes =
      frame({Mac{}, port_mac(4), net.unit("ge-0/0/2.100").vlan, ether_type(message.family())}, message.ip());
  EXPECT_TRUE(lab.left_towards_destination(lab.send_frame("ge-0/0/2 host", bytes), message, 0));
}

TEST_P(OwnTraffic, an_error_about_the_kernels_own_packet_reaches_it) {
  Lab lab(office(), GetParam());
  const Datagram message = udp(lab.at("firewall ge-0/0/1.0", 33000), lab.at("server", 514));
  EXPECT_TRUE(lab.kernel_sends("ge-0/0/1", message));
  EXPECT_TRUE(lab.reaches_kernel("ge-0/0/1",
                                 complain(lab.at("server").address, message, Complaint::port_unreachable)));
}

TEST_P(OwnTraffic, an_error_of_the_kernel_about_a_packet_to_it_leaves) {
  Network net = office();
  net.zone("trust").inbound = {"all"};
  Lab lab(net, GetParam());
  const Datagram probe = udp(lab.at("client", 5000), lab.at("firewall ge-0/0/0.0", 33434));
  EXPECT_TRUE(lab.reaches_kernel("ge-0/0/0", probe));
  EXPECT_TRUE(lab.kernel_sends(
      "ge-0/0/0", complain(lab.at("firewall ge-0/0/0.0").address, probe, Complaint::port_unreachable)));
}

TEST_P(OwnTraffic, a_policy_towards_junos_host_may_deny_what_host_inbound_admits) {
  Network net = office();
  net.policies.push_back({.name = "no-ssh",
                          .from = "trust",
                          .to = "junos-host",
                          .action = policy::Action::deny,
                          .applications = {"junos-ssh"},
                          .log_init = true});
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.drops(tcp(lab.at("client", 40000), lab.at("firewall ge-0/0/0.0", 22), {.flags = "S"}),
                        DropReason::policy_deny));
  EXPECT_THAT(lab.log(),
              ElementsAre("denied tcp client/40000 > firewall/22 trust > junos-host no-ssh junos-ssh"));
  EXPECT_TRUE(
      lab.reaches_kernel("ge-0/0/0", echo_request(lab.at("client"), lab.at("firewall ge-0/0/0.0"), 7, 1)));
}

TEST_P(OwnTraffic, a_policy_towards_junos_host_names_the_sessions_it_permits) {
  Network net = office();
  net.policies.push_back({.name = "admins", .from = "trust", .to = "junos-host", .log_init = true});
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.reaches_kernel(
      "ge-0/0/0", tcp(lab.at("client", 40000), lab.at("firewall ge-0/0/0.0", 22), {.flags = "S"})));
  EXPECT_EQ(lab.session().policy, "admins");
  EXPECT_THAT(lab.log(),
              ElementsAre("created tcp client/40000 > firewall/22 trust > junos-host admins junos-ssh"));
  EXPECT_TRUE(lab.drops(tcp(lab.at("client", 40000), lab.at("firewall ge-0/0/0.0", 80), {.flags = "S"}),
                        DropReason::host_inbound))
      << "a policy admits nothing that host-inbound-traffic does not";
}

TEST_P(OwnTraffic, a_policy_from_junos_host_may_deny_what_the_kernel_starts) {
  Network net = office();
  net.policies.push_back(
      {.name = "quiet", .from = "junos-host", .to = "untrust", .action = policy::Action::deny});
  Lab lab(net, GetParam());
  EXPECT_THAT(
      lab.send_from_kernel("ge-0/0/1", udp(lab.at("firewall ge-0/0/1.0", 33000), lab.at("server", 514))),
      IsEmpty());
  EXPECT_EQ(lab.dropped(DropReason::policy_deny), 1U);
}

TEST_P(OwnTraffic, a_global_policy_about_nobody_in_particular_does_not_touch_the_firewalls_own) {
  Network net = office();
  net.policies.push_back({.name = "nothing-else", .action = policy::Action::deny});
  Lab lab(net, GetParam());
  EXPECT_TRUE(
      lab.reaches_kernel("ge-0/0/0", echo_request(lab.at("client"), lab.at("firewall ge-0/0/0.0"), 7, 1)));
}

TEST_P(OwnTraffic, the_kernel_gets_no_errors_about_its_own_packets) {
  Lab lab(office(), GetParam());
  const Endpoint nowhere{address(v4() ? "192.0.2.1" : "2001:db8:dead::1"), 80};
  EXPECT_THAT(lab.send_from_kernel("ge-0/0/1", udp(lab.at("firewall ge-0/0/1.0", 33000), nowhere)),
              IsEmpty());
  EXPECT_EQ(lab.dropped(DropReason::no_route), 1U);
}

// --- between a wire and its twin, without a session

TEST_P(OwnTrafficV4, arp_passes_between_the_wire_and_its_twin_as_it_is) {
  Lab lab(office(), GetParam());
  const Bytes question(46, 0x01);
  const Mac everybody{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  const Mac client = host_mac(lab.network(), "client");
  const Bytes arp = frame({everybody, client, 0, 0x0806}, question);
  const auto up = lab.send_frame("ge-0/0/0", arp);
  ASSERT_EQ(up.size(), 1U);
  EXPECT_EQ(up[0].port, "ge-0/0/0 host");
  EXPECT_EQ(frame(up[0].header, up[0].content), arp);
  const Bytes answer = frame({client, port_mac(0), 0, 0x0806}, question);
  const auto down = lab.send_frame("ge-0/0/0 host", answer);
  ASSERT_EQ(down.size(), 1U);
  EXPECT_EQ(down[0].port, "ge-0/0/0");
  EXPECT_EQ(frame(down[0].header, down[0].content), answer);
}

TEST_P(OwnTrafficV4, arp_of_a_vlan_keeps_its_tag) {
  Lab lab(office(), GetParam());
  const Bytes arp = frame({port_mac(4), host_mac(lab.network(), "web"), 100, 0x0806}, Bytes(46, 1));
  const auto up = lab.send_frame("ge-0/0/2", arp);
  ASSERT_EQ(up.size(), 1U);
  EXPECT_EQ(up[0].port, "ge-0/0/2 host");
  EXPECT_EQ(up[0].header.vlan, 100);
}

TEST_P(OwnTrafficV4, dhcp_to_everybody_needs_its_host_inbound_service) {
  Network net = office();
  net.unit("ge-0/0/1.0").inbound = {"dhcp"};
  Lab lab(net, GetParam());
  const Endpoint nobody{address("0.0.0.0"), 68};
  const Endpoint everybody{address("255.255.255.255"), 67};
  const Mac all{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  const Bytes discover =
      frame({all, host_mac(lab.network(), "client"), 0, 0x0800}, udp(nobody, everybody).ip());
  EXPECT_THAT(lab.send_frame("ge-0/0/0", discover), IsEmpty());
  EXPECT_EQ(lab.dropped(DropReason::host_inbound), 1U);
  const auto left = lab.send_frame("ge-0/0/1", discover);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].port, "ge-0/0/1 host");
  EXPECT_THAT(lab.flows(), IsEmpty());
}

TEST_P(OwnTrafficV4, ospf_hellos_pass_with_their_service_and_from_the_kernel_always) {
  Network net = office();
  net.zone("untrust").inbound = {"ospf"};
  Lab lab(net, GetParam());
  const Endpoint group{address("224.0.0.5"), 0};
  const Mac ether_group{0x01, 0, 0x5e, 0, 0, 5};
  Datagram hello = other(89, lab.at("server"), group, Bytes(24));
  hello.hops = 1;
  const Bytes bytes = frame({ether_group, host_mac(lab.network(), "server"), 0, 0x0800}, hello.ip());
  EXPECT_EQ(lab.send_frame("ge-0/0/1", bytes).size(), 1U);
  EXPECT_THAT(lab.send_frame("ge-0/0/0", bytes), IsEmpty());
  Datagram own = other(89, lab.at("firewall ge-0/0/1.0"), group, Bytes(24));
  own.hops = 1;
  const auto left = lab.send_from_kernel("ge-0/0/1", own, ether_group);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].port, "ge-0/0/1");
  EXPECT_EQ(left[0].datagram, own);
}

TEST_P(OwnTrafficV6, neighbor_discovery_passes_between_the_wire_and_its_twin) {
  Lab lab(office(), GetParam());
  Datagram solicitation = icmp(lab.at("client"), lab.at("firewall ge-0/0/0.0"), 135, 0, 0, Bytes(24, 0x20));
  solicitation.hops = 255;
  EXPECT_TRUE(lab.reaches_kernel("ge-0/0/0", solicitation));
  Datagram advertisement = icmp(lab.at("firewall ge-0/0/0.0"), lab.at("client"), 136, 0, 0, Bytes(24, 0x20));
  advertisement.hops = 255;
  const auto left = lab.send_from_kernel("ge-0/0/0", advertisement, host_mac(lab.network(), "client"));
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].port, "ge-0/0/0");
  EXPECT_EQ(left[0].datagram, advertisement);
  EXPECT_THAT(lab.flows(), IsEmpty());
}

TEST_P(OwnTrafficV6, link_local_ping_needs_its_service_and_no_session) {
  Lab lab(office(), GetParam());
  const Endpoint neighbor{address("fe80::10"), 0};
  const Endpoint own{address("fe80::1"), 0};
  const Datagram ping = echo_request(neighbor, own, 7, 1);
  const auto left = lab.send_from("client", ping);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].port, "ge-0/0/0 host");
  EXPECT_EQ(left[0].datagram, ping);
  EXPECT_EQ(lab.send_from_kernel("ge-0/0/0", echo_reply(own, neighbor, 7, 1)).size(), 1U);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_TRUE(lab.drops_from("server", ping, DropReason::host_inbound));
}

TEST_P(OwnTrafficV6, link_local_addresses_are_never_forwarded) {
  Network net = office();
  net.zone("trust").inbound = {"all"};
  Lab lab(net, GetParam());
  const Datagram packet = udp({address("fe80::10"), 5000}, lab.at("server", 4500));
  const auto left = lab.send_from("client", packet);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].port, "ge-0/0/0 host") << "the kernel does not forward it either";
}

}  // namespace
}  // namespace sluice::path
