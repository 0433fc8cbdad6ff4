#include "base/suggestion.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using Kind = Suggestion::Kind;

std::string made(std::vector<Suggestion> items, std::string_view typed) {
  const ByBlank blank = by_blank(items, typed);
  return blank.ambiguous ? "ambiguous" : std::string(blank.word);
}

TEST(Suggestion, blank_completes_a_word_that_is_the_only_one) {
  EXPECT_EQ(made({{"show", ""}}, "sh"), "show");
  EXPECT_EQ(made({{"set", ""}, {"settle", ""}}, "set"), "set");
  EXPECT_EQ(made({{"save", ""}, {"set", ""}}, "s"), "ambiguous");
  EXPECT_EQ(made({}, "zonse"), "zonse");
}

TEST(Suggestion, blank_leaves_what_may_be_a_name_or_value_of_ones_own) {
  EXPECT_EQ(made({{"terminal", ""}, {"<file>", "", Kind::file}}, "t"), "t");
  EXPECT_EQ(made({{"trust", "", Kind::name}}, "tr"), "tr");
  EXPECT_EQ(made({{"tcp", ""}, {"<protocol>", "", Kind::placeholder}}, "t"), "tcp");
  EXPECT_EQ(made({{"tcp", ""}, {"tunnel", ""}, {"<protocol>", "", Kind::placeholder}}, "t"), "t");
}

TEST(Suggestion, kinds_travel_by_name) {
  for (const Kind kind : {Kind::word, Kind::name, Kind::placeholder, Kind::file}) {
    EXPECT_EQ(suggestion_kind(name_of(kind)), kind);
  }
  EXPECT_EQ(suggestion_kind("what a later release has"), Kind::placeholder);
}

}  // namespace
}  // namespace sluice
