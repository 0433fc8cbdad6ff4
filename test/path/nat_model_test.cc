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
  World(Given given, std::uint32_t seed, std::uint16_t overloading = 1)
      : given_(given), overloading_(overloading), random_(seed), lab_(network(), given) {}

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
  [[nodiscard]] unsigned most_on_port() const { return most_on_port_; }

 private:
  static constexpr unsigned kHosts = 8;  // on either side; from the sixth on they go by pool "out"

  unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

  Network network() const {
    Network made = hidden_office(given_.family, 3);
    for (unsigned i = 0; i < kHosts; ++i) {
      made.hosts.push_back({fmt::format("h{}", i), "ge-0/0/0.0", fmt::format("10.0.1.{}", 20 + i),
                            fmt::format("2001:db8:1::{}", 20 + i)});
      made.hosts.push_back({fmt::format("s{}", i), "ge-0/0/1.0", fmt::format("10.0.2.{}", 30 + i),
                            fmt::format("2001:db8:2::{}", 30 + i)});
    }
    const bool v4 = given_.family == Family::inet;
    made.nat.source_pools[0].overloading = overloading_;
    // Of two workers each has two ports of the address, when they are to be scarce.
    made.nat.source_pools[0].ports =
        overloading_ == 1 ? match::PortRange{1024, 1407} : match::PortRange{1086, 1089};
    made.nat.source_pools[0].high = overloading_ == 1 ? public_text(given_.family, 7) : "";
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
    const Endpoint from =
        lab_.at(fmt::format("h{}", below(kHosts)), static_cast<std::uint16_t>(2000 + below(40)));
    const Endpoint to = lab_.at(fmt::format("s{}", below(kHosts)), static_cast<std::uint16_t>(80 + below(2)));
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

  // Ports that are scarce may have nothing for a remote end.
  Datagram seen_if_any(const Datagram& sent) {
    const auto left = lab_.send(sent);
    Datagram seen = left.empty() ? Datagram{} : left.front().datagram;
    seen.hops = sent.hops;
    return seen;
  }

  void begin() {
    const Datagram sent = random_packet();
    const Datagram seen = overloading_ == 1 ? lab_.translated(sent) : seen_if_any(sent);
    if (seen.transport.empty()) return;
    const auto known = live_.find(tuple_of(seen));
    if (known != live_.end()) {
      EXPECT_EQ(tuple_of(known->second.sent), tuple_of(sent)) << "two sessions leave as " << seen.text();
      return;
    }
    live_.emplace(tuple_of(seen), Pair{sent, seen});
    if (seen.source == public_address(given_.family, 5)) {
      const unsigned sessions = ++on_port_[{seen.protocol, std::get<2>(tuple_of(seen))}];
      EXPECT_LE(sessions, overloading_);
      most_on_port_ = std::max(most_on_port_, sessions);
    }
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
    on_port_.clear();
    for (const char* pool : {"out", "blocked"}) EXPECT_EQ(lab_.ports_taken(pool), 0U);
  }

  Given given_;
  std::uint16_t overloading_;
  std::mt19937 random_;
  Lab lab_;
  std::map<Tuple, Pair> live_;
  std::map<std::pair<std::uint8_t, std::uint16_t>, std::uint16_t>
      staying_;  // public ports of the host that has a rule with persistent-nat
  std::map<std::pair<std::uint8_t, std::uint16_t>, unsigned> on_port_;  // sessions on ports of pool "out"
  unsigned most_on_port_ = 0;
};

TEST_P(Model, live_translations_are_unique_and_answers_come_back_exactly) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    World world(GetParam(), seed);
    world.run(250);
  }
}

TEST_P(Model, so_are_those_of_overloaded_ports) {
  unsigned most = 0;
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    World world(GetParam(), seed, 4);
    world.run(250);
    most = std::max(most, world.most_on_port());
  }
  EXPECT_GT(most, 1U) << "no port was overloaded";
}

}  // namespace
}  // namespace sluice::path
