// ICMP errors: those of others, which belong to the session that they quote, and our own.
#include "lab.h"

namespace sluice::path {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SLUICE_PATH_SUITE(IcmpErrors);
SLUICE_PATH_SUITE_OF(IcmpErrorsV4, Family::inet);
SLUICE_PATH_SUITE_OF(IcmpErrorsV6, Family::inet6);

TEST_P(IcmpErrors, a_port_unreachable_of_the_server_reaches_the_client) {
  Lab lab(office(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500), 40);
  EXPECT_TRUE(lab.passes(question));
  const Datagram error = complain(lab.at("server").address, forwarded(question), Complaint::port_unreachable);
  EXPECT_TRUE(lab.passes(error));
  EXPECT_THAT(lab.session().packets, ElementsAre(1, 1));
  EXPECT_EQ(lab.session().remaining_s, 60U);
}

TEST_P(IcmpErrors, an_error_of_a_router_on_the_way_reaches_the_client) {
  Lab lab(office(), GetParam());
  const Datagram question = tcp(lab.at("client", 5000), lab.at("server", 443), {.flags = "S"});
  EXPECT_TRUE(lab.passes(question));
  EXPECT_TRUE(lab.passes(complain(lab.at("gateway").address, forwarded(question), Complaint::time_exceeded)));
}

TEST_P(IcmpErrors, an_error_about_an_answer_reaches_the_server) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5000), lab.at("server", 4500))));
  const Datagram answer = udp(lab.at("server", 4500), lab.at("client", 5000));
  EXPECT_TRUE(lab.passes(answer));
  EXPECT_TRUE(lab.passes(complain(lab.at("client").address, forwarded(answer), Complaint::port_unreachable)));
  EXPECT_THAT(lab.session().packets, ElementsAre(2, 1));
}

TEST_P(IcmpErrors, too_big_passes_and_leaves_the_session_alone) {
  Lab lab(office(), GetParam());
  Connection connection(lab.at("client", 5000), lab.at("server", 443));
  ASSERT_TRUE(connection.open(lab));
  Datagram large = connection.client("PA", 1400);
  large.dont_fragment = v4();
  EXPECT_TRUE(lab.passes(large));
  EXPECT_TRUE(lab.passes(complain(lab.at("gateway").address, forwarded(large), Complaint::too_big, 1300)));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  EXPECT_TRUE(lab.passes(connection.client("PA", 1000)));
}

TEST_P(IcmpErrors, an_error_does_not_prolong_its_session) {
  Lab lab(office(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  EXPECT_TRUE(lab.passes(question));
  lab.advance(50);
  EXPECT_TRUE(
      lab.passes(complain(lab.at("server").address, forwarded(question), Complaint::port_unreachable)));
  EXPECT_EQ(lab.session().remaining_s, 10U);
}

TEST_P(IcmpErrors, an_error_about_an_echo_ends_its_session_with_that_reason) {
  Lab lab(office(), GetParam());
  const Datagram ping = echo_request(lab.at("client"), lab.at("server"), 7, 1);
  EXPECT_TRUE(lab.passes(ping));
  EXPECT_TRUE(lab.passes(complain(lab.at("gateway").address, forwarded(ping), Complaint::time_exceeded)));
  lab.advance(4);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_THAT(lab.log().back(), testing::HasSubstr("ICMP error 1/1"));
}

TEST_P(IcmpErrors, errors_about_esp_and_sctp_find_their_sessions) {
  Lab lab(office(), GetParam());
  for (const std::uint8_t protocol : {50, 132}) {
    const Datagram packet =
        other(protocol, lab.at("client"), lab.at("server"), Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13});
    EXPECT_TRUE(lab.passes(packet));
    EXPECT_TRUE(lab.passes(complain(lab.at("gateway").address, forwarded(packet), Complaint::no_route)));
  }
}

TEST_P(IcmpErrorsV4, an_error_about_a_packet_with_ip_options_finds_its_session) {
  Lab lab(office(), GetParam());
  Datagram packet = udp(lab.at("client", 5000), lab.at("server", 4500));
  packet.options = {148, 4, 0, 0};
  EXPECT_TRUE(lab.passes(packet));
  EXPECT_TRUE(lab.passes(complain(lab.at("server").address, forwarded(packet), Complaint::port_unreachable)));
}

TEST_P(IcmpErrors, an_error_that_quotes_no_session_is_dropped) {
  Lab lab(office(), GetParam());
  const Datagram never_sent = udp(lab.at("client", 5000), lab.at("server", 4500));
  EXPECT_TRUE(lab.drops(complain(lab.at("server").address, never_sent, Complaint::port_unreachable),
                        DropReason::icmp_no_session));
}

TEST_P(IcmpErrors, an_error_to_another_than_the_sender_of_what_it_quotes_is_dropped) {
  Lab lab(office(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  EXPECT_TRUE(lab.passes(question));
  Datagram error = complain(lab.at("server").address, forwarded(question), Complaint::port_unreachable);
  error.destination = lab.at("web").address;
  EXPECT_TRUE(lab.drops(error.seal(), DropReason::icmp_no_session));
}

TEST_P(IcmpErrors, an_error_from_a_third_zone_is_dropped) {
  Lab lab(office(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  EXPECT_TRUE(lab.passes(question));
  EXPECT_TRUE(lab.drops(complain(lab.at("web").address, forwarded(question), Complaint::port_unreachable),
                        DropReason::icmp_no_session));
}

TEST_P(IcmpErrors, an_error_with_a_useless_quote_is_dropped) {
  Lab lab(office(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  EXPECT_TRUE(lab.passes(question));
  const Datagram error = complain(lab.at("server").address, forwarded(question), Complaint::port_unreachable);
  for (const std::size_t kept : {0U, 4U, 19U, 27U}) {
    Datagram cut = error;
    cut.transport.resize(8 + kept);
    EXPECT_TRUE(lab.drops(cut.seal(), DropReason::icmp_no_session)) << kept << " bytes of the quote";
  }
  Datagram wrong_version = error;
  wrong_version.transport[8] = 0x95;
  EXPECT_TRUE(lab.drops(wrong_version.seal(), DropReason::icmp_no_session));
}

TEST_P(IcmpErrorsV4, an_error_about_a_later_fragment_is_dropped) {
  Lab lab(office(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  EXPECT_TRUE(lab.passes(question));
  Datagram later = forwarded(question);  // its data would look like the session's ports
  later.offset = 8;
  EXPECT_TRUE(lab.drops(complain(lab.at("server").address, later, Complaint::port_unreachable),
                        DropReason::icmp_no_session));
}

TEST_P(IcmpErrors, an_error_about_a_first_fragment_finds_its_session) {
  Lab lab(office(), GetParam());
  const auto pieces = fragments(udp(lab.at("client", 5000), lab.at("server", 4500), 2000), 1400, 9);
  for (const Datagram& piece : pieces) static_cast<void>(lab.send(piece));
  ASSERT_EQ(lab.flows().size(), 1U);
  Datagram about = forwarded(pieces[0]);
  about.transport.resize(1200);  // a quote that fits the link
  EXPECT_TRUE(lab.passes(complain(lab.at("gateway").address, about, Complaint::too_big, 1280)));
  EXPECT_TRUE(lab.drops(complain(lab.at("gateway").address, forwarded(pieces[1]), Complaint::too_big, 1280),
                        DropReason::icmp_no_session))
      << "a later one has no ports";
}

TEST_P(IcmpErrorsV6, an_error_about_a_packet_with_extension_headers_finds_its_session) {
  Lab lab(office(), GetParam());
  Datagram packet = udp(lab.at("client", 5000), lab.at("server", 4500));
  packet.first_next = 0;  // hop-by-hop, then destination options
  packet.options = {60, 0, 1, 4, 0, 0, 0, 0, kUdp, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_TRUE(lab.passes(packet));
  const Datagram error = complain(lab.at("server").address, forwarded(packet), Complaint::port_unreachable);
  EXPECT_TRUE(lab.passes(error));
  for (const std::size_t kept : {40U, 47U, 55U, 64U, 71U}) {
    Datagram cut = error;
    cut.transport.resize(8 + kept);
    EXPECT_TRUE(lab.drops(cut.seal(), DropReason::icmp_no_session)) << kept << " bytes of the quote";
  }
}

TEST_P(IcmpErrors, with_allow_embedded_icmp_policies_decide_about_errors_of_no_session) {
  Network net = office();
  net.flow.allow_embedded_icmp = true;
  Lab lab(net, GetParam());
  const Datagram from_server = udp(lab.at("server", 4500), lab.at("client", 5000));
  const Datagram to_server = complain(lab.at("client").address, from_server, Complaint::port_unreachable);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(lab.passes(to_server));
  EXPECT_THAT(lab.session().packets, ElementsAre(2, 0));
  EXPECT_EQ(lab.session().policy, "out");
  const Datagram from_client = udp(lab.at("client", 5000), lab.at("server", 4500));
  EXPECT_TRUE(lab.drops(complain(lab.at("server").address, from_client, Complaint::port_unreachable),
                        DropReason::default_deny));
}

TEST_P(IcmpErrors, an_error_of_no_session_is_not_answered_by_another) {
  Network net = office();
  net.flow.allow_embedded_icmp = true;
  Lab lab(net, GetParam());
  const Datagram from_server = udp(lab.at("server", 4500), lab.at("client", 5000));
  Datagram error = complain(lab.at("client").address, from_server, Complaint::port_unreachable);
  error.hops = 1;
  EXPECT_TRUE(lab.drops(error.seal(), DropReason::ttl_expired)) << "RFC 1122 3.2.2";
}

TEST_P(IcmpErrors, an_error_larger_than_the_link_is_dropped) {
  Network net = office();
  net.unit("ge-0/0/0.0").mtu = 1280;
  Lab lab(net, GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500), 1200);
  EXPECT_TRUE(lab.passes(question));
  Datagram error = complain(lab.at("server").address, forwarded(question), Complaint::port_unreachable);
  error.transport.resize(1270);
  EXPECT_TRUE(lab.drops(error.seal(), DropReason::fragmentation_needed)) << "no error about an error";
}

TEST_P(IcmpErrors, an_error_whose_hops_run_out_is_dropped_silently) {
  Lab lab(office(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  EXPECT_TRUE(lab.passes(question));
  Datagram error = complain(lab.at("server").address, forwarded(question), Complaint::port_unreachable);
  error.hops = 1;
  EXPECT_TRUE(lab.drops(error, DropReason::ttl_expired));
}

}  // namespace
}  // namespace sluice::path
