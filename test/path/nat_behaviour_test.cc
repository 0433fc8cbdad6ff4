// What the RFCs about NAT ask of one, requirement by requirement: RFC 4787 (UDP), RFC 5382 (TCP) and RFC 5508
// (ICMP). docs/nat.md lists them, those too that are shown elsewhere.
#include <algorithm>
#include <set>

#include "nat_scene.h"

namespace sluice::path {
namespace {

SLUICE_PATH_SUITE(Rfc4787);
SLUICE_PATH_SUITE(Rfc5382);
SLUICE_PATH_SUITE(Rfc5508);

Network with_second_host(Network network) {
  network.hosts.push_back({"second", "ge-0/0/0.0", "10.0.1.11", "2001:db8:1::11"});
  return network;
}

TEST_P(Rfc4787, req_2_a_paired_pool_gives_all_sessions_of_a_host_one_address) {
  Network network = with_second_host(hidden_office(GetParam().family, 8));
  network.nat.source_pools[0].paired = true;
  Lab lab(network, GetParam());
  for (const char* host : {"client", "second"}) {
    std::set<IpAddress> addresses;
    for (std::uint16_t port = 5000; port < 5020; ++port) {
      addresses.insert(lab.translated(udp(lab.at(host, port), lab.at("server", 4500))).source);
    }
    EXPECT_EQ(addresses.size(), 1U);
  }
}

TEST_P(Rfc4787, req_3_hosts_that_use_one_port_never_share_a_translated_one) {
  Lab lab(with_second_host(hidden_office(GetParam().family)), GetParam());
  std::set<std::uint16_t> ports;
  for (const char* host : {"client", "second"}) {
    for (std::uint16_t remote = 4500; remote < 4520; ++remote) {
      ports.insert(lab.translated(udp(lab.at(host, 5000), lab.at("server", remote))).source_port());
    }
  }
  EXPECT_EQ(ports.size(), 40U);
}

TEST_P(Rfc4787, req_6_packets_from_inside_keep_the_mapping) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  for (int minute = 0; minute < 4; ++minute) {
    lab.advance(50);
    EXPECT_TRUE(lab.becomes(question, seen));
  }
}

TEST_P(Rfc4787, req_8_only_the_remote_end_that_was_asked_may_answer) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram seen = lab.translated(udp(lab.at("client", 5000), lab.at("server", 4500)));
  EXPECT_EQ(lab.send(udp(lab.at("server", 4501), source_end(seen))).size(), 0U);
  EXPECT_EQ(lab.send(udp(lab.at("gateway", 4500), source_end(seen))).size(), 0U);
  EXPECT_EQ(lab.sessions().size(), 1U);
}

TEST_P(Rfc4787, req_11_the_mapping_stays_whatever_else_is_translated) {
  Lab lab(with_second_host(hidden_office(GetParam().family)), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  for (std::uint16_t port = 6000; port < 6100; ++port) {
    static_cast<void>(lab.translated(udp(lab.at("second", port), lab.at("server", 4500))));
    EXPECT_TRUE(lab.becomes(question, seen));
  }
}

TEST_P(Rfc4787, req_12_an_icmp_error_does_not_end_the_mapping) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  EXPECT_TRUE(lab.becomes(complain(lab.at("gateway").address, forwarded(seen), Complaint::no_route),
                          complain(lab.at("gateway").address, forwarded(question), Complaint::no_route)));
  EXPECT_TRUE(lab.becomes(question, seen));
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
}

TEST_P(Rfc4787, req_13_a_packet_too_big_for_the_link_is_answered_to_its_host) {
  Network network = hidden_office(GetParam().family);
  network.unit("ge-0/0/1.0").mtu = 1280;
  Lab lab(network, GetParam());
  Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500), 1400);
  question.dont_fragment = v4();
  const Datagram error = lab.answer_to_dropped(question, DropReason::fragmentation_needed);
  EXPECT_EQ(error.destination, lab.at("client").address);
}

TEST_P(Rfc4787, req_14_fragments_in_any_order_are_translated) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500), 1200);
  std::vector<Datagram> sent = fragments(question, 512, 77);
  std::reverse(sent.begin(), sent.end());
  std::vector<Datagram> pieces;
  for (const Datagram& piece : sent) {
    for (const Left& frame : lab.send(piece)) pieces.push_back(frame.datagram);
  }
  ASSERT_FALSE(pieces.empty());
  const Datagram seen = pieces.size() > 1 ? reassemble(pieces) : pieces.at(0);
  EXPECT_EQ(seen.source, public_address(GetParam().family, 5));
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
}

TEST_P(Rfc5382, req_2_both_ends_may_open_at_the_same_moment) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  Connection inside(lab.at("client", 40000), lab.at("server", 443));
  const Datagram seen = lab.translated(inside.client("S"));
  const Datagram crossing = inside.server("S");
  EXPECT_TRUE(lab.becomes(between(crossing, lab.at("server", 443), source_end(seen)), crossing));
}

TEST_P(Rfc5382, req_4_a_connection_that_nobody_asked_for_is_not_answered) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram seen = lab.translated(tcp(lab.at("client", 40000), lab.at("server", 443), {.flags = "S"}));
  EXPECT_EQ(lab.send(tcp(lab.at("server", 444), source_end(seen), {.flags = "S"})).size(), 0U);
}

TEST_P(Rfc5382, req_7_connections_never_share_a_translated_port) {
  Lab lab(with_second_host(hidden_office(GetParam().family)), GetParam());
  std::set<std::uint16_t> ports;
  for (const char* host : {"client", "second"}) {
    for (std::uint16_t remote = 8000; remote < 8020; ++remote) {
      const Datagram syn = tcp(lab.at(host, 40000), lab.at("server", remote), {.flags = "S"});
      ports.insert(lab.translated(syn).source_port());
    }
  }
  EXPECT_EQ(ports.size(), 40U);
}

TEST_P(Rfc5382, req_10_an_icmp_error_does_not_end_the_connection) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram syn = tcp(lab.at("client", 40000), lab.at("server", 443), {.flags = "S"});
  const Datagram seen = lab.translated(syn);
  EXPECT_TRUE(lab.becomes(complain(lab.at("gateway").address, forwarded(seen), Complaint::no_route),
                          complain(lab.at("gateway").address, forwarded(syn), Complaint::no_route)));
  EXPECT_TRUE(lab.becomes(syn, seen)) << "the SYN, sent again";
}

TEST_P(Rfc5508, req_2_a_query_without_an_answer_keeps_its_identifier_for_a_minute) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram ping = echo_request(lab.at("client"), lab.at("server"), 7, 1);
  const Datagram seen = lab.translated(ping);
  lab.advance(59);
  EXPECT_TRUE(lab.becomes(ping, seen));
}

TEST_P(Rfc5508, req_6_an_error_about_no_mapping_is_dropped) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram never_seen = udp({public_address(GetParam().family, 5), 2000}, lab.at("server", 4500));
  EXPECT_TRUE(lab.drops(complain(lab.at("server").address, never_seen, Complaint::port_unreachable),
                        DropReason::icmp_no_session));
}

}  // namespace
}  // namespace sluice::path
