// ICMP through NAT (RFC 5508): queries with their identifiers, and errors with what they quote.
#include <set>

#include "nat_scene.h"

namespace sluice::path {
namespace {

SLUICE_PATH_SUITE(Icmp);

// RFC 5508 REQ-1.
TEST_P(Icmp, a_ping_leaves_with_an_identifier_of_its_own_and_is_answered) {
  Lab lab(hidden_office(GetParam().family, 8), GetParam());
  for (std::uint16_t sequence = 1; sequence < 20; ++sequence) {
    const Datagram ping = echo_request(lab.at("client"), lab.at("server"), 7, sequence);
    const Datagram seen = lab.translated(ping);
    EXPECT_EQ(seen, echo_request({seen.source}, lab.at("server"), identifier_of(seen), sequence));
    EXPECT_NE(seen.source, ping.source);
    EXPECT_TRUE(lab.becomes(echo_reply(lab.at("server"), {seen.source}, identifier_of(seen), sequence),
                            echo_reply(lab.at("server"), lab.at("client"), 7, sequence)));
  }
}

TEST_P(Icmp, two_hosts_that_ping_with_one_identifier_are_told_apart) {
  Network network = hidden_office(GetParam().family);
  network.hosts.push_back({"second", "ge-0/0/0.0", "10.0.1.11", "2001:db8:1::11"});
  Lab lab(network, GetParam());
  const Datagram first = lab.translated(echo_request(lab.at("client"), lab.at("server"), 7, 1));
  const Datagram second = lab.translated(echo_request(lab.at("second"), lab.at("server"), 7, 1));
  EXPECT_EQ(first.source, second.source);
  EXPECT_NE(identifier_of(first), identifier_of(second));
  EXPECT_TRUE(lab.becomes(echo_reply(lab.at("server"), {second.source}, identifier_of(second), 1),
                          echo_reply(lab.at("server"), lab.at("second"), 7, 1)));
}

// RFC 5508 REQ-4: from outside, about what a host inside sent.
TEST_P(Icmp, an_error_from_outside_quotes_the_packet_as_its_sender_knows_it) {
  for (const Complaint what : {Complaint::port_unreachable, Complaint::time_exceeded, Complaint::too_big}) {
    Lab lab(hidden_office(GetParam().family), GetParam());
    for (const char* complainer :
         {"server", "gateway"}) {  // traceroute and path MTU discovery: the routers between
      Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500), 40);
      question.dont_fragment = v4();
      const Datagram seen = lab.translated(question);
      EXPECT_TRUE(lab.becomes(complain(lab.at(complainer).address, forwarded(seen), what, 1300),
                              complain(lab.at(complainer).address, forwarded(question), what, 1300)));
    }
  }
}

TEST_P(Icmp, an_error_about_a_connection_reaches_its_host) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram syn = tcp(lab.at("client", 40000), lab.at("server", 443), {.flags = "S"});
  const Datagram seen = lab.translated(syn);
  EXPECT_TRUE(lab.becomes(complain(lab.at("gateway").address, forwarded(seen), Complaint::no_route),
                          complain(lab.at("gateway").address, forwarded(syn), Complaint::no_route)));
}

TEST_P(Icmp, an_error_about_a_ping_reaches_its_host_with_the_identifier_it_used) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram ping = echo_request(lab.at("client"), lab.at("server"), 7, 1);
  const Datagram seen = lab.translated(ping);
  EXPECT_TRUE(lab.becomes(complain(lab.at("gateway").address, forwarded(seen), Complaint::time_exceeded),
                          complain(lab.at("gateway").address, forwarded(ping), Complaint::time_exceeded)));
}

// RFC 5508 REQ-5: from inside, about what came from outside. Nobody outside learns an address of the inside.
TEST_P(Icmp, an_error_from_inside_seems_to_come_from_the_public_address) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500), 40);
  const Datagram seen = lab.translated(question);
  const Datagram outside_answer = reply_to(seen);
  const Datagram answer = reply_to(question);
  EXPECT_TRUE(lab.becomes(outside_answer, answer));
  EXPECT_TRUE(lab.becomes(complain(lab.at("client").address, forwarded(answer), Complaint::port_unreachable),
                          complain(seen.source, forwarded(outside_answer), Complaint::port_unreachable)));
}

TEST_P(Icmp, errors_about_a_published_server_name_its_public_address) {
  for (std::uint16_t port = 40000; port < 40006; ++port) {
    Network network = published_office(GetParam().family);
    network.hosts.push_back({"inner-router", "ge-0/0/2.100", "10.0.3.99", "2001:db8:3::99"});
    Lab lab(network, GetParam());
    const Endpoint shown{public_address(GetParam().family, 8), 80};
    Connection connection(lab.at("server", port), shown);
    const Datagram syn = connection.client("S");
    const Datagram inside_syn = between(syn, source_end(syn), lab.at("web", 8080));
    EXPECT_TRUE(lab.becomes(syn, inside_syn));
    for (const char* complainer : {"web", "inner-router"}) {
      EXPECT_TRUE(
          lab.becomes(complain(lab.at(complainer).address, forwarded(inside_syn), Complaint::no_route),
                      complain(shown.address, forwarded(syn), Complaint::no_route)));
    }
    // And the client's about an answer.
    const Datagram answer = connection.server("SA");
    const Datagram inside_answer = between(answer, lab.at("web", 8080), lab.at("server", port));
    EXPECT_TRUE(lab.becomes(inside_answer, answer));
    EXPECT_TRUE(lab.becomes(
        complain(lab.at("server").address, forwarded(answer), Complaint::port_unreachable),
        complain(lab.at("server").address, forwarded(inside_answer), Complaint::port_unreachable)));
  }
}

TEST_P(Icmp, the_firewalls_own_errors_quote_what_the_sender_sent) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  question.hops = 1;
  const Datagram error = lab.answer_to_dropped(question, DropReason::ttl_expired);
  EXPECT_TRUE(is_complaint(error, question, Complaint::time_exceeded));
}

// Whose such an error is follows from what it quotes, not from its own addresses as well: two workers would
// hand it to each other for ever.
TEST_P(Icmp, with_allow_embedded_icmp_an_error_of_no_session_is_judged_once) {
  for (unsigned n = 9; n < 13; ++n) {
    Network network = published_office(GetParam().family);
    network.flow.allow_embedded_icmp = true;
    network.nat.static_nat = {{.name = "both-ways",
                               .from = "untrust",
                               .destinations = {public_text(GetParam().family, n)},
                               .then = v4() ? "10.0.3.30/32" : "2001:db8:3::30/128"}};
    Lab lab(network, GetParam());
    for (std::uint16_t port = 40000; port < 40008; ++port) {
      const std::uint64_t before = lab.counted(&flow::Counters::handed_off);
      const Datagram never_seen = tcp(lab.at("server", port), lab.at("web", 8080), {.flags = "S"});
      const Datagram error = complain(lab.at("web").address, never_seen, Complaint::no_route);
      Datagram seen = error;
      seen.source = public_address(GetParam().family, n);
      EXPECT_TRUE(lab.becomes(error, seen.seal()));
      EXPECT_LE(lab.counted(&flow::Counters::handed_off) - before, 2U);
    }
  }
}

}  // namespace
}  // namespace sluice::path
