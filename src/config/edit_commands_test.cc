// Configuration-mode commands on a tree.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "config/test_schema.h"

namespace sluice::config {
namespace {

constexpr const char* kPolicies = R"(security {
    policies {
        from-zone a to-zone b {
            policy one {
                match {
                    source-address any;
                }
            }
            policy two {
                then {
                    deny;
                }
            }
            policy three {
                then {
                    permit;
                }
            }
        }
    }
}
)";

constexpr std::string_view kPath = "security policies from-zone a to-zone b";

// The tree after commands at an edit path, or the error.
std::string made_by(std::string_view commands, std::string_view edit_path = kPath) {
  Tree tree = parsed(kPolicies);
  const Status done = apply_commands(tree, commands, Reading{.filename = "cli", .edit_path = edit_path});
  return done ? to_set(tree.root()) : done.error().text();
}

std::string policies(std::initializer_list<std::string_view> lines) {
  std::string text;
  for (const std::string_view line : lines)
    text += "set " + std::string(kPath) + " " + std::string(line) + "\n";
  return text;
}

TEST(EditCommands, statements_are_meant_below_the_edit_path) {
  EXPECT_EQ(
      made_by("set policy one then deny\ndelete policy two"),
      policies({"policy one match source-address any", "policy one then deny", "policy three then permit"}));
  EXPECT_EQ(made_by("delete"), "");
  EXPECT_EQ(made_by("delete", ""), "");
}

TEST(EditCommands, edit_top_and_exit_move_the_place) {
  EXPECT_EQ(
      made_by("edit policy one\nset then deny\nexit\ndelete policy two\ntop\nset system host-name x\n"
              "exit\ntop set system host-name y\ndelete policy three"),
      "set system host-name y\n" + policies({"policy one match source-address any", "policy one then deny"}));
  EXPECT_EQ(made_by("exit"), "cli:1:1: 'exit' has no 'edit' before it");
}

TEST(EditCommands, rename_keeps_what_is_below_and_the_place_in_the_order) {
  EXPECT_EQ(made_by("rename policy one to policy first"),
            policies({"policy first match source-address any", "policy two then deny",
                      "policy three then permit"}));
  EXPECT_EQ(made_by("rename policy one to policy two"),
            "cli:1:22: '" + std::string(kPath) + " policy two' is configured already");
  EXPECT_EQ(made_by("rename policy none to policy two").substr(0, 12), "cli:1:15: 's");
  EXPECT_EQ(made_by("rename policy one"), "cli:1:18: 'rename' needs a statement, 'to' and another one");
}

TEST(EditCommands, rename_of_a_context_with_two_keys) {
  EXPECT_EQ(
      made_by("rename from-zone a to-zone b to from-zone c to-zone d", "security policies").substr(0, 50),
      "set security policies from-zone c to-zone d policy");
}

TEST(EditCommands, copy_leaves_the_original) {
  EXPECT_EQ(made_by("copy policy two to policy four"),
            policies({"policy one match source-address any", "policy two then deny", "policy four then deny",
                      "policy three then permit"}));
}

TEST(EditCommands, insert_moves_before_or_after) {
  EXPECT_EQ(
      made_by("insert policy three before policy one"),
      policies({"policy three then permit", "policy one match source-address any", "policy two then deny"}));
  EXPECT_EQ(
      made_by("insert policy one after policy two"),
      policies({"policy two then deny", "policy one match source-address any", "policy three then permit"}));
}

TEST(EditCommands, insert_says_which_of_its_statements_there_is_not) {
  EXPECT_EQ(made_by("insert policy one before policy none"),
            "cli:1:33: 'security policies from-zone a to-zone b policy none' is not configured");
  EXPECT_EQ(made_by("insert policy none before policy one"),
            "cli:1:15: 'security policies from-zone a to-zone b policy none' is not configured");
}

TEST(EditCommands, pairs_that_stand_on_one_line_may_be_several) {
  const std::string rule = "security nat destination rule-set in rule r match ";
  const std::string both = "set " + rule + "destination-address 192.0.2.1/32\nset " + rule +
                           "destination-port 80 to 90\nset " + rule + "protocol tcp\n";
  for (const std::string pairs :
       {"destination-address 192.0.2.1/32 destination-port 80 to 90 protocol tcp",
        "destination-port 80 to 90 protocol tcp destination-address 192.0.2.1/32",
        "protocol tcp destination-address 192.0.2.1/32 destination-port 80 to 90"}) {
    EXPECT_EQ(made_by("delete\nset " + rule + pairs, ""), both) << pairs;
  }
  EXPECT_EQ(made_by("set " + rule + "destination-address 192.0.2.1/32 192.0.2.2/32", ""),
            "cli:1:88: '192.0.2.2/32' is too much: the statement ends after '192.0.2.1/32'");
  EXPECT_NE(
      made_by("set " + rule + "destination-port 80 nonsense 1", "").find("'nonsense': unknown statement"),
      std::string::npos);
}

TEST(EditCommands, brackets_name_several_entries_that_are_their_names_alone) {
  const std::string zone = "security zones security-zone a ";
  EXPECT_EQ(made_by("delete\nset " + zone + "interfaces [ ge-0/0/1.0 ge-0/0/2 ] tcp-rst", ""),
            "set " + zone + "tcp-rst\nset " + zone + "interfaces ge-0/0/1.0\nset " + zone +
                "interfaces ge-0/0/2.0\n");
  EXPECT_EQ(made_by("delete\nset " + zone + "host-inbound-traffic system-services [ ping ssh ]", ""),
            "set " + zone + "host-inbound-traffic system-services ping\nset " + zone +
                "host-inbound-traffic system-services ssh\n");
  const std::string book = "security address-book global address-set s ";
  EXPECT_EQ(made_by("delete\nset " + book + "address [ a b c ]\ndelete " + book + "address [ a c ]", ""),
            "set " + book + "address b\n");
  EXPECT_EQ(made_by("delete\nset " + book + "address [ a b ]\ndelete " + book + "address [ a a ]", ""),
            "set " + book + "address b\n");
  EXPECT_NE(
      made_by("set " + book + "address a\ndelete " + book + "address [ ]", "").find("expected behind '['"),
      std::string::npos);
  EXPECT_NE(made_by("set " + zone + "interfaces [ ge-0/0/1.0 1st ]", "").find("'interfaces 1st'"),
            std::string::npos);
  EXPECT_NE(made_by("set " + zone + "interfaces [ ge-0/0/1.0", "").find("is not closed"), std::string::npos);
  EXPECT_NE(made_by("delete policy [ one none ]").find("policy none' is not configured"), std::string::npos)
      << "and nothing is deleted";
}

TEST(EditCommands, brackets_of_several_name_none_where_one_is_meant) {
  Tree tree = parsed("set security address-book global address-set s address [ a b ]\n");
  const std::string book = "security address-book global address-set s address ";
  const Status noted = apply_commands(tree, "annotate " + book + "[ a b ] \"x\"", "cli");
  ASSERT_FALSE(noted);
  EXPECT_EQ(noted.error().message, "one statement only may be named here");
  EXPECT_TRUE(noted.error().path.starts_with("cli:1:")) << noted.error().path;
  EXPECT_EQ(tree.locate(book + "[ a b ]").error().message, "one statement only may be named here");
  EXPECT_TRUE(apply_commands(tree, "annotate " + book + "[ a ] \"x\"", "cli"));
  EXPECT_TRUE(tree.find(book + "[ b ]"));
}

TEST(EditCommands, marks_survive_a_rename) {
  EXPECT_EQ(
      made_by("delete policy one\ndelete policy three\ndeactivate policy two\nrename policy two to policy x"),
      policies({"policy x then deny"}) + "deactivate " + std::string(kPath) + " policy x\n");
}

TEST(EditCommands, annotation_is_shown_before_the_statement_and_read_back) {
  Tree tree = parsed("system {\n    host-name fw;\n}\n");
  ASSERT_TRUE(apply_commands(tree, "annotate system host-name \"set by hand\"", "cli"));
  const std::string text = to_curly(tree.root());
  EXPECT_EQ(text, "system {\n    /* set by hand */\n    host-name fw;\n}\n");
  EXPECT_EQ(to_curly(parsed(text).root()), text);
  EXPECT_EQ(to_json(tree.active()).find("by hand"), std::string::npos) << "the data plane has no use for it";
  ASSERT_TRUE(apply_commands(tree, "annotate system host-name \"\"", "cli"));
  EXPECT_EQ(to_curly(tree.root()), "system {\n    host-name fw;\n}\n");
  EXPECT_FALSE(apply_commands(tree, "annotate system host-name \"x */ y\"", "cli"));
}

TEST(EditCommands, comments_stay_where_they_are_written) {
  const std::string text =
      "/* the firewall */\n"
      "security {\n"
      "    address-book {\n"
      "        /* for all */\n"
      "        global {\n"
      "            /* a server */\n"
      "            address web {\n"
      "                /* of ours */\n"
      "                192.0.2.1/32;\n"
      "            }\n"
      "        }\n"
      "    }\n"
      "    zones {\n"
      "        /* inside */\n"
      "        inactive: security-zone a;\n"
      "    }\n"
      "}\n";
  EXPECT_EQ(to_curly(parsed(text).root()), text);
}

TEST(EditCommands, error_leaves_the_tree_and_names_line_and_column) {
  Tree tree = parsed(kPolicies);
  const Status done = apply_commands(tree, "set system host-name x\nset nonsense", "cli");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().path, "cli:2:5");
  EXPECT_EQ(to_curly(tree.root()), kPolicies);
}

TEST(LoadText, is_merged_below_the_edit_path) {
  Tree tree = parsed(kPolicies);
  ASSERT_TRUE(apply_text(tree, "policy two { then { log { session-init; } } }",
                         Reading{.filename = "x", .edit_path = kPath}));
  EXPECT_NE(to_set(tree.root()).find("policy two then log session-init"), std::string::npos);
  EXPECT_NE(to_set(tree.root()).find("policy two then deny"), std::string::npos);
}

constexpr Reading kReplacing{.filename = "x", .replace_marks = ReplaceMarks::obeyed};

TEST(LoadText, replace_mark_takes_the_place_of_the_statement) {
  Tree tree = parsed(kPolicies);
  ASSERT_TRUE(apply_text(
      tree, "security { policies { from-zone a to-zone b { replace: policy two { then { permit; } } } } }",
      kReplacing));
  EXPECT_EQ(to_set(tree.root()), policies({"policy one match source-address any", "policy two then permit",
                                           "policy three then permit"}));
}

TEST(LoadText, replace_mark_of_a_value_or_of_several) {
  Tree tree = parsed(
      "set system host-name a\nset system flow workers 2\n"
      "set security address-book global address x 192.0.2.1/32\n"
      "set security address-book global address y 192.0.2.2/32\n"
      "set security policies from-zone a to-zone b policy p match application [ junos-http junos-ssh ]\n");
  ASSERT_TRUE(apply_text(tree,
                         "system { replace: host-name b; }\n"
                         "security { address-book { global { replace: address y 192.0.2.3/32; } } }\n"
                         "security { policies { from-zone a to-zone b { policy p { match {\n"
                         "replace: application [ junos-ssh junos-ping ]; } } } } }\n",
                         kReplacing));
  EXPECT_EQ(to_set(tree.root()),
            "set system host-name b\nset system flow workers 2\n"
            "set security address-book global address x 192.0.2.1/32\n"
            "set security address-book global address y 192.0.2.3/32\n"
            "set security policies from-zone a to-zone b policy p match application junos-ssh\n"
            "set security policies from-zone a to-zone b policy p match application junos-ping\n");
}

TEST(LoadText, replace_mark_means_nothing_to_who_only_adds) {
  for (const char* mark : {"", "replace: "}) {
    Tree tree = parsed(kPolicies);
    ASSERT_TRUE(apply_text(
        tree,
        fmt::format("{0}security {{ policies {{ from-zone a to-zone b {{ {0}policy two {{ then {{ log "
                    "{{ session-init; }} }} }} }} }} }}",
                    mark),
        Reading{.filename = "x"}));
    EXPECT_EQ(to_set(tree.root()), policies({"policy one match source-address any", "policy two then deny",
                                             "policy two then log session-init", "policy three then permit"}))
        << mark;
    ASSERT_TRUE(apply_text(tree, fmt::format("{}policy two {{ then {{ count; }} }}", mark),
                           Reading{.filename = "x", .edit_path = kPath}));
    EXPECT_NE(to_set(tree.root()).find("policy two then log session-init"), std::string::npos) << mark;
  }
}

TEST(Unsupported, all_statements_that_are_not_known_are_named_at_once) {
  const std::string text =
      "system {\n    host-name x;\n    services { user a { uid 3; } }\n    name-server "
      "192.0.2.1;\n}\nchassis;\n";
  EXPECT_EQ(parse_error(text).substr(0, 75),
            "test.conf:3:5: 3 statements are not supported\n    test.conf:3:5: 'services'");
  EXPECT_NE(parse_error(text).find("\n    test.conf:4:5: 'name-server'"), std::string::npos);
  EXPECT_NE(parse_error(text).find("\n    test.conf:6:1: 'chassis'"), std::string::npos);
}

TEST(Unsupported, what_is_left_out_leaves_nothing_half_made) {
  std::vector<Error> unsupported;
  const auto tree =
      parse_text(test_schema(),
                 "system { host-name x; services { user a; } }\n"
                 "security { zones { security-zone a { source-nat s; tcp-rst; } } idp { a { b; } c; } }\n",
                 Reading{.filename = "f", .unsupported = &unsupported});
  ASSERT_TRUE(tree);
  EXPECT_EQ(to_set(tree->root()), "set system host-name x\nset security zones security-zone a tcp-rst\n");
  EXPECT_EQ(unsupported.size(), 3U);
  unsupported.clear();
  const auto commands =
      parse_text(test_schema(),
                 "set system host-name x\nset security policies from-zone a to-zone b policy p then "
                 "permit tunnel ipsec-vpn v\n",
                 Reading{.filename = "f", .unsupported = &unsupported});
  ASSERT_TRUE(commands);
  EXPECT_EQ(to_set(commands->root()),
            "set system host-name x\nset security policies from-zone a to-zone b policy p\n"
            "deactivate security policies from-zone a to-zone b policy p\n")
      << "never a plain permit for one with conditions";
  EXPECT_EQ(unsupported.size(), 2U);
}

TEST(Unsupported, statement_of_which_nothing_is_left_is_left_out_and_named) {
  std::vector<Error> unsupported;
  const auto taken = [&](std::string_view text) {
    unsupported.clear();
    const auto tree = parse_text(test_schema(), text, Reading{.filename = "f", .unsupported = &unsupported});
    return tree ? to_set(tree->root()) : tree.error().text();
  };
  EXPECT_EQ(taken("security { address-book { global {\naddress a {\ndns-name example.com;\n}\n"
                  "address b 192.0.2.1/32;\naddress c { description x; dns-name example.com; }\n} } }"),
            "set security address-book global address b 192.0.2.1/32\n"
            "set security address-book global address c description x\n");
  ASSERT_EQ(unsupported.size(), 3U);
  EXPECT_EQ(unsupported[1].text(),
            "f:2:1: 'security address-book global address a' is left out, as nothing of "
            "what it holds is supported");
  EXPECT_EQ(taken("security { zones { security-zone a { } security-zone b; security-zone c { x { y; } } } }"),
            "set security zones security-zone a\nset security zones security-zone b\n")
      << "what is empty in the source stays";
  EXPECT_EQ(taken("interfaces { ge-0/0/0 { unit 0 { family inet { sampling; } } } }"), "");
  EXPECT_EQ(unsupported.size(), 4U) << "each of the blocks is named";
}

TEST(EditCommands, many_tops_are_one) {
  std::string commands;
  for (int i = 0; i < 1'000'000; ++i) commands += "top ";
  EXPECT_EQ(made_by(commands + "set system host-name fw").substr(0, 24), "set system host-name fw\n");
  EXPECT_EQ(made_by("top top\nset system host-name fw").substr(0, 24), "set system host-name fw\n");
}

TEST(EditCommands, edit_path_has_a_bound) {
  std::string commands;
  for (int i = 0; i < 2000; ++i) commands += "edit security\n";
  EXPECT_NE(made_by(commands).find("no statement stands that deep"), std::string::npos);
  std::string tops = "edit system\n";
  for (int i = 0; i < 5000; ++i) tops += "top\nedit system\n";
  EXPECT_EQ(made_by(tops + "set host-name fw", "").substr(0, 24), "set system host-name fw\n");
}

TEST(EditCommands, notes_of_what_is_missing_have_a_bound) {
  std::string commands;
  for (int i = 0; i < 10001; ++i) commands += "delete system host-name\n";
  std::vector<Error> missing;
  Tree tree = parsed(kPolicies);
  EXPECT_FALSE(apply_commands(tree, commands, Reading{.filename = "cli", .missing = &missing}));
  EXPECT_EQ(missing.size(), 10000U);
}

// A branch office's firewall as it comes from an SRX.
TEST(Unsupported, configuration_of_an_srx_is_taken_as_far_as_it_goes) {
  const std::string text = read_testdata("srx_branch.conf");
  std::vector<Error> unsupported;
  const auto tree = parse_text(test_schema(), text, Reading{.filename = "srx", .unsupported = &unsupported});
  ASSERT_TRUE(tree) << tree.error().text();
  EXPECT_EQ(to_set(tree->root()), read_testdata("srx_branch.kept.set"));
  std::string places, policies, hulls;
  for (const Error& note : unsupported) {
    (note.tag == "deactivated" ? policies
     : note.tag == "hollow"    ? hulls
                               : places) += note.path.substr(4) + ' ';
  }
  EXPECT_EQ(places,
            "2:1 5:5 17:5 30:5 31:5 32:5 35:5 41:5 45:1 65:5 76:5 91:17 106:5 144:25 158:21 206:9 211:20 "
            "215:1 223:35 226:1 ");
  EXPECT_EQ(hulls, "90:13 ");
  EXPECT_EQ(policies, "144:25 158:21 ") << "without its conditions a policy would permit more";
  EXPECT_EQ(parse_error(text).substr(0, 46), "test.conf:2:1: 20 statements are not supported");
}

}  // namespace
}  // namespace sluice::config
