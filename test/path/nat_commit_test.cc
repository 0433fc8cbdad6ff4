// Sessions and a change of NAT's configuration: they go on as they began, whichever workers their packets
// come to.
#include "nat_scene.h"

namespace sluice::path {
namespace {

using testing::IsEmpty;

SLUICE_PATH_SUITE(Commit);

constexpr std::uint16_t kFirstPort = 40000;
constexpr std::uint16_t kEndPort = 40004;
// With two workers, packets to some of these come to the worker that has their session, and to others not.
constexpr unsigned kPublics[] = {8, 9, 10, 11};

// As hosts inside and outside see one conversation.
struct Pair {
  Datagram before;
  Datagram after;
};

// Each goes on in both directions, and errors about it too.
void expect_they_go_on(Lab& lab, const std::vector<Pair>& flows, const char* complainer) {
  for (const Pair& flow : flows) {
    EXPECT_TRUE(lab.becomes(flow.before, flow.after));
    EXPECT_TRUE(lab.becomes(reply_to(flow.after), reply_to(flow.before)));
    EXPECT_TRUE(lab.becomes(
        complain(lab.at(complainer).address, forwarded(reply_to(flow.before)), Complaint::port_unreachable),
        complain(flow.after.source, forwarded(reply_to(flow.after)), Complaint::port_unreachable)));
  }
}

Network published_by_udp(Family family, unsigned public_number) {
  Network made = published_office(family);
  made.nat.destination[0].protocol = kUdp;
  made.nat.destination[0].destinations = {public_text(family, public_number)};
  return made;
}

std::vector<Pair> visit(Lab& lab, const Endpoint& shown) {
  std::vector<Pair> flows;
  for (std::uint16_t port = kFirstPort; port < kEndPort; ++port) {
    const Datagram question = udp(lab.at("server", port), shown);
    flows.push_back({question, lab.translated(question)});
    EXPECT_EQ(flows.back().after.destination, lab.at("web").address);
  }
  return flows;
}

TEST_P(Commit, a_destination_rule_that_is_gone_keeps_its_sessions) {
  for (const unsigned n : kPublics) {
    Lab lab(published_by_udp(GetParam().family, n), GetParam());
    const Endpoint shown{public_address(GetParam().family, n), 80};
    const std::vector<Pair> flows = visit(lab, shown);
    lab.network().nat = {};
    lab.publish();
    expect_they_go_on(lab, flows, "server");
    EXPECT_EQ(lab.sessions().size(), flows.size());
    EXPECT_TRUE(lab.drops(udp(lab.at("server", kEndPort), shown), DropReason::default_deny))
        << "new ones find no rule";
  }
}

TEST_P(Commit, a_destination_pool_that_moves_keeps_its_sessions) {
  for (const unsigned n : kPublics) {
    Lab lab(published_by_udp(GetParam().family, n), GetParam());
    const Endpoint shown{public_address(GetParam().family, n), 80};
    const std::vector<Pair> flows = visit(lab, shown);
    lab.network().nat.destination_pools[0].port = 9090;
    lab.publish();
    expect_they_go_on(lab, flows, "server");
    EXPECT_EQ(lab.translated(udp(lab.at("server", kEndPort), shown)).destination_port(), 9090);
  }
}

TEST_P(Commit, what_ended_is_led_by_the_rules_in_force) {
  for (const unsigned n : kPublics) {
    Lab lab(published_by_udp(GetParam().family, n), GetParam());
    const std::vector<Pair> flows = visit(lab, {public_address(GetParam().family, n), 80});
    lab.network().nat.destination_pools[0].port = 9090;
    lab.publish();
    for (const Seen& session : lab.sessions()) lab.end(session);
    for (const Pair& flow : flows) EXPECT_EQ(lab.translated(flow.before).destination_port(), 9090);
    lab.advance(61);
    EXPECT_THAT(lab.flows(), IsEmpty());
    lab.network().nat = {};
    lab.publish();
    for (const Pair& flow : flows) EXPECT_TRUE(lab.drops(flow.before, DropReason::default_deny));
  }
}

TEST_P(Commit, a_static_rule_that_is_gone_keeps_its_sessions_of_both_directions) {
  for (const unsigned n : kPublics) {
    Network network = office();
    network.nat.static_nat = {{.name = "both-ways",
                               .from = "untrust",
                               .destinations = {public_text(GetParam().family, n)},
                               .then = v4() ? "10.0.3.30/32" : "2001:db8:3::30/128"}};
    network.policies.push_back({.name = "in", .from = "untrust", .to = "dmz"});
    Lab lab(network, GetParam());
    const std::vector<Pair> in = visit(lab, {public_address(GetParam().family, n), 80});
    std::vector<Pair> out;
    for (std::uint16_t port = kFirstPort; port < kEndPort; ++port) {
      const Datagram question = udp(lab.at("web", port), lab.at("server", 4500));
      out.push_back({question, lab.translated(question)});
    }
    lab.network().nat = {};
    lab.publish();
    expect_they_go_on(lab, in, "server");
    expect_they_go_on(lab, out, "web");
  }
}

TEST_P(Commit, a_pool_that_keeps_ports_keeps_its_sessions) {
  for (const unsigned n : kPublics) {
    Network network = hidden_office(GetParam().family);
    network.nat.source_pools[0].translate_ports = false;
    network.nat.source_pools[0].low = network.nat.source_pools[0].high = public_text(GetParam().family, n);
    Lab lab(network, GetParam());
    std::vector<Pair> flows;
    for (std::uint16_t port = kFirstPort; port < kEndPort; ++port) {
      const Datagram question = udp(lab.at("client", port), lab.at("server", 4500));
      flows.push_back({question, lab.translated(question)});
    }
    lab.network().nat.source_pools[0].low = lab.network().nat.source_pools[0].high =
        public_text(GetParam().family, 30);
    lab.publish();
    expect_they_go_on(lab, flows, "client");
  }
}

TEST_P(Commit, pings_through_a_pool_go_on) {
  for (const unsigned n : kPublics) {
    Network network = hidden_office(GetParam().family);
    network.nat.source_pools[0].low = network.nat.source_pools[0].high = public_text(GetParam().family, n);
    Lab lab(network, GetParam());
    std::vector<Pair> flows;
    for (std::uint16_t sequence = 1; sequence < 5; ++sequence) {
      const Datagram ping = echo_request(lab.at("client"), lab.at("server"), 7, sequence);
      flows.push_back({ping, lab.translated(ping)});
    }
    lab.network().nat.source[0].then = "off";
    lab.publish();
    for (const Pair& flow : flows) EXPECT_TRUE(lab.becomes(flow.before, flow.after));
  }
}

}  // namespace
}  // namespace sluice::path
