// The candidate configuration: edited, compared, committed, by one and by several.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <pugixml.hpp>
#include <thread>

#include "base/xml_text.h"
#include "configuration.h"
#include "edits.h"
#include "mgd/doors/test_await.h"
#include "world.h"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;

TEST(Candidate, commands_are_compared_committed_and_shown) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  EXPECT_EQ(load_set(world, "set system host-name fw2"), kLoaded);
  EXPECT_EQ(difference(world), "\n[edit system]\n-  host-name fw1;\n+  host-name fw2;\n");
  EXPECT_EQ(world.ask("show configuration system host-name | display set").text, "set system host-name fw1\n")
      << "operators see what is committed";
  EXPECT_NE(world
                .rpc("<get-configuration><configuration><system><host-name/></system></configuration>"
                     "</get-configuration>")
                .find("<host-name>fw2</host-name>"),
            std::string::npos)
      << "programs see what is edited";
  const std::string committed = world.rpc("<commit-configuration><log>new name</log></commit-configuration>");
  EXPECT_NE(committed.find("<commit-success/>"), std::string::npos) << committed;
  EXPECT_EQ(world.ask("show configuration system host-name | display set").text,
            "set system host-name fw2\n");
  EXPECT_EQ(difference(world), "\n");
  EXPECT_NE(world.flowd().running_json().find("fw2"), std::string::npos);
}

TEST(Candidate, marks_to_replace_are_obeyed_by_load_replace_only) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  const auto keeps_ports = [&](const std::string& action, const std::string& mark,
                               const std::string& replace) {
    bool kept[2] = {};
    const std::string forms[] = {
        "<configuration-text>" + mark + "system { host-name b; }</configuration-text>",
        "<configuration><system" + replace + "><host-name>b</host-name></system></configuration>"};
    for (int form = 0; form < 2; ++form) {
      const std::string loaded =
          world.rpc("<load-configuration " + action + ">" + forms[form] + "</load-configuration>");
      EXPECT_NE(loaded.find("<ok/>"), std::string::npos) << loaded;
      kept[form] = difference(world).find("-   ports {") == std::string::npos;
      EXPECT_NE(difference(world), "\n") << action;
      world.rpc("<discard-changes/>");
    }
    EXPECT_EQ(kept[0], kept[1]) << "text and XML differ: " << action << mark << replace;
    return kept[0];
  };
  const std::string mark = "replace: ", attribute = " replace=\"replace\"";
  EXPECT_FALSE(keeps_ports("action=\"replace\"", mark, attribute));
  EXPECT_TRUE(keeps_ports("action=\"replace\"", "", "")) << "what has no mark is merged";
  EXPECT_TRUE(keeps_ports("action=\"merge\"", mark, attribute));
  EXPECT_TRUE(keeps_ports("", mark, attribute)) << "merge is what is meant";
  EXPECT_FALSE(keeps_ports("action=\"override\"", mark, attribute)) << "nothing of before is kept at all";
}

TEST(Candidate, check_changes_nothing_and_keeps_the_edits) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  load_set(world, "set system host-name fw2");
  EXPECT_NE(
      world.rpc("<commit-configuration><check/></commit-configuration>").find("<commit-check-success/>"),
      std::string::npos);
  EXPECT_EQ(world.ask("show configuration system host-name | display set").text,
            "set system host-name fw1\n");
  EXPECT_NE(difference(world), "\n");
}

TEST(Candidate, refused_commit_keeps_the_edits) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  load_set(world, "set security zones security-zone trust interfaces ge-0/0/9.0");
  const std::string reply = world.rpc("<commit-configuration/>");
  EXPECT_NE(reply.find("<error-path>[edit security zones security-zone trust]</error-path>"),
            std::string::npos)
      << reply;
  EXPECT_NE(difference(world).find("ge-0/0/9.0"), std::string::npos);
}

TEST(Candidate, outlives_its_session_and_the_daemon) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  {
    doors::Client lost = world.connect();
    EXPECT_NE(lost.rpc("<open-configuration/>").value().find("database-status-information"),
              std::string::npos);
    ASSERT_NE(lost.rpc(set_request("set system host-name fw2")).value().find("<ok/>"), std::string::npos);
  }
  EXPECT_NE(difference(world), "\n");
  world.restart_management();
  EXPECT_EQ(difference(world), "\n[edit system]\n-  host-name fw1;\n+  host-name fw2;\n");
  world.rpc("<discard-changes/>");
  world.restart_management();
  EXPECT_EQ(difference(world), "\n");
}

TEST(Candidate, second_editor_is_told_who_else_edits) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  doors::Client first = world.connect();
  EXPECT_EQ(first.rpc("<open-configuration/>").value().find("<database-status>"), std::string::npos);
  ASSERT_NE(first.rpc(set_request("set system host-name fw2")).value().find("<ok/>"), std::string::npos);
  const std::string told = world.rpc("<open-configuration/>");
  EXPECT_NE(told.find("<database-status>"), std::string::npos) << told;
  EXPECT_NE(told.find("<pid>" + std::to_string(::getpid()) + "</pid>"), std::string::npos) << told;
  EXPECT_NE(told.find("<database-changed/>"), std::string::npos) << told;
  (void)first.rpc("<close-configuration/>");
  EXPECT_EQ(world.rpc("<open-configuration/>").find("<database-status>"), std::string::npos);
}

TEST(Candidate, exclusive_keeps_others_out_until_its_session_ends) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  {
    doors::Client alone = world.connect();
    ASSERT_EQ(alone.rpc("<open-configuration><exclusive/></open-configuration>").value().find("rpc-error"),
              std::string::npos);
    ASSERT_NE(alone.rpc(set_request("set system host-name fw2")).value().find("<ok/>"), std::string::npos);
    const std::string refused = load_set(world, "set system host-name fw3");
    EXPECT_NE(refused.find("<error-tag>lock-denied</error-tag>"), std::string::npos) << refused;
    EXPECT_NE(refused.find("<session-id>2</session-id>"), std::string::npos) << refused;
    EXPECT_NE(refused.find("configuration database locked by:"), std::string::npos) << refused;
    EXPECT_NE(world.rpc("<commit-configuration/>").find("lock-denied"), std::string::npos);
    EXPECT_TRUE(world.commit(kConfiguration).refused()) << "a file changes it no less";
    EXPECT_EQ(alone.rpc("<close-session/>").value().find("rpc-error"), std::string::npos);
  }
  doors::await([&] { return world.rpc("<lock-database/>").find("<ok/>") != std::string::npos; });
  EXPECT_EQ(difference(world), "\n") << "what was not committed went with it";
}

TEST(Candidate, neither_lock_nor_private_copy_begins_over_changes) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  load_set(world, "set system host-name fw2");
  for (const char* mode : {"<exclusive/>", "<private/>"}) {
    EXPECT_NE(world.rpc(std::string("<open-configuration>") + mode + "</open-configuration>")
                  .find("configuration database modified"),
              std::string::npos);
  }
  world.rpc("<discard-changes/>");
  EXPECT_EQ(world.rpc("<open-configuration><private/></open-configuration>").find("rpc-error"),
            std::string::npos);
}

TEST(Candidate, private_changes_meet_what_others_committed) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  doors::Client other = world.connect();
  ASSERT_EQ(world.rpc("<open-configuration><private/></open-configuration>").find("rpc-error"),
            std::string::npos);
  ASSERT_EQ(other.rpc("<open-configuration><private/></open-configuration>").value().find("rpc-error"),
            std::string::npos);
  load_set(world, "set system host-name mine");
  ASSERT_NE(other.rpc(set_request("set security flow route-change-timeout 90")).value().find("<ok/>"),
            std::string::npos);
  EXPECT_EQ(difference(world).find("route-change-timeout"), std::string::npos) << "each sees its own";
  doors::Client third = world.connect();
  EXPECT_NE(third.rpc(set_request("set system host-name third")).value().find("private edits in use"),
            std::string::npos);
  EXPECT_NE(world.rpc("<commit-configuration/>").find("<commit-success/>"), std::string::npos);
  EXPECT_NE(other.rpc("<commit-configuration/>").value().find("<commit-success/>"), std::string::npos);
  const std::string now = world.ask("show configuration | display set").text;
  EXPECT_NE(now.find("host-name mine"), std::string::npos);
  EXPECT_NE(now.find("route-change-timeout 90"), std::string::npos);
}

// As one who has a copy of his own.
void commit_alone(doors::Client& client, const std::string& commands) {
  ASSERT_EQ(client.rpc("<open-configuration><private/></open-configuration>").value().find("rpc-error"),
            std::string::npos);
  ASSERT_NE(client.rpc(set_request(commands)).value().find("<ok/>"), std::string::npos);
  const std::string reply = client.rpc("<commit-configuration/>").value();
  ASSERT_NE(reply.find("<commit-success/>"), std::string::npos) << reply;
}

TEST(Candidate, private_commits_at_the_same_time_both_stay) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  doors::Client first = world.connect();
  doors::Client second = world.connect();
  for (int round = 0; round < 30; ++round) {
    const std::string zone = std::to_string(round);
    std::thread other([&] { commit_alone(second, "set security zones security-zone b" + zone); });
    commit_alone(first, "set security zones security-zone a" + zone);
    other.join();
    const std::string now = world.ask("show configuration security zones | display set").text;
    ASSERT_NE(now.find("security-zone a" + zone), std::string::npos) << now;
    ASSERT_NE(now.find("security-zone b" + zone), std::string::npos) << now;
  }
}

TEST(Candidate, candidate_that_depends_on_what_is_committed_is_made_in_its_turn) {
  World world;
  const auto made = [&] {
    auto& turn = world.parts().running.commit_lock();
    const bool free = std::async(std::launch::async, [&] {
                        const bool taken = turn.try_lock();
                        if (taken) turn.unlock();
                        return taken;
                      }).get();
    EXPECT_FALSE(free) << "another could commit meanwhile";
    return world.parts().running.committed().tree;
  };
  EXPECT_TRUE(commit::run(world.parts(), made, {.user = "x", .mode = commit::Mode::validate}));
}

TEST(Candidate, json_that_replaces_everything_is_checked_as_any_other) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  const auto load = [&](const std::string& json) {
    return world.rpc("<load-configuration action=\"override\" format=\"json\"><configuration-json>" + json +
                     "</configuration-json></load-configuration>");
  };
  const std::string backwards =
      R"({"configuration":{"applications":{"application":[{"name":"web","destination-port":"90-80"}]}}})";
  EXPECT_NE(load(backwards).find("must be a port 0 to 65535"), std::string::npos);
  const std::string smuggled =
      R"({"configuration":{"system":{"@":{"comment":"*/ login { user eve { class super-user; } } /*"},"host-name":"x"}}})";
  EXPECT_NE(load(smuggled).find("a comment cannot have '*/' in it"), std::string::npos);
  EXPECT_EQ(difference(world), "\n");
  EXPECT_NE(world.rpc("<get-configuration format=\"json\"/>").find("allow-web"), std::string::npos);
}

TEST(Candidate, private_change_of_what_another_changed_is_committed_with_a_warning) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  ASSERT_EQ(world.rpc("<open-configuration><private/></open-configuration>").find("rpc-error"),
            std::string::npos);
  load_set(world, "set system host-name mine");
  ASSERT_FALSE(world.commit("set system host-name theirs\n").refused());
  const std::string reply = world.rpc("<commit-configuration/>");
  EXPECT_NE(reply.find("statement exists (replaced by 'mine')"), std::string::npos) << reply;
  EXPECT_EQ(world.ask("show configuration | display set").text, "set system host-name mine\n");
}

TEST(Candidate, rollbacks_are_listed_compared_and_loaded) {
  World world;
  for (int i = 1; i <= 3; ++i) {
    load_set(world, "set system host-name fw" + std::to_string(i));
    world.rpc("<commit-configuration><log>number " + std::to_string(i) + "</log></commit-configuration>");
  }
  const std::string history = world.ask("show system commit").text;
  EXPECT_TRUE(history.starts_with("0   ")) << history;
  EXPECT_NE(history.find(" via cli\n    number 3\n1   "), std::string::npos) << history;
  EXPECT_NE(world.rpc("<get-commit-information/>").find("<log>number 1</log>"), std::string::npos);
  EXPECT_NE(world.ask("show system rollback 2").text.find("host-name fw1;"), std::string::npos);
  EXPECT_EQ(world.ask("show system rollback 2 compare 0").text,
            "[edit system]\n-  host-name fw1;\n+  host-name fw3;\n");
  EXPECT_NE(world.ask("show system rollback 7").transcript().find("there is no rollback 7"),
            std::string::npos);
  EXPECT_NE(world.rpc("<load-configuration compare=\"rollback\" rollback=\"2\"/>").find("<ok/>"),
            std::string::npos);
  EXPECT_EQ(difference(world), "\n[edit system]\n-  host-name fw3;\n+  host-name fw1;\n");
  EXPECT_NE(world.rpc("<load-configuration rollback=\"0\"/>").find("<ok/>"), std::string::npos);
  EXPECT_EQ(difference(world), "\n");
}

TEST(Candidate, every_form_is_shown_and_loaded) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  EXPECT_NE(world.rpc("<get-configuration format=\"text\"/>").find("<configuration-text>system {\n"),
            std::string::npos);
  EXPECT_NE(
      world.rpc("<get-configuration format=\"set\"/>").find("<configuration-set>set system host-name fw1"),
      std::string::npos);
  const std::string json = world.rpc("<get-configuration format=\"json\" database=\"committed\"/>");
  EXPECT_NE(json.find("{\n    &quot;configuration&quot; : {"), std::string::npos) << json;

  EXPECT_NE(world
                .rpc("<load-configuration format=\"text\" action=\"merge\"><configuration-text>system { "
                     "host-name a; }"
                     "</configuration-text></load-configuration>")
                .find("<ok/>"),
            std::string::npos);
  EXPECT_NE(difference(world).find("+  host-name a;"), std::string::npos);
  EXPECT_NE(
      world
          .rpc("<load-configuration action=\"merge\"><configuration><system><host-name>b</host-name></system>"
               "</configuration></load-configuration>")
          .find("<ok/>"),
      std::string::npos);
  EXPECT_NE(difference(world).find("+  host-name b;"), std::string::npos);
  EXPECT_NE(
      world
          .rpc("<load-configuration format=\"json\"><configuration-json>{\"configuration\" : {\"system\" : "
               "{\"host-name\" : \"c\"}}}</configuration-json></load-configuration>")
          .find("<ok/>"),
      std::string::npos);
  EXPECT_NE(difference(world).find("+  host-name c;"), std::string::npos);
  EXPECT_NE(world
                .rpc("<load-configuration action=\"override\"><configuration-text>system { host-name d; }"
                     "</configuration-text></load-configuration>")
                .find("<ok/>"),
            std::string::npos);
  EXPECT_NE(difference(world).find("-  security {"), std::string::npos);
}

TEST(Candidate, load_that_does_not_read_names_the_place_and_changes_nothing) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  const std::string reply = world.rpc(
      "<load-configuration file-name=\"new.conf\"><configuration-text>system {\n    host-name x;\n    "
      "host-nam y;\n}</configuration-text></load-configuration>");
  EXPECT_NE(reply.find("<error-path>new.conf:3:5</error-path>"), std::string::npos) << reply;
  EXPECT_NE(reply.find("<error-tag>unknown-element</error-tag>"), std::string::npos) << reply;
  EXPECT_EQ(difference(world), "\n");
}

TEST(Candidate, options_that_a_form_cannot_obey_are_refused_and_not_ignored) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  const std::string json = "<configuration-json>{\"configuration\":{}}</configuration-json>";
  const auto refusal = [&](const std::string& attributes, const std::string& content) {
    return world.rpc("<load-configuration " + attributes + ">" + content + "</load-configuration>");
  };
  EXPECT_THAT(refusal("format=\"json\" edit-path=\"system\"", json),
              HasSubstr("'edit-path' does not go with JSON, which begins at the top"));
  EXPECT_THAT(refusal("format=\"json\" ignore-unsupported=\"\"", json),
              HasSubstr("'ignore-unsupported' does not go with JSON, which is taken whole"));
  EXPECT_THAT(refusal("edit-path=\"system\"", "<configuration/>"),
              HasSubstr("'edit-path' does not go with XML, which begins at the top"));
}

TEST(Candidate, commands_at_an_edit_path) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused());
  EXPECT_NE(
      world
          .rpc("<load-configuration action=\"set\" edit-path=\"security policies from-zone trust to-zone "
               "untrust\"><configuration-set>insert policy allow-v6 before policy allow-web\n"
               "deactivate policy allow-web</configuration-set></load-configuration>")
          .find("<ok/>"),
      std::string::npos);
  EXPECT_EQ(difference(world),
            "\n[edit security policies from-zone trust to-zone untrust]\n"
            "!     policy allow-v6 { ... }\n"
            "!     inactive: policy allow-web { ... }\n");
}

TEST(Candidate, what_is_not_supported_is_left_out_on_request_and_reported) {
  World world;
  const std::string text =
      "<configuration-text>system { host-name x; services { user a; } }</configuration-text>";
  EXPECT_NE(world.rpc("<load-configuration>" + text + "</load-configuration>").find("unknown-element"),
            std::string::npos);
  const std::string reply = world.rpc("<load-configuration file-name=\"srx.conf\" ignore-unsupported=\"\">" +
                                      text + "</load-configuration>");
  EXPECT_NE(reply.find("<place>srx.conf:1:23</place>"), std::string::npos) << reply;
  EXPECT_NE(reply.find("load-report.txt</report>"), std::string::npos) << reply;
  std::ifstream report(world.folder() / "state" / "load-report.txt");
  const std::string kept{std::istreambuf_iterator<char>(report), {}};
  EXPECT_NE(kept.find("\nsrx.conf:1:23: 'services': unknown statement"), std::string::npos) << kept;
  EXPECT_NE(reply.find("<ok/>"), std::string::npos) << reply;
  EXPECT_NE(difference(world).find("host-name x"), std::string::npos);
}

}  // namespace
}  // namespace sluice::test
