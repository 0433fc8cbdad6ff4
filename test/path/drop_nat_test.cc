// The reasons for which translation loses a packet, each with its test.
#include "nat_scene.h"

namespace sluice::path {
namespace {

SLUICE_PATH_SUITE(DropNat);

TEST_P(DropNat, nat_exhausted) {
  Network network = hidden_office(GetParam().family);
  network.nat.source_pools[0].ports = {
      2048, static_cast<std::uint16_t>(2047 + 64 * GetParam().workers)};  // a word for each worker
  Lab lab(network, GetParam());
  unsigned passed = 0;
  Datagram last;
  for (std::uint16_t port = 5000; port < 5400; ++port) {
    // Source and destination port differ in turn, so that every worker has its share of the flows.
    last = udp(lab.at("client", port), lab.at("server", static_cast<std::uint16_t>(2 * port - 5000)));
    passed += lab.send(last).empty() ? 0 : 1;
  }
  EXPECT_EQ(passed, lab.sessions().size());
  EXPECT_EQ(passed, lab.nat_pool_counters("out").created);
  EXPECT_EQ(lab.dropped(DropReason::nat_exhausted), 400 - passed);
  EXPECT_EQ(lab.nat_rule_counters("hide").failed, 400 - passed);
  EXPECT_EQ(lab.nat_pool_counters("out").failed, 400 - passed);
  EXPECT_LE(passed, 64U * GetParam().workers);
  EXPECT_GT(passed, 56U * GetParam().workers)
      << "but for ports whose answers would come elsewhere, all are used";
  lab.advance(61);
  EXPECT_FALSE(lab.send(last).empty()) << "ports of ended sessions are given again";
}

TEST_P(DropNat, nat_no_address) {
  Network network = hidden_office(GetParam().family, 2);
  network.nat.source_pools[0].translate_ports = false;
  network.nat.source_pools[0].base = v4() ? "10.0.1.100" : "2001:db8:1::100";
  Lab lab(network, GetParam());
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), lab.at("server", 4500)), DropReason::nat_no_address));
  EXPECT_EQ(lab.nat_rule_counters("hide").failed, 1U);
}

TEST_P(DropNat, nat_no_address_of_the_packets_family) {
  Lab lab(hidden_office(v4() ? Family::inet6 : Family::inet), GetParam());
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), lab.at("server", 4500)), DropReason::nat_no_address));
  EXPECT_EQ(lab.nat_rule_counters("hide").failed, 1U);
  EXPECT_TRUE(lab.sessions().empty());
}

// Two hosts speak a protocol without ports to one server: their answers could not be told apart.
TEST_P(DropNat, nat_conflict) {
  Network network = hidden_office(GetParam().family);
  network.hosts.push_back({"second", "ge-0/0/0.0", "10.0.1.11", "2001:db8:1::11"});
  Lab lab(network, GetParam());
  static_cast<void>(lab.translated(other(47, lab.at("client"), lab.at("server"), Bytes(16))));
  EXPECT_TRUE(lab.drops(other(47, lab.at("second"), lab.at("server"), Bytes(16)), DropReason::nat_conflict));
  EXPECT_EQ(lab.sessions().size(), 1U);
}

// What the firewall itself sends is known by its answers too.
TEST_P(DropNat, nat_conflict_with_the_firewalls_own_traffic) {
  Network network = office();
  network.nat.source = {{.name = "hide", .from = "trust", .to = "untrust", .then = "interface"}};
  Lab lab(network, GetParam());
  const Datagram seen = lab.translated(udp(lab.at("client", 5000), lab.at("server", 4500)));
  const Datagram own = udp(source_end(seen), lab.at("server", 4500));
  EXPECT_TRUE(lab.send_from_kernel("ge-0/0/1", own).empty());
  EXPECT_EQ(lab.dropped(DropReason::nat_conflict), 1U);
}

TEST_P(DropNat, nat_filtered) {
  Lab lab(persistent_office(GetParam().family, {.permit = nat::Permit::target_host}), GetParam());
  const Datagram seen = lab.translated(udp(lab.at("client", 5000), lab.at("server", 4500)));
  EXPECT_TRUE(lab.drops(udp(lab.at("gateway", 4500), source_end(seen)), DropReason::nat_filtered));
}

TEST_P(DropNat, nat_session_limit) {
  Lab lab(persistent_office(GetParam().family, {.max_sessions = 8}), GetParam());
  Datagram seen;
  for (std::uint16_t remote = 4500; remote < 4508; ++remote) {
    seen = lab.translated(udp(lab.at("client", 5000), lab.at("server", remote)));
  }
  const Datagram out = udp(lab.at("client", 5000), lab.at("server", 4508));
  EXPECT_TRUE(lab.drops(out, DropReason::nat_session_limit));
  EXPECT_TRUE(lab.drops(udp(lab.at("gateway", 7000), source_end(seen)), DropReason::nat_session_limit));
  EXPECT_EQ(lab.nat_rule_counters("hide").failed, 1U);
  EXPECT_EQ(lab.sessions().size(), 8U);
  lab.end(lab.sessions().front());
  EXPECT_EQ(source_end(lab.translated(out)), source_end(seen)) << "one more again";
}

TEST_P(DropNat, nat_bindings_full) {
  Network network = persistent_office(GetParam().family, {.inactivity_timeout_s = 60});
  network.nat.bindings = 8;
  Lab lab(network, GetParam());
  unsigned passed = 0;
  for (std::uint16_t port = 5000; port < 5064; ++port) {
    passed += lab.send(udp(lab.at("client", port), lab.at("server", 4500))).empty() ? 0 : 1;
  }
  EXPECT_EQ(passed, 8U);
  EXPECT_EQ(lab.dropped(DropReason::nat_bindings_full), 56U);
  lab.advance(60 + 63);
  EXPECT_EQ(lab.bindings(), 0U);
  EXPECT_EQ(lab.send(udp(lab.at("client", 5000), lab.at("server", 4500))).size(), 1U);
}

// A first packet is handed to the worker to which the server's answers come; until that one has it, another
// server has been configured.
TEST_P(DropNat, owner_changed) {
  if (GetParam().workers == 1) return;
  Lab lab(published_office(GetParam().family), GetParam());
  const Endpoint shown{public_address(GetParam().family, 8), 80};
  for (std::uint16_t port = 40000; port < 40016; ++port) {
    const Datagram syn = tcp(lab.at("server", port), shown, {.flags = "S"});
    lab.network().nat.destination_pools[0].port = port % 2 == 0 ? 8080 : 8081;
    lab.publish();
    static_cast<void>(lab.run());
    for (std::uint16_t queue = 0; queue < 2; ++queue) {
      lab.inject("ge-0/0/1", lab.frame_of("server", syn), queue);
    }
    // Both have judged what is theirs by addresses and ports, and none what was handed to it then.
    lab.worker(1).run_once(lab.now());
    lab.worker(0).run_once(lab.now());
    lab.network().nat.destination_pools[0].port = port % 2 == 0 ? 8081 : 8080;
    lab.publish();
    static_cast<void>(lab.run());
  }
  EXPECT_GT(lab.dropped(DropReason::owner_changed), 0U);
  for (const Seen& session : lab.sessions()) lab.end(session);
}

// A protocol that only one of two families has.
TEST_P(DropNat, nat64_unsupported) {
  Network network = hidden_office(Family::inet);
  network.nat.static_nat = {
      {.name = "to-inet", .from = "trust", .destinations = {"2001:db8:64::/96"}, .then = "inet"}};
  Lab lab(network, GetParam());
  const Endpoint client{address("2001:db8:1::10")};
  const Endpoint server{address("2001:db8:64::a00:214")};
  for (const std::uint8_t protocol : {47, 50, 136}) {
    EXPECT_TRUE(lab.drops(other(protocol, client, server, Bytes(16)), DropReason::nat64_unsupported));
  }
  EXPECT_TRUE(lab.drops(icmp(client, server, 144, 0, 0, {}), DropReason::nat64_unsupported));
  EXPECT_TRUE(lab.sessions().empty());
}

// RFC 6052 3.1.
TEST_P(DropNat, nat64_private) {
  Network network = hidden_office(Family::inet);
  network.nat.static_nat = {
      {.name = "to-inet", .from = "trust", .destinations = {"64:ff9b::/96"}, .then = "inet"}};
  Lab lab(network, GetParam());
  const Endpoint client{address("2001:db8:1::10"), 5000};
  for (const char* server : {"64:ff9b::a00:214", "64:ff9b::c0a8:101", "64:ff9b::ac10:1"}) {
    EXPECT_TRUE(lab.drops(udp(client, {address(server), 4500}), DropReason::nat64_private));
  }
  EXPECT_TRUE(lab.sessions().empty());
}

}  // namespace
}  // namespace sluice::path
