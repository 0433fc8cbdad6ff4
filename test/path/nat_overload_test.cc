// Ports that several sessions have at a time (port-overloading-factor), which differ in their remote ends.
#include <map>
#include <set>

#include "nat_scene.h"

namespace sluice::path {
namespace {

SLUICE_PATH_SUITE(Overloading);

// Of two workers each has half of the ports.
Network overloaded_office(Family family, match::PortRange ports, std::uint16_t overloading) {
  Network made = hidden_office(family);
  made.nat.source_pools[0].ports = ports;
  made.nat.source_pools[0].overloading = overloading;
  return made;
}

TEST_P(Overloading, sessions_share_ports_and_every_answer_comes_back_to_its_host) {
  Lab lab(overloaded_office(GetParam().family, {2048, 2175}, 4), GetParam());
  struct Exchange {
    Datagram sent, seen;
  };
  std::vector<Exchange> all;
  std::map<std::uint16_t, unsigned> on_port;
  std::set<std::pair<std::uint16_t, std::uint16_t>> answers;  // remote and public port
  for (std::uint16_t i = 0; i < 24; ++i) {
    for (std::uint16_t remote = 0; remote < 8; ++remote) {
      const Datagram sent = udp(lab.at("client", 5000 + 8 * i + remote), lab.at("server", 4500 + remote));
      const Datagram seen = lab.translated(sent);
      ASSERT_EQ(seen.source, public_address(GetParam().family, 5));
      EXPECT_TRUE(answers.emplace(seen.destination_port(), seen.source_port()).second);
      ++on_port[seen.source_port()];
      all.push_back({sent, seen});
    }
  }
  EXPECT_LE(on_port.size(), 128U);
  for (const auto& [port, sessions] : on_port) EXPECT_LE(sessions, 4U) << port;
  EXPECT_EQ(lab.ports_taken("out"), all.size());
  for (const Exchange& pair : all) EXPECT_TRUE(lab.becomes(reply_to(pair.seen), reply_to(pair.sent)));
  for (const Exchange& pair : all) EXPECT_TRUE(lab.becomes(pair.sent, pair.seen));
  EXPECT_EQ(lab.nat_pool_counters("out").hits, all.size()) << "however often a port was chosen anew";
  for (const Seen& session : lab.sessions()) lab.end(session);
  EXPECT_EQ(lab.ports_taken("out"), 0U);
}

TEST_P(Overloading, ends_with_the_factor_and_refusals_are_counted) {
  constexpr unsigned kSent = 80;
  Lab lab(overloaded_office(GetParam().family, {2111, 2112}, 3), GetParam());
  for (std::uint16_t i = 0; i < kSent; ++i) {
    lab.send(udp(lab.at("client", 5000 + i % 2), lab.at("server", 4500 + i / 2)));  // each at either worker
  }
  const std::uint64_t refused = lab.dropped(DropReason::nat_exhausted);
  EXPECT_EQ(lab.sessions().size() + refused, kSent);
  EXPECT_EQ(lab.sessions().size(), 6U) << "two ports, one of each worker's when there are two";
  EXPECT_EQ(lab.ports_taken("out"), 6U);
  EXPECT_EQ(lab.nat_pool_counters("out").failed, refused);
}

TEST_P(Overloading, one_remote_end_is_never_met_twice_by_one_port) {
  Lab lab(overloaded_office(GetParam().family, {2048, 2048}, 3), {GetParam().family, 1});
  const auto to = [&](std::uint16_t port, std::uint16_t remote) {
    return udp(lab.at("client", port), lab.at("server", remote));
  };
  EXPECT_EQ(lab.translated(to(5000, 4500)).source_port(), 2048);
  EXPECT_TRUE(lab.drops(to(5001, 4500), DropReason::nat_conflict));
  EXPECT_EQ(lab.ports_taken("out"), 1U);
  EXPECT_EQ(lab.translated(to(5001, 4501)).source_port(), 2048);
}

// A pool that loses its factor: sessions go on, and new ones have ports that nobody has.
TEST_P(Overloading, sessions_outlive_a_commit_that_takes_the_factor_away) {
  Lab lab(overloaded_office(GetParam().family, {2048, 2063}, 2), {GetParam().family, 1});
  std::vector<std::pair<Datagram, Datagram>> all;
  for (std::uint16_t i = 0; i < 24; ++i) {
    const Datagram sent = udp(lab.at("client", 5000), lab.at("server", 4500 + i));
    all.emplace_back(sent, lab.translated(sent));
  }
  lab.network().nat.source_pools[0].overloading = 1;
  lab.network().nat.source_pools[0].ports = {2048, 2064};
  lab.publish();
  EXPECT_EQ(lab.translated(udp(lab.at("client", 5000), lab.at("server", 4600))).source_port(), 2064);
  for (const auto& [sent, seen] : all) EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(sent)));
  for (const Seen& session : lab.sessions()) lab.end(session);
  EXPECT_EQ(lab.ports_taken("out"), 0U);
}

}  // namespace
}  // namespace sluice::path
