// Configuration mode as the command line asks it: what is typed where, what it does, where the caret points.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

// An operator in configuration mode, who goes where the daemon says that a command leads.
class ConfigurationMode : public testing::Test {
 protected:
  ConfigurationMode() {
    EXPECT_FALSE(world.commit(kConfiguration).refused());
    operator_.emplace(world.connect());
  }

  class Collector : public doors::Listener {
   public:
    bool begin(const doors::OutputHead& head) override {
      file = head.file;
      return true;
    }
    bool text(std::string_view piece) override {
      all += piece;
      return true;
    }
    std::string all, file;
  };

  // The text, then the refusals as a terminal shows them below the line, which begins at column 0.
  std::string say(std::string_view line, std::vector<doors::Attachment> files = {}) {
    Collector collector;
    doors::Line asked{line, true, edit};
    asked.files = std::move(files);
    const doors::Answer answered = operator_->command(asked, collector).value();
    moved.clear();
    for (const doors::Action& action : answered.actions) {
      moved = action.name;
      if (action.name.starts_with("edit-")) edit = action.input("edit");
    }
    file = collector.file;
    for (const doors::Refusal& refusal : answered.refusals) {
      if (refusal.warning) collector.all += "warning: ";
      if (refusal.position) collector.all += std::string(*refusal.position, ' ') + "^\n";
      collector.all += refusal.error.text() + "\n";
    }
    return collector.all;
  }

  // The same once the operator has said yes.
  void confirm(std::string_view line) {
    Collector collector;
    doors::Line asked{line, true, edit};
    asked.confirmed = true;
    EXPECT_TRUE(operator_->command(asked, collector).value().refusals.empty());
  }

  // What could follow: "word word"; or the error.
  std::string offered(std::string_view line) {
    const doors::Suggestions found = operator_->complete({line, true, edit}).value();
    if (!found.refusals.empty()) return found.refusals.front().error.message;
    std::string words;
    for (const Suggestion& item : found.items) words += (words.empty() ? "" : " ") + item.text;
    return words;
  }

  World world;
  std::optional<doors::Client> operator_;
  std::string edit, moved, file;
};

TEST_F(ConfigurationMode, begins_from_operational_mode_and_not_from_within) {
  const Answer opened = world.ask("configure");
  EXPECT_EQ(opened.text, "Entering configuration mode\n");
  ASSERT_EQ(opened.actions.size(), 1U);
  EXPECT_EQ(opened.actions.front().name, "open-configuration");
  EXPECT_EQ(say("run configure"), "'configure' cannot be run from configuration mode\n");
  EXPECT_EQ(say("exit"), "");
  EXPECT_EQ(moved, "exit-configuration");
}

TEST_F(ConfigurationMode, alone_says_that_what_is_not_committed_is_lost) {
  EXPECT_EQ(world.ask("configure private").text,
            "warning: uncommitted changes will be discarded on exit\nEntering configuration mode\n");
}

TEST_F(ConfigurationMode, second_editor_is_told_of_the_first) {
  world.ask("configure");
  doors::Client second = world.connect();
  Collector told;
  ASSERT_TRUE(second.command({"configure"}, told).value().refusals.empty());
  EXPECT_NE(told.all.find("Users currently editing the configuration:\n  "), std::string::npos) << told.all;
  EXPECT_NE(say("status").find("[edit]"), std::string::npos);
}

TEST_F(ConfigurationMode, statements_are_set_and_deleted_below_the_edit_path) {
  EXPECT_EQ(say("edit security zones security-zone dmz"), "");
  EXPECT_EQ(edit, "security zones security-zone dmz");
  EXPECT_EQ(say("set interfaces ge-0/0/2.0"), "");
  EXPECT_EQ(say("show"), "interfaces {\n    ge-0/0/2.0;\n}\n");
  EXPECT_EQ(say("show | display set"), "set security zones security-zone dmz interfaces ge-0/0/2.0\n");
  EXPECT_EQ(say("up"), "");
  EXPECT_EQ(edit, "security zones");
  EXPECT_EQ(say("show | compare"),
            "[edit security zones]\n     security-zone untrust { ... }\n+    security-zone dmz {\n"
            "+        interfaces {\n+            ge-0/0/2.0;\n+        }\n+    }\n");
  EXPECT_EQ(say("delete security-zone dmz"), "");
  EXPECT_EQ(say("show | compare"), "");
}

TEST_F(ConfigurationMode, words_of_statements_may_be_short_as_long_as_they_are_unambiguous) {
  EXPECT_EQ(say("set sec zon security-z dmz int ge-0/0/2.10"), "");
  EXPECT_EQ(say("sh sec zon sec dmz"), "interfaces {\n    ge-0/0/2.10;\n}\n");
  EXPECT_EQ(say("deac sec zon sec dmz"), "");
  EXPECT_EQ(say("del sec zon sec dmz int"), "");
  EXPECT_EQ(say("show security zones | match dmz"), "inactive: security-zone dmz;\n");
  EXPECT_EQ(say("ed sec pol from trust to untrust"), "");
  EXPECT_EQ(edit, "security policies from-zone trust to-zone untrust");
  EXPECT_EQ(say("rena pol later to pol sooner"), "");
  EXPECT_EQ(say("ins pol sooner bef pol allow-web"), "");
  EXPECT_EQ(say("anno pol sooner \"moved up\""), "");
  EXPECT_EQ(say("show | match policy | match sooner"), "inactive: policy sooner {\n");
  EXPECT_EQ(say("top set sys ho fw2"), "");
  EXPECT_EQ(say("top show sys ho"), "host-name fw2;\n");
  // Names are no words of the language.
  EXPECT_EQ(say("set pol allow th permit"), "");
  EXPECT_EQ(say("show policy allow then"), "permit;\n");
}

TEST_F(ConfigurationMode, short_word_that_could_be_several_is_told_with_what_it_could_be) {
  EXPECT_EQ(say("set s zones"),
            "    ^\n's' is ambiguous.\nPossible completions:\n> security             Security configuration\n"
            "> system               System parameters\n");
  EXPECT_EQ(say("show | compare"), "");
  say("edit sec zones");
  EXPECT_EQ(say("set sec dmz hos sy dhcpx").substr(0, 20), std::string(19, ' ') + "^")
      << "the caret is under the word as it was typed";
}

TEST_F(ConfigurationMode, lists_of_values_are_marked_and_names_that_a_value_may_have_are_offered) {
  say("set applications application dns-alt protocol tcp");
  say("edit security policies from-zone trust to-zone untrust policy allow-web match");
  const doors::Suggestions found = operator_->complete({"set ", true, edit}).value();
  std::string marked;
  for (const Suggestion& item : found.items) marked += item.text + item.mark + ' ';
  EXPECT_EQ(marked,
            "application+ destination-address+ destination-address-excluded  source-address+ "
            "source-address-excluded  ");
  EXPECT_NE(offered("set application ").find("dns-alt"), std::string::npos) << offered("set application ");
  EXPECT_EQ(offered("delete source-address "), "any-ipv6 host-a");
}

TEST_F(ConfigurationMode, help_apropos_finds_commands_and_statements_from_where_one_stands) {
  const std::string all = say("help apropos host-name");
  EXPECT_NE(all.find("set system host-name <host-name>\n    "), std::string::npos) << all;
  EXPECT_NE(say("help apropos DUPLICATES").find("nothing has to do with"), std::string::npos);
  say("edit security policies");
  const std::string below = say("help apropos session-init");
  EXPECT_NE(
      below.find(
          "set from-zone <from-zone-name> to-zone <to-zone-name> policy <name> then log session-init\n"),
      std::string::npos)
      << below;
  EXPECT_EQ(say("help apropos host-name").find("set system"), std::string::npos);
  EXPECT_NE(say("help apropos rollback").find("rollback\n"), std::string::npos) << "a command";
}

TEST_F(ConfigurationMode, up_and_top_leave_whole_blocks) {
  say("edit security policies from-zone trust to-zone untrust policy allow-web match");
  EXPECT_EQ(edit, "security policies from-zone trust to-zone untrust policy allow-web match");
  say("up");
  EXPECT_EQ(edit, "security policies from-zone trust to-zone untrust policy allow-web");
  say("up 2");
  EXPECT_EQ(edit, "security policies");
  EXPECT_EQ(say("top set system host-name fw2"), "");
  EXPECT_EQ(edit, "security policies");
  EXPECT_EQ(say("top show system host-name"), "host-name fw2;\n");
  EXPECT_EQ(say("show from-zone trust to-zone untrust policy allow-web match source-address"),
            "source-address [ host-a any-ipv6 ];\n");
  EXPECT_EQ(say("top edit system"), "");
  EXPECT_EQ(edit, "system");
  say("top");
  EXPECT_EQ(edit, "");
}

TEST_F(ConfigurationMode, commands_behind_up_are_meant_so_many_blocks_above) {
  const std::string place = "security policies from-zone trust to-zone untrust policy allow-web match";
  say("edit " + place);
  EXPECT_EQ(say("up set description \"for all\""), "");
  EXPECT_EQ(edit, place);
  EXPECT_EQ(say("up show description"), "description \"for all\";\n");
  EXPECT_EQ(say("up 2 set policy more then reject"), "");
  EXPECT_EQ(say("up 2 show policy more"), "then {\n    reject;\n}\n");
  EXPECT_EQ(say("up 3 delete global policy deny-rest"), "");
  EXPECT_EQ(say("top show security policies global"), "");
  EXPECT_EQ(say("up 2 edit policy more"), "");
  EXPECT_EQ(edit, "security policies from-zone trust to-zone untrust policy more");
  EXPECT_EQ(say("up 100 show system host-name"), "host-name fw1;\n");
  EXPECT_EQ(edit, "security policies from-zone trust to-zone untrust policy more");
  EXPECT_EQ(say("up 0"), "   ^\nsyntax error, '0' is not valid for 'levels': a number 1 to 100\n");
  EXPECT_EQ(say("up 2 2").substr(0, 6), "     ^");
  EXPECT_EQ(say("up set polcy x").substr(0, 8), "       ^");
  EXPECT_EQ(say("up top show system host-name"), "host-name fw1;\n") << "the last one counts";
}

TEST_F(ConfigurationMode, up_offers_how_far_and_what_is_there) {
  say("edit security zones security-zone trust");
  EXPECT_EQ(offered("up ").substr(0, 33), "<[Enter]> <levels> activate annot");
  EXPECT_EQ(offered("up 2"), "<levels>");
  EXPECT_EQ(offered("up 1 set "), "security-zone");
  EXPECT_EQ(offered("up delete security-zone u"), "untrust");
  EXPECT_EQ(offered("up 2 set fl"), "flow");
}

TEST_F(ConfigurationMode, what_is_deleted_and_not_there_is_a_warning) {
  EXPECT_EQ(say("delete security zones security-zone nowhere"), "warning: statement not found\n");
  EXPECT_EQ(say("delete security zones security-zne trust").find("syntax error"), 24U);
  EXPECT_EQ(say("load set fw.conf", {{"fw.conf", "delete system junos-release\nset system host-name fw2\n"}}),
            "load complete\nwarning: fw.conf:1:15: statement not found\n");
  EXPECT_EQ(say("show | compare"), "[edit system]\n-  host-name fw1;\n+  host-name fw2;\n");
  EXPECT_EQ(say("deactivate system junos-release"),
            "                  ^\n'system junos-release' is not configured\n");
}

TEST_F(ConfigurationMode, rollbacks_are_offered_with_who_made_them) {
  for (int i = 0; i < 11; ++i) {
    say("set system host-name fw" + std::to_string(i));
    say("commit");
  }
  EXPECT_EQ(offered("rollback "), "<[Enter]> 0 1 2 3 4 5 6 7 8 9 10 11 <number> |");
  const auto found = operator_->complete({"rollback 11", true, ""}).value();
  EXPECT_NE(found.items.front().help.find(" UTC by "), std::string::npos);
}

TEST_F(ConfigurationMode, others_see_where_an_editor_stands) {
  ASSERT_TRUE(operator_->rpc("<open-configuration/>"));
  say("edit security zones security-zone trust");
  doors::Client other = world.connect();
  const auto status = [&] { return other.rpc("<get-database-status-information/>").value(); };
  const auto stands = [&](std::string_view path) {
    return status().find("<edit-path>[edit" + std::string(path) + "]</edit-path>") != std::string::npos;
  };
  EXPECT_TRUE(stands(" security zones security-zone trust")) << status();
  say("top show system host-name");
  EXPECT_TRUE(stands(" security zones security-zone trust")) << "it stays there";
  EXPECT_NE(say("status").find("\n      [edit security zones security-zone trust]\n"), std::string::npos);
  say("up 2");
  EXPECT_TRUE(stands(" security"));
  edit.clear();  // as 'exit' leads there, which is the command line's
  offered("");
  EXPECT_TRUE(stands(""));
}

TEST_F(ConfigurationMode, commit_at_leads_out_and_is_shown) {
  say("set system host-name fw2");
  EXPECT_EQ(say("commit at 25:00"),
            "          ^\n'25:00' is no time: expecting hh:mm[:ss], \"yyyy-mm-dd hh:mm[:ss]\" or reboot\n");
  EXPECT_EQ(say("commit at \"2099-12-31 23:30\" comment \"by night\""),
            "configuration check succeeds\ncommit at will be executed at 2099-12-31 23:30:00 UTC\n");
  EXPECT_EQ(moved, "commit-changes");
  EXPECT_EQ(say("run clear system commit"), "Pending commit cleared\n");
}

TEST_F(ConfigurationMode, caret_stands_under_the_word_that_is_wrong) {
  EXPECT_EQ(say("set security zonse").substr(0, 14), "             ^");
  say("edit security");
  EXPECT_EQ(say("set zonse").substr(0, 5), "    ^");
  EXPECT_EQ(say("edit flow tcp-session no-syn-check").find("^"), 5U);
  EXPECT_EQ(say("delete zones security-zone nowhere"), "warning: statement not found\n");
  EXPECT_EQ(say("sett zones"),
            "^\nunknown command 'sett', expecting activate, annotate, commit, copy, deactivate, "
            "delete, edit, exit, help, insert, load, quit, rename, replace, rollback, run, save, set, "
            "show, status, top, up or wildcard\n");
}

TEST_F(ConfigurationMode, statements_are_renamed_copied_moved_and_marked) {
  say("edit security policies from-zone trust to-zone untrust");
  EXPECT_EQ(say("rename policy later to policy sooner"), "");
  EXPECT_EQ(say("insert policy sooner before policy allow-web"), "");
  EXPECT_EQ(say("copy policy allow-web to policy allow-more"), "");
  EXPECT_EQ(say("deactivate policy allow-web"), "");
  const std::string shown = say("show");
  EXPECT_LT(shown.find("policy sooner"), shown.find("inactive: policy allow-web")) << shown;
  EXPECT_LT(shown.find("inactive: policy allow-web"), shown.find("policy allow-more")) << shown;
  EXPECT_EQ(say("activate policy allow-web"), "");
  EXPECT_EQ(say("annotate policy sooner \"moved up\""), "");
  EXPECT_EQ(say("show").find("inactive: policy allow-web"), std::string::npos);
  EXPECT_NE(say("show").find("/* moved up */"), std::string::npos);
}

TEST_F(ConfigurationMode, schema_and_live_values_complete_what_is_typed) {
  EXPECT_EQ(offered("set security zones "), "security-zone");
  EXPECT_EQ(offered("set security zones security-zone "), "<name> trust untrust");
  EXPECT_EQ(offered("delete security zones security-zone "), "trust untrust");
  EXPECT_EQ(offered("rename security zones security-zone trust "), "interfaces to");
  say("edit security zones");
  EXPECT_EQ(offered("edit "), "security-zone");
  EXPECT_EQ(offered("top delete security zones security-zone u"), "untrust");
  EXPECT_EQ(offered("load "),
            "<file> ignore-unsupported merge override relative replace set terminal update");
  EXPECT_EQ(offered("commit "), "<[Enter]> and-quit at check comment confirmed |");
}

TEST_F(ConfigurationMode, commits_checks_and_rolls_back) {
  say("set system host-name fw2");
  EXPECT_EQ(say("commit check"), "configuration check succeeds\n");
  EXPECT_EQ(world.ask("show configuration system host-name | display set").text,
            "set system host-name fw1\n");
  EXPECT_EQ(say("commit comment \"new name\" and-quit"), "commit complete\n");
  EXPECT_EQ(moved, "commit-changes");
  EXPECT_NE(world.ask("show system commit").text.find("new name"), std::string::npos);
  say("set system host-name fw3");
  EXPECT_EQ(say("commit confirmed 5"),
            "commit confirmed will be automatically rolled back in 5 minutes unless confirmed\n"
            "commit complete\n");
  EXPECT_EQ(say("show | compare rollback 1"), "[edit system]\n-  host-name fw2;\n+  host-name fw3;\n");
  EXPECT_EQ(say("rollback 1"), "load complete\n");
  EXPECT_EQ(say("show system host-name | display set"), "set system host-name fw2\n");
  EXPECT_EQ(say("rollback"), "load complete\n");
  EXPECT_EQ(say("show | compare"), "");
}

TEST_F(ConfigurationMode, word_that_commit_does_not_have_is_told_with_those_it_has) {
  for (const std::string word : {"5", "foo", "synchronize"}) {
    EXPECT_EQ(
        say("commit " + word),
        "       ^\nsyntax error, expecting check, confirmed, at, comment or and-quit, not '" + word + "'\n");
  }
  EXPECT_EQ(say("commit confirmed x"),
            "                 ^\nsyntax error, 'x' is not valid for 'minutes': a number "
            "1 to 65535\n");
}

TEST_F(ConfigurationMode, command_that_is_typed_outside_of_it_says_where_it_belongs) {
  const auto told = [](std::string_view words) {
    return "'" + std::string(words) + "' is a command of configuration mode, which 'configure' begins";
  };
  const auto refused = [&](std::string_view line) {
    const Answer answer = world.ask(std::string(line));
    return answer.refusals.empty() ? "done" : answer.refusals.front().error.message;
  };
  EXPECT_EQ(refused("commit confirmed 1"), "syntax error, " + told("commit"));
  EXPECT_EQ(refused("commit"), "syntax error, " + told("commit"));
  EXPECT_EQ(refused("set system host-name x"), "syntax error, " + told("set"));
  EXPECT_EQ(refused("rollback 1"), "syntax error, " + told("rollback"));
  EXPECT_EQ(refused("set cli screen-length abc").find("configuration mode"), std::string::npos);
  EXPECT_EQ(refused("set cli screen-lenght 0").find("configuration mode"), std::string::npos);
  EXPECT_EQ(refused("set cli").find("configuration mode"), std::string::npos);
  EXPECT_EQ(refused("show foo").find("configuration mode"), std::string::npos);
}

TEST_F(ConfigurationMode, insert_before_what_there_is_not_points_at_its_name) {
  say("edit security policies from-zone trust to-zone untrust");
  EXPECT_EQ(say("insert policy later before policy nosuch"),
            std::string(34, ' ') +
                "^\n'security policies from-zone trust to-zone untrust policy nosuch' is not configured\n");
}

TEST_F(ConfigurationMode, commit_tells_all_that_is_wrong_and_then_that_it_failed) {
  say("set security zones security-zone dmz interfaces ge-0/0/7.0");
  say("set security policies from-zone dmz to-zone lab policy p then permit");
  const std::string policy =
      "[edit security policies from-zone dmz to-zone lab policy p]: missing mandatory statement: ";
  const std::string wrong =
      policy + "'source-address'\n" + policy + "'destination-address'\n" + policy +
      "'application'\n[edit security policies]: 'lab': zone is not configured under 'security zones'\n"
      "[edit security zones security-zone dmz]: 'ge-0/0/7.0': the interface is not configured under "
      "'interfaces'\nconfiguration check-out failed\n";
  EXPECT_EQ(say("commit check"), wrong);
  EXPECT_EQ(say("commit"), wrong);
  say("delete security zones security-zone dmz interfaces");
  say("set security zones security-zone lab");
  EXPECT_EQ(say("commit"),
            policy + "'source-address'\n" + policy + "'destination-address'\n" + policy +
                "'application'\nconfiguration check-out failed: (missing mandatory statements)\n");
  world.flowd().refuse_prepare = true;
  say("rollback 0");
  say("set system host-name fw2");
  EXPECT_EQ(say("commit"),
            "[edit security policies from-zone trust to-zone untrust]: the match needs more rules than fit\n"
            "configuration check-out failed\n");
}

TEST_F(ConfigurationMode, what_matches_is_shown_and_deleted_when_it_is_confirmed) {
  const std::string policies = "security policies from-zone trust to-zone untrust policy ";
  say("set security nat source rule-set r from zone trust");
  EXPECT_EQ(say("wildcard delete security n"), "  matched: nat\n  matched: zones\nDelete 2 objects?\n");
  say("rollback 0");
  EXPECT_EQ(say("wildcard delete " + policies + "allow-.*"),
            "  matched: allow-v6\n  matched: allow-web\nDelete 2 objects?\n");
  EXPECT_EQ(say("show | compare"), "") << "not yet";
  say("edit security policies");
  confirm("wildcard delete from-zone trust to-zone untrust policy \"^allow-v\"");
  EXPECT_EQ(say("top show " + policies + "allow-v6"), "");
  EXPECT_NE(say("top show " + policies + "allow-web"), "");
  EXPECT_EQ(say("wildcard delete global policy nosuch"),
            "                              ^\nnothing that is configured there matches 'nosuch'\n");
  EXPECT_THAT(say("top wildcard delete security zones .*"),
              testing::HasSubstr("nothing that is configured there matches"));
  EXPECT_EQ(say("top wildcard delete system h # ost"), "  matched: host-name\nDelete 1 object?\n");
  EXPECT_EQ(say("top wildcard delete system \"^host .*name\"").substr(0, 35),
            std::string(27, ' ') + "^\nnothin");
  EXPECT_EQ(say("wildcard delete global policy (").substr(0, 31), std::string(30, ' ') + "^");
}

TEST_F(ConfigurationMode, pattern_is_replaced_in_names_and_values_below_the_edit_path) {
  say("edit security");
  EXPECT_EQ(say("replace pattern srv-(.*) with host-\\1"), "");
  EXPECT_EQ(say("show address-book global | display set | match host"),
            "set security address-book global address host-net 198.51.100.0/24\n"
            "set security address-book global address-set servers address host-net\n");
  say("edit policies from-zone trust to-zone untrust");
  EXPECT_EQ(say("replace pattern allow with permit upto 1"), "");
  EXPECT_EQ(say("show | display set | match \"(allow|permit)-[^ ]* then count\""),
            "set security policies from-zone trust to-zone untrust policy permit-web then count\n");
  EXPECT_NE(say("show policy allow-v6"), "") << "one was enough";
  EXPECT_NE(say("replace pattern refuse-telnet with permit-web").find("'permit-web' is configured already"),
            std::string::npos);
  EXPECT_EQ(say("replace pattern ( with x").substr(0, 17), "                ^");
  EXPECT_EQ(say("replace pattern x"), "                 ^\nsyntax error, expecting with\n");
}

TEST_F(ConfigurationMode, loads_what_comes_with_the_command_and_saves) {
  EXPECT_EQ(say("load set terminal", {{"terminal", "set system host-name fw2\n"}}), "load complete\n");
  say("edit security zones");
  EXPECT_EQ(say("load merge fw.conf relative", {{"fw.conf", "security-zone dmz;\n"}}), "load complete\n");
  EXPECT_EQ(say("show security-zone dmz | display set"), "set security zones security-zone dmz\n");
  EXPECT_EQ(say("load merge fw.conf", {{"fw.conf", "system { host-nme x; }\n"}}).substr(0, 12),
            "fw.conf:1:10");
  EXPECT_EQ(say("load merge fw.conf"),
            "           ^\nthe content of fw.conf did not come with the command\n");
  const std::string saved = say("save kept.conf");
  EXPECT_EQ(file, "kept.conf");
  EXPECT_NE(saved.find("security-zone dmz"), std::string::npos);
}

TEST_F(ConfigurationMode, delete_alone_is_the_whole_level_and_has_to_be_confirmed) {
  const std::string before = say("show | display set");
  say("edit security zones");
  EXPECT_EQ(say("delete"), "Delete everything under this level?\n");
  EXPECT_EQ(say("top delete"),
            "This will delete the entire configuration\nDelete everything under this level?\n");
  EXPECT_EQ(say("top show | display set"), before) << "not yet";
  confirm("delete");
  EXPECT_EQ(say("show | display set"), "");
  const std::string left = say("top show | display set");
  EXPECT_EQ(left.find("set security zones"), std::string::npos) << left;
  EXPECT_NE(left.find("set security policies"), std::string::npos) << left;
  say("top");
  confirm("delete");
  EXPECT_EQ(say("show | display set"), "");
  EXPECT_EQ(say("rollback 0"), "load complete\n");
  EXPECT_EQ(say("show | display set"), before);
}

}  // namespace
}  // namespace sluice::test
