// Destination NAT, static NAT in both directions, and both ends translated at once.
#include "nat_scene.h"

namespace sluice::path {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SLUICE_PATH_SUITE(Destination);
SLUICE_PATH_SUITE(Static);
SLUICE_PATH_SUITE(Twice);

Endpoint public_end(Family family, unsigned n, std::uint16_t port) {
  return {public_address(family, n), port};
}

// A connection from `host`, which sees the other end as `shown` while that end is `real` and sees `host` as
// `seen`.
void converse(Lab& lab, const Endpoint& host, const Endpoint& shown, const Endpoint& seen,
              const Endpoint& real) {
  Connection connection(host, shown);
  const auto forth = [&](const Datagram& packet) { return lab.becomes(packet, between(packet, seen, real)); };
  const auto back = [&](const Datagram& packet) { return lab.becomes(between(packet, real, seen), packet); };
  EXPECT_TRUE(forth(connection.client("S")));
  EXPECT_TRUE(back(connection.server("SA")));
  EXPECT_TRUE(forth(connection.client("A")));
  EXPECT_TRUE(back(connection.server("PA", 1300)));
  EXPECT_TRUE(forth(connection.client("PA", 700)));
}

TEST_P(Destination, a_server_is_reached_by_its_public_address_and_port) {
  for (std::uint16_t port = 40000; port < 40006; ++port) {  // whatever worker each is for
    Lab lab(published_office(GetParam().family), GetParam());
    const Endpoint client = lab.at("server", port);
    converse(lab, client, public_end(GetParam().family, 8, 80), client, lab.at("web", 8080));
    EXPECT_THAT(lab.session().packets, ElementsAre(3, 2));
    EXPECT_EQ(lab.session().zones, "untrust > dmz");
    EXPECT_EQ(lab.session().policy, "in");
    EXPECT_EQ(lab.events().at(0).destination_nat_rule, lab.numbers().of(Numbers::Kind::nat_rule, "publish"));
    EXPECT_EQ(lab.nat_rule_counters("publish").created, 1U);
  }
}

TEST_P(Destination, other_ports_of_the_public_address_are_not_translated) {
  Lab lab(published_office(GetParam().family), GetParam());
  const Datagram syn = tcp(lab.at("server", 40000), public_end(GetParam().family, 8, 81), {.flags = "S"});
  EXPECT_TRUE(lab.drops(syn, DropReason::default_deny));
}

TEST_P(Destination, the_public_address_itself_needs_no_policy_and_no_route) {
  Network network = published_office(GetParam().family);
  network.routes.clear();
  Lab lab(network, GetParam());
  const Datagram syn = tcp(lab.at("server", 40000), public_end(GetParam().family, 8, 80), {.flags = "S"});
  EXPECT_TRUE(lab.becomes(syn, between(syn, source_end(syn), lab.at("web", 8080))));
}

TEST_P(Destination, a_segment_of_no_connection_is_refused_like_any_other) {
  Lab lab(published_office(GetParam().family), GetParam());
  EXPECT_TRUE(lab.drops(tcp(lab.at("server", 40000), public_end(GetParam().family, 8, 80), {.flags = "A"}),
                        DropReason::tcp_no_syn));
}

// Its checksum covers its ports, and is not one that can be corrected.
TEST_P(Destination, a_pool_with_a_port_leaves_sctp_its_own) {
  Network network = published_office(GetParam().family);
  network.nat.destination[0].protocol = 0;
  network.nat.destination[0].destination_ports = {};
  Lab lab(network, GetParam());
  const Bytes chunk{0x9c, 0x40, 0x0b, 0x59, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 4};  // 40000 to 2905
  const Datagram sent = other(132, lab.at("server"), {public_address(GetParam().family, 8)}, chunk);
  EXPECT_TRUE(lab.becomes(sent, other(132, lab.at("server"), lab.at("web"), chunk)));
  const Bytes answer{0x0b, 0x59, 0x9c, 0x40, 1, 2, 3, 4, 5, 6, 7, 8, 2, 0, 0, 4};
  EXPECT_TRUE(lab.becomes(other(132, lab.at("web"), lab.at("server"), answer),
                          other(132, {public_address(GetParam().family, 8)}, lab.at("server"), answer)));
}

Network static_office(Family family) {
  Network made = office();
  made.nat.static_nat = {
      {.name = "both-ways",
       .from = "untrust",
       .destinations = {family == Family::inet ? "203.0.113.16/28" : "2001:db8:ff::10/124"},
       .then = family == Family::inet ? "10.0.3.16/28" : "2001:db8:3::30/124"}};
  made.policies.push_back({.name = "in", .from = "untrust", .to = "dmz", .log_init = true});
  made.policy("web-out").log_init = true;
  return made;
}
// The public address of the web server, 10.0.3.30 or 2001:db8:3::30.
constexpr unsigned kPublicWeb(Family family) {
  return family == Family::inet ? 30 : 0x10;
}

TEST_P(Static, a_host_is_reached_by_its_public_address) {
  for (std::uint16_t port = 40000; port < 40006; ++port) {
    Lab lab(static_office(GetParam().family), GetParam());
    const Endpoint client = lab.at("server", port);
    converse(lab, client, public_end(GetParam().family, kPublicWeb(GetParam().family), 443), client,
             lab.at("web", 443));
    EXPECT_EQ(lab.events().at(0).destination_nat_rule,
              lab.numbers().of(Numbers::Kind::nat_rule, "both-ways"));
  }
}

TEST_P(Static, the_host_goes_out_by_the_same_address) {
  for (std::uint16_t port = 40000; port < 40006; ++port) {
    Lab lab(static_office(GetParam().family), GetParam());
    const Endpoint server = lab.at("server", 443);
    converse(lab, lab.at("web", port), server,
             public_end(GetParam().family, kPublicWeb(GetParam().family), port), server);
    const auto events = lab.events();
    EXPECT_EQ(events.at(0).source_nat_rule, lab.numbers().of(Numbers::Kind::nat_rule, "both-ways"));
    EXPECT_EQ(events.at(0).destination_nat_rule, 0);
  }
}

TEST_P(Static, static_rules_come_before_source_rules) {
  Network network = static_office(GetParam().family);
  network.nat.source_pools = {{.name = "out", .low = public_text(GetParam().family, 5)}};
  network.nat.source = {{.name = "hide", .from = "dmz", .to = "untrust", .then = "out"}};
  Lab lab(network, GetParam());
  EXPECT_EQ(lab.translated(udp(lab.at("web", 5000), lab.at("server", 4500))).source,
            public_address(GetParam().family, kPublicWeb(GetParam().family)));
}

TEST_P(Static, ports_are_mapped_in_both_directions) {
  Network network = static_office(GetParam().family);
  NatRuleFacts& rule = network.nat.static_nat.front();
  rule.static_ports = {80, 89};
  rule.mapped_ports = {8080, 8089};
  Lab lab(network, GetParam());
  const Endpoint client = lab.at("server", 40000);
  converse(lab, client, public_end(GetParam().family, kPublicWeb(GetParam().family), 83), client,
           lab.at("web", 8083));
  const Datagram out = udp(lab.at("web", 8085), lab.at("server", 4500));
  EXPECT_EQ(lab.translated(out).source_port(), 85);
  EXPECT_TRUE(lab.passes(udp(lab.at("web", 9000), lab.at("server", 4500)))) << "not one of the rule's ports";
}

TEST_P(Static, a_ping_and_its_answer_pass_both_ways) {
  Lab lab(static_office(GetParam().family), GetParam());
  const Endpoint shown = public_end(GetParam().family, kPublicWeb(GetParam().family), 0);
  for (std::uint16_t sequence = 1; sequence < 4; ++sequence) {
    EXPECT_TRUE(lab.becomes(echo_request(lab.at("server"), shown, 9, sequence),
                            echo_request(lab.at("server"), lab.at("web"), 9, sequence)));
    EXPECT_TRUE(lab.becomes(echo_reply(lab.at("web"), lab.at("server"), 9, sequence),
                            echo_reply(shown, lab.at("server"), 9, sequence)));
    EXPECT_TRUE(lab.becomes(echo_request(lab.at("web"), lab.at("server"), 7, sequence),
                            echo_request(shown, lab.at("server"), 7, sequence)));
    EXPECT_TRUE(lab.becomes(echo_reply(lab.at("server"), shown, 7, sequence),
                            echo_reply(lab.at("server"), lab.at("web"), 7, sequence)));
  }
}

// The client reaches the web server by its public address, and seems to come from a pool of the dmz.
TEST_P(Twice, both_ends_of_one_session_are_translated) {
  Network network = published_office(GetParam().family);
  network.nat.destination[0].from = "trust";
  network.nat.source_pools = {{.name = "inner", .low = public_text(GetParam().family, 5)}};
  network.nat.source = {{.name = "hide", .from = "trust", .to = "dmz", .then = "inner"}};
  Lab lab(network, GetParam());
  Connection connection(lab.at("client", 40000), public_end(GetParam().family, 8, 80));
  const Datagram syn = connection.client("S");
  const Datagram seen = lab.translated(syn);
  EXPECT_EQ(seen.source, public_address(GetParam().family, 5));
  EXPECT_EQ(seen, between(syn, source_end(seen), lab.at("web", 8080)));
  const Datagram answer = connection.server("SA");
  EXPECT_TRUE(lab.becomes(between(answer, lab.at("web", 8080), source_end(seen)), answer));
  const Datagram data = connection.client("A", 100);
  EXPECT_TRUE(lab.becomes(data, between(data, source_end(seen), lab.at("web", 8080))));
  const auto event = lab.events().at(0);
  EXPECT_EQ(event.source_nat_rule, lab.numbers().of(Numbers::Kind::nat_rule, "hide"));
  EXPECT_EQ(event.destination_nat_rule, lab.numbers().of(Numbers::Kind::nat_rule, "publish"));
}

// RFC 4787 REQ-9: a host inside reaches another by its public address, and sees that as the sender of
// answers.
TEST_P(Twice, hosts_behind_the_same_firewall_meet_by_their_public_addresses) {
  Network network = static_office(GetParam().family);
  network.nat.static_nat.push_back(network.nat.static_nat.front());
  network.nat.static_nat.back().name = "from-inside";
  network.nat.static_nat.back().set = "inside";
  network.nat.static_nat.back().from = "trust";
  network.nat.source_pools = {{.name = "out", .low = public_text(GetParam().family, 5)}};
  network.nat.source = {{.name = "hide", .from = "trust", .to = "dmz", .then = "out"}};
  Lab lab(network, GetParam());
  const Datagram question =
      udp(lab.at("client", 5000), public_end(GetParam().family, kPublicWeb(GetParam().family), 53));
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(seen.source, public_address(GetParam().family, 5));
  EXPECT_EQ(seen.destination, lab.at("web").address);
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
}

}  // namespace
}  // namespace sluice::path
