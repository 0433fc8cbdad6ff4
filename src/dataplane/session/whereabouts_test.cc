#include "dataplane/session/whereabouts.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sluice::session {
namespace {

constexpr packet::HashSecret kWhereaboutsSecret{{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0}};

packet::Key4 key(std::uint32_t n) {
  packet::Key4 made;
  made.protocol = 17;
  made.zone = 8;
  made.source = n;
  made.destination = ~n;
  return made;
}

TEST(Whereabouts, a_key_leads_to_its_worker_until_it_is_taken_out) {
  Whereabouts all(64, kWhereaboutsSecret);
  const std::uint64_t hash = all.hash_of(key(1));
  EXPECT_EQ(all.find(hash), Whereabouts::kNowhere);
  EXPECT_TRUE(all.add(hash, 3));
  EXPECT_EQ(all.find(hash), 3);
  all.remove(hash, 2);
  EXPECT_EQ(all.find(hash), 3) << "another worker's entry is its own";
  all.remove(hash, 3);
  EXPECT_EQ(all.find(hash), Whereabouts::kNowhere);
}

TEST(Whereabouts, another_zone_and_the_other_direction_are_other_keys) {
  Whereabouts all(64, kWhereaboutsSecret);
  packet::Key4 elsewhere = key(1);
  elsewhere.zone = 9;
  EXPECT_NE(all.hash_of(key(1)), all.hash_of(elsewhere));
  EXPECT_NE(all.hash_of(key(1)), all.hash_of(packet::mirror(key(1), ZoneId{8})));
}

TEST(Whereabouts, as_many_as_there_are_sessions_have_room) {
  constexpr std::uint32_t kSessions = 300'000;
  Whereabouts all(kSessions, kWhereaboutsSecret);
  for (std::uint32_t i = 0; i < kSessions; ++i) ASSERT_TRUE(all.add(all.hash_of(key(i)), i % 7));
  for (std::uint32_t i = 0; i < kSessions; ++i) ASSERT_EQ(all.find(all.hash_of(key(i))), i % 7);
}

TEST(Whereabouts, a_bucket_without_room_says_so) {
  Whereabouts all(1, kWhereaboutsSecret);  // two buckets
  std::uint32_t added = 0;
  while (added < 100 && all.add(all.hash_of(key(added)), 0)) ++added;
  EXPECT_EQ(added, 16U);
  EXPECT_EQ(all.find(all.hash_of(key(99))), Whereabouts::kNowhere);
}

TEST(Whereabouts, workers_write_at_the_same_time) {
  constexpr std::uint32_t kEach = 20'000;
  Whereabouts all(3 * kEach, kWhereaboutsSecret);
  {
    std::vector<std::jthread> workers;
    for (std::uint16_t w = 0; w < 3; ++w) {
      workers.emplace_back([&all, w] {
        for (std::uint32_t i = 0; i < kEach; ++i) {
          all.add(all.hash_of(key(w * kEach + i)), w);
          if (i % 2 != 0) all.remove(all.hash_of(key(w * kEach + i)), w);
        }
      });
    }
  }
  for (std::uint32_t i = 0; i < 3 * kEach; ++i) {
    const std::uint16_t expected = i % 2 != 0 ? Whereabouts::kNowhere : static_cast<std::uint16_t>(i / kEach);
    ASSERT_EQ(all.find(all.hash_of(key(i))), expected);
  }
}

}  // namespace
}  // namespace sluice::session
