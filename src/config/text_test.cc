#include <gtest/gtest.h>

#include "config/test_schema.h"

namespace sluice::config {
namespace {

TEST(Text, a_displayed_configuration_is_read_and_displayed_the_same) {
  const std::string text = read_testdata("branch.conf");
  EXPECT_EQ(to_curly(parsed(text).root()), text);
}

TEST(Text, set_commands_make_the_same_configuration_as_braces) {
  const Tree braces = parsed(read_testdata("branch.conf"));
  const std::string commands = to_set(braces.root());
  EXPECT_EQ(commands, read_testdata("branch.set"));
  const Tree again = parsed(commands);
  EXPECT_TRUE(diff(braces, again).empty());
  EXPECT_EQ(to_curly(again.root()), to_curly(braces.root()));
}

TEST(Text, a_configuration_survives_the_way_between_the_daemons) {
  const Tree tree = parsed(read_testdata("branch.conf"));
  auto again = from_json(test_schema(), to_json(tree));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(to_curly(again->root()), to_curly(tree.root()));
}

}  // namespace
}  // namespace sluice::config
