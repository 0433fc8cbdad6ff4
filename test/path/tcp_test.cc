// TCP sessions from the first SYN to the last acknowledgement.
#include "dataplane/session/tcp.h"

#include "lab.h"

namespace sluice::path {
namespace {

using session::tcp::State;
using testing::ElementsAre;
using testing::IsEmpty;

SLUICE_PATH_SUITE(Tcp);

TEST_P(Tcp, a_handshake_makes_one_session_with_20_and_then_1800_seconds) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  EXPECT_EQ(lab.session().flow, "tcp client/40000 > server/443");
  EXPECT_EQ(lab.session().zones, "trust > untrust");
  EXPECT_EQ(lab.session().interfaces, "ge-0/0/0.0 > ge-0/0/1.0");
  EXPECT_EQ(lab.session().policy, "out");
  EXPECT_EQ(lab.session().application, "junos-https");
  EXPECT_EQ(lab.session().timeout_s, 20U);
  EXPECT_TRUE(lab.passes(connection.server("SA")));
  EXPECT_EQ(lab.session().timeout_s, 20U);
  EXPECT_TRUE(lab.passes(connection.client("A")));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  EXPECT_EQ(lab.session().state, raw(State::established));
}

TEST_P(Tcp, both_wings_count_packets_and_whole_ip_bytes) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.client("PA", 1000)));
  EXPECT_TRUE(lab.passes(connection.server("A")));
  const std::uint64_t header = v4() ? 40 : 60;
  EXPECT_THAT(lab.session().packets, ElementsAre(3, 2));
  EXPECT_THAT(lab.session().bytes, ElementsAre(3 * header + 1000, 2 * header));
}

TEST_P(Tcp, a_session_half_open_for_20_seconds_is_gone) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  lab.advance(19);
  EXPECT_EQ(lab.flows().size(), 1U);
  lab.advance(1);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_EQ(lab.log().back(),
            "closed tcp client/40000 > server/443 trust > untrust out junos-https unset 1/0");
  EXPECT_TRUE(lab.drops(connection.server("SA"), DropReason::tcp_no_syn));
}

TEST_P(Tcp, a_handshake_without_its_last_segment_runs_out_for_no_reason_that_has_a_name) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  EXPECT_TRUE(lab.passes(connection.server("SA")));
  lab.advance(20);
  EXPECT_EQ(lab.log().back(),
            "closed tcp client/40000 > server/443 trust > untrust out junos-https unset 1/1");
}

TEST_P(Tcp, an_idle_session_ends_after_1800_seconds_and_traffic_prolongs_it) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  lab.advance(1799);
  EXPECT_TRUE(lab.passes(connection.server("PA", 5)));
  EXPECT_EQ(lab.session().remaining_s, 1800U);
  lab.advance(1799);
  EXPECT_EQ(lab.flows().size(), 1U);
  lab.advance(1);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_EQ(lab.log().back().substr(0, 70),
            std::string("closed tcp client/40000 > server/443 trust > untrust out junos-https idle Timeout")
                .substr(0, 70));
}

TEST_P(Tcp, http_keeps_the_300_seconds_of_its_application) {
  Lab lab(office(), GetParam());
  Connection connection(lab.at("client", 40000), lab.at("server", 80));
  ASSERT_TRUE(connection.open(lab));
  EXPECT_EQ(lab.session().application, "junos-http");
  EXPECT_EQ(lab.session().timeout_s, 300U);
}

TEST_P(Tcp, fins_of_both_sides_end_the_session_2_seconds_later) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.client("FA")));
  EXPECT_EQ(lab.session().timeout_s, 1800U) << "one side may go on sending";
  EXPECT_TRUE(lab.passes(connection.server("PA", 300)));
  EXPECT_TRUE(lab.passes(connection.server("FA")));
  EXPECT_TRUE(lab.passes(connection.client("A")));
  EXPECT_EQ(lab.session().timeout_s, 2U);
  lab.advance(1);
  EXPECT_EQ(lab.flows().size(), 1U);
  lab.advance(1);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_EQ(lab.log().back(),
            "closed tcp client/40000 > server/443 trust > untrust out junos-https TCP FIN 4/3");
}

TEST_P(Tcp, both_sides_may_close_at_the_same_moment) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  // Neither FIN acknowledges the other.
  const Datagram client_fin = connection.client_with({.flags = "FA"});
  const Datagram server_fin = connection.server_with({.flags = "FA"});
  EXPECT_TRUE(lab.passes(client_fin));
  EXPECT_TRUE(lab.passes(server_fin));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  EXPECT_TRUE(lab.passes(connection.client_with({.flags = "A", .sequence = 1, .acknowledgement = 1})));
  EXPECT_TRUE(lab.passes(connection.server_with({.flags = "A", .sequence = 1, .acknowledgement = 1})));
  EXPECT_EQ(lab.session().timeout_s, 2U);
}

TEST_P(Tcp, with_fin_invalidate_session_the_first_fin_ends_the_session_and_still_passes) {
  Network net = office();
  net.flow.fin_invalidate_session = true;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.client("FA")));
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_TRUE(lab.drops(connection.server("FA"), DropReason::tcp_no_syn));
}

TEST_P(Tcp, fin_invalidate_session_wins_over_a_half_close_timeout) {
  Network net = office();
  net.flow.fin_invalidate_session = true;
  net.flow.time_wait_half_close = true;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.client("FA")));
  EXPECT_THAT(lab.flows(), IsEmpty());
}

TEST_P(Tcp, time_wait_state_keeps_a_closed_session_for_its_session_timeout) {
  Network net = office();
  net.flow.tcp_close_timeout_s = 150;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  ASSERT_TRUE(connection.close(lab));
  EXPECT_EQ(lab.session().timeout_s, 150U);
  lab.advance(149);
  EXPECT_EQ(lab.flows().size(), 1U);
  lab.advance(1);
  EXPECT_THAT(lab.flows(), IsEmpty());
}

TEST_P(Tcp, time_wait_state_session_ageout_keeps_the_service_timeout) {
  Network net = office();
  net.flow.time_wait_service_timeout = true;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  ASSERT_TRUE(connection.close(lab));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
}

TEST_P(Tcp, apply_to_half_close_state_shortens_the_timeout_with_the_first_fin) {
  Network net = office();
  net.flow.tcp_close_timeout_s = 30;
  net.flow.time_wait_half_close = true;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.server("FA")));
  EXPECT_EQ(lab.session().timeout_s, 30U);
}

TEST_P(Tcp, a_refused_connection_is_listed_for_2_seconds_and_logged_as_reset_by_the_server) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  EXPECT_TRUE(lab.passes(connection.server("RA")));
  EXPECT_EQ(lab.session().timeout_s, 2U);
  lab.advance(2);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_EQ(lab.log().back(),
            "closed tcp client/40000 > server/443 trust > untrust out junos-https TCP SERVER RST 1/1");
}

TEST_P(Tcp, a_reset_by_the_client_is_logged_as_such) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.client("R")));
  EXPECT_EQ(lab.session().timeout_s, 2U);
  lab.advance(2);
  EXPECT_EQ(lab.log().back(),
            "closed tcp client/40000 > server/443 trust > untrust out junos-https TCP CLIENT RST 3/1");
}

TEST_P(Tcp, with_rst_invalidate_session_a_reset_ends_the_session_at_once) {
  Network net = office();
  net.flow.rst_invalidate_session = true;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.server("RA")));
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_EQ(lab.log().back(),
            "closed tcp client/40000 > server/443 trust > untrust out junos-https TCP SERVER RST 2/2");
}

TEST_P(Tcp, a_new_syn_on_a_closed_session_starts_a_new_one) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  ASSERT_TRUE(connection.close(lab));
  const Seen old = lab.session();
  Connection again = to_server(lab);
  ASSERT_TRUE(again.open(lab));
  EXPECT_NE(lab.session().identifier, old.identifier);
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  EXPECT_THAT(lab.log(),
              ElementsAre("created tcp client/40000 > server/443 trust > untrust out junos-https",
                          "closed tcp client/40000 > server/443 trust > untrust out junos-https TCP FIN 4/2",
                          "created tcp client/40000 > server/443 trust > untrust out junos-https"));
}

TEST_P(Tcp, a_syn_of_the_responder_on_a_closed_session_is_judged_by_the_policies) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  ASSERT_TRUE(connection.close(lab));
  Connection back(lab.at("server", 443), lab.at("client", 40000));
  EXPECT_TRUE(lab.drops(back.client("S"), DropReason::default_deny));
}

TEST_P(Tcp, a_permitted_syn_of_the_responder_on_a_closed_session_starts_one_the_other_way) {
  Network net = office();
  net.policies.push_back({.name = "in", .from = "untrust", .to = "trust"});
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  ASSERT_TRUE(connection.close(lab));
  ASSERT_TRUE(Connection(lab.at("server", 443), lab.at("client", 40000)).open(lab));
  EXPECT_EQ(lab.session().flow, "tcp server/443 > client/40000");
  EXPECT_EQ(lab.session().policy, "in");
}

TEST_P(Tcp, a_retransmitted_syn_stays_in_its_session) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  const Datagram syn = connection.client("S");
  EXPECT_TRUE(lab.passes(syn));
  lab.advance(3);
  EXPECT_TRUE(lab.passes(syn));
  EXPECT_EQ(lab.session().remaining_s, 20U);
  EXPECT_TRUE(lab.passes(connection.server("SA")));
  EXPECT_TRUE(lab.passes(connection.client("A")));
}

TEST_P(Tcp, a_retransmitted_syn_ack_passes) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  const Datagram answer = connection.server("SA");
  EXPECT_TRUE(lab.passes(answer));
  EXPECT_TRUE(lab.passes(answer));
  EXPECT_TRUE(lab.passes(connection.client("A")));
  EXPECT_TRUE(lab.passes(answer)) << "the third segment may have been lost on its way";
  EXPECT_EQ(lab.session().state, raw(State::established));
}

TEST_P(Tcp, data_carried_by_the_syn_may_be_accepted_or_not) {
  Lab lab(office(), GetParam());
  Connection accepted = to_server(lab, 40001);
  EXPECT_TRUE(lab.passes(accepted.client("S", 100)));
  EXPECT_TRUE(lab.passes(accepted.server("SA")));
  EXPECT_TRUE(lab.passes(accepted.client("A")));

  Connection refused = to_server(lab, 40002);
  EXPECT_TRUE(lab.passes(refused.client("S", 100)));
  EXPECT_TRUE(lab.passes(refused.server_with({.flags = "SA", .acknowledgement = 0U - 100})));
}

TEST_P(Tcp, both_ends_may_open_at_the_same_moment) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  EXPECT_TRUE(lab.passes(connection.server("S")));
  EXPECT_TRUE(lab.passes(connection.client_with({.flags = "SA", .sequence = 0U - 1})));
  EXPECT_TRUE(lab.passes(connection.server_with({.flags = "SA", .sequence = 0U - 1})));
  EXPECT_TRUE(lab.passes(connection.client("PA", 10)));
  EXPECT_TRUE(lab.passes(connection.server("PA", 10)));
  EXPECT_EQ(lab.flows().size(), 1U);
  EXPECT_EQ(lab.session().timeout_s, 1800U);
}

TEST_P(Tcp, an_answer_that_acknowledges_another_syn_is_dropped) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  EXPECT_TRUE(
      lab.drops(connection.server_with({.flags = "SA", .acknowledgement = 7}), DropReason::tcp_state));
  EXPECT_TRUE(lab.passes(connection.server("SA")));
}

TEST_P(Tcp, data_before_the_handshake_is_dropped) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  EXPECT_TRUE(lab.drops(connection.client_with({.flags = "PA", .payload = 20}), DropReason::tcp_state));
  EXPECT_TRUE(lab.drops(connection.server_with({.flags = "PA", .payload = 20}), DropReason::tcp_state));
}

TEST_P(Tcp, a_server_that_remembers_an_older_connection_may_say_so) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  const Datagram challenge = connection.server_with({.flags = "A", .sequence = 5555, .acknowledgement = 777});
  EXPECT_TRUE(lab.passes(challenge));
}

// RFC 9293 3.5.1, figure 9: a client that lost its connection opens another of the same ports.
TEST_P(Tcp, the_reset_that_answers_an_older_connection_passes_and_the_syn_may_come_again) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  const Datagram syn = connection.client("S");
  const Endpoint client = lab.at("client", 40000);
  const Endpoint server = lab.at("server", 443);
  const auto reset = [&](std::uint32_t sequence) {
    return tcp(client, server, {.flags = "R", .sequence = sequence});
  };
  EXPECT_TRUE(lab.passes(syn));
  EXPECT_TRUE(lab.drops(reset(777), DropReason::tcp_rst_sequence)) << "nothing has asked for it";
  EXPECT_TRUE(lab.passes(tcp(server, client, {.flags = "A", .sequence = 5555, .acknowledgement = 777})));
  EXPECT_TRUE(lab.drops(reset(778), DropReason::tcp_rst_sequence));
  EXPECT_TRUE(lab.passes(reset(777)));
  EXPECT_EQ(lab.session().state, raw(State::syn_sent));
  EXPECT_EQ(lab.session().timeout_s, 20U);
  EXPECT_TRUE(lab.passes(syn));
  EXPECT_TRUE(lab.passes(connection.server("SA")));
  EXPECT_TRUE(lab.passes(connection.client("A")));
  EXPECT_EQ(lab.session().state, raw(State::established));
}

TEST_P(Tcp, without_syn_check_a_segment_from_the_middle_makes_a_session) {
  Network net = office();
  net.flow.tcp_syn_check = false;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("PA", 40)));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  EXPECT_TRUE(lab.passes(connection.server_with({.flags = "PA", .sequence = 123456, .payload = 1000})))
      << "windows are unknown";
  EXPECT_TRUE(lab.passes(connection.client("FA")));
  EXPECT_TRUE(lab.passes(connection.server("FA")));
  EXPECT_TRUE(lab.drops(Connection(lab.at("client", 40001), lab.at("server", 443)).client("R"),
                        DropReason::tcp_no_syn))
      << "a reset begins nothing";
}

TEST_P(Tcp, without_syn_check_neither_a_reset_nor_a_segment_without_ack_makes_a_session) {
  Network net = office();
  net.flow.tcp_syn_check = false;
  Lab lab(net, GetParam());
  for (const char* flags : {"R", "RA", "F", "P"}) {
    EXPECT_TRUE(lab.drops(to_server(lab).client_with({.flags = flags}), DropReason::tcp_no_syn)) << flags;
  }
  EXPECT_THAT(lab.flows(), IsEmpty());
}

TEST_P(Tcp, without_syn_check_a_reset_does_not_establish_what_a_lost_segment_began) {
  Network net = office();
  net.flow.tcp_syn_check = false;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  Datagram lost = connection.client("PA", 40);
  lost.hops = 1;
  static_cast<void>(lab.answer_to_dropped(lost, DropReason::ttl_expired));
  EXPECT_TRUE(lab.drops(connection.client_with({.flags = "RA"}), DropReason::tcp_no_syn));
  EXPECT_EQ(lab.session().timeout_s, 20U);
  EXPECT_TRUE(lab.passes(connection.client("PA", 40)));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
}

TEST_P(Tcp, a_policy_may_insist_on_a_syn_where_the_flow_does_not) {
  Network net = office();
  net.flow.tcp_syn_check = false;
  net.policy("out").syn_check_required = true;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.drops(connection.client("PA", 40), DropReason::tcp_no_syn));
  EXPECT_TRUE(to_server(lab, 40001).open(lab));
}

TEST_P(Tcp, a_syn_that_expired_on_the_way_does_not_open_the_door_for_what_follows) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  Datagram syn = connection.client("S");
  syn.hops = 1;
  static_cast<void>(lab.answer_to_dropped(syn, DropReason::ttl_expired));
  EXPECT_TRUE(lab.drops(connection.client("PA", 10), DropReason::tcp_no_syn));
  EXPECT_TRUE(lab.drops(connection.server("SA"), DropReason::tcp_state));
  EXPECT_TRUE(to_server(lab).open(lab));
}

// --- refused from the start

TEST_P(Tcp, with_tcp_rst_on_the_zone_a_stray_segment_is_answered_with_a_reset) {
  Network net = office();
  net.zone("trust").tcp_rst = true;
  Lab lab(net, GetParam());
  const Datagram stray = tcp(lab.at("client", 40000), lab.at("server", 443),
                             {.flags = "PA", .sequence = 7000, .acknowledgement = 9000, .payload = 10});
  const Datagram answer = lab.answer_to_dropped(stray, DropReason::tcp_no_syn);
  Datagram expected =
      tcp(lab.at("server", 443), lab.at("client", 40000), {.flags = "R", .sequence = 9000, .window = 0});
  expected.hops = answer.hops;
  EXPECT_EQ(answer, expected) << answer.text();
  EXPECT_TRUE(
      lab.drops(tcp(lab.at("client", 40000), lab.at("server", 443), {.flags = "R"}), DropReason::tcp_no_syn))
      << "a reset is never answered";
  EXPECT_TRUE(
      lab.drops(tcp(lab.at("server", 443), lab.at("client", 40000), {.flags = "A"}), DropReason::tcp_no_syn))
      << "the other zone has no tcp-rst";
}

TEST_P(Tcp, a_stray_fin_without_ack_is_answered_by_a_reset_that_acknowledges_it) {
  Network net = office();
  net.zone("trust").tcp_rst = true;
  Lab lab(net, GetParam());
  const Datagram stray =
      tcp(lab.at("client", 40000), lab.at("server", 443), {.flags = "F", .sequence = 7000, .payload = 10});
  const Datagram answer = lab.answer_to_dropped(stray, DropReason::tcp_no_syn);
  Datagram expected = tcp(lab.at("server", 443), lab.at("client", 40000),
                          {.flags = "RA", .acknowledgement = 7011, .window = 0});
  expected.hops = answer.hops;
  EXPECT_EQ(answer, expected) << answer.text();
}

TEST_P(Tcp, two_connections_with_ports_exchanged_are_two_sessions) {
  Lab lab(office(), GetParam());
  Connection one(lab.at("client", 1111), lab.at("server", 2222));
  Connection other(lab.at("client", 2222), lab.at("server", 1111));
  ASSERT_TRUE(one.open(lab));
  ASSERT_TRUE(other.open(lab));
  EXPECT_THAT(lab.flows(), ElementsAre("tcp client/1111 > server/2222", "tcp client/2222 > server/1111"));
}

}  // namespace
}  // namespace sluice::path
