// JSON as operators' tools give it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/edit.h"
#include "config/test_schema.h"

namespace sluice::config {
namespace {

using testing::HasSubstr;

// The commands that say the same, or the error.
std::string read(const std::string& json) {
  const auto tree = from_display_json(test_schema(), "{\"configuration\":{" + json + "}}");
  return tree ? to_set(tree->root()) : tree.error().tag + ": " + tree.error().text();
}

TEST(DisplayJson, values_are_checked_as_in_every_other_form) {
  EXPECT_EQ(read(R"("applications":{"application":[{"name":"web","destination-port":"90-80"}]})"),
            "invalid-value: applications application web: 'destination-port 90-80': must be a port 0 to "
            "65535, a range "
            "LOW-HIGH or a well-known name such as http");
  EXPECT_THAT(read(R"("security":{"zones":{"security-zone":[{"tcp-rst":[null]}]}})"), HasSubstr("name"));
}

TEST(DisplayJson, values_that_are_called_as_annotations_stay_as_they_are) {
  const std::string commands =
      "set interfaces ge-0/0/0 description inactive\n"
      "set interfaces ge-0/0/1 description \"\\\"comment\\\": \\\"configuration\\\"\"\n"
      "set security zones security-zone comment\n"
      "deactivate security zones security-zone comment\n";
  const std::string json = to_display_json(parsed(commands));
  const auto again = from_display_json(test_schema(), json);
  ASSERT_TRUE(again) << again.error().text() << json;
  EXPECT_EQ(to_set(again->root()), commands);
  const std::string modules = "set interfaces ge-0/0/0 description \"sluice-extensions:comment\"\n";
  const std::string shown = to_display_json(parsed(modules));
  EXPECT_THAT(shown, HasSubstr("sluice-extensions:comment"));
}

TEST(DisplayJson, comment_is_kept_and_cannot_end_itself) {
  const auto said = from_display_json(
      test_schema(), R"({"configuration":{"system":{"@":{"comment":"ours"},"host-name":"fw"}}})");
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(to_curly(said->root()), "/* ours */\nsystem {\n    host-name fw;\n}\n");
  EXPECT_EQ(
      read(R"("system":{"@":{"comment":"*/ login { user eve { class super-user; } } /*"},"host-name":"fw"})"),
      "invalid-value: a comment cannot have '*/' in it");
  EXPECT_THAT(read("\"system\":{\"@\":{\"comment\":\"a\\u0001b\"},\"host-name\":\"fw\"}"), HasSubstr(": "));
}

TEST(Curly, comment_of_any_kind_is_read_back_as_one) {
  Tree tree = parsed("system { host-name fw; }");
  for (const char* said : {"*/ security; /*", "a*/*/b", "**//", "*/"}) {
    set_comment(test_schema().data(), lyd_child(tree.raw()), said);
    const std::string curly = to_curly(tree.root());
    EXPECT_EQ(to_set(parsed(curly).root()), "set system host-name fw\n") << curly;
  }
}

TEST(DisplayJson, text_that_ends_too_early_is_refused) {
  for (const char* json :
       {"{\"configuration", "{\"configuration\\", "\"", "{\"configuration\":{\"system\":{\"@\":", "]}]}"}) {
    EXPECT_FALSE(from_display_json(test_schema(), json)) << json;
  }
}

}  // namespace
}  // namespace sluice::config
