// What `security flow` and a policy's tcp-options change about TCP: segment sizes, the strict handshake; and
// what closed connections still let through.
#include "lab.h"

namespace sluice::path {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SLUICE_PATH_SUITE(TcpMss);
SLUICE_PATH_SUITE(TcpStrict);
SLUICE_PATH_SUITE(TcpClosed);

Bytes mss(std::uint16_t size) {
  return {2, 4, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
}

// What leaves is `sent` with these TCP options.
testing::AssertionResult leaves_with(Lab& lab, Datagram sent, const Bytes& options) {
  const std::vector<Left> left = lab.send(sent);
  std::copy(options.begin(), options.end(), sent.transport.begin() + 20);
  return lab.left_towards_destination(left, sent.seal());
}

// --- the largest segment

TEST_P(TcpMss, a_syn_and_its_answer_announce_no_more_than_the_operator_allows) {
  Network net = office();
  net.flow.tcp_mss_all = 1350;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  connection.client_options = mss(1460);
  connection.server_options = mss(8960);
  EXPECT_TRUE(leaves_with(lab, connection.client("S"), mss(1350)));
  EXPECT_TRUE(leaves_with(lab, connection.server("SA"), mss(1350)));
  EXPECT_TRUE(lab.passes(connection.client("A")));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
}

TEST_P(TcpMss, the_option_is_found_wherever_it_stands) {
  Network net = office();
  net.flow.tcp_mss_all = 1000;
  Lab lab(net, GetParam());
  const Bytes around{4, 2, 1, 2, 4, 0x05, 0xb4, 3, 3, 7, 0, 0};  // at an odd place, among others
  Bytes limited = around;
  limited[5] = 0x03;
  limited[6] = 0xe8;
  Connection connection = to_server(lab);
  connection.client_options = around;
  EXPECT_TRUE(leaves_with(lab, connection.client("S"), limited));
}

TEST_P(TcpMss, what_is_small_enough_or_announces_nothing_stays_as_it_is) {
  Network net = office();
  net.flow.tcp_mss_all = 1350;
  Lab lab(net, GetParam());
  std::uint16_t port = 40000;
  for (const Bytes& options :
       {mss(1350), mss(536), Bytes{}, Bytes{2, 3, 9, 9}, Bytes{1, 1, 1, 2}, Bytes{0, 2, 4, 9}}) {
    Connection connection = to_server(lab, port++);
    connection.client_options = options;
    EXPECT_TRUE(lab.passes(connection.client("S"))) << testing::PrintToString(options);
  }
}

TEST_P(TcpMss, only_a_syn_is_changed) {
  Network net = office();
  net.flow.tcp_mss_all = 1350;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.client_with({.options = mss(1460), .payload = 20})));
}

TEST_P(TcpMss, a_policys_own_limit_goes_before_and_has_two_directions) {
  Network net = office();
  net.flow.tcp_mss_all = 1350;
  net.policy("out").initial_tcp_mss = 1400;
  net.policy("out").reverse_tcp_mss = 1200;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  connection.client_options = connection.server_options = mss(1460);
  EXPECT_TRUE(leaves_with(lab, connection.client("S"), mss(1400)));
  EXPECT_TRUE(leaves_with(lab, connection.server("SA"), mss(1200)));
}

TEST_P(TcpMss, a_policy_that_limits_one_direction_leaves_the_other_to_the_flow) {
  Network net = office();
  net.policy("out").reverse_tcp_mss = 1200;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  connection.client_options = connection.server_options = mss(1460);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  EXPECT_TRUE(leaves_with(lab, connection.server("SA"), mss(1200)));
}

// --- strict-syn-check

TEST_P(TcpStrict, no_data_passes_before_the_handshake_is_done) {
  Network net = office();
  net.flow.tcp_strict_syn_check = true;
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.drops(to_server(lab, 39000).client("S", 100), DropReason::tcp_state)) << "not with the SYN";
  EXPECT_THAT(lab.flows(), IsEmpty());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S")));
  EXPECT_TRUE(lab.passes(connection.server("SA")));
  EXPECT_TRUE(lab.drops(connection.server_with({.flags = "PA", .payload = 10}), DropReason::tcp_state))
      << "not from the server";
  EXPECT_TRUE(lab.drops(connection.client_with({.flags = "PA", .acknowledgement = 0xffffffff, .payload = 10}),
                        DropReason::tcp_state))
      << "not before the SYN-ACK is acknowledged";
  EXPECT_TRUE(lab.passes(connection.client("PA", 10))) << "the last step may carry some";
  EXPECT_TRUE(lab.passes(connection.server("PA", 10)));
}

TEST_P(TcpStrict, without_the_check_a_server_may_send_at_once) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  EXPECT_TRUE(lab.passes(connection.client("S", 100)));
  EXPECT_TRUE(lab.passes(connection.server("SA")));
  EXPECT_TRUE(lab.passes(connection.server("PA", 10)));
}

// --- a closed connection

TEST_P(TcpClosed, what_comes_late_passes_but_keeps_no_closed_connection) {
  Lab lab(office(), GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.client("R")));
  lab.advance(1);
  EXPECT_TRUE(lab.passes(connection.server("PA", 10)));
  EXPECT_THAT(lab.session().packets, ElementsAre(3, 2)) << "it is counted";
  EXPECT_EQ(lab.session().remaining_s, 1U);
  lab.advance(1);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_TRUE(lab.drops(connection.server("PA", 10), DropReason::tcp_no_syn));
}

TEST_P(TcpClosed, a_half_closed_connection_with_the_short_timeout_lives_while_data_flow) {
  Network net = office();
  net.flow.time_wait_half_close = true;
  Lab lab(net, GetParam());
  Connection connection = to_server(lab);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.passes(connection.client("FA")));
  for (int second = 0; second < 5; ++second) {
    lab.advance(1);
    EXPECT_TRUE(lab.passes(connection.server("PA", 10))) << second;
  }
  EXPECT_EQ(lab.session().remaining_s, 2U);
}

}  // namespace
}  // namespace sluice::path
