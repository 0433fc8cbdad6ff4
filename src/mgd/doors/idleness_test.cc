#include "mgd/doors/idleness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include <fmt/format.h>

namespace sluice::doors {
namespace {

using ::testing::ElementsAre;

// What is said, and at which second, when somebody looks every second.
std::vector<std::string> said(Idleness& idleness, std::uint64_t limit_s, std::uint64_t from_s,
                              std::uint64_t to_s) {
  std::vector<std::string> lines;
  for (std::uint64_t now_s = from_s; now_s <= to_s; ++now_s) {
    const auto notice = idleness.look(limit_s, now_s);
    if (!notice) continue;
    lines.push_back(fmt::format("{} {}", now_s, notice->text));
    if (notice->ends) break;
  }
  return lines;
}

TEST(Idle, session_is_warned_three_times_and_then_closed) {
  Idleness idleness(1000);
  EXPECT_THAT(said(idleness, 600, 1000, 3000),
              ElementsAre("1300 Warning: session will be closed in 5 minutes if there is no activity",
                          "1540 Warning: session will be closed in 1 minute if there is no activity",
                          "1590 Warning: session will be closed in 10 seconds if there is no activity",
                          "1600 Idle timeout exceeded: closing session"));
}

TEST(Idle, activity_begins_anew_and_so_do_the_warnings) {
  Idleness idleness(0);
  EXPECT_EQ(said(idleness, 600, 0, 595).size(), 3U);
  idleness.active(595);
  EXPECT_THAT(said(idleness, 600, 595, 900),
              ElementsAre("895 Warning: session will be closed in 5 minutes if there is no activity"));
}

TEST(Idle, one_minute_is_warned_of_ten_seconds_before) {
  Idleness idleness(0);
  EXPECT_THAT(said(idleness, 60, 0, 100),
              ElementsAre("50 Warning: session will be closed in 10 seconds if there is no activity",
                          "60 Idle timeout exceeded: closing session"));
}

TEST(Idle, who_looks_late_hears_the_last_warning_only) {
  Idleness idleness(0);
  EXPECT_EQ(idleness.look(600, 595)->text,
            "Warning: session will be closed in 10 seconds if there is no activity");
  EXPECT_FALSE(idleness.look(600, 596));
}

TEST(Idle, without_a_limit_nothing_is_said) {
  Idleness idleness(0);
  EXPECT_TRUE(said(idleness, 0, 0, 5000).empty());
}

TEST(Idle, a_limit_that_is_committed_later_counts_from_the_last_activity) {
  Idleness idleness(0);
  EXPECT_FALSE(idleness.look(0, 1000));
  EXPECT_TRUE(idleness.look(900, 1000)->ends);
}

}  // namespace
}  // namespace sluice::doors
