// Statements typed short, and statements that have to do with a text.
#include <gtest/gtest.h>

#include "config/suggest.h"
#include "config/test_schema.h"
#include "config/text.h"

namespace sluice::config {
namespace {

constexpr std::string_view kHere =
    "set system host-name fw1\n"
    "set security zones security-zone trust\n"
    "set security policies from-zone trust to-zone untrust policy web then permit\n";

std::string full(std::string_view text, Purpose purpose = Purpose::write, const Joints& joints = {}) {
  const Tree tree = parse_text(test_schema(), kHere, "here").value();
  const InFull made = in_full(tree, text, purpose, joints);
  if (!made.error) return made.text;
  return std::to_string(made.error_position) + ": " + made.error->message;
}

TEST(InFullTest, words_of_the_language_are_said_in_full_and_names_and_values_stay) {
  EXPECT_EQ(full("sec zon sec trust int ge-0/0/1.0"),
            "security zones security-zone trust interfaces ge-0/0/1.0");
  EXPECT_EQ(full("sec pol from tr to untr pol p th l session-i"),
            "security policies from-zone tr to-zone untr policy p then log session-init");
  EXPECT_EQ(full("  sys   ho  \"a b\"  "), "  system   host-name  \"a b\"  ") << "blanks stay";
  EXPECT_EQ(full(""), "");
}

TEST(InFullTest, values_that_are_one_of_several_words_may_be_short_where_they_are_none_as_they_stand) {
  EXPECT_EQ(full("applications application x protocol tc"), "applications application x protocol tcp");
  EXPECT_EQ(full("applications application x protocol 6"), "applications application x protocol 6");
}

TEST(InFullTest, from_the_word_on_that_has_no_place_all_stay) {
  EXPECT_EQ(full("sec zonse sec trust"), "security zonse sec trust");
  EXPECT_EQ(full("\"sec\" zon"), "\"sec\" zon") << "in quotes it is no word of the language";
  EXPECT_EQ(full("sec { zon"), "security { zon");
  EXPECT_EQ(full("sec \"open"), "security \"open");
}

TEST(InFullTest, word_that_could_be_several_is_told_with_them_in_their_order) {
  const std::string told = full("security z \n");
  EXPECT_EQ(told.substr(0, 9), "security ") << told;
  EXPECT_TRUE(full("s zones").starts_with("0: 's' is ambiguous.\nPossible completions:\n> security "));
  EXPECT_TRUE(full("sec policies from-zone a to-zone b policy p match s").find("source-address") !=
              std::string::npos);
}

TEST(InFullTest, what_is_there_comes_before_what_could_be) {
  EXPECT_EQ(full("s", Purpose::find).substr(0, 2), "0:");
  EXPECT_EQ(full("security n", Purpose::find), "security nat") << "nothing that is there fits";
  EXPECT_EQ(full("security p", Purpose::find), "security policies");
}

TEST(InFullTest, statement_beside_another_is_said_in_full_behind_what_joins_them) {
  const std::string at = "security policies from-zone trust to-zone untrust ";
  EXPECT_EQ(full(at + "pol web to pol to", Purpose::find, {{{"to", ""}}}), at + "policy web to pol to")
      << "the last one joins";
  EXPECT_EQ(full(at + "pol web to pol x", Purpose::find, {{{"to", ""}}}), at + "policy web to policy x");
  EXPECT_EQ(full(at + "pol web bef pol x", Purpose::find, {{{"before", ""}, {"after", ""}}}),
            at + "policy web before policy x");
}

TEST(InFullTest, statements_are_found_by_their_words_and_descriptions) {
  const auto found = apropos(test_schema(), "security zones", "INTERFACES");
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.front().words.substr(0, 32), "security-zone <name> interfaces ");
  EXPECT_TRUE(apropos(test_schema(), "no such place", "").empty());
}

}  // namespace
}  // namespace sluice::config
