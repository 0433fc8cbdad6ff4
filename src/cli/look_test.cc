#include "cli/look.h"

#include <gtest/gtest.h>

#include "cli/pager.h"

namespace sluice::cli {
namespace {

TEST(Look, progress_counts_in_groups_of_three) {
  EXPECT_EQ(progress_text(0, 999), "Scanned 0 of 999 sessions (0%)");
  EXPECT_EQ(progress_text(2500000, 10000000), "Scanned 2,500,000 of 10,000,000 sessions (25%)");
  EXPECT_EQ(progress_text(0, 0), "Scanned 0 of 0 sessions (0%)");
}

TEST(Look, lines_of_a_difference_say_by_colour_what_became_of_them) {
  EXPECT_EQ(coloured_difference("+  host-name fw2;"), "\x1b[32m+  host-name fw2;\x1b[0m");
  EXPECT_EQ(coloured_difference("-  host-name fw1;"), "\x1b[31m-  host-name fw1;\x1b[0m");
  EXPECT_EQ(coloured_difference("[edit system]"), "[edit system]");
}

TEST(Look, pages_are_as_long_as_without_colours) {
  std::string shown;
  int asked = 0;
  PagerTerminal terminal{[&](std::string_view text) { shown += text; },
                         [&] {
                           ++asked;
                           return 'q';
                         },
                         [] { return nullptr; }, coloured_difference};
  Pager pager(terminal, 4, 5);
  EXPECT_TRUE(pager.write("+abcd\n-abcd\n+abcd\n"));
  EXPECT_EQ(asked, 0);
  EXPECT_FALSE(pager.write("+abcd\n"));
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(shown.starts_with("\x1b[32m+abcd\x1b[0m\n\x1b[31m-abcd"));
}

}  // namespace
}  // namespace sluice::cli
