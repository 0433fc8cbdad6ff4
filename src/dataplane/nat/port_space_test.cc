#include "dataplane/nat/port_space.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "dataplane/packet/packet.h"

namespace sluice::nat {
namespace {

constexpr packet::IpAddress kAddress{.family = packet::Family::inet, .bytes = {203, 0, 113, 7}};

packet::Key4 answer() {
  packet::Key4 key;
  key.protocol = packet::protocol::kTcp;
  key.source = 0x0a000001;
  key.destination = load<std::uint32_t>(kAddress.bytes.data());
  key.source_port = byte_swap(std::uint16_t{443});
  return key;
}

PortWish wish(PortClass klass, match::PortRange range, std::uint64_t random) {
  return {.klass = klass, .range = range, .hash = packet::owner_hash(answer()), .random = random};
}

// All that the workers can get, in turns.
std::vector<std::set<std::uint32_t>> drain(PortSpace& space, std::uint16_t workers, match::PortRange range) {
  std::mt19937_64 random(workers);
  std::vector<std::set<std::uint32_t>> got(workers);
  for (std::uint16_t worker = 0; worker < workers; ++worker) {
    const Steering steering(worker, workers);
    for (;;) {
      const std::uint32_t port = space.take(worker, &steering, wish(PortClass::icmp, range, random()));
      if (port == PortSpace::kNone) break;
      EXPECT_TRUE(got[worker].insert(port).second) << "port " << port << " was given twice";
    }
  }
  return got;
}

TEST(PortSpace, every_port_of_the_range_is_given_once_and_to_one_worker) {
  for (const std::uint16_t workers : {1, 2, 3, 7, 16}) {
    for (const match::PortRange range : {match::PortRange{1024, 65535}, match::PortRange{5000, 5001},
                                         match::PortRange{1, 65535}, match::PortRange{63, 64}}) {
      PortSpace space(kAddress, workers);
      std::set<std::uint32_t> all;
      std::size_t sum = 0;
      for (const auto& ports : drain(space, workers, range)) {
        all.insert(ports.begin(), ports.end());
        sum += ports.size();
      }
      EXPECT_EQ(sum, all.size());
      EXPECT_EQ(all.size(), range.high - range.low + 1U);
      EXPECT_EQ(*all.begin(), range.low);
      EXPECT_EQ(*all.rbegin(), range.high);
      EXPECT_EQ(space.taken(PortClass::icmp), all.size());
      EXPECT_EQ(space.taken(PortClass::tcp), 0U);
    }
  }
}

TEST(PortSpace, answers_to_a_port_come_to_the_worker_that_took_it) {
  constexpr std::uint16_t kWorkers = 3;
  PortSpace space(kAddress, kWorkers);
  std::mt19937_64 random(7);
  for (std::uint16_t worker = 0; worker < kWorkers; ++worker) {
    const Steering steering(worker, kWorkers);
    for (int i = 0; i < 5000; ++i) {
      const std::uint32_t port = space.take(worker, &steering, wish(PortClass::tcp, {1024, 65535}, random()));
      ASSERT_NE(port, PortSpace::kNone);
      packet::Key4 key = answer();
      key.destination_port = byte_swap(static_cast<std::uint16_t>(port));
      EXPECT_EQ(packet::worker_of(packet::owner_hash(key), kWorkers), worker);
    }
  }
}

TEST(PortSpace, a_port_that_came_back_is_given_again) {
  PortSpace space(kAddress, 1);
  const Steering steering(0, 1);
  const match::PortRange range{2000, 2063};
  drain(space, 1, range);
  EXPECT_TRUE(space.exhausted(0, {.klass = PortClass::icmp, .range = range}));
  EXPECT_FALSE(space.exhausted(0, {.klass = PortClass::icmp, .range = {1024, 2063}}));
  EXPECT_TRUE(space.give(0, PortClass::icmp, 2017));
  EXPECT_FALSE(space.give(0, PortClass::icmp, 2017)) << "it is free already";
  EXPECT_EQ(space.take(0, &steering, wish(PortClass::icmp, range, 99)), 2017U);
  EXPECT_EQ(space.taken(), 64U);
}

// How many sessions each port has got, when all that there are were taken.
std::map<std::uint32_t, unsigned> overload(PortSpace& space, std::uint16_t workers, PortWish wish) {
  std::mt19937_64 random(workers);
  std::map<std::uint32_t, unsigned> sessions;
  for (std::uint16_t worker = 0; worker < workers; ++worker) {
    for (wish.random = random();; wish.random = random()) {
      const std::uint32_t port = space.take(worker, nullptr, wish);
      if (port == PortSpace::kNone) break;
      ++sessions[port];
      EXPECT_EQ(port / 64 % workers, worker) << "all sessions of a port are one worker's";
    }
    EXPECT_TRUE(space.exhausted(worker, wish));
  }
  return sessions;
}

TEST(PortSpace, a_port_has_as_many_sessions_as_it_may_and_no_more) {
  for (const std::uint16_t workers : {1, 2, 3, 7}) {
    for (const std::uint16_t overloading : {1, 2, 3, 32}) {
      PortSpace space(kAddress, workers);
      space.open_layers(overloading);
      const auto sessions = overload(
          space, workers, {.klass = PortClass::udp, .range = {2000, 3001}, .overloading = overloading});
      EXPECT_EQ(sessions.size(), 1002U);
      for (const auto& [port, count] : sessions) EXPECT_EQ(count, overloading) << port;
      EXPECT_EQ(space.taken(PortClass::udp), 1002U * overloading);
    }
  }
}

TEST(PortSpace, ports_without_a_session_are_given_first) {
  PortSpace space(kAddress, 1);
  space.open_layers(4);
  std::mt19937_64 random(5);
  PortWish wish{.klass = PortClass::tcp, .range = {5000, 5099}, .overloading = 4};
  for (unsigned round = 0; round < 4; ++round) {
    std::set<std::uint32_t> ports;
    for (unsigned i = 0; i < 100; ++i) {
      wish.random = random();
      ports.insert(space.take(0, nullptr, wish));
    }
    EXPECT_EQ(ports.size(), 100U) << "round " << round;
  }
}

// What sessions have stays theirs; ports that have more than they may now are given to nobody.
TEST(PortSpace, a_port_that_may_have_fewer_sessions_waits_for_those_that_it_has) {
  PortSpace space(kAddress, 1);
  space.open_layers(3);
  PortWish wish{.klass = PortClass::tcp, .range = {5000, 5000}, .overloading = 3};
  overload(space, 1, wish);
  wish.overloading = 2;
  EXPECT_EQ(space.take(0, nullptr, wish), PortSpace::kNone);
  EXPECT_TRUE(space.give(0, PortClass::tcp, 5000));
  EXPECT_EQ(space.take(0, nullptr, wish), PortSpace::kNone) << "it has two";
  EXPECT_TRUE(space.give(0, PortClass::tcp, 5000));
  EXPECT_EQ(space.take(0, nullptr, wish), 5000U);
  wish.overloading = 3;
  EXPECT_EQ(space.take(0, nullptr, wish), 5000U) << "and may have three again";
  EXPECT_EQ(space.take(0, nullptr, wish), PortSpace::kNone);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(space.give(0, PortClass::tcp, 5000));
  EXPECT_FALSE(space.give(0, PortClass::tcp, 5000));
  EXPECT_FALSE(space.in_use());
}

TEST(PortSpace, another_workers_port_is_not_ours_to_give_back) {
  PortSpace space(kAddress, 2);
  const Steering steering(0, 2);
  const std::uint32_t port = space.take(0, &steering, wish(PortClass::udp, {1024, 65535}, 5));
  EXPECT_FALSE(space.give(1, PortClass::udp, static_cast<std::uint16_t>(port)));
  EXPECT_TRUE(space.give(0, PortClass::udp, static_cast<std::uint16_t>(port)));
}

// RFC 6056: the next port does not follow from the last one.
TEST(PortSpace, ports_are_spread_over_the_range) {
  PortSpace space(kAddress, 1);
  const Steering steering(0, 1);
  std::mt19937_64 random(3);
  std::set<std::uint32_t> sixteenths;
  for (int i = 0; i < 200; ++i) {
    sixteenths.insert(space.take(0, &steering, wish(PortClass::udp, {1024, 65535}, random())) / 4096);
  }
  EXPECT_EQ(sixteenths.size(), 16U);
}

// With two workers half of the ports that are left lead answers to the other one: so many words are looked
// at.
TEST(PortSpace, a_search_among_ports_that_lead_elsewhere_ends) {
  constexpr match::PortRange kAll{0, 65535};
  constexpr std::uint32_t kWordsEach = 512;
  PortSpace space(kAddress, 2);
  const Steering steering(0, 2);
  const auto from_word = [](std::uint64_t word) { return ((word << 32) / kWordsEach + 1) << 32; };
  const auto take_from = [&](std::uint64_t word) {
    return space.take(0, &steering, wish(PortClass::tcp, kAll, from_word(word)));
  };
  std::uint32_t last = 0;
  for (std::uint32_t word = 0; word < kWordsEach; ++word) {
    for (std::uint32_t port = take_from(word); port != PortSpace::kNone; port = take_from(word)) last = port;
  }
  EXPECT_EQ(space.taken(PortClass::tcp), 65536U / 2 / 2);
  ASSERT_TRUE(space.give(0, PortClass::tcp, static_cast<std::uint16_t>(last)));
  const std::uint32_t place = last / 64 / 2;
  EXPECT_EQ(take_from((place + kWordsEach - PortSpace::kMostWords) % kWordsEach), PortSpace::kNone);
  EXPECT_EQ(take_from((place + kWordsEach - PortSpace::kMostWords + 1) % kWordsEach), last);
}

}  // namespace
}  // namespace sluice::nat
