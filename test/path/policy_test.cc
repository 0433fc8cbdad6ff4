// Policies as packets meet them: permit, deny, reject, the log and the counters.
#include "lab.h"

namespace sluice::path {
namespace {

using policy::Action;
using testing::ElementsAre;
using testing::IsEmpty;

SLUICE_PATH_SUITE(Policies);

TEST_P(Policies, what_no_policy_permits_is_denied) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.drops(tcp(lab.at("server", 40000), lab.at("client", 443), {.flags = "S"}),
                        DropReason::default_deny));
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_THAT(lab.log(), IsEmpty());
  EXPECT_EQ(lab.policy_counters("default-policy").lookups, 1U);
}

TEST_P(Policies, default_policy_permit_all_permits) {
  Network net = office();
  net.default_action = Action::permit;
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("server", 5000), lab.at("client", 4500))));
}

TEST_P(Policies, a_deny_of_the_default_policy_is_logged_when_asked_for) {
  Network net = office();
  net.log_default = true;
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.drops(udp(lab.at("server", 5000), lab.at("client", 53)), DropReason::default_deny));
  EXPECT_THAT(lab.log(),
              ElementsAre("denied udp server/5000 > client/53 untrust > trust default-policy junos-dns-udp"));
}

TEST_P(Policies, the_first_policy_that_matches_decides) {
  Network net = office();
  net.policies.insert(net.policies.begin(), {.name = "no-telnet",
                                             .from = "trust",
                                             .to = "untrust",
                                             .action = Action::deny,
                                             .applications = {"junos-telnet"},
                                             .log_init = true});
  Lab lab(net, GetParam());
  EXPECT_TRUE(
      lab.drops(tcp(lab.at("client", 40000), lab.at("server", 23), {.flags = "S"}), DropReason::policy_deny));
  EXPECT_THAT(lab.log(),
              ElementsAre("denied tcp client/40000 > server/23 trust > untrust no-telnet junos-telnet"));
  EXPECT_TRUE(lab.passes(tcp(lab.at("client", 40000), lab.at("server", 22), {.flags = "S"})));
  EXPECT_EQ(lab.session().policy, "out");
}

TEST_P(Policies, global_policies_come_after_those_of_the_zone_pair) {
  Network net = office();
  net.policies.push_back({.name = "everywhere", .applications = {"junos-ssh"}});
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.passes(tcp(lab.at("client", 40000), lab.at("server", 22), {.flags = "S"})));
  EXPECT_EQ(lab.session().policy, "out");
  lab.end(lab.session());
  EXPECT_TRUE(lab.passes(tcp(lab.at("server", 40000), lab.at("client", 22), {.flags = "S"})));
  EXPECT_EQ(lab.session().policy, "everywhere");
}

TEST_P(Policies, traffic_within_a_zone_needs_a_policy_too) {
  Network net = office();
  net.hosts.push_back({"neighbor", "ge-0/0/0.0", "10.0.1.11", "2001:db8:1::11"});
  Lab lab(net, GetParam());
  const Datagram packet = udp(lab.at("client", 5000), lab.at("neighbor", 4500));
  EXPECT_TRUE(lab.drops(packet, DropReason::default_deny));
  lab.network().policies.push_back({.name = "inside", .from = "trust", .to = "trust"});
  lab.publish();
  EXPECT_TRUE(lab.passes(packet));
}

TEST_P(Policies, addresses_narrow_a_policy) {
  Network net = office();
  net.policy("out").sources = {v4() ? "10.0.1.10/32" : "2001:db8:1::10/128"};
  net.policy("out").destinations = {v4() ? "10.0.2.0/28" : "2001:db8:2::/124"};
  net.hosts.push_back({"inside-range", "ge-0/0/1.0", "10.0.2.5", "2001:db8:2::5"});
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5000), lab.at("inside-range", 4500))));
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), lab.at("server", 4500)), DropReason::default_deny));
}

TEST_P(Policies, a_rejected_syn_is_answered_with_a_reset) {
  Network net = office();
  net.policy("out").action = Action::reject;
  Lab lab(net, GetParam());
  const Datagram syn = tcp(lab.at("client", 40000), lab.at("server", 443), {.flags = "S", .sequence = 4711});
  const Datagram answer = lab.answer_to_dropped(syn, DropReason::policy_reject);
  Datagram expected = tcp(lab.at("server", 443), lab.at("client", 40000),
                          {.flags = "RA", .acknowledgement = 4712, .window = 0});
  expected.hops = answer.hops;
  EXPECT_EQ(answer, expected) << answer.text();
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_EQ(lab.events().size(), 1U) << "session-init logs the refusal";
}

TEST_P(Policies, a_rejected_datagram_or_ping_is_answered_as_prohibited) {
  Network net = office();
  net.policy("out").action = Action::reject;
  Lab lab(net, GetParam());
  const Datagram datagram = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram answer = lab.answer_to_dropped(datagram, DropReason::policy_reject);
  EXPECT_TRUE(is_complaint(answer, datagram, Complaint::prohibited)) << answer.text();
  EXPECT_EQ(answer.source, lab.at("firewall ge-0/0/0.0").address);
  const Datagram ping = echo_request(lab.at("client"), lab.at("server"), 7, 1);
  EXPECT_TRUE(
      is_complaint(lab.answer_to_dropped(ping, DropReason::policy_reject), ping, Complaint::prohibited));
}

TEST_P(Policies, a_rejected_syn_with_ip_options_is_answered_without_them) {
  Network net = office();
  net.policy("out").action = Action::reject;
  Lab lab(net, GetParam());
  Datagram syn = tcp(lab.at("client", 40000), lab.at("server", 443),
                     {.flags = "S", .sequence = 4711, .options = {2, 4, 5, 180}});
  syn.options = v4() ? Bytes{148, 4, 0, 0} : Bytes{kTcp, 0, 5, 2, 0, 0, 1, 0};
  syn.first_next = 0;
  const Datagram answer = lab.answer_to_dropped(syn, DropReason::policy_reject);
  EXPECT_THAT(answer.options, IsEmpty());
  EXPECT_EQ(answer.transport.size(), 20U);
}

TEST_P(Policies, an_application_of_the_operators_own_has_its_name_and_timeout) {
  Network net = office();
  policy::Application game{.name = "game", .inactivity_timeout_s = 1234};
  game.terms = {{.protocol = kUdp, .source = {}, .destination = {27000, 27050}}};
  net.applications.push_back(game);
  net.policy("out").applications = {"game"};
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5000), lab.at("server", 27015))));
  EXPECT_EQ(lab.session().application, "game");
  EXPECT_EQ(lab.session().timeout_s, 1234U);
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), lab.at("server", 27051)), DropReason::default_deny));
}

TEST_P(Policies, ping_alone_may_be_permitted) {
  Network net = office();
  net.policy("out").applications = {v4() ? "junos-ping" : "junos-pingv6"};
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.passes(echo_request(lab.at("client"), lab.at("server"), 7, 1)));
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), lab.at("server", 4500)), DropReason::default_deny));
}

// --- what stays when policies change

TEST_P(Policies, reply_passes_after_policy_is_deleted_without_rematch) {
  Lab lab(office(), GetParam());
  Connection connection(lab.at("client", 40000), lab.at("server", 443));
  ASSERT_TRUE(connection.open(lab));
  std::erase_if(lab.network().policies, [](const PolicyFacts& facts) { return facts.name == "out"; });
  lab.publish();
  EXPECT_TRUE(lab.passes(connection.server("PA", 100)));
  EXPECT_TRUE(lab.passes(connection.client("A")));
  EXPECT_TRUE(lab.drops(tcp(lab.at("client", 40001), lab.at("server", 443), {.flags = "S"}),
                        DropReason::default_deny));
}

TEST_P(Policies, a_new_policy_counts_from_the_next_packet_on) {
  Lab lab(office(), GetParam());
  const Datagram packet = udp(lab.at("server", 5000), lab.at("client", 4500));
  EXPECT_TRUE(lab.drops(packet, DropReason::default_deny));
  lab.network().policies.push_back({.name = "in", .from = "untrust", .to = "trust"});
  lab.publish();
  EXPECT_TRUE(lab.passes(packet));
}

// --- log records

TEST_P(Policies, only_a_policy_that_logs_is_logged) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("web", 5000), lab.at("server", 4500))));
  lab.end(lab.session());
  EXPECT_THAT(lab.log(), IsEmpty());
}

TEST_P(Policies, session_close_alone_is_logged_alone) {
  Network net = office();
  net.policy("out").log_init = false;
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5000), lab.at("server", 4500))));
  EXPECT_THAT(lab.log(), IsEmpty());
  lab.end(lab.session());
  EXPECT_THAT(lab.log(),
              ElementsAre("closed udp client/5000 > server/4500 trust > untrust out junos-ike-nat CLI 1/0"));
}

TEST_P(Policies, records_carry_identifiers_times_interfaces_and_bytes) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5000), lab.at("server", 4500), 72)));
  EXPECT_TRUE(lab.passes(udp(lab.at("server", 4500), lab.at("client", 5000), 172)));
  const Seen session = lab.session();
  const std::uint64_t began = lab.now().unix_s;
  lab.advance(60);
  const auto events = lab.events();
  ASSERT_EQ(events.size(), 2U);
  const auto& created = events[0];
  const auto& closed = events[1];
  EXPECT_EQ(created.type, sessionlog::EventType::created);
  EXPECT_EQ(created.unix_ns, began * 1'000'000'000);
  EXPECT_EQ(created.session_id_32, session.identifier);
  EXPECT_EQ(created.worker, session.worker);
  EXPECT_EQ(lab.snapshot().interfaces[created.ingress.value].name, "ge-0/0/0.0");
  EXPECT_EQ(lab.snapshot().interfaces[created.egress.value].name, "ge-0/0/1.0");
  EXPECT_EQ(created.nat_source, created.source);
  EXPECT_EQ(created.nat_destination, created.destination);
  EXPECT_EQ(created.nat_source_port, 5000);
  EXPECT_EQ(created.nat_destination_port, 4500);
  EXPECT_EQ(closed.session_id_64, created.session_id_64);
  EXPECT_EQ(closed.elapsed_s, 60U);
  EXPECT_EQ(closed.sequence, created.sequence + 1);
  const std::uint64_t headers = v4() ? 28 : 48;
  EXPECT_THAT(closed.bytes, ElementsAre(headers + 72, headers + 172));
}

TEST_P(Policies, the_icmp_of_the_other_family_has_no_type) {
  Network net = office();
  net.log_default = true;
  Lab lab(net, GetParam());
  const std::uint8_t stranger = v4() ? kIcmp6 : kIcmp;
  const Bytes bytes{8, 0, 0, 0, 0, 7, 0, 1};
  EXPECT_TRUE(
      lab.drops(other(stranger, lab.at("server"), lab.at("client"), bytes), DropReason::default_deny));
  const auto events = lab.events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].icmp_type, 0);
}

TEST_P(Policies, a_denied_ping_is_logged_with_its_type) {
  Network net = office();
  net.policy("out").action = Action::deny;
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.drops(echo_request(lab.at("client"), lab.at("server"), 7, 1), DropReason::policy_deny));
  const auto events = lab.events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].icmp_type, v4() ? 8 : 128);
  EXPECT_EQ(events[0].session_id_64, 0U);
  EXPECT_EQ(lab.snapshot().zones[events[0].to_zone.value].name, "untrust");
}

TEST_P(Policies, a_full_log_ring_loses_the_newest_and_the_next_record_says_how_many) {
  Lab lab(office(), {GetParam().family, 1}, {.log_events = 4});
  for (std::uint16_t port = 1; port <= 6; ++port) {
    EXPECT_TRUE(lab.passes(udp(lab.at("client", port), lab.at("server", 4500))));
  }
  const auto first = lab.events();
  ASSERT_EQ(first.size(), 4U);
  EXPECT_EQ(first.back().source_port, 4);
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 7), lab.at("server", 4500))));
  const auto next = lab.events();
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].lost_before, 2U);
  EXPECT_EQ(next[0].sequence, 7U);
}

// --- counters

TEST_P(Policies, a_policy_counts_lookups_sessions_packets_and_bytes) {
  Network net = office();
  net.policy("out").count = true;
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5000), lab.at("server", 4500), 72)));
  EXPECT_TRUE(lab.passes(udp(lab.at("server", 4500), lab.at("client", 5000), 172)));
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5001), lab.at("server", 4500), 72)));
  EXPECT_EQ(lab.policy_counters("out").lookups, 2U);
  EXPECT_EQ(lab.policy_counters("out").created, 2U);
  EXPECT_EQ(lab.policy_counters("out").closed, 0U);
  lab.advance(60);
  const auto counters = lab.policy_counters("out");
  EXPECT_EQ(counters.closed, 2U);
  EXPECT_THAT(counters.packets, ElementsAre(2, 1));
  const std::uint64_t headers = v4() ? 28 : 48;
  EXPECT_THAT(counters.bytes, ElementsAre(2 * (headers + 72), headers + 172));
  EXPECT_EQ(lab.counted(&flow::Counters::sessions_created), 2U);
  EXPECT_EQ(lab.counted(&flow::Counters::sessions_closed), 2U);
}

TEST_P(Policies, a_deny_counts_a_hit) {
  Network net = office();
  net.policy("out").action = Action::deny;
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), lab.at("server", 4500)), DropReason::policy_deny));
  EXPECT_EQ(lab.policy_counters("out").lookups, 1U);
  EXPECT_EQ(lab.policy_counters("out").created, 0U);
}

TEST_P(Policies, every_frame_is_accounted_for) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5000), lab.at("server", 4500))));
  EXPECT_TRUE(lab.passes(udp(lab.at("server", 4500), lab.at("client", 5000))));
  EXPECT_TRUE(lab.drops(udp(lab.at("server", 4501), lab.at("client", 5000)), DropReason::default_deny));
  EXPECT_EQ(lab.counted(&flow::Counters::received), 3U);
  EXPECT_EQ(lab.counted(&flow::Counters::transmitted), 2U);
  EXPECT_EQ(lab.counted(&flow::Counters::forwarded), 2U);
  EXPECT_EQ(lab.counted(&flow::Counters::dropped), 1U);
}

}  // namespace
}  // namespace sluice::path
