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

TEST(Text, json_that_is_no_configuration_is_refused) {
  EXPECT_TRUE(from_json(test_schema(), "{}"));
  for (const char* json :
       {"", "nonsense", "{\"a:b\":1}", "{\"sluice-configuration:configuration\":{\"sistem\":{}}}",
        "{\"sluice-configuration:configuration\":{\"system\":{\"flow\":{\"workers\":0}}}}"}) {
    EXPECT_FALSE(from_json(test_schema(), json)) << json;
  }
}

TEST(Text, comments_and_layout_mean_nothing) {
  const Tree tree = parsed(
      "## Last commit: today\n"
      "system{host-name /* the name */fw;} # trailing\n"
      "/* a block\n   of lines */ security { flow { allow-dns-reply; } }\n");
  EXPECT_EQ(to_set(tree.root()), "set system host-name fw\nset security flow allow-dns-reply\n");
}

TEST(Text, strings_keep_their_blanks_quotes_and_backslashes) {
  const Tree tree =
      parsed(R"(interfaces { ge-0/0/0 { description "say \"hi\" \\ {now}; # not a comment"; } })");
  EXPECT_EQ(tree.find("interfaces ge-0/0/0").text("description"), "say \"hi\" \\ {now}; # not a comment");
  const Tree again = parsed(to_curly(tree.root()));
  EXPECT_TRUE(diff(tree, again).empty());
}

TEST(Text, a_value_that_looks_like_a_statement_is_kept_apart_by_quotes) {
  const Tree tree = parsed("security { log { stream s { file { \"size\"; size 3; } } } }");
  const std::string text = to_curly(tree.root());
  EXPECT_NE(text.find("\"size\";\n"), std::string::npos) << text;
  EXPECT_TRUE(diff(tree, parsed(text)).empty());
  EXPECT_TRUE(diff(tree, parsed(to_set(tree.root()))).empty());
}

TEST(Text, prefixes_and_addresses_are_written_in_their_short_form) {
  const Tree tree = parsed(
      "set security address-book global address ten 10/8\n"
      "set security address-book global address one 192.0.2.1\n"
      "set security address-book global address six 2001:DB8:0:0::/64\n"
      "set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.7/24\n"
      "set security zones security-zone a interfaces ge-0/0/0\n");
  EXPECT_EQ(to_set(tree.root()),
            "set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.7/24\n"
            "set security address-book global address ten 10.0.0.0/8\n"
            "set security address-book global address one 192.0.2.1/32\n"
            "set security address-book global address six 2001:db8::/64\n"
            "set security zones security-zone a interfaces ge-0/0/0.0\n");
}

TEST(Text, one_command_may_say_several_things_of_one_statement) {
  const Tree tree = parsed(
      "set applications application web protocol tcp destination-port 8080\n"
      "set security log stream s host 192.0.2.9 port 514\n"
      "set security policies from-zone a to-zone b policy p match source-address any destination-address any "
      "application [ junos-ssh junos-http ]\n");
  EXPECT_EQ(tree.find("applications application web").text("destination-port"), "8080");
  EXPECT_EQ(tree.find("security log stream s host").number("port"), 514U);
  EXPECT_EQ(tree.find("security policies from-zone a to-zone b policy p match").values("application").size(),
            2U);
}

TEST(Text, a_command_replaces_the_other_choice) {
  const Tree tree = parsed(
      "set security policies from-zone a to-zone b policy p then deny\n"
      "set security policies from-zone a to-zone b policy p then permit\n");
  EXPECT_EQ(to_set(tree.root()), "set security policies from-zone a to-zone b policy p then permit\n");
}

TEST(Text, delete_deactivate_and_activate_work_on_what_they_name) {
  Tree tree = parsed(read_testdata("branch.conf"));
  const auto done =
      apply_commands(tree,
                     "delete interfaces\n"
                     "delete system\n"
                     "delete routing-options\n"
                     "delete applications\n"
                     "delete security log\n"
                     "delete security address-book global\n"
                     "delete security flow\n"
                     "delete security policies\n"
                     "delete security zones security-zone trust host-inbound-traffic system-services ssh\n"
                     "delete security zones security-zone trust interfaces\n"
                     "delete security zones security-zone untrust description\n"
                     "deactivate security zones security-zone untrust interfaces ge-0/0/0.0\n"
                     "activate security zones security-zone trust\n"
                     "deactivate security zones security-zone trust tcp-rst\n",
                     "cli");
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(to_curly(tree.root()),
            "security {\n"
            "    address-book {\n"
            "        inside {\n"
            "            address printers 192.0.2.64/28;\n"
            "            attach {\n"
            "                zone trust;\n"
            "            }\n"
            "        }\n"
            "    }\n"
            "    zones {\n"
            "        security-zone trust {\n"
            "            inactive: tcp-rst;\n"
            "            host-inbound-traffic {\n"
            "                system-services {\n"
            "                    ping;\n"
            "                }\n"
            "                protocols {\n"
            "                    all;\n"
            "                    rip {\n"
            "                        except;\n"
            "                    }\n"
            "                }\n"
            "            }\n"
            "        }\n"
            "        security-zone untrust {\n"
            "            address-book {\n"
            "                address partner 198.51.100.0/24;\n"
            "            }\n"
            "            interfaces {\n"
            "                inactive: ge-0/0/0.0;\n"
            "            }\n"
            "        }\n"
            "    }\n"
            "}\n");
}

TEST(Text, a_part_is_displayed_as_what_stands_inside_its_braces) {
  const Tree tree = parsed(read_testdata("branch.conf"));
  EXPECT_EQ(to_curly(tree.find("security flow tcp-session")),
            "rst-invalidate-session;\nno-syn-check;\ntcp-initial-timeout 280;\ntime-wait-state {\n"
            "    session-timeout 30;\n}\n");
  EXPECT_EQ(to_curly(tree.root().child("security").child("policies").child("policy-rematch")),
            "extensive;\n");
  EXPECT_EQ(to_set(tree.find("routing-options static route 10.0.0.0/8")),
            "set routing-options static route 10.0.0.0/8 discard\n");
  EXPECT_EQ(to_curly(parsed("").root()), "");
}

TEST(Text, xml_has_the_elements_that_tools_know) {
  const Tree tree = parsed(
      "security { policies { from-zone a to-zone b { inactive: policy p { description \"<&>\"; match { "
      "source-address [ any x ]; } then { permit; count; } } } } }");
  EXPECT_EQ(to_xml(tree.root(), 2),
            "  <configuration>\n"
            "      <security>\n"
            "          <policies>\n"
            "              <policy>\n"
            "                  <from-zone-name>a</from-zone-name>\n"
            "                  <to-zone-name>b</to-zone-name>\n"
            "                  <policy inactive=\"inactive\">\n"
            "                      <name>p</name>\n"
            "                      <description>&lt;&amp;&gt;</description>\n"
            "                      <match>\n"
            "                          <source-address>any</source-address>\n"
            "                          <source-address>x</source-address>\n"
            "                      </match>\n"
            "                      <then>\n"
            "                          <permit/>\n"
            "                          <count/>\n"
            "                      </then>\n"
            "                  </policy>\n"
            "              </policy>\n"
            "          </policies>\n"
            "      </security>\n"
            "  </configuration>\n");
}

TEST(Text, named_list_of_a_shared_block_is_all_of_it) {
  const Tree tree =
      parsed("set security address-book a address x 192.0.2.1/32\nset security address-book b\n");
  const Node books = tree.locate("security address-book").value();
  EXPECT_EQ(to_curly(books), "a {\n    address x 192.0.2.1/32;\n}\nb;\n");
  EXPECT_EQ(to_set(books),
            "set security address-book a address x 192.0.2.1/32\nset security address-book b\n");
  EXPECT_EQ(to_curly(tree.locate("security address-book a").value()), "address x 192.0.2.1/32;\n");
}

}  // namespace
}  // namespace sluice::config
