// UDP, ICMP queries, and every other IP protocol as sessions.
#include "lab.h"

namespace sluice::path {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SLUICE_PATH_SUITE(Datagrams);
SLUICE_PATH_SUITE_OF(DatagramsV4, Family::inet);
SLUICE_PATH_SUITE_OF(DatagramsV6, Family::inet6);

TEST_P(Datagrams, udp_and_its_answer_are_one_session_of_60_seconds) {
  Lab lab(office(), GetParam());
  const Endpoint client = lab.at("client", 5000);
  const Endpoint server = lab.at("server", 4500);
  EXPECT_TRUE(lab.passes(udp(client, server, 100)));
  EXPECT_TRUE(lab.passes(udp(server, client, 200)));
  const Seen session = lab.session();
  EXPECT_EQ(session.flow, "udp client/5000 > server/4500");
  EXPECT_EQ(session.timeout_s, 60U);
  EXPECT_THAT(session.packets, ElementsAre(1, 1));
  lab.advance(59);
  EXPECT_EQ(lab.flows().size(), 1U);
  lab.advance(1);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_EQ(lab.log().back().substr(0, 6), "closed");
}

TEST_P(Datagrams, udp_from_the_far_side_needs_a_session_or_a_policy) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.drops(udp(lab.at("server", 4500), lab.at("client", 5000)), DropReason::default_deny));
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5000), lab.at("server", 4500))));
  EXPECT_TRUE(lab.drops(udp(lab.at("server", 4501), lab.at("client", 5000)), DropReason::default_deny))
      << "another port is another flow";
}

TEST_P(DatagramsV4, udp_without_a_checksum_keeps_none) {
  Lab lab(office(), GetParam());
  Datagram bare = udp(lab.at("client", 5000), lab.at("server", 4500));
  bare.transport[6] = bare.transport[7] = 0;
  EXPECT_TRUE(lab.passes(bare));
}

TEST_P(Datagrams, an_empty_udp_datagram_in_a_padded_frame_loses_its_padding) {
  Lab lab(office(), GetParam());
  const Datagram empty = udp(lab.at("client", 5000), lab.at("server", 4500), Bytes{});
  Bytes padded = lab.frame_of("client", empty);
  padded.resize(90, 0xee);
  EXPECT_TRUE(lab.left_towards_destination(lab.send_frame("ge-0/0/0", padded), empty));
}

TEST_P(Datagrams, many_datagrams_in_one_burst_are_one_session) {
  Lab lab(office(), GetParam());
  const Datagram datagram = udp(lab.at("client", 5000), lab.at("server", 4500));
  for (int i = 0; i < 5; ++i) lab.inject("ge-0/0/0", lab.frame_of("client", datagram), 0);
  EXPECT_EQ(lab.run().size(), 5U);
  EXPECT_EQ(lab.session().packets[0], 5U);
}

// --- ICMP queries

TEST_P(Datagrams, each_echo_identifier_and_sequence_is_a_session_of_its_own) {
  Lab lab(office(), GetParam());
  const Endpoint client = lab.at("client");
  const Endpoint server = lab.at("server");
  EXPECT_TRUE(lab.passes(echo_request(client, server, 7, 1)));
  EXPECT_TRUE(lab.passes(echo_request(client, server, 7, 2)));
  EXPECT_TRUE(lab.passes(echo_request(client, server, 8, 1)));
  EXPECT_THAT(lab.flows(), ElementsAre("icmp client/7 > server/1", "icmp client/7 > server/2",
                                       "icmp client/8 > server/1"));
}

TEST_P(Datagrams, an_unanswered_echo_session_lasts_60_seconds) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(echo_request(lab.at("client"), lab.at("server"), 7, 1)));
  EXPECT_EQ(lab.session().timeout_s, 60U);
  lab.advance(60);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_THAT(lab.log().back(), testing::HasSubstr("idle Timeout 1/0"));
}

TEST_P(Datagrams, an_echo_reply_shortens_the_session_to_4_seconds_and_is_its_reason_to_close) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(echo_request(lab.at("client"), lab.at("server"), 7, 1)));
  EXPECT_TRUE(lab.passes(echo_reply(lab.at("server"), lab.at("client"), 7, 1)));
  EXPECT_EQ(lab.session().timeout_s, 4U);
  lab.advance(3);
  EXPECT_EQ(lab.flows().size(), 1U);
  lab.advance(1);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_THAT(lab.log().back(), testing::HasSubstr("response received 1/1"));
}

TEST_P(Datagrams, an_echo_reply_with_another_sequence_is_unsolicited) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(echo_request(lab.at("client"), lab.at("server"), 7, 1)));
  EXPECT_TRUE(
      lab.drops(echo_reply(lab.at("server"), lab.at("client"), 7, 2), DropReason::icmp_reply_unsolicited));
  EXPECT_TRUE(
      lab.drops(echo_reply(lab.at("server"), lab.at("client"), 1, 7), DropReason::icmp_reply_unsolicited));
}

TEST_P(DatagramsV4, a_timestamp_query_and_its_answer_are_a_session) {
  Lab lab(office(), GetParam());
  const Bytes times(12);
  EXPECT_TRUE(lab.passes(icmp(lab.at("client"), lab.at("server"), 13, 0, 7 << 16 | 1, times)));
  EXPECT_TRUE(lab.passes(icmp(lab.at("server"), lab.at("client"), 14, 0, 7 << 16 | 1, times)));
  EXPECT_EQ(lab.session().timeout_s, 4U);
}

TEST_P(Datagrams, an_echo_request_that_comes_back_with_its_numbers_exchanged_is_judged_by_the_policies) {
  Lab lab(office(), GetParam());
  const Endpoint client = lab.at("client");
  const Endpoint server = lab.at("server");
  EXPECT_TRUE(lab.passes(echo_request(client, server, 7, 1)));
  EXPECT_TRUE(lab.drops(echo_request(server, client, 1, 7), DropReason::default_deny));
  EXPECT_TRUE(lab.drops(echo_request(server, client, 7, 1), DropReason::default_deny));
  EXPECT_EQ(lab.session().timeout_s, 60U) << "nothing has answered";
  EXPECT_TRUE(lab.drops(echo_reply(client, server, 1, 7), DropReason::icmp_reply_unsolicited));
  EXPECT_TRUE(lab.passes(echo_reply(server, client, 7, 1)));
}

TEST_P(Datagrams, two_hosts_that_ping_each_other_with_the_same_numbers_have_two_sessions) {
  Network net = office();
  net.policies.push_back({.name = "in", .from = "untrust", .to = "trust"});
  Lab lab(net, GetParam());
  const Endpoint client = lab.at("client");
  const Endpoint server = lab.at("server");
  EXPECT_TRUE(lab.passes(echo_request(client, server, 7, 1)));
  EXPECT_TRUE(lab.passes(echo_request(server, client, 1, 7)));
  EXPECT_TRUE(lab.passes(echo_reply(server, client, 7, 1)));
  EXPECT_TRUE(lab.passes(echo_reply(client, server, 1, 7)));
  EXPECT_THAT(lab.flows(), ElementsAre("icmp client/7 > server/1", "icmp server/1 > client/7"));
  for (const Seen& session : lab.sessions()) EXPECT_THAT(session.packets, ElementsAre(1, 1));
}

TEST_P(DatagramsV4, each_kind_of_icmp_query_is_a_session_of_its_own) {
  Lab lab(office(), GetParam());
  const Endpoint client = lab.at("client");
  const Endpoint server = lab.at("server");
  const Bytes body(12);
  for (const std::uint8_t type : {8, 13, 15, 17}) {
    EXPECT_TRUE(lab.passes(icmp(client, server, type, 0, 7 << 16 | 1, body))) << int{type};
  }
  EXPECT_EQ(lab.flows().size(), 4U);
  EXPECT_TRUE(lab.passes(icmp(server, client, 14, 0, 7 << 16 | 1, body)));
  for (const Seen& session : lab.sessions()) EXPECT_EQ(session.packets[0], 1U);
}

TEST_P(Datagrams, the_answer_to_an_extended_echo_says_more_than_its_request) {
  Lab lab(office(), GetParam());
  const Bytes body(12);
  const std::uint8_t request = v4() ? 42 : 160;  // RFC 8335: sequence, then what is asked or found
  const std::uint8_t reply = v4() ? 43 : 161;
  EXPECT_TRUE(lab.passes(icmp(lab.at("client"), lab.at("server"), request, 0, 7 << 16 | 0x0101, body)));
  EXPECT_TRUE(lab.passes(icmp(lab.at("server"), lab.at("client"), reply, 0, 7 << 16 | 0x0144, body)));
  EXPECT_THAT(lab.session().packets, ElementsAre(1, 1));
}

TEST_P(Datagrams, icmp_messages_that_are_no_queries_share_no_session_either) {
  Lab lab(office(), GetParam());
  const Endpoint client = lab.at("client");
  const Endpoint server = lab.at("server");
  const Bytes body(12);
  const std::uint8_t one = v4() ? 40 : 151;  // Photuris; multicast router advertisement
  const std::uint8_t two = v4() ? 41 : 155;
  EXPECT_TRUE(lab.passes(icmp(client, server, one, 0, 0, body)));
  EXPECT_TRUE(lab.passes(icmp(client, server, two, 0, 0, body)));
  EXPECT_EQ(lab.flows().size(), 2U);
  EXPECT_TRUE(lab.drops(icmp(server, client, one, 0, 0, body), DropReason::default_deny));
}

// --- other protocols

TEST_P(Datagrams, esp_ah_gre_and_any_other_protocol_are_sessions_of_their_addresses) {
  Lab lab(office(), GetParam());
  const Endpoint client = lab.at("client");
  const Endpoint server = lab.at("server");
  const Bytes bytes{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 1, 2, 3, 4, 5, 6, 7, 8};
  for (const std::uint8_t protocol : {47, 50, 51, 89, 99, 103, 250}) {
    EXPECT_TRUE(lab.passes(other(protocol, client, server, bytes))) << int{protocol};
    EXPECT_TRUE(lab.passes(other(protocol, server, client, bytes))) << int{protocol};
  }
  EXPECT_THAT(lab.flows(), ElementsAre("protocol-103 client/0 > server/0", "protocol-250 client/0 > server/0",
                                       "protocol-47 client/0 > server/0", "protocol-50 client/0 > server/0",
                                       "protocol-51 client/0 > server/0", "protocol-89 client/0 > server/0",
                                       "protocol-99 client/0 > server/0"));
}

TEST_P(Datagrams, other_protocols_have_timeouts_of_their_own) {
  Lab lab(office(), GetParam());
  const Bytes bytes(24);
  EXPECT_TRUE(lab.passes(other(50, lab.at("client"), lab.at("server"), bytes)));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  lab.end(lab.session());
  EXPECT_TRUE(lab.passes(other(89, lab.at("client"), lab.at("server"), bytes)));
  EXPECT_EQ(lab.session().timeout_s, 60U) << "OSPF";
}

TEST_P(Datagrams, sctp_dccp_and_udp_lite_are_told_apart_by_ports) {
  Lab lab(office(), GetParam());
  const Endpoint client = lab.at("client");
  const Endpoint server = lab.at("server");
  // Ports 5000 > 9899 and 5001 > 9899, and what follows them in the header.
  const Bytes one{0x13, 0x88, 0x26, 0xab, 0, 0, 0, 0, 0xca, 0xfe, 0xba, 0xbe, 1, 0, 0, 20};
  const Bytes two{0x13, 0x89, 0x26, 0xab, 1, 2, 3, 4, 0xca, 0xfe, 0xba, 0xbe, 1, 0, 0, 20};
  const Bytes answer{0x26, 0xab, 0x13, 0x88, 1, 2, 3, 4, 0xca, 0xfe, 0xba, 0xbe, 2, 0, 0, 20};
  for (const std::uint8_t protocol : {132, 33, 136}) {
    EXPECT_TRUE(lab.passes(other(protocol, client, server, one))) << int{protocol};
    EXPECT_TRUE(lab.passes(other(protocol, client, server, two))) << int{protocol};
    EXPECT_TRUE(lab.passes(other(protocol, server, client, answer))) << int{protocol};
  }
  EXPECT_EQ(lab.flows().size(), 6U);
}

TEST_P(Datagrams, the_same_ports_of_tcp_and_udp_are_two_sessions) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5000), lab.at("server", 53))));
  EXPECT_TRUE(lab.passes(tcp(lab.at("client", 5000), lab.at("server", 53), {.flags = "S"})));
  EXPECT_THAT(lab.flows(), ElementsAre("tcp client/5000 > server/53", "udp client/5000 > server/53"));
}

// --- headers with more in them

TEST_P(Datagrams, ip_options_and_extension_headers_pass_untouched) {
  Lab lab(office(), GetParam());
  Datagram with = udp(lab.at("client", 5000), lab.at("server", 4500));
  if (v4()) {
    with.options = {1, 1, 148, 4, 0, 0};  // two no-ops, router alert
  } else {
    // Hop-by-hop (router alert), then destination options, then UDP.
    with.options = {60, 0, 5, 2, 0, 0, 1, 0, kUdp, 0, 1, 4, 0, 0, 0, 0};
    with.first_next = 0;
  }
  if (v4()) with.options.resize(8);
  EXPECT_TRUE(lab.passes(with));
  EXPECT_EQ(lab.session().flow, "udp client/5000 > server/4500");
  EXPECT_TRUE(lab.passes(udp(lab.at("server", 4500), lab.at("client", 5000))));
  EXPECT_THAT(lab.session().packets, ElementsAre(1, 1));
}

TEST_P(DatagramsV6, a_chain_of_extension_headers_ends_at_the_transport) {
  Lab lab(office(), GetParam());
  Datagram with = tcp(lab.at("client", 5000), lab.at("server", 443), {.flags = "S"});
  // Destination options of 16 bytes, then a routing header of type 2 (RFC 6275) with nothing left to visit.
  with.options = {43, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const Bytes routing{kTcp, 0, 2, 0, 0, 0, 0, 0};
  with.options.insert(with.options.end(), routing.begin(), routing.end());
  with.first_next = 60;
  EXPECT_TRUE(lab.passes(with));
  EXPECT_EQ(lab.session().flow, "tcp client/5000 > server/443");
}

TEST_P(DatagramsV6, an_ipv6_packet_with_nothing_behind_its_header_is_a_session_too) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(other(59, lab.at("client"), lab.at("server"), Bytes{})));
}

// --- DNS

TEST_P(Datagrams, a_dns_query_and_its_answer_pass) {
  Lab lab(office(), GetParam());
  const Bytes query{0xab, 0xcd, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0};
  const Bytes answer{0xab, 0xcd, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0};
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5353), lab.at("server", 53), query)));
  EXPECT_TRUE(lab.passes(udp(lab.at("server", 53), lab.at("client", 5353), answer)));
  EXPECT_EQ(lab.session().application, "junos-dns-udp");
}

TEST_P(Datagrams, allow_dns_reply_lets_a_response_begin_a_session) {
  Network net = office();
  net.flow.allow_dns_reply = true;
  Lab lab(net, GetParam());
  const Bytes answer{0xab, 0xcd, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0};
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5353), lab.at("server", 53), answer)));
}

TEST_P(Datagrams, a_datagram_too_short_for_dns_is_not_taken_for_a_response) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5353), lab.at("server", 53), Bytes{0xab, 0xcd, 0x81})));
}

}  // namespace
}  // namespace sluice::path
