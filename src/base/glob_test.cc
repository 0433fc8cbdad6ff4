#include "base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

TEST(Glob, names_match_whole) {
  for (const char* pattern : {"ge-0/0/1", "*", "ge-*", "*1", "g?-0/0/1", "[efgx][et]-*", "[a-g]e-0/0/[0-9]",
                              "*-*/*/*", "ge-0/0/1*", "[!x]e-*", "ge-[^1]*"}) {
    EXPECT_TRUE(matches_glob(pattern, "ge-0/0/1")) << pattern;
  }
  for (const char* pattern :
       {"", "ge-0/0/", "ge-0/0/11", "?", "xe-*", "[!g]e-*", "ge-0/0/[02-9]", "*2", "ge*-", "GE-*"}) {
    EXPECT_FALSE(matches_glob(pattern, "ge-0/0/1")) << pattern;
  }
}

TEST(Glob, brackets_hold_any_character_and_an_open_one_is_itself) {
  EXPECT_TRUE(matches_glob("[]]", "]"));
  EXPECT_TRUE(matches_glob("a[-]b", "a-b"));
  EXPECT_TRUE(matches_glob("[a", "[a"));
  EXPECT_FALSE(matches_glob("[a", "a"));
  EXPECT_TRUE(matches_glob("", ""));
  EXPECT_TRUE(matches_glob("**", ""));
  EXPECT_FALSE(matches_glob("?", ""));
}

TEST(Glob, a_hostile_pattern_is_answered_at_once) {
  std::string pattern;
  for (int i = 0; i < 5000; ++i) pattern += "*a";
  EXPECT_FALSE(matches_glob(pattern + "b", std::string(9999, 'a')));
}

TEST(Glob, plain_names_are_told_from_patterns) {
  EXPECT_FALSE(is_glob("ge-0/0/1.0"));
  EXPECT_TRUE(is_glob("ge-0/0/*"));
  EXPECT_TRUE(is_glob("[gx]e-0/0/0"));
}

}  // namespace
}  // namespace sluice
