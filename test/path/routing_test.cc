// Where packets go: routes, neighbours, hops, MTU, VLANs.
#include "lab.h"

namespace sluice::path {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SLUICE_PATH_SUITE(Routing);
SLUICE_PATH_SUITE_OF(RoutingV4, Family::inet);

Endpoint far_host(const Lab& lab, std::uint16_t port) {
  const bool v4 = lab.at("client").address.family == Family::inet;
  return {address(v4 ? "203.0.113.9" : "2001:db8:ff::9"), port};
}

// Beyond the gateway: the frame goes to the gateway's MAC address.
TEST_P(Routing, a_packet_for_a_far_host_goes_to_its_gateway) {
  Lab lab(office(), GetParam());
  const auto left = lab.send(udp(lab.at("client", 5000), far_host(lab, 4500)));
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].port, "ge-0/0/1");
  EXPECT_EQ(left[0].header.destination, host_mac(lab.network(), "gateway"));
  EXPECT_EQ(left[0].datagram.hops, 63);
  EXPECT_TRUE(lab.passes_from("gateway", udp(far_host(lab, 4500), lab.at("client", 5000))));
}

TEST_P(Routing, untagged_to_tagged_and_back) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5000), lab.at("web", 4500))));
  EXPECT_TRUE(lab.passes(udp(lab.at("web", 4500), lab.at("client", 5000))));
  EXPECT_EQ(lab.session().interfaces, "ge-0/0/0.0 > ge-0/0/2.100");
}

TEST_P(Routing, from_one_vlan_to_another_on_the_same_port) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("phone", 5000), lab.at("web", 4500))));
  EXPECT_TRUE(lab.passes(udp(lab.at("web", 4500), lab.at("phone", 5000))));
  EXPECT_EQ(lab.session().zones, "guest > dmz");
}

TEST_P(Routing, a_frame_tagged_with_vlan_0_counts_as_untagged) {
  Lab lab(office(), GetParam());
  const Datagram packet = udp(lab.at("client", 5000), lab.at("server", 4500));
  Bytes tagged = lab.frame_of("client", packet);
  const Bytes tag{0x81, 0x00, 0xe0, 0x00};  // priority 7
  tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
  EXPECT_TRUE(lab.left_towards_destination(lab.send_frame("ge-0/0/0", tagged), packet));
}

TEST_P(Routing, a_packet_whose_hops_run_out_is_answered_with_time_exceeded) {
  Lab lab(office(), GetParam());
  Datagram packet = udp(lab.at("client", 5000), lab.at("server", 33434), 1000);
  packet.hops = 1;
  const Datagram answer = lab.answer_to_dropped(packet, DropReason::ttl_expired);
  EXPECT_TRUE(is_complaint(answer, packet, Complaint::time_exceeded)) << answer.text();
  EXPECT_EQ(answer.source, lab.at("firewall ge-0/0/0.0").address);
  packet.hops = 2;
  EXPECT_TRUE(lab.passes(packet));
}

TEST_P(Routing, the_answer_to_a_tagged_packet_is_tagged) {
  Lab lab(office(), GetParam());
  Datagram packet = udp(lab.at("web", 5000), lab.at("server", 33434));
  packet.hops = 1;
  const Datagram answer = lab.answer_to_dropped(packet, DropReason::ttl_expired);
  EXPECT_TRUE(is_complaint(answer, packet, Complaint::time_exceeded)) << answer.text();
  EXPECT_EQ(answer.source, lab.at("firewall ge-0/0/2.100").address);
}

TEST_P(Routing, hops_that_run_out_in_the_middle_of_a_session_are_answered_too) {
  Lab lab(office(), GetParam());
  Connection connection(lab.at("client", 5000), lab.at("server", 443));
  ASSERT_TRUE(connection.open(lab));
  Datagram packet = connection.server_with({.flags = "PA", .payload = 10});
  packet.hops = 1;
  const Datagram answer = lab.answer_to_dropped(packet, DropReason::ttl_expired);
  EXPECT_TRUE(is_complaint(answer, packet, Complaint::time_exceeded)) << answer.text();
  EXPECT_THAT(lab.session().packets, ElementsAre(2, 1)) << "it was not forwarded";
}

TEST_P(Routing, a_packet_too_big_for_the_link_is_answered_with_the_links_mtu) {
  Network net = office();
  net.unit("ge-0/0/1.0").mtu = 1300;
  Lab lab(net, GetParam());
  Datagram packet = udp(lab.at("client", 5000), lab.at("server", 4500), 1400);
  packet.dont_fragment = v4();
  const Datagram answer = lab.answer_to_dropped(packet, DropReason::fragmentation_needed);
  EXPECT_TRUE(is_complaint(answer, packet, Complaint::too_big, 1300)) << answer.text();
  Datagram fits = udp(lab.at("client", 5000), lab.at("server", 4500), v4() ? 1272 : 1252);
  fits.dont_fragment = v4();
  EXPECT_TRUE(lab.passes(fits));
}

TEST_P(Routing, without_a_route_the_sender_is_told) {
  Lab lab(office(), GetParam());
  const Endpoint nowhere{address(v4() ? "192.0.2.1" : "2001:db8:dead::1"), 80};
  const Datagram packet = tcp(lab.at("client", 5000), nowhere, {.flags = "S"});
  const Datagram answer = lab.answer_to_dropped(packet, DropReason::no_route);
  EXPECT_TRUE(is_complaint(answer, packet, Complaint::no_route)) << answer.text();
  EXPECT_THAT(lab.flows(), IsEmpty());
}

TEST_P(Routing, a_discard_route_is_silent_and_a_reject_route_is_not) {
  Network net = office();
  net.routes.push_back({v4() ? "192.0.2.0/25" : "2001:db8:dead::/64", "discard"});
  net.routes.push_back({v4() ? "192.0.2.128/25" : "2001:db8:beef::/64", "reject"});
  Lab lab(net, GetParam());
  const Endpoint discarded{address(v4() ? "192.0.2.1" : "2001:db8:dead::1"), 80};
  const Endpoint rejected{address(v4() ? "192.0.2.129" : "2001:db8:beef::1"), 80};
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), discarded), DropReason::route_discard));
  const Datagram packet = udp(lab.at("client", 5000), rejected);
  const Datagram answer = lab.answer_to_dropped(packet, DropReason::route_discard);
  EXPECT_TRUE(is_complaint(answer, packet, Complaint::no_route)) << answer.text();
}

TEST_P(Routing, the_longest_prefix_wins) {
  Network net = office();
  net.routes.push_back({v4() ? "203.0.113.0/28" : "2001:db8:ff::/64", "discard"});
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), far_host(lab, 4500)), DropReason::route_discard));
}

TEST_P(Routing, a_source_that_its_zone_cannot_reach_is_refused) {
  Lab lab(office(), GetParam());
  // The server's address, from the client's side.
  const Datagram spoofed = udp(lab.at("server", 5000), lab.at("web", 4500));
  EXPECT_TRUE(lab.drops_from("client", spoofed, DropReason::reverse_route));
  Datagram unknown = udp(lab.at("server", 5000), lab.at("web", 4500));
  unknown.source = address(v4() ? "192.0.2.77" : "2001:db8:dead::77");
  EXPECT_TRUE(lab.drops_from("client", unknown.seal(), DropReason::reverse_route));
}

TEST_P(Routing, a_reset_cannot_come_from_the_wrong_zone) {
  Lab lab(office(), GetParam());
  Connection connection(lab.at("client", 5000), lab.at("server", 443));
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.drops_from("web", connection.server_with({.flags = "R"}), DropReason::tcp_no_syn));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
}

TEST_P(Routing, a_packet_waits_for_its_neighbor_and_leaves_when_it_is_known) {
  Network net = office();
  net.host("server").resolved = false;
  Lab lab(net, GetParam());
  const Datagram packet = tcp(lab.at("client", 5000), lab.at("server", 443), {.flags = "S"});
  EXPECT_THAT(lab.send(packet), IsEmpty());
  EXPECT_THAT(lab.wanted_neighbors(), ElementsAre("ge-0/0/1.0 server"));
  EXPECT_EQ(lab.counted(&flow::Counters::dropped), 0U);
  EXPECT_EQ(lab.flows().size(), 1U);
  lab.advance(1);
  lab.network().host("server").resolved = true;
  lab.publish();
  EXPECT_TRUE(lab.left_towards_destination(lab.run(), packet));
  EXPECT_THAT(lab.session().packets, ElementsAre(1, 0));
  EXPECT_EQ(lab.session().timeout_s, 20U);
}

TEST_P(Routing, a_gateway_is_asked_for_instead_of_the_far_host) {
  Network net = office();
  net.host("gateway").resolved = false;
  Lab lab(net, GetParam());
  EXPECT_THAT(lab.send(udp(lab.at("client", 5000), far_host(lab, 4500))), IsEmpty());
  EXPECT_THAT(lab.wanted_neighbors(), ElementsAre("ge-0/0/1.0 gateway"));
}

TEST_P(Routing, several_packets_wait_in_order_and_ask_once_a_second) {
  Network net = office();
  net.host("server").resolved = false;
  Lab lab(net, GetParam());
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_THAT(lab.send(udp(lab.at("client", 5000), lab.at("server", 4500), 10 + i)), IsEmpty());
  }
  EXPECT_THAT(lab.wanted_neighbors(), ElementsAre("ge-0/0/1.0 server"));
  lab.advance(1);
  EXPECT_THAT(lab.send(udp(lab.at("client", 5000), lab.at("server", 4500), 15)), IsEmpty());
  EXPECT_THAT(lab.wanted_neighbors(), ElementsAre("ge-0/0/1.0 server"));
  lab.network().host("server").resolved = true;
  lab.publish();
  const auto left = lab.run();
  ASSERT_EQ(left.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(left[i].datagram.transport.size(), 18 + i);
}

TEST_P(Routing, what_waits_is_judged_anew_by_the_tables_of_the_day) {
  Network net = office();
  net.host("server").resolved = false;
  Lab lab(net, GetParam());
  EXPECT_THAT(lab.send(udp(lab.at("client", 5000), lab.at("server", 4500))), IsEmpty());
  lab.network().host("server").resolved = true;
  lab.network().unit("ge-0/0/0.0").enabled = false;
  lab.publish();
  EXPECT_THAT(lab.run(), IsEmpty());
  EXPECT_EQ(lab.dropped(DropReason::interface_unknown), 1U);
}

TEST_P(Routing, an_unknown_neighbor_towards_the_source_is_asked_for_ahead) {
  Network net = office();
  net.host("client").resolved = false;
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5000), lab.at("server", 4500))));
  EXPECT_THAT(lab.wanted_neighbors(), ElementsAre("ge-0/0/0.0 client"));
}

TEST_P(Routing, a_refused_sender_that_is_unknown_is_asked_for_so_that_its_next_try_is_answered) {
  Network net = office();
  net.host("client").resolved = false;
  net.policy("out").action = policy::Action::reject;
  Lab lab(net, GetParam());
  const Datagram syn = tcp(lab.at("client", 40000), lab.at("server", 443), {.flags = "S"});
  EXPECT_TRUE(lab.drops(syn, DropReason::policy_reject));
  EXPECT_THAT(lab.wanted_neighbors(), ElementsAre("ge-0/0/0.0 client"));
  lab.network().host("client").resolved = true;
  lab.publish();
  EXPECT_EQ(lab.send(syn).size(), 1U);
}

TEST_P(Routing, a_changed_mac_address_is_used_by_the_next_packet_of_a_session) {
  Lab lab(office(), GetParam());
  const Datagram packet = udp(lab.at("client", 5000), lab.at("server", 4500));
  EXPECT_TRUE(lab.passes(packet));
  // The kit's MAC addresses follow a host's place: one more in front moves them all.
  lab.network().hosts.insert(lab.network().hosts.begin() + 1,
                             {"newcomer", "ge-0/0/0.0", "10.0.1.99", "2001:db8:1::99"});
  lab.publish();
  EXPECT_TRUE(lab.passes(packet));
  EXPECT_EQ(lab.session().packets[0], 2U);
}

TEST_P(Routing, a_session_follows_its_destination_to_another_route) {
  Lab lab(office(), GetParam());
  const Datagram packet = udp(lab.at("client", 5000), far_host(lab, 4500));
  EXPECT_EQ(lab.send(packet).size(), 1U);
  const Seen session = lab.session();
  lab.network().routes = {{"203.0.113.0/24", "10.0.2.20"}, {"2001:db8:ff::/48", "2001:db8:2::20"}};
  lab.publish();
  const std::string hop = std::string("ge-0/0/1.0 ") + (v4() ? "10.0.2.20" : "2001:db8:2::20");
  worker::Request request;
  request.kind = worker::Request::Kind::reroute;
  request.next_hop = NextHopId{lab.numbers().of(Numbers::Kind::next_hop, hop)};
  lab.post(session, request);
  lab.run();
  const auto left = lab.send(packet);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].header.destination, host_mac(lab.network(), "server"));
}

TEST_P(Routing, a_session_is_shown_at_the_interface_that_its_packets_take_now) {
  Network net = office();
  net.unit("ge-0/0/2.100").zone = "untrust";
  Lab lab(net, GetParam());
  const Datagram packet = udp(lab.at("client", 5000), far_host(lab, 4500));
  EXPECT_EQ(lab.send(packet).size(), 1U);
  EXPECT_EQ(lab.session().interfaces, "ge-0/0/0.0 > ge-0/0/1.0");
  // The gateway fails, and another interface of the zone leads there.
  lab.network().host("gateway").resolved = false;
  lab.network().routes = {{"203.0.113.0/24", "10.0.3.30"}, {"2001:db8:ff::/48", "2001:db8:3::30"}};
  lab.publish();
  const auto left = lab.send(packet);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].header.destination, host_mac(lab.network(), "web"));
  EXPECT_EQ(lab.session().interfaces, "ge-0/0/0.0 > ge-0/0/2.100");
  EXPECT_EQ(lab.session().packets[0], 2U) << "the same session";
}

TEST_P(Routing, a_packet_never_follows_its_route_into_a_zone_that_was_not_asked_for) {
  Lab lab(office(), GetParam());
  const Datagram packet = udp(lab.at("client", 5000), far_host(lab, 4500));
  EXPECT_EQ(lab.send(packet).size(), 1U);
  static_cast<void>(lab.log());
  // The gateway went, and another in the dmz has the route. Nobody has told the session yet.
  lab.network().host("gateway").resolved = false;
  lab.network().routes = {{"203.0.113.0/24", "10.0.3.30"}, {"2001:db8:ff::/48", "2001:db8:3::30"}};
  lab.network().policy("to-web").action = policy::Action::deny;
  lab.publish();
  EXPECT_TRUE(lab.drops(packet, DropReason::policy_deny));
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_THAT(lab.log(), testing::Contains(testing::HasSubstr("first path reroute, session recreated")));
}

TEST_P(Routing, a_session_whose_route_is_gone_drops_and_lives_on_when_it_returns) {
  Network net = office();
  net.flow.route_change_timeout_s = 30;
  Lab lab(net, GetParam());
  const Datagram packet = udp(lab.at("client", 5000), far_host(lab, 4500));
  EXPECT_EQ(lab.send(packet).size(), 1U);
  const Seen session = lab.session();
  const auto routes = lab.network().routes;
  lab.network().routes.clear();
  lab.publish();
  worker::Request gone;
  gone.kind = worker::Request::Kind::reroute;
  lab.post(session, gone);
  lab.run();
  EXPECT_EQ(lab.session().timeout_s, 30U);
  static_cast<void>(lab.answer_to_dropped(packet, DropReason::no_route));

  lab.network().routes = routes;
  lab.publish();
  const std::string hop = std::string("ge-0/0/1.0 ") + (v4() ? "10.0.2.254" : "2001:db8:2::fe");
  worker::Request back;
  back.kind = worker::Request::Kind::reroute;
  back.next_hop = NextHopId{lab.numbers().of(Numbers::Kind::next_hop, hop)};
  lab.post(session, back);
  lab.run();
  EXPECT_EQ(lab.session().timeout_s, 60U);
  EXPECT_EQ(lab.send(packet).size(), 1U);
}

TEST_P(Routing, a_session_whose_route_stays_gone_ends_with_the_route_change_timeout) {
  Network net = office();
  net.flow.route_change_timeout_s = 30;
  Lab lab(net, GetParam());
  EXPECT_EQ(lab.send(udp(lab.at("client", 5000), far_host(lab, 4500))).size(), 1U);
  lab.advance(20);
  worker::Request gone;
  gone.kind = worker::Request::Kind::reroute;
  lab.post(lab.session(), gone);
  lab.run();
  lab.advance(29);
  EXPECT_EQ(lab.flows().size(), 1U);
  lab.advance(1);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_THAT(lab.log().back(), testing::HasSubstr("idle Timeout"));
}

TEST_P(Routing, without_a_route_change_timeout_any_more_sessions_have_their_own_again) {
  Network net = office();
  net.flow.route_change_timeout_s = 30;
  Lab lab(net, GetParam());
  const Endpoint far = far_host(lab, 443);
  EXPECT_EQ(lab.send(udp(lab.at("client", 5000), far_host(lab, 4500))).size(), 1U);
  EXPECT_EQ(lab.send(tcp(lab.at("client", 5000), far, {.flags = "S"})).size(), 1U);
  worker::Request gone;
  gone.kind = worker::Request::Kind::reroute;
  for (const Seen& session : lab.sessions()) lab.post(session, gone);
  lab.run();
  lab.network().flow.route_change_timeout_s = 0;
  lab.publish();
  lab.advance(19);
  EXPECT_EQ(lab.flows().size(), 2U);
  lab.advance(11);
  EXPECT_THAT(lab.flows(), ElementsAre(testing::StartsWith("udp"))) << "20 seconds, the connection half open";
  EXPECT_EQ(lab.session().timeout_s, 60U);
  lab.advance(30);
  EXPECT_THAT(lab.flows(), IsEmpty());
}

TEST_P(Routing, errors_are_answered_at_most_a_thousand_times_a_second) {
  Lab lab(office(), GetParam());
  Datagram packet = udp(lab.at("client", 5000), lab.at("server", 33434));
  packet.hops = 1;
  std::size_t answers = 0;
  for (int i = 0; i < 40; ++i) {
    for (int k = 0; k < 30; ++k) lab.inject("ge-0/0/0", lab.frame_of("client", packet), 0);
    answers += lab.run().size();
  }
  EXPECT_EQ(answers, 1000U);
  EXPECT_EQ(lab.dropped(DropReason::ttl_expired), 1200U);
  lab.advance(1);
  EXPECT_EQ(lab.send(packet).size(), 1U);
}

TEST_P(RoutingV4, time_exceeded_quotes_no_more_than_576_bytes_allow) {
  Lab lab(office(), GetParam());
  Datagram packet = udp(lab.at("client", 5000), lab.at("server", 33434), 1400);
  packet.hops = 1;
  EXPECT_EQ(lab.answer_to_dropped(packet, DropReason::ttl_expired).ip().size(), 576U);
}

TEST_P(Routing, no_error_is_sent_about_a_packet_to_a_group) {
  Network net = office();
  net.zone("trust").inbound = {"all"};
  net.policies.push_back(
      {.name = "keep-off", .from = "trust", .to = "junos-host", .action = policy::Action::reject});
  Lab lab(net, GetParam());
  const Datagram packet = udp(lab.at("client", 5000), lab.at("firewall ge-0/0/0.0", 4500));
  Bytes bytes = lab.frame_of("client", packet);
  bytes[0] |= 1;  // to an Ethernet group
  EXPECT_TRUE(lab.drops_frame("ge-0/0/0", bytes, DropReason::policy_reject));
  EXPECT_EQ(lab.send(packet).size(), 1U) << "to the firewall alone it is answered";
}

}  // namespace
}  // namespace sluice::path
