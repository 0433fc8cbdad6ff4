// Who may do what, through both ways in, and what the audit log says of it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "configuration.h"
#include "edits.h"
#include "mgd/doors/test_await.h"
#include "world.h"

namespace sluice::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kUsers = R"(
system {
    login {
        class helpdesk {
            permissions [ view clear ];
            allow-commands "show configuration security.*";
            deny-commands "clear security flow session all";
        }
        class engineer {
            permissions [ configure view view-configuration ];
        }
        class keeper {
            permissions [ secret view-configuration ];
        }
        class broken {
            permissions maintenance;
        }
        user sue {
            class super-user;
            authentication {
                encrypted-password "$6$salt$hash";
            }
        }
        user olga {
            class operator;
        }
        user rita {
            class read-only;
        }
        user ulf {
            class unauthorized;
        }
        user hugo {
            class helpdesk;
        }
        user emil {
            class engineer;
        }
        user kim {
            class keeper;
        }
        user max {
            class broken;
        }
    }
}
)";

constexpr const char* kShow = "show security flow session summary";
constexpr const char* kClear = "clear security flow session protocol tcp";
constexpr const char* kClearAll = "clear security flow session all";
constexpr const char* kWhoHad = "show security nat who-had 203.0.113.2 17783";
constexpr const char* kCommit = "<commit-configuration/>";

std::size_t occurrences(const std::string& text, const std::string& words) {
  std::size_t count = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
  return count;
}

class Users : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_FALSE(world.commit(std::string(kConfiguration) + kUsers).refused());
    logged = world.audit().size();
  }

  static doors::Peer peer(const std::string& user) {
    doors::Peer made;
    made.uid = user == "root" ? 0 : 5000 + static_cast<unsigned>(user[0]);
    made.pid = 77;
    made.user = user;
    made.session = 100 + static_cast<unsigned>(user[0]);
    return made;
  }
  std::string command(const std::string& user, const std::string& line) {
    return world.rpc_as(peer(user), "<command format=\"text\">" + line + "</command>", "client=\"cli\"");
  }
  std::string ask(const std::string& user, const std::string& rpc) { return world.rpc_as(peer(user), rpc); }
  static bool denied(const std::string& reply) {
    return reply.find("<error-tag>access-denied</error-tag>") != std::string::npos;
  }
  // Of the users, those who are not denied.
  std::string permitted(const std::function<std::string(const std::string&)>& request) {
    std::string users;
    for (const char* user : {"root", "sue", "olga", "rita", "ulf", "hugo", "emil", "kim", "nobody"}) {
      if (!denied(request(user))) users += (users.empty() ? "" : " ") + std::string(user);
    }
    return users;
  }
  std::string permitted_command(const std::string& line) {
    return permitted([&](const std::string& user) { return command(user, line); });
  }
  std::string permitted_rpc(const std::string& rpc) {
    return permitted([&](const std::string& user) { return ask(user, rpc); });
  }
  // What the audit log says since the users are there.
  std::string audit() { return world.audit().substr(logged); }

  World world;
  std::size_t logged = 0;
};

TEST_F(Users, each_class_and_each_kind_of_operation_by_command) {
  EXPECT_EQ(permitted_command(kShow), "root sue olga rita hugo emil");
  EXPECT_EQ(permitted_command("show route"), "root sue olga rita hugo emil");
  EXPECT_EQ(permitted_command(kClear), "root sue olga hugo");
  EXPECT_EQ(permitted_command(kClearAll), "root sue olga");
  EXPECT_EQ(permitted_command("show configuration"), "root sue emil kim");
  EXPECT_EQ(permitted_command("show configuration security zones"), "root sue hugo emil kim");
  EXPECT_EQ(permitted_command("help"), "root sue olga rita ulf hugo emil kim nobody");
  for (const char* what :
       {"source rule", "source pool", "destination rule", "destination pool", "static rule"}) {
    EXPECT_EQ(permitted_command(fmt::format("clear security nat statistics {} all", what)),
              "root sue olga hugo")
        << what;
    EXPECT_EQ(permitted_command(fmt::format("show security nat {} all", what)),
              "root sue olga rita hugo emil")
        << what;
  }
  EXPECT_EQ(permitted_command(kWhoHad), "root sue olga") << "it tells what is in the log";
}

TEST_F(Users, who_asks_who_had_an_address_is_in_the_audit_log) {
  command("olga", kWhoHad);
  EXPECT_THAT(audit(), HasSubstr("username=\"olga\" source=\"local\" command=\"show security nat who-had "
                                 "203.0.113.2 17783\" outcome=\"success\""));
}

TEST_F(Users, each_class_and_each_kind_of_operation_by_rpc) {
  EXPECT_EQ(permitted_rpc("<get-flow-session-information><summary/></get-flow-session-information>"),
            "root sue olga rita hugo emil");
  EXPECT_EQ(permitted_rpc("<clear-flow-session><protocol>tcp</protocol></clear-flow-session>"),
            "root sue olga hugo");
  EXPECT_EQ(permitted_rpc("<clear-flow-session-all/>"), "root sue olga");
  EXPECT_EQ(permitted_rpc("<get-config><source><running/></source></get-config>"), "root sue emil kim");
  EXPECT_EQ(permitted_rpc("<get-configuration/>"), "root sue emil kim");
  EXPECT_EQ(permitted_rpc(set_request("set system host-name x")), "root sue emil");
  EXPECT_EQ(permitted_rpc("<discard-changes/>"), "root sue emil");
  EXPECT_EQ(permitted_rpc(kCommit), "root sue emil");
}

TEST_F(Users, every_operation_says_what_it_needs) {
  const auto rpcs = command::RpcSchema::load(config::Schema::default_directory()).value();
  for (const rpc::Operation& operation : rpc::operations()) {
    const std::string name(operation.command.rpc);
    EXPECT_NE(rpcs.find(name)->permission, "all") << name << " has no rx:permission";
    EXPECT_TRUE(!operation.command.words.empty() || !rpcs.find(name)->stands_for.empty()) << name;
  }
}

TEST_F(Users, denial_names_command_class_and_what_is_missing) {
  EXPECT_THAT(
      command("rita", kClear),
      HasSubstr("permission denied: clear security flow session protocol tcp: class 'read-only' of user "
                "'rita' has no permission 'clear'"));
  EXPECT_THAT(command("hugo", "cle sec fl ses all"),
              HasSubstr("permission denied: clear security flow session all: class "
                        "'helpdesk' of user 'hugo' denies this command"));
  EXPECT_THAT(command("nobody", "show route"), HasSubstr("class 'unauthorized' of user 'nobody'"));
}

TEST_F(Users, nothing_is_done_for_who_is_denied) {
  command("rita", kClear);
  EXPECT_EQ(world.flowd().last_clear().DebugString(), "");
  ask("rita", set_request("set system host-name x"));
  EXPECT_EQ(difference(world), "\n");
}

TEST_F(Users, who_may_configure_may_not_make_himself_super_user) {
  EXPECT_FALSE(denied(ask("emil", set_request("set system login user emil class super-user"))));
  EXPECT_TRUE(denied(ask("emil", kCommit)));
  EXPECT_TRUE(denied(ask("emil", "<validate><source><candidate/></source></validate>")));
  EXPECT_FALSE(denied(ask("emil", "<discard-changes/>")));
  ask("emil", set_request("set system host-name fw9"));
  EXPECT_THAT(ask("emil", kCommit), HasSubstr("commit-success"));
  ask("sue", set_request("set system login user emil class super-user"));
  EXPECT_THAT(ask("sue", kCommit), HasSubstr("commit-success"));
  EXPECT_FALSE(denied(command("emil", kClearAll))) << "from then on";
}

TEST_F(Users, denied_command_is_denied_however_it_is_typed) {
  const std::string limits =
      "system { login { class engineer { deny-commands \"(set|delete) system login|show configuration "
      "system\"; "
      "permissions view-configuration; } } }";
  ASSERT_FALSE(world.ask("commit fw.conf", std::string(kConfiguration) + kUsers + limits).refused());
  const auto typed = [&](const std::string& line, const std::string& edit = {}) {
    return denied(world.rpc_as(
        peer("emil"), "<command mode=\"configuration\" edit=\"" + edit + "\">" + line + "</command>"));
  };
  EXPECT_FALSE(typed("set system host-name x"));
  for (const char* line :
       {"set system login user a class operator", "set system  login user a class operator",
        "set  system \tlogin user a", "set system /* x */ login user a class operator",
        "delete system   login", "set sys log us a cl operator", "del sys login"}) {
    EXPECT_TRUE(typed(line)) << line;
  }
  EXPECT_TRUE(typed("set login user a class operator", "system"));
  EXPECT_TRUE(typed("set  user a class operator", "system  login"));
  EXPECT_TRUE(typed("up set login user a class operator", "system services"));
  EXPECT_TRUE(typed("top set system  login user a class operator", "security"));
  EXPECT_TRUE(typed("set log user a class operator", "system"));
  EXPECT_FALSE(typed("set host-name x", "system"));
  const std::string two_lines = "host-name x\nset system login user a class super-user";
  EXPECT_THAT(ask("emil", "<set-statement><statement>" + two_lines + "</statement></set-statement>"),
              HasSubstr("a command ends with its line"));
  EXPECT_THAT(difference(world), Not(HasSubstr("user a")));
  EXPECT_TRUE(denied(command("emil", "show configuration  system")));
  EXPECT_TRUE(denied(command("emil", "sh conf sys")));
  EXPECT_FALSE(denied(command("emil", "show configuration  security")));
}

TEST_F(Users, what_is_to_be_completed_has_a_limit) {
  const std::string line = "<complete>show " + std::string(65536, 'x') + "</complete>";
  EXPECT_THAT(world.rpc_as(peer("rita"), line), HasSubstr("a command has at most 65536 characters"));
}

TEST_F(Users, secrets_are_shown_to_those_who_may_see_them) {
  const auto shown = [&](const std::string& user) {
    return command(user, "show configuration system login user sue") +
           command(user, "show configuration | display set") +
           command(user, "show configuration | display xml") +
           command(user, "show configuration | display json") + ask(user, "<get-configuration/>") +
           ask(user, "<get-config><source><candidate/></source></get-config>") +
           ask(user, "<get-configuration compare=\"rollback\" rollback=\"1\" format=\"text\"/>") +
           ask(user, "<get-rollback-information><rollback>0</rollback></get-rollback-information>") +
           world.rpc_as(peer(user),
                        "<complete>show configuration system login user sue authentication "
                        "encrypted-password </complete>");
  };
  ASSERT_FALSE(world.ask("commit fw.conf", std::string(kConfiguration) + kUsers).refused());
  const std::string open = shown("kim");
  EXPECT_THAT(open, HasSubstr("encrypted-password &quot;$6$salt$hash&quot;; ## SECRET-DATA\n"));
  const std::string hidden = shown("emil");
  EXPECT_THAT(hidden, Not(HasSubstr("$6$salt")));
  EXPECT_THAT(hidden, HasSubstr("    encrypted-password /* SECRET-DATA */; ## SECRET-DATA\n"));
  EXPECT_THAT(hidden, HasSubstr("<encrypted-password>/* SECRET-DATA */</encrypted-password>"));
  EXPECT_THAT(hidden, HasSubstr("user sue authentication encrypted-password &quot;/* SECRET-DATA */&quot;"));
  EXPECT_THAT(hidden, HasSubstr("host-name"));
}

TEST_F(Users, configuration_with_hidden_secrets_cannot_be_committed) {
  EXPECT_EQ(
      load_set(world, "set system login user sue authentication encrypted-password \"/* SECRET-DATA */\""),
      "loaded");
  EXPECT_THAT(world.rpc(kCommit), HasSubstr("encrypted password begins with"));
}

TEST_F(Users, session_of_another_is_ended_by_who_maintains) {
  World& w = world;
  doors::Client other = w.connect();
  EXPECT_THAT(other.rpc("<discard-changes/>").value(), HasSubstr("<ok/>"));
  EXPECT_THAT(w.rpc("<kill-session><session-id>2</session-id></kill-session>"), HasSubstr("<ok/>"));
  EXPECT_THAT(audit(), HasSubstr("command=\"kill-session 2\" outcome=\"success\""));
  EXPECT_THAT(w.rpc("<kill-session><session-id>77</session-id></kill-session>"), HasSubstr("invalid-value"));
  EXPECT_THAT(audit(), HasSubstr("command=\"kill-session 77\" outcome=\"failure\""));
}

TEST_F(Users, command_that_is_allowed_may_be_typed_short) {
  EXPECT_FALSE(denied(command("hugo", "show configuration security zones")));
  EXPECT_FALSE(denied(command("hugo", "sh conf sec zon")));
  EXPECT_TRUE(denied(command("hugo", "sh conf sys ho")));
  EXPECT_TRUE(denied(command("ulf", "sh conf sec zon")));
}

TEST_F(Users, who_may_view_nothing_is_told_no_names) {
  const std::string line = "<complete>show security flow session zone </complete>";
  EXPECT_THAT(world.rpc_as(peer("rita"), line), HasSubstr("\"trust\""));
  EXPECT_THAT(world.rpc_as(peer("ulf"), line), Not(HasSubstr("\"trust\"")));
}

TEST_F(Users, audit_log_has_login_command_and_logout_with_source) {
  const std::string from = "client=\"cli\" ssh-connection=\"192.0.2.7 50412 192.0.2.1 22\"";
  const auto typed = [&](const std::string& line) {
    world.rpc_as(peer("olga"), "<command format=\"text\">" + line + "</command>", from);
  };
  typed("show route");
  typed("clear sec flow session protocol tcp");
  world.leave(peer("olga"));
  EXPECT_THAT(audit(),
              HasSubstr("UI_LOGIN_EVENT [junos@2636.1.1.1.2.129 username=\"olga\" source=\"192.0.2.7\" "
                        "outcome=\"success\"] User 'olga' login, class 'operator' [77]"));
  EXPECT_THAT(
      audit(),
      HasSubstr("UI_CMDLINE_READ_LINE [junos@2636.1.1.1.2.129 username=\"olga\" "
                "source=\"192.0.2.7\" command=\"clear security flow session protocol tcp\" "
                "outcome=\"success\"] User 'olga', command 'clear security flow session protocol tcp '"));
  EXPECT_THAT(audit(),
              HasSubstr("UI_LOGOUT_EVENT [junos@2636.1.1.1.2.129 username=\"olga\" source=\"192.0.2.7\""));
  EXPECT_THAT(audit(), Not(HasSubstr("show route"))) << "who only looks leaves no trace";
}

TEST_F(Users, audit_log_has_logins_that_came_to_nothing) {
  command("ulf", kShow);
  EXPECT_THAT(audit(),
              HasSubstr("UI_LOGIN_EVENT [junos@2636.1.1.1.2.129 username=\"ulf\" source=\"local\" "
                        "outcome=\"denied\" reason=\"class 'unauthorized' may do nothing\"] User 'ulf' "
                        "login refused, class 'unauthorized' [77]"))
      << audit();
  const Error full{"resource-denied", "", "512 management sessions are open"};
  World& w = world;
  for (int i = 0; i < 1000; ++i) w.turn_away(peer("olga"), full);
  EXPECT_THAT(audit(), HasSubstr("UI_LOGIN_EVENT [junos@2636.1.1.1.2.129 username=\"olga\" "
                                 "outcome=\"failure\" reason=\"512 management sessions are open\"]"));
  EXPECT_LT(occurrences(audit(), "management sessions are open"), 500U) << "each second has one";
  World::advance(1);
  w.turn_away(peer("olga"), full);
  w.turn_away(peer("rita"), full);
  EXPECT_THAT(audit(), HasSubstr("username=\"rita\" outcome=\"failure\""));
}

TEST_F(Users, audit_log_has_a_clear_that_failed) {
  World& w = world;
  w.stop_flowd();
  command("olga", kClear);
  EXPECT_THAT(audit(), HasSubstr("username=\"olga\" source=\"local\" command=\"clear security flow session "
                                 "protocol tcp\" outcome=\"failure\" reason="));
  ask("olga", "<clear-flow-session-all/>");
  EXPECT_THAT(audit(), HasSubstr("command=\"clear security flow session all\" outcome=\"failure\" reason="));
}

TEST_F(Users, audit_log_has_commits_failures_and_denials) {
  ask("rita", "<clear-flow-session-all/>");
  EXPECT_THAT(
      audit(),
      HasSubstr("UI_NETCONF_CMD [junos@2636.1.1.1.2.129 username=\"rita\" source=\"local\" "
                "command=\"clear security flow session all\" outcome=\"denied\" reason=\"permission"));
  command("ulf", "show route");
  EXPECT_THAT(audit(),
              HasSubstr("username=\"ulf\" source=\"local\" command=\"show route\" outcome=\"denied\""));
  ask("emil", set_request("set system host-name fw9"));
  ask("emil", "<commit-configuration><log>new name</log></commit-configuration>");
  EXPECT_THAT(audit(),
              HasSubstr("command=\"commit\" outcome=\"success\"] User 'emil' requested 'commit' operation "
                        "(comment: new name)"));
  ask("emil", set_request("delete interfaces"));
  ask("emil", kCommit);
  EXPECT_THAT(audit(),
              HasSubstr("username=\"emil\" source=\"local\" command=\"commit\" outcome=\"failure\" reason="));
}

TEST_F(Users, audit_log_tells_of_every_commit_that_it_is_complete) {
  const auto completed = [this] { return occurrences(world.audit(), "UI_COMMIT_COMPLETED"); };
  const std::size_t before = completed();
  EXPECT_THAT(world.rpc("<commit-configuration><check/></commit-configuration>"), HasSubstr("success"));
  EXPECT_EQ(completed(), before) << "a check is none";
  EXPECT_THAT(world.rpc("<commit-configuration/>"), HasSubstr("<commit-success/>"));
  EXPECT_EQ(completed(), before + 1);
  EXPECT_THAT(world.audit(), HasSubstr("] commit complete\n"));
  world.flowd().refuse_prepare = true;
  EXPECT_THAT(world.rpc("<commit-configuration/>"), HasSubstr("rpc-error"));
  EXPECT_EQ(completed(), before + 1) << "nor is one that is refused";
}

TEST_F(Users, keys_of_a_user_are_told_to_sshd_and_a_password_is_warned_of) {
  const std::string key =
      "system { login { user olga { authentication { ssh-ed25519 \"ssh-ed25519 "
      "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f o\"; } } } }";
  EXPECT_FALSE(world.ask("commit fw.conf", std::string(kConfiguration) + kUsers + key).refused());
  const std::string request = "<get-authorized-keys format=\"text\"><user>olga</user></get-authorized-keys>";
  EXPECT_THAT(world.rpc(request),
              HasSubstr("<output>ssh-ed25519 "
                        "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f o\n</output>"));
  EXPECT_TRUE(denied(ask("olga", request)));
  EXPECT_THAT(world.rpc("<get-authorized-keys/>"), HasSubstr("needs 'user'"));
  load_set(world, "set system login user olga authentication encrypted-password \"$6$a$b\"");
  EXPECT_THAT(
      world.rpc(kCommit),
      HasSubstr("system login user olga authentication encrypted-password: kept, but passwords are the"));
  load_set(world, "set system host-name fw2");
  EXPECT_THAT(world.rpc(kCommit), Not(HasSubstr("kept, but"))) << "it is said when it changes";
}

TEST_F(Users, commit_that_nobody_confirmed_is_noted_with_who_made_it) {
  ask("emil", set_request("set system host-name fw9"));
  ask("emil",
      "<commit-configuration><confirmed/><confirm-timeout>1</confirm-timeout></commit-configuration>");
  World::advance(61);
  ASSERT_TRUE(commit::roll_back_if_due(world.parts()).value());
  EXPECT_THAT(
      audit(),
      HasSubstr("UI_COMMIT_NOT_CONFIRMED [junos@2636.1.1.1.2.129 username=\"emil\" outcome=\"success\"] "
                "Commit was not confirmed; automatic rollback complete"));
}

TEST_F(Users, idle_sessions_have_the_minutes_of_their_class) {
  const std::string limits = "system { login { class helpdesk { idle-timeout 15; } } }";
  ASSERT_FALSE(world.ask("commit fw.conf", std::string(kConfiguration) + kUsers + limits).refused());
  EXPECT_EQ(world.idle_limit_s(peer("hugo")), 900U);
  EXPECT_EQ(world.idle_limit_s(peer("olga")), 0U);
  EXPECT_EQ(world.idle_limit_s(peer("root")), 0U);
  EXPECT_EQ(world.idle_limit_s(peer("nobody")), 0U);
}

TEST_F(Users, idle_session_is_ended_and_the_audit_log_says_so) {
  doors::Client own = world.connect();
  const std::string me = doors::peer_of(doors::connect_to(world.socket()).value()).value().user;
  ASSERT_TRUE(own.rpc("<discard-changes/>"));
  const std::string limits = "system { login { class hasty { idle-timeout 1; permissions all; } user " + me +
                             " { class hasty; } } }";
  ASSERT_FALSE(world.ask("commit fw.conf", std::string(kConfiguration) + limits).refused());
  World::stay_idle(60);
  doors::await([&] { return !own.alive(); });
  EXPECT_EQ(own.take_notices().back().text, "Idle timeout exceeded: closing session");
  doors::await([&] { return audit().find("UI_LOGOUT_EVENT") != std::string::npos; });
  EXPECT_THAT(audit(), HasSubstr("UI_CLI_IDLE_TIMEOUT [junos@2636.1.1.1.2.129 username=\"" + me +
                                 "\" source=\"local\" outcome=\"success\"] Idle timeout for user '" + me +
                                 "' exceeded and session terminated"));
}

TEST_F(Users, users_are_there_again_after_a_restart) {
  world.restart_management();
  EXPECT_FALSE(denied(command("olga", kClearAll)));
  EXPECT_TRUE(denied(command("rita", kClearAll)));
}

TEST(NoUsers, without_login_configured_only_root_and_the_daemons_user_may) {
  World world;
  ASSERT_FALSE(world.commit(kConfiguration).refused()) << "by the user who runs the daemon";
  doors::Peer stranger;
  stranger.uid = 5000;
  stranger.user = "olga";
  stranger.session = 9;
  EXPECT_THAT(world.rpc_as(stranger, "<command>show route</command>"), HasSubstr("access-denied"));
}

}  // namespace
}  // namespace sluice::test
