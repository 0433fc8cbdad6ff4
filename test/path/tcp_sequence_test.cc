// TCP sessions and sequence numbers: windows, resets, and connections that one end has lost.
#include "dataplane/session/tcp.h"

#include "lab.h"

namespace sluice::path {
namespace {

using session::tcp::State;
using testing::IsEmpty;

SLUICE_PATH_SUITE(TcpSequence);

// --- windows

TEST_P(TcpSequence, a_segment_beyond_the_window_is_dropped_and_one_at_its_edge_passes) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  connection.window = 10000;
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.drops(connection.client_with({.sequence = 10001, .payload = 10}), DropReason::tcp_window));
  EXPECT_TRUE(lab.passes(connection.client_with({.sequence = 10000, .payload = 10})));
}

TEST_P(TcpSequence, a_segment_older_than_a_window_is_dropped) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  connection.window = 1000;
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.client_with({.sequence = 0U - 500, .window = 1000, .payload = 10})))
      << "a retransmission";
  EXPECT_TRUE(lab.drops(connection.client_with({.sequence = 0U - 2000, .window = 1000, .payload = 10}),
                        DropReason::tcp_window));
}

TEST_P(TcpSequence, an_acknowledgement_of_what_was_never_sent_is_dropped) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.drops(connection.client_with({.acknowledgement = 1}), DropReason::tcp_window));
  EXPECT_TRUE(lab.drops(connection.client_with({.acknowledgement = 0U - 80000}), DropReason::tcp_window));
}

TEST_P(TcpSequence, scaled_windows_count_once_both_ends_offered_a_scale) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  connection.window = 10000;
  connection.client_options = {3, 3, 7};
  connection.server_options = {1, 3, 3, 4};
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.server("A"))) << "which opens a window of 10000 << 4";
  EXPECT_TRUE(lab.passes(connection.client_with({.sequence = 160000, .payload = 10})));
  EXPECT_TRUE(lab.drops(connection.client_with({.sequence = 170001, .payload = 10}), DropReason::tcp_window));
}

TEST_P(TcpSequence, a_scale_that_one_end_offers_alone_does_not_count) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  connection.window = 10000;
  connection.client_options = {3, 3, 7};
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.client("PA", 10)));
  EXPECT_TRUE(lab.drops(connection.server_with({.sequence = 20001, .payload = 10}), DropReason::tcp_window));
}

TEST_P(TcpSequence, a_zero_window_takes_a_probe_of_one_byte) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  connection.window = 1000;
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.client("PA", 1000)));
  connection.window = 0;
  EXPECT_TRUE(lab.passes(connection.server("A")));
  EXPECT_TRUE(lab.passes(connection.client_with({.payload = 1})));
  EXPECT_TRUE(lab.drops(connection.client_with({.sequence = 2, .payload = 1}), DropReason::tcp_window));
}

TEST_P(TcpSequence, sequence_numbers_may_wrap) {
  Lab lab(office(), GetParam());
  const Endpoint client = lab.at("client", 40000);
  const Endpoint server = lab.at("server", 443);
  EXPECT_TRUE(lab.passes(tcp(client, server, {.flags = "S", .sequence = 0xffffffff})));
  EXPECT_TRUE(lab.passes(tcp(server, client, {.flags = "SA", .sequence = 0xfffffffe, .acknowledgement = 0})));
  EXPECT_TRUE(lab.passes(tcp(client, server, {.sequence = 0, .acknowledgement = 0xffffffff})));
  EXPECT_TRUE(
      lab.passes(tcp(server, client, {.sequence = 0xffffffff, .acknowledgement = 0, .payload = 1000})));
  EXPECT_TRUE(lab.passes(tcp(client, server, {.sequence = 0, .acknowledgement = 999, .payload = 1000})));
}

TEST_P(TcpSequence, without_sequence_check_windows_do_not_matter) {
  Network net = office();
  net.flow.tcp_sequence_check = false;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.client_with({.sequence = 900000, .payload = 10})));
  EXPECT_TRUE(lab.passes(connection.client_with({.acknowledgement = 900000, .payload = 10})));
}

TEST_P(TcpSequence, a_segment_without_ack_in_an_open_connection_is_dropped) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.drops(connection.client_with({.flags = "P", .payload = 10}), DropReason::tcp_state));
}

// --- resets

TEST_P(TcpSequence, a_reset_out_of_window_is_dropped_and_the_session_stays) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(
      lab.drops(connection.server_with({.flags = "R", .sequence = 100000}), DropReason::tcp_rst_sequence));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  EXPECT_TRUE(lab.passes(connection.client("PA", 10)));
}

TEST_P(TcpSequence, a_reset_that_does_not_answer_the_syn_is_dropped) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  EXPECT_TRUE(lab.drops(connection.server_with({.flags = "R"}), DropReason::tcp_rst_sequence));
  EXPECT_TRUE(
      lab.drops(connection.server_with({.flags = "RA", .acknowledgement = 1}), DropReason::tcp_rst_sequence));
  EXPECT_TRUE(lab.passes(connection.server("SA")));
}

TEST_P(TcpSequence, rst_sequence_check_wants_the_exact_number) {
  Network net = office();
  net.flow.tcp_rst_sequence_check = true;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.drops(connection.client_with({.flags = "R", .sequence = 5}), DropReason::tcp_rst_sequence));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  EXPECT_TRUE(lab.passes(connection.client_with({.flags = "R"})));
  EXPECT_EQ(lab.session().timeout_s, 2U);
}

TEST_P(TcpSequence, a_syn_in_an_open_connection_passes_and_changes_nothing) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  // RFC 5961 section 4: the other end answers with a challenge.
  EXPECT_TRUE(lab.passes(connection.client_with({.flags = "S", .sequence = 5})));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  EXPECT_TRUE(lab.passes(connection.server_with({.flags = "A"})));
  EXPECT_TRUE(lab.passes(connection.client("PA", 10)));
}

// --- connections that were lost

// A connection of the same ends and other numbers than `Connection` chooses.
struct Anew {
  Endpoint client;
  Endpoint server;
  std::uint32_t client_first = 3'000'000'000;
  std::uint32_t server_first = 2'000'000'000;

  [[nodiscard]] Datagram syn() const { return tcp(client, server, {.flags = "S", .sequence = client_first}); }
  [[nodiscard]] Datagram syn_ack() const {
    return tcp(server, client,
               {.flags = "SA", .sequence = server_first, .acknowledgement = client_first + 1});
  }
  [[nodiscard]] Datagram ack(std::size_t payload = 0) const {
    return tcp(client, server,
               {.flags = "A",
                .sequence = client_first + 1,
                .acknowledgement = server_first + 1,
                .payload = payload});
  }
};

Anew anew(const Lab& lab) {
  return {.client = lab.at("client", 40000), .server = lab.at("server", 443)};
}

TEST_P(TcpSequence, two_ends_that_both_lost_their_connection_may_connect_again) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  const Anew again = anew(lab);
  EXPECT_TRUE(lab.passes(again.syn()));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  EXPECT_TRUE(lab.passes(again.syn_ack()));
  EXPECT_EQ(lab.session().state, raw(State::syn_received));
  EXPECT_EQ(lab.session().timeout_s, 20U);
  EXPECT_TRUE(lab.passes(again.ack()));
  EXPECT_EQ(lab.session().state, raw(State::established));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  EXPECT_TRUE(lab.passes(again.ack(1000)));
  EXPECT_TRUE(lab.drops(connection.client_with({.flags = "PA", .payload = 10}), DropReason::tcp_window))
      << "the older connection is over";
}

TEST_P(TcpSequence, a_handshake_that_both_ends_lost_may_begin_again) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  EXPECT_TRUE(lab.passes(connection.server("SA")));
  const Anew again = anew(lab);
  EXPECT_TRUE(lab.passes(again.syn()));
  EXPECT_TRUE(lab.passes(again.syn_ack()));
  EXPECT_TRUE(lab.passes(again.ack(10)));
}

TEST_P(TcpSequence, an_end_that_still_lives_challenges_a_syn_and_the_connection_goes_on) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  const Anew forged = anew(lab);
  EXPECT_TRUE(lab.passes(forged.syn()));
  EXPECT_TRUE(lab.passes(connection.server_with({.flags = "A"})));  // RFC 5961 4.2
  EXPECT_EQ(lab.session().state, raw(State::established));
  EXPECT_TRUE(lab.passes(forged.syn_ack())) << "it begins nothing any more";
  EXPECT_EQ(lab.session().state, raw(State::established));
  EXPECT_TRUE(lab.passes(connection.client("PA", 10)));
  EXPECT_TRUE(lab.passes(connection.server("PA", 10)));
}

TEST_P(TcpSequence, a_client_that_lost_its_connection_resets_it_after_the_challenge_and_connects_again) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  const Anew again = anew(lab);
  EXPECT_TRUE(lab.passes(again.syn()));
  EXPECT_TRUE(lab.passes(connection.server_with({.flags = "A"})));
  EXPECT_TRUE(lab.passes(connection.client_with({.flags = "R"})));
  EXPECT_EQ(lab.session().timeout_s, 2U);
  EXPECT_TRUE(lab.passes(again.syn()));
  EXPECT_TRUE(lab.passes(again.syn_ack()));
  EXPECT_TRUE(lab.passes(again.ack()));
}

TEST_P(TcpSequence, a_syn_ack_that_acknowledges_something_else_does_not_start_a_connection_anew) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  Anew again = anew(lab);
  EXPECT_TRUE(lab.passes(again.syn()));
  again.client_first += 1;
  EXPECT_TRUE(lab.passes(again.syn_ack()));
  EXPECT_TRUE(lab.passes(connection.client("PA", 10)));
  EXPECT_EQ(lab.session().state, raw(State::established));
}

TEST_P(TcpSequence, a_handshake_sent_again_does_not_start_the_connection_anew) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  const Datagram syn = connection.client("S");
  const Datagram syn_ack = connection.server("SA");
  EXPECT_TRUE(lab.passes(syn));
  EXPECT_TRUE(lab.passes(syn_ack));
  EXPECT_TRUE(lab.passes(connection.client("A")));
  EXPECT_TRUE(lab.passes(connection.client("PA", 500)));
  EXPECT_TRUE(lab.passes(syn));
  EXPECT_TRUE(lab.passes(syn_ack));
  EXPECT_TRUE(lab.passes(connection.server("A")));
  EXPECT_EQ(lab.session().state, raw(State::established));
}

TEST_P(TcpSequence, a_new_connection_of_the_responder_on_the_old_ones_ports_is_judged_by_the_policies) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  const Anew back{.client = lab.at("server", 443), .server = lab.at("client", 40000)};
  EXPECT_TRUE(lab.passes(back.syn()));
  EXPECT_TRUE(lab.drops(back.syn_ack(), DropReason::tcp_no_syn));
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_TRUE(lab.drops(back.syn(), DropReason::default_deny));
}

TEST_P(TcpSequence, the_refusal_of_a_new_connection_on_an_old_ones_ports_passes) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  const Anew again = anew(lab);
  const auto refusal = [&](std::uint32_t acknowledgement) {
    return tcp(again.server, again.client, {.flags = "RA", .acknowledgement = acknowledgement});
  };
  EXPECT_TRUE(lab.passes(again.syn()));
  EXPECT_TRUE(lab.drops(refusal(again.client_first), DropReason::tcp_rst_sequence));
  EXPECT_TRUE(lab.passes(refusal(again.client_first + 1)));
  EXPECT_EQ(lab.session().timeout_s, 2U);
}

}  // namespace
}  // namespace sluice::path
