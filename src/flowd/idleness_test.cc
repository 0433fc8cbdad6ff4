#include "flowd/idleness.h"

#include <gtest/gtest.h>

namespace sluice::flowd {
namespace {

// Turns until the first sleep.
int turns_awake(Idleness& idleness) {
  int turns = 0;
  while (idleness.rest_ns(false) == 0) {
    ++turns;
  }
  return turns;
}

TEST(Idleness, an_idle_worker_sleeps_longer_and_longer_up_to_a_limit) {
  Idleness idleness;
  EXPECT_GT(turns_awake(idleness), 0) << "a short silence is no reason to sleep";
  std::uint32_t before = 0;
  std::uint64_t slept_ns = 0;
  for (int turn = 0; turn < 10'000; ++turn) {
    const std::uint32_t now = idleness.rest_ns(false);
    EXPECT_GE(now, before);
    EXPECT_LE(now, Idleness::kLongestNs);
    before = now;
    slept_ns += now;
  }
  EXPECT_EQ(before, Idleness::kLongestNs);
  EXPECT_GT(slept_ns / 10'000, Idleness::kLongestNs * 9 / 10) << "nearly every turn of a long silence";
}

TEST(Idleness, work_wakes_it_up) {
  Idleness idleness;
  const int at_first = turns_awake(idleness);
  for (int turn = 0; turn < 1000; ++turn) {
    static_cast<void>(idleness.rest_ns(false));
  }
  idleness.worked();
  EXPECT_EQ(turns_awake(idleness), at_first);
}

TEST(Idleness, told_to_be_busy_it_never_sleeps) {
  Idleness idleness;
  static_cast<void>(turns_awake(idleness));
  for (int turn = 0; turn < 10'000; ++turn) {
    EXPECT_EQ(idleness.rest_ns(true), 0U);
  }
}

}  // namespace
}  // namespace sluice::flowd
