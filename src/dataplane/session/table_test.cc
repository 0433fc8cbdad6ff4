#include "dataplane/session/table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <unordered_map>
#include <vector>

namespace sluice::session {
namespace {

using packet::V4;
using packet::V6;

const packet::HashSecret kSecret{{0x9e3779b97f4a7c15, 0xd1b54a32d192ed03, 0x8cb92ba72f3d8dd7}};

template <class F>
typename F::Key number_to_key(std::uint32_t n) {
  typename F::Key key;
  key.protocol = 17;
  key.zone = 8;
  store(&key.source, 0x0a000000U + n);
  store(&key.destination, 0xc0a80000U + (n >> 8));
  key.source_port = static_cast<std::uint16_t>(n * 7);
  key.destination_port = 53;
  return key;
}

template <class F>
NewSession<F> session_of(const Table<F>& table, std::uint32_t n, std::uint32_t timeout_s = 60) {
  NewSession<F> session;
  session.key = number_to_key<F>(n);
  session.hash = table.hash_of(session.key);
  session.far_zone = ZoneId{9};
  session.cold.timeout_s = timeout_s;
  session.cold.start_unix_s = n;
  return session;
}

template <class F>
typename F::Key answer_to(const NewSession<F>& session) {
  return packet::mirror(session.key, session.far_zone);
}

template <class F>
Table<F> table_of(std::uint32_t capacity) {
  return Table<F>(
      TableOptions{.capacity = capacity, .identifier_base = 100, .version_seed = 2, .secret = kSecret});
}

template <class F>
class SessionTable : public testing::Test {};
using Families = testing::Types<V4, V6>;
TYPED_TEST_SUITE(SessionTable, Families);

TYPED_TEST(SessionTable, both_wings_find_the_session) {
  auto table = table_of<TypeParam>(100);
  const auto session = session_of(table, 1);
  const auto slot = table.install(session, 1000);
  ASSERT_TRUE(slot);
  const auto answer = answer_to(session);
  EXPECT_EQ(table.find(session.key, session.hash), *slot << 1);
  EXPECT_EQ(table.find(answer, table.hash_of(answer)), (*slot << 1) | 1);
  EXPECT_EQ(table.identifier(*slot), 101U);
}

TYPED_TEST(SessionTable, answer_from_another_zone_is_not_the_session) {
  auto table = table_of<TypeParam>(100);
  const auto session = session_of(table, 1);
  ASSERT_TRUE(table.install(session, 1000));
  auto stranger = answer_to(session);
  stranger.zone = 77;
  EXPECT_EQ(table.find(stranger, table.hash_of(stranger)), Table<TypeParam>::kNone);
}

// A translated session is found by the two keys that packets have, and not by the answer that would have
// come without translation.
TYPED_TEST(SessionTable, translated_session_is_found_by_both_of_its_keys) {
  Table<TypeParam> table({.capacity = 10, .translated = 10, .version_seed = 2, .secret = kSecret});
  auto session = session_of(table, 1);
  session.flags = flag::kNat;
  session.cold.far = packet::mirror(number_to_key<TypeParam>(500'000), ZoneId{9});
  const auto slot = *table.install(session, 1000);
  const auto& far = session.cold.far;
  EXPECT_EQ(table.find(session.key, session.hash), slot << 1);
  EXPECT_EQ(table.find(far, table.hash_of(far)), (slot << 1) | 1);
  const auto plain_answer = answer_to(session);
  EXPECT_EQ(table.find(plain_answer, table.hash_of(plain_answer)), Table<TypeParam>::kNone);
  EXPECT_EQ(table.key(slot, 1), far);
  table.end(slot);
  EXPECT_EQ(table.find(session.key, session.hash), Table<TypeParam>::kNone);
  EXPECT_EQ(table.find(far, table.hash_of(far)), Table<TypeParam>::kNone);
}

// What packets of either wing look like when they have passed.
template <class F>
void expect_translated(const Table<F>& table, std::uint32_t slot, const typename F::Key& near,
                       const typename F::Key& far) {
  EXPECT_EQ(table.find(near, table.hash_of(near)), slot << 1);
  EXPECT_EQ(table.find(far, table.hash_of(far)), (slot << 1) | 1);
  const auto leaves = [&](std::uint32_t place) {
    return packet::mirror(std::bit_cast<typename F::Key>(table.leaving(place)), ZoneId{0});
  };
  auto expected = far;
  expected.zone = 0;
  EXPECT_EQ(leaves(slot << 1), expected);
  expected = near;
  expected.zone = 0;
  EXPECT_EQ(leaves((slot << 1) | 1), expected);
  auto stranger = far;
  stranger.zone = 77;
  EXPECT_EQ(table.find(stranger, table.hash_of(stranger)), Table<F>::kNone);
}

// Of whichever end is translated, and of both. A record has room for one end of IPv4, and the table for three
// addresses: what more there is works the same.
TYPED_TEST(SessionTable, packets_of_a_translated_session_leave_as_its_other_key_says) {
  Table<TypeParam> table({.capacity = 40, .translated = 3, .version_seed = 2, .secret = kSecret});
  struct Made {
    std::uint32_t slot;
    typename TypeParam::Key near, far;
  };
  std::vector<Made> made;
  for (std::uint32_t n = 0; n < 15; ++n) {
    auto session = session_of(table, n);
    auto sent = session.key;
    const auto other = number_to_key<TypeParam>(500'000 + n / 3);
    if (n % 3 != 1) {
      sent.source = other.source;
      sent.source_port = static_cast<std::uint16_t>(other.source_port + n);
    }
    if (n % 3 != 0) {
      sent.destination = other.destination;
      sent.destination_port = static_cast<std::uint16_t>(other.destination_port + n);
    }
    session.flags = flag::kNat;
    session.cold.far = packet::mirror(sent, ZoneId{9});
    made.push_back({*table.install(session, 1000), session.key, session.cold.far});
  }
  for (const Made& one : made) {
    expect_translated(table, one.slot, one.near, one.far);
    EXPECT_EQ(table.key(one.slot, 1), one.far);
  }
  for (const Made& one : made) {
    table.end(one.slot);
    EXPECT_EQ(table.find(one.far, table.hash_of(one.far)), Table<TypeParam>::kNone);
  }
}

// An ICMP key says which end asks by the order of its addresses, which translation may change.
TYPED_TEST(SessionTable, query_whose_asker_becomes_the_higher_end_is_found_by_both_of_its_keys) {
  Table<TypeParam> table({.capacity = 10, .translated = 10, .version_seed = 2, .secret = kSecret});
  auto session = session_of(table, 1);
  session.key.icmp = 3;
  session.hash = table.hash_of(session.key);
  auto sent = session.key;
  sent.source = number_to_key<TypeParam>(500'000).source;
  sent.icmp = 2;
  session.flags = flag::kNat;
  session.cold.far = packet::mirror(sent, ZoneId{9});
  const auto slot = *table.install(session, 1000);
  expect_translated(table, slot, session.key, session.cold.far);
}

// The record's counters are narrow: what they cannot hold is carried to the cold part.
TYPED_TEST(SessionTable, counts_more_than_its_record_can_hold) {
  auto table = table_of<TypeParam>(10);
  const auto slot = *table.install(session_of(table, 1), 1000);
  constexpr std::uint32_t kPackets = 300'000;
  for (std::uint32_t i = 0; i < kPackets; ++i) {
    table.count((slot << 1) | 1, 65'535);
  }
  table.count(slot << 1, 40);
  Copy<TypeParam> copy;
  ASSERT_TRUE(table.copy(slot, copy));
  EXPECT_EQ(copy.traffic[1].packets, kPackets);
  EXPECT_EQ(copy.traffic[1].bytes, std::uint64_t{kPackets} * 65'535);
  EXPECT_EQ(copy.traffic[0].packets, 1U);
  EXPECT_EQ(copy.traffic[0].bytes, 40U);
}

TYPED_TEST(SessionTable, full_table_refuses_and_keeps_what_it_has) {
  auto table = table_of<TypeParam>(50);
  for (std::uint32_t n = 0; n < 50; ++n) {
    ASSERT_TRUE(table.install(session_of(table, n), 1000)) << n;
  }
  EXPECT_FALSE(table.install(session_of(table, 50), 1000));
  EXPECT_EQ(table.live_count(), 50U);
  for (std::uint32_t n = 0; n < 50; ++n) {
    const auto session = session_of(table, n);
    EXPECT_NE(table.find(session.key, session.hash), Table<TypeParam>::kNone) << n;
  }
}

TYPED_TEST(SessionTable, slots_are_reused_oldest_first) {
  auto table = table_of<TypeParam>(3);
  std::vector<std::uint32_t> slots;
  for (std::uint32_t n = 0; n < 3; ++n) {
    slots.push_back(*table.install(session_of(table, n), 1000));
  }
  table.end(slots[1]);
  table.end(slots[0]);
  EXPECT_EQ(*table.install(session_of(table, 10), 1000), slots[1]);
  EXPECT_EQ(*table.install(session_of(table, 11), 1000), slots[0]);
}

TYPED_TEST(SessionTable, the_slots_of_the_next_sessions_are_known_ahead) {
  auto table = table_of<TypeParam>(6);
  for (std::uint32_t n = 0; n < 4; ++n) {
    ASSERT_TRUE(table.install(session_of(table, n), 1000));
  }
  table.end(2);
  table.end(0);
  table.end(3);
  std::vector<std::uint32_t> expected;  // two that were never used, then those given back
  for (std::uint32_t ahead = 0; ahead < 5; ++ahead) {
    expected.push_back(table.peek_slot(ahead));
  }
  EXPECT_EQ(table.peek_slot(5), Table<TypeParam>::kNone);
  std::vector<std::uint32_t> taken;
  for (std::uint32_t n = 10; n < 15; ++n) {
    taken.push_back(*table.install(session_of(table, n), 1000));
  }
  EXPECT_EQ(expected, taken);
}

TYPED_TEST(SessionTable, reused_slot_has_another_64_bit_identifier) {
  auto table = table_of<TypeParam>(1);
  const auto first = *table.install(session_of(table, 1), 1000);
  const auto before = table.identifier_64(first, table.live_version(first));
  table.end(first);
  EXPECT_EQ(table.live_version(first), 0U);
  const auto second = *table.install(session_of(table, 2), 1000);
  EXPECT_EQ(first, second);
  EXPECT_NE(before, table.identifier_64(second, table.live_version(second)));
}

TYPED_TEST(SessionTable, silent_session_expires_after_its_timeout_and_not_before) {
  auto table = table_of<TypeParam>(10);
  ASSERT_TRUE(table.install(session_of(table, 1, 60), 1000));
  std::vector<std::uint32_t> ended;
  const auto end = [&](std::uint32_t slot) {
    ended.push_back(slot);
    table.end(slot);
  };
  for (std::uint32_t now = 1001; now < 1060; ++now) {
    table.expire(now, 100, end);
  }
  EXPECT_TRUE(ended.empty());
  table.expire(1060, 100, end);
  EXPECT_EQ(ended.size(), 1U);
  EXPECT_EQ(table.live_count(), 0U);
}

TYPED_TEST(SessionTable, traffic_postpones_expiry_lazily) {
  auto table = table_of<TypeParam>(10);
  const auto slot = *table.install(session_of(table, 1, 60), 1000);
  int ended = 0;
  const auto end = [&](std::uint32_t s) {
    ++ended;
    table.end(s);
  };
  put(table.record(slot).last_seen_s, 1050U);
  for (std::uint32_t now = 1001; now < 1110; ++now) {
    table.expire(now, 100, end);
  }
  EXPECT_EQ(ended, 0);
  table.expire(1110, 100, end);
  EXPECT_EQ(ended, 1);
}

TYPED_TEST(SessionTable, shortened_timeout_takes_effect_at_once) {
  auto table = table_of<TypeParam>(10);
  table.set_timeouts({0, 20, 2, 4, 30});
  const auto slot = *table.install(session_of(table, 1, 1800), 1000);
  int ended = 0;
  const auto end = [&](std::uint32_t s) {
    ++ended;
    table.end(s);
  };
  table.expire(1010, 100, end);
  put(table.record(slot).last_seen_s, 1010U);
  table.change_timeout(slot, TimeoutClass::tcp_close, 1010);
  table.expire(1011, 100, end);
  EXPECT_EQ(ended, 0);
  table.expire(1012, 100, end);
  EXPECT_EQ(ended, 1);
}

TYPED_TEST(SessionTable, early_ageout_shortens_every_timeout) {
  auto table = table_of<TypeParam>(10);
  ASSERT_TRUE(table.install(session_of(table, 1, 1800), 1000));
  int ended = 0;
  const auto end = [&](std::uint32_t s) {
    ++ended;
    table.end(s);
  };
  table.expire(1005, 100, end);
  table.set_early_ageout(2);
  table.expire(1006, 100, end);
  EXPECT_EQ(ended, 1);
}

// Sessions that end early leave stale timer entries; when those exhaust the wheel, the sweep finds
// the rest.
TYPED_TEST(SessionTable, every_session_expires_even_when_the_wheel_is_full_of_stale_entries) {
  constexpr std::uint32_t kCapacity = 3000;
  auto table = table_of<TypeParam>(kCapacity);
  for (std::uint32_t round = 0; round < 20; ++round) {
    std::vector<std::uint32_t> slots;
    for (std::uint32_t n = 0; n < kCapacity; ++n) {
      const auto slot = table.install(session_of(table, n, 10 + round), 1000);
      ASSERT_TRUE(slot);
      slots.push_back(*slot);
    }
    if (round != 19) {
      for (const auto slot : slots) {
        table.end(slot);
      }
    }
  }
  std::uint32_t ended = 0;
  for (std::uint32_t now = 1001; now < 1100; ++now) {
    for (int i = 0; i < 40; ++i) {
      table.expire(now, 500, [&](std::uint32_t slot) {
        ++ended;
        table.end(slot);
      });
    }
    if (now < 1029) {
      ASSERT_EQ(ended, 0U) << now;
    }
  }
  EXPECT_EQ(ended, kCapacity);
}

// Tick 0 stands for "not armed", so the next one is taken. With visits so far behind that it is a whole turn
// of the wheel away, it would be visited as the one that is due now, and be forgotten.
TYPED_TEST(SessionTable, a_session_armed_for_tick_0_while_visits_lag_expires_in_time) {
  constexpr std::uint32_t kStart = 3 * 65536 - 127;
  auto table = table_of<TypeParam>(10);
  ASSERT_TRUE(table.install(session_of(table, 1, 1800), kStart));
  const auto slot = *table.install(session_of(table, 2, 60), kStart + 70);
  std::vector<std::uint32_t> ended;
  const auto end = [&](std::uint32_t due) {
    ended.push_back(due);
    table.end(due);
  };
  for (std::uint32_t now = kStart + 70; now < kStart + 130; ++now) {
    table.expire(now, 100, end);
  }
  EXPECT_TRUE(ended.empty());
  table.expire(kStart + 130, 100, end);
  EXPECT_EQ(ended, std::vector<std::uint32_t>{slot});
}

TYPED_TEST(SessionTable, slot_reused_within_a_second_expires_once) {
  auto table = table_of<TypeParam>(1);
  const auto slot = *table.install(session_of(table, 1), 1000);
  table.end(slot);
  ASSERT_EQ(*table.install(session_of(table, 2), 1000), slot);  // armed for the same tick again
  std::vector<std::uint32_t> ended;
  for (std::uint32_t now = 1000; now < 1100; ++now) {
    table.expire(now, 100, [&](std::uint32_t due) {
      ended.push_back(due);
      table.end(due);
    });
  }
  EXPECT_EQ(ended, std::vector<std::uint32_t>{slot});
}

TYPED_TEST(SessionTable, behaves_as_a_map_under_random_creates_ends_and_lookups) {
  constexpr std::uint32_t kCapacity = 2000;
  auto table = table_of<TypeParam>(kCapacity);
  std::unordered_map<std::uint32_t, std::uint32_t> model;  // n -> slot
  std::mt19937 random(7);
  for (int step = 0; step < 200'000; ++step) {
    const std::uint32_t n = random() % 2500;
    const auto session = session_of(table, n);
    const auto known = model.find(n);
    const std::uint32_t found = table.find(session.key, session.hash);
    ASSERT_EQ(found != Table<TypeParam>::kNone, known != model.end()) << "step " << step;
    if (known != model.end()) {
      ASSERT_EQ(found, known->second << 1);
      const auto answer = answer_to(session);
      ASSERT_EQ(table.find(answer, table.hash_of(answer)), (known->second << 1) | 1);
      if (random() % 2 == 0) {
        table.end(known->second);
        model.erase(known);
      }
    } else if (const auto slot = table.install(session, 1000)) {
      model[n] = *slot;
    } else {
      ASSERT_GT(model.size(), kCapacity * 9 / 10) << "refused although not nearly full";
    }
    ASSERT_EQ(table.live_count(), model.size());
  }
}

TYPED_TEST(SessionTable, copy_gives_the_installed_facts) {
  auto table = table_of<TypeParam>(10);
  auto session = session_of(table, 42, 77);
  session.cold.policy = 5;
  session.cold.ifl[1] = 3;
  const auto slot = *table.install(session, 1000);
  Copy<TypeParam> copy;
  ASSERT_TRUE(table.copy(slot, copy));
  EXPECT_EQ(copy.key(0), session.key);
  EXPECT_EQ(copy.key(1), answer_to(session));
  EXPECT_EQ(copy.cold.policy, 5);
  EXPECT_EQ(copy.cold.timeout_s, 77U);
  EXPECT_EQ(copy.cold.ifl[1], 3);
  EXPECT_EQ(copy.cold.start_unix_s, 42U);
  table.end(slot);
  EXPECT_FALSE(table.copy(slot, copy));
}

}  // namespace
}  // namespace sluice::session
