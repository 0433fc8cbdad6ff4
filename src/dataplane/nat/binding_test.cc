#include "dataplane/nat/binding.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <thread>

namespace sluice::nat {
namespace {

constexpr packet::HashSecret kSecret{{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0}};
constexpr std::uint8_t kUdp = 17;

Tuple tuple(std::uint32_t host, std::uint16_t port) {
  return {.address = packet::IpAddress::v4(0x0a000000 + host), .protocol = kUdp, .port = port};
}

Binding binding(std::uint32_t host, std::uint16_t port, std::uint16_t public_port, Realm realm = 7) {
  Binding made;
  made.inside = tuple(host, port);
  made.reflexive = tuple(0xffff, public_port);
  made.realm = realm;
  return made;
}

BindingTable table_for(std::uint32_t capacity) {
  return std::move(BindingTable::make(capacity, kSecret).value());
}

// Sweeps all of it, as in another second.
template <class Due>
std::set<std::uint16_t> freed_by(BindingTable& table, std::uint32_t now_s, Due due) {
  std::set<std::uint16_t> ports;
  table.sweep(now_s, table.capacity(), due, [&](const Binding& x) { ports.insert(x.reflexive.port); });
  return ports;
}

constexpr auto kEach = [](const BindingView&) { return true; };

TEST(BindingTable, is_found_by_either_end_and_realm) {
  BindingTable table = table_for(16);
  ASSERT_TRUE(table.add(binding(1, 5000, 2000), 10));
  EXPECT_TRUE(table.find_inside(tuple(1, 5000), 7));
  EXPECT_FALSE(table.find_inside(tuple(1, 5000), 8));
  EXPECT_FALSE(table.find_inside(tuple(1, 5001), 7));
  Tuple tcp = tuple(1, 5000);
  tcp.protocol = 6;
  EXPECT_FALSE(table.find_inside(tcp, 7));
  EXPECT_EQ(table.find_reflexive(tuple(0xffff, 2000))->binding.inside, tuple(1, 5000));
  EXPECT_FALSE(table.find_reflexive(tuple(0xffff, 2001)));
}

TEST(BindingTable, sessions_are_counted_up_to_a_limit_and_hold_it) {
  BindingTable table = table_for(16);
  const auto handle = table.add(binding(1, 5000, 2000), 10).value();
  EXPECT_EQ(table.join(handle, 2), BindingTable::Joined::joined);
  EXPECT_EQ(table.join(handle, 2), BindingTable::Joined::joined);
  EXPECT_EQ(table.join(handle, 2), BindingTable::Joined::full);
  EXPECT_TRUE(freed_by(table, 11, kEach).empty());
  EXPECT_FALSE(table.clear(handle.slot));
  table.leave(handle, 12);
  table.leave(handle, 13);
  BindingView view;
  ASSERT_TRUE(table.view(handle.slot, view));
  EXPECT_EQ(view.sessions, 0U);
  EXPECT_EQ(view.idle_since_s, 13U);
  EXPECT_TRUE(table.clear(handle.slot));
  EXPECT_EQ(freed_by(table, 14, [](const BindingView& x) { return x.idle_since_s == 0; }).size(), 1U);
  EXPECT_EQ(table.join(handle, 2), BindingTable::Joined::gone);
  EXPECT_FALSE(table.find_inside(tuple(1, 5000), 7));
  EXPECT_FALSE(table.find_reflexive(tuple(0xffff, 2000)));
}

TEST(BindingTable, a_slot_that_is_used_again_is_not_taken_for_what_it_was) {
  BindingTable table = table_for(1);
  const auto before = table.add(binding(1, 5000, 2000), 10).value();
  table.add_target(before, 99);
  EXPECT_FALSE(table.add(binding(2, 5000, 2001), 10)) << "it is full";
  EXPECT_EQ(freed_by(table, 11, kEach).size(), 1U);
  const auto after = table.add(binding(2, 5000, 2001), 12).value();
  EXPECT_EQ(after.slot, before.slot);
  EXPECT_EQ(table.join(before, 9), BindingTable::Joined::gone);
  EXPECT_EQ(table.join(after, 9), BindingTable::Joined::joined);
  EXPECT_FALSE(table.has_target(after, 99));
}

TEST(BindingTable, a_successor_is_found_instead_and_both_by_their_public_ends) {
  BindingTable table = table_for(16);
  ASSERT_TRUE(table.add(binding(1, 5000, 2000), 10));
  table.supersede(table.find_inside(tuple(1, 5000), 7).value());
  EXPECT_FALSE(table.find_inside(tuple(1, 5000), 7));
  ASSERT_TRUE(table.add(binding(1, 5000, 3000), 10));
  EXPECT_EQ(table.find_inside(tuple(1, 5000), 7)->binding.reflexive.port, 3000);
  EXPECT_TRUE(table.find_reflexive(tuple(0xffff, 2000)));
  const auto older = [](const BindingView& x) { return x.binding.reflexive.port == 2000; };
  EXPECT_EQ(freed_by(table, 11, older), (std::set<std::uint16_t>{2000}));
  EXPECT_EQ(table.find_inside(tuple(1, 5000), 7)->binding.reflexive.port, 3000);
}

TEST(BindingTable, the_newest_targets_are_remembered) {
  BindingTable table = table_for(16);
  const auto handle = table.add(binding(1, 5000, 2000), 10).value();
  for (std::uint32_t target = 1; target <= BindingTable::kTargets; ++target) {
    table.add_target(handle, target);
    table.add_target(handle, target);  // once is enough
  }
  EXPECT_TRUE(table.has_target(handle, 1));
  table.add_target(handle, 1000);
  EXPECT_FALSE(table.has_target(handle, 1));
  EXPECT_TRUE(table.has_target(handle, 2));
  EXPECT_TRUE(table.has_target(handle, 1000));
}

TEST(BindingTable, a_sweep_looks_at_so_many_slots_and_at_each_once_a_second) {
  BindingTable table = table_for(16);
  for (std::uint16_t n = 0; n < 10; ++n) ASSERT_TRUE(table.add(binding(n, 5000, n), 10));
  unsigned looked = 0;
  const auto look = [&](const BindingView&) {
    ++looked;
    return false;
  };
  const auto nothing = [](const Binding&) {};
  for (const unsigned after : {4U, 8U, 10U, 10U}) {
    table.sweep(20, 4, look, nothing);
    EXPECT_EQ(looked, after);
  }
  table.sweep(21, 4, look, nothing);
  EXPECT_EQ(looked, 14U);
}

// What the table should hold, read plainly.
struct Model {
  struct Known {
    std::uint16_t public_port;
    std::uint32_t sessions = 0;
    BindingTable::Handle handle;
  };
  std::map<std::pair<std::uint32_t, std::uint16_t>, Known> all;  // by host and port
  std::set<std::uint16_t> ports;
};

TEST(BindingTable, random_lives_are_those_of_a_plain_model) {
  constexpr std::uint32_t kCapacity = 64;
  constexpr std::uint32_t kMost = 3;
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    BindingTable table = table_for(kCapacity);
    Model model;
    for (std::uint32_t now_s = 1; now_s < 5000; ++now_s) {
      const std::pair<std::uint32_t, std::uint16_t> inside(random() % 20, 5000 + random() % 5);
      const auto found = table.find_inside(tuple(inside.first, inside.second), 7);
      const auto known = model.all.find(inside);
      ASSERT_EQ(found.has_value(), known != model.all.end());
      const unsigned what = random() % 8;
      if (!found) {
        const auto port = static_cast<std::uint16_t>(random());
        if (!model.ports.insert(port).second) continue;
        const auto added = table.add(binding(inside.first, inside.second, port), now_s);
        ASSERT_EQ(added.has_value(), model.all.size() < kCapacity);
        if (added) {
          model.all[inside] = {.public_port = port, .handle = *added};
        } else {
          model.ports.erase(port);
        }
      } else if (what < 5) {
        Model::Known& one = known->second;
        ASSERT_EQ(found->binding.reflexive.port, one.public_port);
        ASSERT_EQ(table.find_reflexive(tuple(0xffff, one.public_port))->binding.inside,
                  found->binding.inside);
        const bool joined = table.join(found->handle, kMost) == BindingTable::Joined::joined;
        ASSERT_EQ(joined, one.sessions < kMost);
        one.sessions += joined ? 1 : 0;
      } else if (known->second.sessions != 0) {
        table.leave(known->second.handle, now_s);
        --known->second.sessions;
      }
      if (random() % 50 == 0) {
        std::set<std::uint16_t> idle;
        for (auto at = model.all.begin(); at != model.all.end();) {
          const bool goes = at->second.sessions == 0;
          if (goes) idle.insert(at->second.public_port);
          at = goes ? model.all.erase(at) : std::next(at);
        }
        for (const std::uint16_t port : idle) model.ports.erase(port);
        ASSERT_EQ(freed_by(table, now_s, kEach), idle);
      }
      ASSERT_EQ(table.live(), model.all.size());
    }
  }
}

// As a hairpin's worker and the control thread do while the owner frees and makes.
TEST(BindingTable, others_look_and_count_while_its_owner_works) {
  BindingTable table = table_for(8);
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> counted{0};
  std::vector<std::thread> others;
  for (int n = 0; n < 2; ++n) {
    others.emplace_back([&] {
      while (!over.load()) {
        for (std::uint16_t port = 0; port < 8; ++port) {
          const auto found = table.find_reflexive(tuple(0xffff, port));
          if (!found) continue;
          EXPECT_EQ(found->binding.inside.port, port);
          if (table.join(found->handle, 1) != BindingTable::Joined::joined) continue;
          EXPECT_TRUE(table.find_reflexive(tuple(0xffff, port))) << "while it has a session it stays";
          ++counted;
          table.leave(found->handle, 1);
        }
      }
    });
  }
  for (std::uint32_t second = 1; second < 20000 || counted.load() < 100; ++second) {
    const auto port = static_cast<std::uint16_t>(second % 8);
    if (!table.find_reflexive(tuple(0xffff, port))) {
      EXPECT_TRUE(table.add(binding(port, port, port), 1));
    }
    static_cast<void>(freed_by(table, second, kEach));
  }
  over = true;
  for (std::thread& other : others) other.join();
  static_cast<void>(freed_by(table, 0, kEach));
  EXPECT_EQ(table.live(), 0U);
}

TEST(Bindings, every_worker_makes_some_and_holds_what_it_makes) {
  const auto bindings = Bindings::make(3, 300);
  EXPECT_EQ(bindings->of(2).capacity(), 100U);
  std::set<std::uint16_t> makers;
  std::set<std::uint16_t> makers_of_two;
  for (std::uint16_t port = 5000; port < 5100; ++port) {
    makers.insert(bindings->maker(tuple(1, port), 1024, 65535));
    makers_of_two.insert(bindings->maker(tuple(1, port), 128, 128 + 127));
    EXPECT_EQ(bindings->maker(tuple(1, port), 128, 191), bindings->holder(128)) << "who has the only word";
    EXPECT_EQ(bindings->maker(tuple(1, port), 1024, 65535), bindings->maker(tuple(1, port), 2048, 4096));
  }
  EXPECT_EQ(makers.size(), 3U);
  EXPECT_EQ(makers_of_two, (std::set<std::uint16_t>{bindings->holder(128), bindings->holder(192)}));
}

TEST(Bindings, a_target_is_an_address_or_a_port_of_one) {
  const auto bindings = Bindings::make(1, 16);
  const auto address = packet::IpAddress::v4(0x0a000001);
  EXPECT_NE(bindings->target_of(address, 0), bindings->target_of(address, 80));
  EXPECT_NE(bindings->target_of(address, 80), bindings->target_of(address, 81));
  EXPECT_NE(bindings->target_of(address, 80), bindings->target_of(packet::IpAddress::v4(0x0a000002), 80));
}

}  // namespace
}  // namespace sluice::nat
