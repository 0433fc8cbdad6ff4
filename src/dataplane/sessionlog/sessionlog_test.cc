#include "dataplane/sessionlog/sessionlog.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <thread>
#include <vector>

namespace sluice::sessionlog {
namespace {

// Writes one event that carries `id`; whether it got through.
bool write(EventRing& ring, std::uint32_t id) {
  Event* event = ring.reserve();
  if (event == nullptr) {
    return false;
  }
  event->session_id_32 = id;
  ring.commit();
  return true;
}

std::vector<Event> take(EventRing& ring, std::size_t most = SIZE_MAX) {
  std::vector<Event> taken;
  for (auto run = ring.peek(); !run.empty() && taken.size() < most; run = ring.peek()) {
    run = run.first(std::min(run.size(), most - taken.size()));
    taken.insert(taken.end(), run.begin(), run.end());
    ring.release(run.size());
  }
  return taken;
}

TEST(EventRing, events_come_out_in_order_with_sequence_numbers_from_one) {
  EventRing ring(8);
  for (std::uint32_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(write(ring, 100 + i));
  }
  const std::vector<Event> events = take(ring);
  ASSERT_EQ(events.size(), 5U);
  for (std::uint32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(events[i].session_id_32, 100 + i);
    EXPECT_EQ(events[i].sequence, i + 1);
    EXPECT_EQ(events[i].lost_before, 0U);
  }
  EXPECT_TRUE(ring.peek().empty());
}

TEST(EventRing, an_event_is_invisible_until_it_is_committed) {
  EventRing ring(8);
  ASSERT_NE(ring.reserve(), nullptr);
  EXPECT_TRUE(ring.peek().empty());
  ring.commit();
  EXPECT_EQ(ring.peek().size(), 1U);
}

TEST(EventRing, a_full_ring_loses_the_newest_and_the_next_event_says_how_many) {
  EventRing ring(4);
  for (std::uint32_t i = 1; i <= 7; ++i) {
    EXPECT_EQ(write(ring, i), i <= 4);
  }
  EXPECT_EQ(ring.lost(), 3U);
  EXPECT_EQ(take(ring, 1).at(0).session_id_32, 1U);
  EXPECT_TRUE(write(ring, 8));
  const std::vector<Event> events = take(ring);
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[3].session_id_32, 8U);
  EXPECT_EQ(events[3].lost_before, 3U);
  EXPECT_EQ(events[3].sequence, 8U) << "lost events have their sequence numbers";
  EXPECT_EQ(events[2].lost_before, 0U);
  EXPECT_TRUE(write(ring, 9));
  EXPECT_EQ(take(ring).at(0).lost_before, 0U) << "a loss is told once";
}

TEST(EventRing, a_run_ends_at_the_wrap_and_goes_on_after_it) {
  EventRing ring(4);
  for (std::uint32_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(write(ring, i));
  }
  take(ring);
  for (std::uint32_t i = 4; i <= 6; ++i) {
    ASSERT_TRUE(write(ring, i));
  }
  ASSERT_EQ(ring.peek().size(), 1U);
  EXPECT_EQ(ring.peek()[0].session_id_32, 4U);
  ring.release(1);
  ASSERT_EQ(ring.peek().size(), 2U);
  EXPECT_EQ(ring.peek()[0].session_id_32, 5U);
}

TEST(EventRing, every_event_is_delivered_or_announced_as_lost_under_random_load) {
  EventRing ring(64);
  std::mt19937 random(7);
  std::deque<std::uint64_t> expected;  // sequences that went in
  std::uint64_t sequence = 0;
  std::uint64_t announced = 0;
  for (int round = 0; round < 20'000; ++round) {
    for (unsigned burst = random() % 40; burst > 0; --burst) {
      ++sequence;
      if (write(ring, 0)) {
        expected.push_back(sequence);
      }
    }
    for (const Event& event : take(ring, random() % 36)) {
      ASSERT_EQ(event.sequence, expected.front());
      expected.pop_front();
      announced += event.lost_before;
    }
    ASSERT_EQ(ring.written() + ring.lost(), sequence);
  }
  for (const Event& event : take(ring)) {
    announced += event.lost_before;
  }
  take(ring);
  ASSERT_TRUE(write(ring, 0));
  announced += take(ring).at(0).lost_before;
  EXPECT_GT(ring.lost(), 0U);
  EXPECT_EQ(announced, ring.lost());
}

TEST(EventRing, a_worker_and_the_log_thread_share_it_without_a_lock) {
  EventRing ring(256);
  constexpr std::uint64_t kEvents = 200'000;
  std::thread worker([&ring] {
    for (std::uint32_t i = 0; i < kEvents; ++i) {
      write(ring, i);
    }
    while (!write(ring, 0)) {
    }
  });
  std::uint64_t next = 1;
  std::uint64_t lost = 0;
  while (next <= kEvents) {
    for (const Event& event : take(ring)) {
      ASSERT_EQ(event.sequence, next + event.lost_before) << "losses account for every gap";
      lost += event.lost_before;
      next = event.sequence + 1;
    }
  }
  worker.join();
  EXPECT_EQ(lost, ring.lost());
}

}  // namespace
}  // namespace sluice::sessionlog
