#include "config/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_schema.h"

namespace sluice::config {
namespace {

using ::testing::ElementsAre;

TEST(Tree, the_example_configuration_is_valid) {
  const auto valid = parsed(read_testdata("branch.conf")).validate();
  EXPECT_TRUE(valid) << valid.error().text();
}

TEST(Tree, statements_are_read_by_their_names) {
  const Tree tree = parsed(read_testdata("branch.conf"));
  const Node policies = tree.root().child("security").child("policies");
  const Node pair = policies.entry("policy", "trust", "untrust");
  ASSERT_TRUE(pair);
  EXPECT_THAT(pair.entry("policy", "web").child("match").values("application"),
              ElementsAre("junos-http", "junos-https"));
  EXPECT_TRUE(pair.entry("policy", "web").child("then").has("permit"));
  EXPECT_FALSE(pair.entry("policy", "web").child("then").has("deny"));
  EXPECT_TRUE(pair.entry("policy", "web").child("then").child("log").has("session-init"));
  EXPECT_FALSE(policies.entry("policy", "trust", "dmz"));
  EXPECT_EQ(tree.root().child("interfaces").list("interface")[1].list("unit")[0].number("vlan-id"), 10U);
}

TEST(Tree, defaults_answer_for_what_is_not_configured) {
  const Tree tree = parsed("security { log { stream s { host 192.0.2.1; } } }");
  EXPECT_EQ(tree.root().child("system").child("flow").number("workers"), 1U);
  EXPECT_EQ(tree.root().child("security").child("policies").child("default-policy").text("default-action"),
            "deny-all");
  const Node stream = tree.root().child("security").child("log").entry("stream", "s");
  EXPECT_EQ(stream.child("host").number("port"), 514U);
  EXPECT_EQ(stream.child("file").number("rotation"), std::nullopt) << "no default in what is not there";
  EXPECT_FALSE(tree.root().child("system").has("flow"));
}

TEST(Tree, the_active_configuration_has_nothing_that_is_inactive) {
  const Tree live = parsed(read_testdata("branch.conf")).active();
  EXPECT_FALSE(live.find("interfaces ge-0/0/1 unit 20"));
  EXPECT_TRUE(live.find("interfaces ge-0/0/1 unit 10"));
  EXPECT_EQ(to_curly(live.root()).find("inactive:"), std::string::npos);
}

TEST(Tree, a_statement_or_the_nearest_above_it_is_placed_where_it_was_read) {
  const Tree tree = parsed(
      "system {\n    host-name x;\n}\nsecurity {\n  zones {\n    security-zone a;\n  }\n}\n"
      "interfaces { ge-0/0/0 { unit 0 { family inet {\n  address 192.0.2.1/24;\n  address 192.0.2.2/24; } } "
      "} }\n"
      "system { flow { cores [ 1\n 2 ]; } }\n");
  EXPECT_EQ(tree.place("system host-name"), "2:5");
  EXPECT_EQ(tree.place("system host-name x"), "2:5");
  EXPECT_EQ(tree.place("security zones security-zone a"), "6:5");
  EXPECT_EQ(tree.place("security zones security-zone a interfaces ge-0/0/9.0"), "6:5");
  EXPECT_EQ(tree.place("interfaces ge-0/0/0 unit 0 family inet address 192.0.2.2/24"), "11:3");
  EXPECT_EQ(tree.place("system flow cores 2"), "13:2");
  EXPECT_EQ(tree.place("system"), "1:1") << "where it begins, though it goes on later";
  EXPECT_EQ(tree.place("applications application x"), "");
  EXPECT_EQ(tree.copy().place("system"), "");
  const Tree commands = parsed("set system host-name x\nset security zones security-zone a screen b\n");
  EXPECT_EQ(commands.place("security zones security-zone a"), "2:20");
  EXPECT_EQ(commands.place("security zones security-zone a screen"), "2:36");
}

TEST(Tree, a_place_is_found_and_named_by_the_same_words) {
  const Tree tree = parsed(read_testdata("branch.conf"));
  for (const char* path :
       {"security policies from-zone trust to-zone untrust policy web", "interfaces ge-0/0/0 unit 0",
        "security zones security-zone trust interfaces ge-0/0/1.10",
        "interfaces ge-0/0/0 unit 0 family inet6 mtu", "routing-options static route 0.0.0.0/0",
        "applications application pbx term media"}) {
    const Node node = tree.find(path);
    ASSERT_TRUE(node) << path;
    EXPECT_EQ(node.path(), path);
  }
  EXPECT_FALSE(tree.find("security zones security-zone dmz"));
  EXPECT_FALSE(tree.find("no such words"));
}

}  // namespace
}  // namespace sluice::config
