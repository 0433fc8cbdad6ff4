#include "base/time_text.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(TimeText, names_seconds_for_operators) {
  EXPECT_EQ(utc_time(0), "1970-01-01 00:00:00 UTC");
  EXPECT_EQ(utc_time(1767575093), "2026-01-05 01:04:53 UTC");
}

TEST(TimeText, is_read_as_operators_write_it) {
  constexpr std::int64_t kNow = 1767575093;
  EXPECT_EQ(unix_time("2026-01-05 01:04:53", 0), kNow);
  EXPECT_EQ(unix_time("2026-01-05T01:04:53Z", 0), kNow);
  EXPECT_EQ(unix_time("2026-01-05 01:04", 0), kNow - 53);
  EXPECT_EQ(unix_time("01:04:53", kNow + 1000), kNow);
  for (const char* wrong :
       {"", "Z", "2026-02-30 01:04", "2026-01-05", "24:00", "1:04", "2026-01-05 01:04:53 UTC"}) {
    EXPECT_EQ(unix_time(wrong, kNow), std::nullopt) << wrong;
  }
}

TEST(TimeText, names_milliseconds_and_the_offset_for_logs) {
  std::tm time{};
  time.tm_year = 126;
  time.tm_mon = 3;
  time.tm_mday = 1;
  time.tm_hour = 10;
  EXPECT_EQ(rfc3339(time, 7), "2026-04-01T10:00:00.007Z");
  time.tm_gmtoff = 5 * 3600 + 1800;
  EXPECT_EQ(rfc3339(time, 345), "2026-04-01T10:00:00.345+05:30");
  time.tm_gmtoff = -3 * 3600;
  EXPECT_EQ(rfc3339(time, 999), "2026-04-01T10:00:00.999-03:00");
}

}  // namespace
}  // namespace sluice
