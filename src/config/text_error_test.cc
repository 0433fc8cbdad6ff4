// Every mistake is named at its line and column, with what is allowed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_schema.h"

namespace sluice::config {
namespace {

using ::testing::StartsWith;

TEST(TextError, an_unknown_statement_is_named_with_what_is_allowed_there) {
  EXPECT_THAT(
      parse_error("applications {\n    application x {\n        prot tcp;\n    }\n}\n"),
      StartsWith("test.conf:3:9: 'prot': unknown statement in 'applications application x'; allowed are "
                 "description, application-protocol, protocol, "));
  EXPECT_EQ(parse_error("sistem { host-name x; }"),
            "test.conf:1:1: 'sistem': unknown statement at the top; allowed are system, interfaces, "
            "routing-options, security, applications");
  EXPECT_EQ(parse_error("security { zones { security-zone t { screen x y; } } }"),
            "test.conf:1:47: 'y' is too much: the statement ends after 'x'");
}

TEST(TextError, a_value_out_of_range_is_named_with_the_range) {
  EXPECT_EQ(parse_error("interfaces { ge-0/0/0 { mtu 99999; } }"),
            "test.conf:1:29: 'mtu 99999': must be a number 256 to 9192");
  EXPECT_EQ(parse_error("security { flow { route-change-timeout 5; } }"),
            "test.conf:1:40: 'route-change-timeout 5': must be a number 6 to 1800 (seconds)");
  EXPECT_EQ(parse_error("security { log { mode stdout; } }"),
            "test.conf:1:23: 'mode stdout': must be one of stream, event, stream-event");
  EXPECT_EQ(parse_error("interfaces { ge-0/0/0 { unit 16386; } }"),
            "test.conf:1:30: 'unit 16386': must be a number 0 to 16385");
}

TEST(TextError, a_value_of_the_wrong_form_is_named_with_an_example) {
  EXPECT_EQ(parse_error("interfaces { ge-0/0/0 { unit 0 { family inet { address 192.0.2.1; } } } }"),
            "test.conf:1:56: 'address 192.0.2.1': must be an IPv4 address with its prefix length, such as "
            "192.0.2.1/24");
  EXPECT_EQ(parse_error("applications { application x { destination-port 90-80; } }"),
            "test.conf:1:49: 'destination-port 90-80': must be a port 0 to 65535, a range LOW-HIGH or a "
            "well-known name such as http");
  EXPECT_EQ(parse_error("interfaces { \"ge 0\" { unit 0; } }"),
            "test.conf:1:14: 'ge 0': an interface name begins with a letter and goes on with letters, digits "
            "and any of '_ : / -'");
  EXPECT_EQ(parse_error("security { address-book global { address web 192.0.2.300/32; } }"),
            "test.conf:1:46: '192.0.2.300/32': must be an IPv4 or IPv6 prefix, such as 192.0.2.0/24, 10/8 or "
            "2001:db8::/32, or an address (in 'security address-book global address web' allowed are "
            "description, <ip-prefix>, range-address, address-range)");
}

TEST(TextError, a_forgotten_semicolon_is_placed_where_it_belongs) {
  EXPECT_EQ(parse_error("interfaces {\n  ge-0/0/0 {\n    mtu 1500\n    unit 0;\n  }\n}\n"),
            "test.conf:3:9: ';' is missing after '1500'");
  EXPECT_EQ(
      parse_error("routing-options {\n static {\n  route 0/0 next-hop 192.0.2.1\n  route 10/8 discard;\n}}"),
      "test.conf:3:22: ';' or '{' is missing after '192.0.2.1'");
  EXPECT_EQ(parse_error("system {\n    host-name x\n}\n"), "test.conf:2:15: ';' is missing after 'x'");
  EXPECT_EQ(parse_error("system { host-name x }"), "test.conf:1:22: ';' is missing after 'x'");
}

TEST(TextError, unbalanced_text_points_at_what_was_opened) {
  EXPECT_EQ(parse_error("system {\n    flow {\n        workers 2;\n}\n"),
            "test.conf:1:8: the block that begins with this '{' is not closed");
  EXPECT_EQ(parse_error("system { host-name x; }\n}\n"), "test.conf:2:1: this '}' closes no block");
  EXPECT_EQ(parse_error("system { host-name \"x; }\n"),
            "test.conf:1:20: the quoted string has no closing '\"'");
  EXPECT_EQ(parse_error("system { host-name x; }\n  /* the rest"),
            "test.conf:2:3: the comment '/*' has no end '*/'");
  EXPECT_EQ(parse_error("system { flow { cores [ 1 2; } }"),
            "test.conf:1:23: the list that begins with this '[' is not closed: ']' is missing after '2'");
  EXPECT_EQ(parse_error("system { flow { cores [ ]; } }"),
            "test.conf:1:25: '[' needs a value: a number 0 to 1023");
}

TEST(TextError, half_a_statement_says_what_must_follow) {
  EXPECT_EQ(parse_error("security { policies { from-zone a { } } }"),
            "test.conf:1:35: 'to-zone' is expected here, not '{'");
  EXPECT_EQ(parse_error("interfaces { ge-0/0/0 { unit 0 { family; } } }"),
            "test.conf:1:40: 'family' is not a whole statement: allowed are inet, inet6");
  EXPECT_EQ(parse_error("system { host-name; }"),
            "test.conf:1:19: 'host-name' needs a value: text of 1 to 255 characters");
  EXPECT_EQ(parse_error("system { ; }"), "test.conf:1:10: a statement is expected here, not ';'");
}

TEST(TextError, two_actions_of_one_policy_exclude_each_other) {
  EXPECT_EQ(
      parse_error("security { policies { from-zone a to-zone b { policy p { then { permit; deny; } } } } }"),
      "test.conf:1:73: 'deny' and 'permit' exclude each other in 'security policies from-zone a to-zone b "
      "policy p then'");
}

TEST(TextError, columns_count_characters_and_lines_count_through_comments) {
  EXPECT_EQ(
      parse_error("/* Zürich\n   Genève */ system { /* é */ x; }"),
      "test.conf:2:31: 'x': unknown statement in 'system'; allowed are host-name, junos-release, login, "
      "ports, flow");
}

TEST(TextError, characters_that_are_no_text_are_refused) {
  EXPECT_EQ(parse_error(std::string_view("system { host-name a\0b; }", 25)),
            "test.conf:1:20: this word has a control character or is not valid UTF-8");
  EXPECT_EQ(parse_error("interfaces { ge-0/0/0 { description \"\xC3(\"; } }"),
            "test.conf:1:37: this word has a control character or is not valid UTF-8");
}

TEST(TextError, a_bad_command_is_named_and_changes_nothing) {
  Tree tree = parsed("set system host-name fw");
  const auto refused = apply_commands(tree, "set system host-name other\nset system flow workers 0\n", "cli");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(), "cli:2:25: 'workers 0': must be a number 1 to 64");
  EXPECT_EQ(to_set(tree.root()), "set system host-name fw\n");

  EXPECT_EQ(parse_error("set system host-name fw\ndelete system flow"),
            "test.conf:2:15: 'system flow' is not configured");
  EXPECT_EQ(parse_error("set system host-name fw\ndelete system hostname"),
            "test.conf:2:15: 'hostname': unknown statement in 'system'; allowed are host-name, "
            "junos-release, login, "
            "ports, flow");
  EXPECT_EQ(parse_error("set system host-name fw;"),
            "test.conf:1:24: a command ends with its line, without ';'");
  EXPECT_EQ(parse_error("set system host-name fw\nshow system"),
            "test.conf:2:1: 'show': unknown command; allowed are set, delete, deactivate, activate, "
            "rename, copy, insert, annotate, edit, top, exit");
  EXPECT_EQ(parse_error("set system { host-name fw }"), "test.conf:1:12: '{' has no place in a command");
}

}  // namespace
}  // namespace sluice::config
