#include "base/text.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using namespace std::string_view_literals;

TEST(TextTest, utf8_and_line_ends_are_text) {
  EXPECT_TRUE(is_text(""));
  EXPECT_TRUE(is_text("ge-0/0/0.0\tand\r\nmore"));
  EXPECT_TRUE(is_text("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\xA5"));
}

TEST(TextTest, text_is_found_whatever_its_case) {
  EXPECT_TRUE(holds_text("Session ID: 7", "session id"));
  EXPECT_TRUE(holds_text("a", ""));
  EXPECT_TRUE(holds_text("", ""));
  EXPECT_FALSE(holds_text("session", "sessions"));
}

TEST(TextTest, control_characters_and_broken_utf8_are_not_text) {
  EXPECT_FALSE(is_text("tcp\0"sv));
  EXPECT_FALSE(is_text("\x1B[0m"));
  EXPECT_FALSE(is_text("\xE9")) << "Latin-1";
  EXPECT_FALSE(is_text("\xE2\x82")) << "cut off";
  EXPECT_FALSE(is_text("\xC0\x80")) << "an overlong zero";
  EXPECT_FALSE(is_text("\xED\xA0\x80")) << "a surrogate";
  EXPECT_FALSE(is_text("\xEF\xBF\xBF")) << "a noncharacter";
}

TEST(TextTest, one_thing_is_not_counted_as_many) {
  EXPECT_EQ(counted(0, "record"), "0 records");
  EXPECT_EQ(counted(1, "record"), "1 record");
  EXPECT_EQ(counted(2, "record"), "2 records");
}

TEST(TextTest, names_that_there_are_of_many_the_first_ten) {
  EXPECT_EQ(there_are({}), "there are none");
  EXPECT_EQ(there_are({"trust"}), "there is trust");
  EXPECT_EQ(there_are({"trust", "dmz"}), "there are trust, dmz");
  EXPECT_EQ(there_are({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}),
            "there are a, b, c, d, e, f, g, h, i, j");
  EXPECT_EQ(there_are({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"}),
            "there are a, b, c, d, e, f, g, h, i, j, and 2 more");
}

}  // namespace
}  // namespace sluice
