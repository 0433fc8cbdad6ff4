// Random sessions through every kind of NAT at once: no two live ones share a translated tuple, and each
// answer comes back as exactly the answer to what was sent.
#include <map>
#include <random>
#include <tuple>

#include "nat_scene.h"

namespace sluice::path {
namespace {

SLUICE_PATH_SUITE(Model);

using Tuple = std::tuple<std::uint8_t, IpAddress, std::uint16_t, IpAddress, std::uint16_t>;

class World {
 public:
  World(Given given, std::uint32_t seed) : given_(given), random_(seed), lab_(network(), given) {}

  void run(unsigned steps) {
    for (unsigned i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      if (live_.size() > 40 && below(3) == 0) {
        end_all();
      } else if (below(2) == 0 || live_.empty()) {
        begin();
      } else {
        answer();
      }
    }
    for (const auto& [tuple, one] : live_) {
      EXPECT_TRUE(lab_.becomes(answer_to(one.seen), answer_to(one.sent)));
    }
    end_all();
  }

 private:
  unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

  Network network() const {
    Network made = hidden_office(given_.family, 3);
    for (unsigned i = 0; i < 5; ++i) {
      made.hosts.push_back({fmt::format("h{}", i), "ge-0/0/0.0", fmt::format("10.0.1.{}", 20 + i),
                            fmt::format("2001:db8:1::{}", 20 + i)});
      made.hosts.push_back({fmt::format("s{}", i), "ge-0/0/1.0", fmt::format("10.0.2.{}", 30 + i),
                            fmt::format("2001:db8:2::{}", 30 + i)});
    }
    const bool v4 = given_.family == Family::inet;
    made.nat.source_pools[0].ports = {1024, 1407};
    made.nat.static_nat = {{.name = "fixed",
                            .set = "fixed",
                            .from = "untrust",
                            .destinations = {public_text(given_.family, 30)},
                            .then = v4 ? "10.0.1.20/32" : "2001:db8:1::20/128"}};
    made.nat.source.insert(made.nat.source.begin(), {.name = "keep",
                                                     .from = "trust",
                                                     .to = "untrust",
                                                     .sources = {v4 ? "10.0.1.21" : "2001:db8:1::21"},
                                                     .then = "kept"});
    made.nat.source.insert(made.nat.source.begin(), {.name = "stay",
                                                     .from = "trust",
                                                     .to = "untrust",
                                                     .sources = {v4 ? "10.0.1.22" : "2001:db8:1::22"},
                                                     .then = "staying",
                                                     .persistence = nat::Persistence{.max_sessions = 65536}});
    made.nat.source.insert(made.nat.source.begin(), {.name = "by-block",
                                                     .from = "trust",
                                                     .to = "untrust",
                                                     .sources = {v4 ? "10.0.1.23" : "2001:db8:1::23",
                                                                 v4 ? "10.0.1.24" : "2001:db8:1::24"},
                                                     .then = "blocked"});
    made.nat.source_pools.push_back({.name = "blocked",
                                     .low = public_text(given_.family, 42),
                                     .ports = {3000, 3299},
                                     .blocks = nat::BlockAllocation{.size = 24, .most_per_host = 6}});
    made.nat.source_pools.push_back({.name = "staying", .low = public_text(given_.family, 41)});
    made.nat.source_pools.push_back(
        {.name = "kept", .low = public_text(given_.family, 40), .translate_ports = false});
    made.policy("out").log_init = made.policy("out").log_close = false;
    return made;
  }

  Datagram random_packet() {
    const Endpoint from = lab_.at(fmt::format("h{}", below(5)), static_cast<std::uint16_t>(2000 + below(40)));
    const Endpoint to = lab_.at(fmt::format("s{}", below(5)), static_cast<std::uint16_t>(80 + below(2)));
    switch (below(4)) {
      case 0:
        return tcp(from, to, {.flags = "S", .payload = 0});
      case 1:
        return echo_request(from, to, from.port, to.port);
      default:
        return udp(from, to, below(60));
    }
  }

  static Tuple tuple_of(const Datagram& packet) {
    const bool echo = packet.protocol == kIcmp || packet.protocol == kIcmp6;
    const auto at = [&](std::size_t i) {
      return static_cast<std::uint16_t>(packet.transport[i] << 8 | packet.transport[i + 1]);
    };
    return {packet.protocol, packet.source, echo ? at(4) : at(0), packet.destination, echo ? at(6) : at(2)};
  }

  void begin() {
    const Datagram sent = random_packet();
    const Datagram seen = lab_.translated(sent);
    if (seen.transport.empty()) return;
    const auto known = live_.find(tuple_of(seen));
    if (known != live_.end()) {
      EXPECT_EQ(tuple_of(known->second.sent), tuple_of(sent)) << "two sessions leave as " << seen.text();
      return;
    }
    live_.emplace(tuple_of(seen), Pair{sent, seen});
    if (sent.source == lab_.at("h2").address) {
      const auto [protocol, inside, port, to, to_port] = tuple_of(sent);
      const std::uint16_t public_port = std::get<2>(tuple_of(seen));
      EXPECT_EQ(staying_.emplace(std::pair(protocol, port), public_port).first->second, public_port);
    }
    EXPECT_EQ(live_.size(), lab_.sessions().size());
  }

  struct Pair {
    Datagram sent;
    Datagram seen;
  };

  static Datagram answer_to(const Datagram& packet) {
    const Endpoint from = destination_end(packet);
    const Endpoint to = source_end(packet);
    if (packet.protocol == kTcp) return tcp(from, to, {.flags = "SA", .sequence = 900, .acknowledgement = 1});
    if (packet.protocol == kUdp) return udp(from, to, 20);
    const auto at = [&](std::size_t i) {
      return static_cast<std::uint16_t>(packet.transport[i] << 8 | packet.transport[i + 1]);
    };
    return echo_reply(from, to, at(4), at(6));
  }

  void answer() {
    auto one = live_.begin();
    std::advance(one, below(static_cast<unsigned>(live_.size())));
    EXPECT_TRUE(lab_.becomes(answer_to(one->second.seen), answer_to(one->second.sent)));
  }

  void end_all() {
    for (const Seen& session : lab_.sessions()) lab_.end(session);
    live_.clear();
    for (const char* pool : {"out", "blocked"}) EXPECT_EQ(lab_.ports_taken(pool), 0U);
  }

  Given given_;
  std::mt19937 random_;
  Lab lab_;
  std::map<Tuple, Pair> live_;
  std::map<std::pair<std::uint8_t, std::uint16_t>, std::uint16_t>
      staying_;  // public ports of the host that has a rule with persistent-nat
};

TEST_P(Model, live_translations_are_unique_and_answers_come_back_exactly) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    World world(GetParam(), seed);
    world.run(250);
  }
}

}  // namespace
}  // namespace sluice::path
