#include "base/clock.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Clock, a_time_since_the_epoch_is_whole_seconds_and_the_rest) {
  const Now now = at_unix(1'700'000'001'999'999'999);
  EXPECT_EQ(now.ns, 1'700'000'001'999'999'999U);
  EXPECT_EQ(now.unix_s, 1'700'000'001U);
  EXPECT_EQ(now.unix_fraction_ns, 999'999'999U);
}

TEST(Clock, both_times_of_the_machine_advance_together) {
  const Now first = read_clock();
  const Now second = read_clock();
  const auto wall_ns = [](const Now& now) { return now.unix_s * kNsPerSecond + now.unix_fraction_ns; };
  EXPECT_GE(second.ns, first.ns);
  EXPECT_EQ(wall_ns(second) - wall_ns(first), second.ns - first.ns);
  EXPECT_LT(second.unix_fraction_ns, kNsPerSecond);
}

}  // namespace
}  // namespace sluice
