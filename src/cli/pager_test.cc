#include "cli/pager.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>

namespace sluice::cli {
namespace {

// An operator who presses these keys, one after the other, whenever the pager waits.
class PagerTest : public testing::Test {
 protected:
  Pager pager(std::string_view keys, std::size_t length, std::size_t width = 80) {
    keys_.assign(keys.begin(), keys.end());
    const PagerTerminal terminal{[this](std::string_view text) { seen_ += text; },
                                 [this] {
                                   if (keys_.empty()) return -1;
                                   const int key = keys_.front();
                                   keys_.pop_front();
                                   return key;
                                 },
                                 [] { return nullptr; }};
    return {terminal, length, width};
  }

  // What is seen of the lines 1 to `last`, without what is wiped out again.
  std::string seen(std::string_view keys, int last = 20, std::size_t length = 4) {
    Pager shown = pager(keys, length);
    for (int i = 1; i <= last && shown.write(fmt::format("{}\n", i)); ++i) {
    }
    shown.finish();
    return text();
  }

  // A line of its own for each stop.
  std::string text() {
    std::string text;
    for (std::size_t at = 0; at < seen_.size();) {
      if (seen_[at] != '\r') {
        text += seen_[at++];
        continue;
      }
      const std::size_t end = seen_.find('\r', at + 1);
      text += ';';
      at = end + 1;
    }
    for (char& c : text) c = c == '\n' ? ' ' : c;
    seen_.clear();
    return text;
  }

  std::string seen_;
  std::deque<int> keys_;
};

constexpr char kMore[] = "---(more)---;";
std::string stops(std::string text) {
  for (std::size_t at = text.find('^'); at != std::string::npos; at = text.find('^', at)) {
    text.replace(at, 1, kMore);
  }
  return text;
}

TEST_F(PagerTest, waits_after_each_page_and_not_when_all_is_shown) {
  EXPECT_EQ(seen("", 3), "1 2 3 ");
  EXPECT_EQ(seen("   ", 9), stops("1 2 3 ^4 5 6 ^7 8 9 "));
  EXPECT_EQ(seen(" ", 20, 0).find("more"), std::string::npos) << "a length of 0 never waits";
}

TEST_F(PagerTest, goes_on_by_lines_halves_and_pages) {
  EXPECT_EQ(seen("\rk\n\x1b[B q", 20, 5), stops("1 2 3 4 ^5 ^6 ^7 ^8 ^9 10 11 12 ^[abort] "));
  EXPECT_EQ(seen("d\t\x04q", 20, 7), stops("1 2 3 4 5 6 ^7 8 9 ^10 11 12 ^13 14 15 ^[abort] "));
  EXPECT_EQ(seen("\x06q"), stops("1 2 3 ^4 5 6 ^[abort] "));
}

TEST_F(PagerTest, goes_to_the_end_or_shows_all_that_is_left) {
  EXPECT_EQ(seen("G"), stops("1 2 3 ^18 19 20 "));
  EXPECT_EQ(seen("N", 8), stops("1 2 3 ^4 5 6 7 8 "));
}

TEST_F(PagerTest, goes_back_by_lines_halves_and_pages_and_to_the_beginning) {
  EXPECT_EQ(seen("  bq"), stops("1 2 3 ^4 5 6 ^7 8 9 ^4 5 6 ^[abort] "));
  EXPECT_EQ(seen(" jq"), stops("1 2 3 ^4 5 6 ^3 4 5 ^[abort] "));
  EXPECT_EQ(seen(" \x1b[Aq"), stops("1 2 3 ^4 5 6 ^3 4 5 ^[abort] "));
  EXPECT_EQ(seen(" uq", 20, 5), stops("1 2 3 4 ^5 6 7 8 ^3 4 5 6 ^[abort] "));
  EXPECT_EQ(seen("  gq"), stops("1 2 3 ^4 5 6 ^7 8 9 ^1 2 3 ^[abort] "));
  EXPECT_EQ(seen("bq"), stops("1 2 3 ^1 2 3 ^[abort] ")) << "before the beginning there is nothing";
  EXPECT_EQ(seen(" b  q"), stops("1 2 3 ^4 5 6 ^1 2 3 ^4 5 6 ^7 8 9 ^[abort] "));
}

TEST_F(PagerTest, end_is_held_when_that_is_wanted_and_then_says_how_much_was_shown) {
  EXPECT_EQ(seen("H  q", 6), stops("1 2 3 ^^4 5 6 ---(*more 100%)---;"));
  EXPECT_EQ(seen("HGbq", 20),
            stops("1 2 3 ^^18 19 20 ---(*more 100%)---;15 16 17 ---(*more 85%)---;[abort] "));
}

TEST_F(PagerTest, text_is_looked_for_forward_backward_and_again) {
  EXPECT_EQ(seen("/7\rq"), stops("1 2 3 ^/7;7 8 9 ^[abort] "));
  EXPECT_EQ(seen("/7\rnq"), stops("1 2 3 ^/7;7 8 9 ^17 18 19 ^[abort] "));
  EXPECT_EQ(seen("/17\r?2\rq"), stops("1 2 3 ^/17;17 18 19 ^?2;12 13 14 ^[abort] "));
  EXPECT_EQ(seen("/x\r"), stops("1 2 3 ^/x;Pattern not found: x "));
  EXPECT_EQ(seen("?x\rq"), stops("1 2 3 ^?x;Pattern not found: x ^[abort] "));
}

TEST_F(PagerTest, only_lines_that_hold_a_text_or_do_not_are_shown_until_all_are_again) {
  const std::string with = seen("m1\r", 21);
  EXPECT_NE(with.find("10 11 12 "), std::string::npos) << with;
  EXPECT_EQ(with.find(" 5 "), std::string::npos) << with;
  const std::string without = seen("e1\rc q", 21);
  EXPECT_NE(without.find("4 5 6 "), std::string::npos) << without;
  EXPECT_NE(without.find("7 8 9 "), std::string::npos) << without;
}

TEST_F(PagerTest, long_lines_take_several_rows) {
  Pager shown = pager("q", 4, 10);
  (void)shown.write("1234567890123456789012345\n1\n");
  EXPECT_EQ(text(), stops("1234567890123456789012345 ^[abort] "));
}

TEST_F(PagerTest, keys_are_listed) {
  EXPECT_NE(seen("hq").find("Keys at ---(more)---:"), std::string::npos);
}

TEST_F(PagerTest, what_was_shown_is_kept_as_far_as_a_bound) {
  KeptLines lines;
  for (int i = 0; i < 100; ++i) lines.add(std::string(1 << 20, 'x'));
  EXPECT_EQ(lines.end(), 100U);
  EXPECT_GT(lines.first(), 80U);
  EXPECT_EQ(lines[99].size(), 1U << 20);
}

}  // namespace
}  // namespace sluice::cli
