#include "mgd/users/users.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace sluice::users {
namespace {

constexpr unsigned kUid = 2000;

const config::Schema& schema() {
  static const config::Schema loaded = config::Schema::load(config::Schema::default_directory()).value();
  return loaded;
}

config::Tree tree(const std::string& commands) {
  return config::parse_text(schema(), commands, "test").value();
}

Login login(const std::string& commands) {
  return Login(tree(commands));
}

bool may(const std::string& commands, std::string_view permission, std::string_view command) {
  return login("set system login user ann class c\n" + commands)
      .class_of("ann", kUid)
      .may(permission, command);
}

TEST(Users, each_predefined_class_has_what_junos_gives_it) {
  const Login all = login(
      "set system login user s class super-user\nset system login user o class operator\n"
      "set system login user r class read-only\nset system login user u class unauthorized\n");
  const auto permissions = [&](std::string_view user) {
    std::string had;
    for (const char* one : {"view", "clear", "view-configuration", "configure", "maintenance", "secret"}) {
      if (all.class_of(user, kUid).may(one, "x")) had += std::string(one) + ' ';
    }
    return had;
  };
  EXPECT_EQ(permissions("s"), "view clear view-configuration configure maintenance secret ");
  EXPECT_EQ(permissions("o"), "view clear ");
  EXPECT_EQ(permissions("r"), "view ");
  EXPECT_EQ(permissions("u"), "");
  EXPECT_TRUE(all.class_of("u", kUid).may(kNoPermission, "exit"));
}

TEST(Users, root_is_super_user_whatever_is_configured_and_strangers_are_unauthorized) {
  const Login nothing;
  EXPECT_EQ(nothing.class_of("root", 0).name(), "super-user");
  EXPECT_EQ(nothing.class_of("ann", kUid).name(), "unauthorized");
  const Login some =
      login("set system login user root class read-only\nset system login user ann class operator\n");
  EXPECT_EQ(some.class_of("root", 0).name(), "super-user");
  EXPECT_EQ(some.class_of("ann", kUid).name(), "operator");
  EXPECT_EQ(some.class_of("bob", kUid).name(), "unauthorized");
  EXPECT_EQ(some.class_of("2000", kUid).name(), "unauthorized") << "a uid without a name";
}

TEST(Users, uid_that_is_configured_must_be_the_callers) {
  const Login some = login("set system login user ann class operator\nset system login user ann uid 2001\n");
  EXPECT_EQ(some.class_of("ann", kUid).name(), "unauthorized");
  EXPECT_EQ(some.class_of("ann", 2001).name(), "operator");
}

TEST(Users, what_is_deactivated_gives_nothing) {
  const std::string user = "set system login user ann class super-user\n";
  for (const char* what : {"system login user ann", "system login", "system login user ann class"}) {
    EXPECT_EQ(login(user + "deactivate " + what + "\n").class_of("ann", kUid).name(), "unauthorized") << what;
  }
  EXPECT_FALSE(
      may("set system login class c permissions view\ndeactivate system login class c permissions view\n",
          "view", "show route"));
  EXPECT_FALSE(
      may("set system login class c permissions view\ndeactivate system login class c\n", "view", "x"));
}

TEST(Users, control_permissions_include_the_ones_to_see) {
  EXPECT_TRUE(may("set system login class c permissions secret-control\n", "secret", "x"));
  EXPECT_TRUE(may("set system login class c permissions control\n", "secret", "x"));
  EXPECT_TRUE(may("set system login class c permissions control\n", "admin-control", "x"));
  EXPECT_FALSE(may("set system login class c permissions control\n", "clear", "x"));
  EXPECT_FALSE(may("set system login class c permissions secret\n", "secret-control", "x"));
  EXPECT_TRUE(may("set system login class c permissions all\n", "maintenance", "x"));
}

TEST(Users, expressions_add_to_permissions_and_take_from_them) {
  const std::string kView = "set system login class c permissions view\n";
  const std::string allow =
      kView + "set system login class c allow-commands \"clear security flow session .*\"\n";
  EXPECT_TRUE(may(allow, "clear", "clear security flow session all"));
  EXPECT_TRUE(may(allow, "clear", "CLEAR security flow session all")) << "case does not matter";
  EXPECT_FALSE(may(allow, "clear", "clear log"));
  EXPECT_TRUE(may(allow, "view", "show route"));
  const std::string deny = kView + "set system login class c deny-commands \"show (route|interfaces)\"\n";
  EXPECT_FALSE(may(deny, "view", "show route terse"));
  EXPECT_TRUE(may(deny, "view", "show security zones"));
  EXPECT_TRUE(may(deny, "view", "help show route")) << "from its beginning";
}

TEST(Users, longer_match_decides_and_allow_where_they_are_equal) {
  const std::string only =
      "set system login class c deny-commands .*\nset system login class c allow-commands ";
  EXPECT_TRUE(may(only + "\"show route.*\"\n", "view", "show route terse"));
  EXPECT_FALSE(may(only + "\"show route.*\"\n", "view", "show interfaces"));
  const std::string all =
      "set system login class c allow-commands \"clear security\"\n"
      "set system login class c deny-commands \"clear security flow session all\"\n";
  EXPECT_FALSE(may(all, "clear", "clear security flow session all"));
  EXPECT_TRUE(may(all, "clear", "clear security flow session protocol tcp"));
}

TEST(Users, expression_that_cannot_be_used_is_refused_and_gives_nothing) {
  const std::string bad =
      "set system login class c permissions all\nset system login class c deny-commands \"(show\"\n";
  const Status checked = check_login(tree(bad));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().path, "system login class c deny-commands");
  EXPECT_THAT(checked.error().message, testing::HasSubstr("not a regular expression"));
  EXPECT_FALSE(may(bad, "view", "show route"));
}

constexpr const char* kRsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQc=";
constexpr const char* kEd25519 =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
constexpr const char* kKeys =
    "set system login user ann class operator\n"
    "set system login user ann authentication ssh-ed25519 \"ssh-ed25519 "
    "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ann@desk\"\n"
    "set system login user ann authentication ssh-rsa \"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQc=\" from "
    "\"192.0.2.*,!*.x\\\"y\"\n"
    "set system login user bob class operator\n";

TEST(Users, keys_are_lines_as_sshd_reads_them) {
  const config::Tree keys = tree(kKeys);
  EXPECT_THAT(authorized_keys(keys, "ann", kUid),
              testing::ElementsAre("from=\"192.0.2.*,!*.x\\\"y\" " + std::string(kRsa),
                                   std::string(kEd25519) + " ann@desk"));
  EXPECT_THAT(authorized_keys(keys, "bob", kUid), testing::IsEmpty());
  EXPECT_THAT(authorized_keys(keys, "root", 0), testing::IsEmpty());
}

TEST(Users, keys_that_are_deactivated_or_another_uids_are_none) {
  const std::string uid = "set system login user ann uid 2001\n";
  EXPECT_THAT(authorized_keys(tree(kKeys + uid), "ann", kUid), testing::IsEmpty());
  EXPECT_THAT(authorized_keys(tree(kKeys + uid), "ann", std::nullopt), testing::IsEmpty());
  EXPECT_THAT(authorized_keys(tree(kKeys + uid), "ann", 2001), testing::SizeIs(2));
  for (const std::string place :
       {"system login", "system login user ann", "system login user ann authentication"}) {
    EXPECT_THAT(authorized_keys(tree(kKeys + ("deactivate " + place + "\n")), "ann", kUid),
                testing::IsEmpty())
        << place;
  }
  const std::string one =
      std::string("deactivate system login user ann authentication ssh-rsa \"") + std::string(kRsa) + "\"\n";
  EXPECT_THAT(authorized_keys(tree(kKeys + one), "ann", kUid), testing::SizeIs(1));
}

TEST(Users, keys_of_root_and_of_whom_the_daemon_runs_as_are_not_given_out) {
  const std::string key = " authentication ssh-ed25519 \"" + std::string(kEd25519) + "\"\n";
  const std::string root = "set system login user root class read-only\n";
  EXPECT_THAT(authorized_keys(tree(root + "set system login user root" + key), "root", 0),
              testing::IsEmpty());
  EXPECT_THAT(authorized_keys(tree(root + "set system login user root" + key), "root", std::nullopt),
              testing::IsEmpty());
  EXPECT_THAT(authorized_keys(tree(kKeys), "ann", 0), testing::IsEmpty()) << "another name for root";
  EXPECT_THAT(authorized_keys(tree(kKeys), "ann", ::geteuid()), testing::IsEmpty());
  EXPECT_TRUE(check_login(tree(root))) << "its idle-timeout may be configured";
  const Status checked = check_login(tree(root + "set system login user root" + key));
  ASSERT_FALSE(checked);
  EXPECT_EQ(
      checked.error().text(),
      "system login user root authentication ssh-ed25519: root gets no keys from here; they belong into "
      "the machine's own authorized_keys file");
}

TEST(Users, key_that_is_more_or_less_than_type_body_and_comment_is_refused_and_not_given_out) {
  const auto with = [](const std::string& statement, const std::string& key) {
    return tree("system { login { user ann { class operator; authentication { " + statement + " \"" + key +
                "\"; } } } }");
  };
  const auto good = [&](const std::string& statement, const std::string& key) {
    const config::Tree made = with(statement, key);
    return check_login(made) && authorized_keys(made, "ann", kUid) == std::vector{key};
  };
  const std::string rsa = kRsa, ed25519 = kEd25519;
  EXPECT_TRUE(good("ssh-rsa", rsa));
  EXPECT_TRUE(good("ssh-rsa", rsa + " Ann Lee (desk), 2026"));
  EXPECT_TRUE(good("ssh-ecdsa",
                   "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAAACBAE= ann@desk"));
  EXPECT_TRUE(good("ssh-ed25519", ed25519));
  const std::pair<std::string, std::string> bad[] = {
      {"ssh-rsa", rsa.substr(rsa.find(' ') + 1)},
      {"ssh-rsa", "ssh-rsa"},
      {"ssh-rsa", "ssh-rsa "},
      {"ssh-rsa", "ssh-rsa ="},
      {"ssh-rsa", rsa + "=="},
      {"ssh-rsa", "ssh-rsa AA=A"},
      {"ssh-rsa", "ssh-rsa  " + rsa.substr(rsa.find(' ') + 1)},
      {"ssh-rsa", "ssh-rsa AAAA*"},
      {"ssh-rsa", "ssh-dss AAAAB3NzaC1kc3MAAAABAQAAAAEB"},
      {"ssh-rsa", "ssh-rsa AAAAB3NzaC1kc3MAAAABAQAAAAEB"},
      {"ssh-rsa", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQcAAAABeA=="},
      {"ssh-rsa", ed25519},
      {"ssh-ecdsa", "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAyNTYAAAACBAE="},
      {"ssh-ecdsa", "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAAAAAAAXg="},
      {"ssh-ed25519", "ssh-ed25519 AAAA"},
      {"ssh-ed25519", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAHwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
      {"ssh-ed25519", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhsc"},
      {"ssh-ed25519", "command=/bin/sh " + ed25519},
      {"ssh-ed25519", "no-pty," + ed25519},
      {"ssh-ed25519", " " + ed25519},
      {"ssh-ed25519", ed25519 + " ann\n" + ed25519 + " eve"},
      {"ssh-ed25519", "ssh-ed25519\t" + ed25519.substr(ed25519.find(' ') + 1)}};
  for (const auto& [statement, key] : bad) {
    const config::Tree made = with(statement, key);
    const Status checked = check_login(made);
    ASSERT_FALSE(checked) << key;
    EXPECT_EQ(checked.error().path, "system login user ann authentication " + statement);
    EXPECT_THAT(checked.error().message, testing::HasSubstr("BASE64 COMMENT' as ssh-keygen writes it"))
        << key;
    EXPECT_THAT(authorized_keys(made, "ann", kUid), testing::IsEmpty()) << key;
  }
}

TEST(Users, password_is_kept_and_said_to_have_no_effect) {
  EXPECT_THAT(idle_statements(tree(kKeys)), testing::IsEmpty());
  const std::string password = "set system login user bob authentication encrypted-password \"$6$a$b\"\n";
  EXPECT_THAT(
      idle_statements(tree(kKeys + password)),
      testing::ElementsAre("system login user bob authentication encrypted-password: kept, but passwords are "
                           "the machine's own; set it there with 'usermod -p', or use ssh keys"));
}

TEST(Users, idle_timeout_is_that_of_the_configured_class_for_root_too) {
  const Login some = login(
      "set system login class c idle-timeout 15\nset system login user ann class c\n"
      "set system login user root class c\nset system login user bob class operator\n");
  EXPECT_EQ(some.idle_timeout_min("ann", kUid), 15U);
  EXPECT_EQ(some.idle_timeout_min("root", 0), 15U);
  EXPECT_EQ(some.idle_timeout_min("bob", kUid), 0U);
  EXPECT_EQ(some.idle_timeout_min("eve", kUid), 0U);
}

TEST(Users, schema_refuses_what_names_nobody_or_nothing) {
  const auto refused = [](const std::string& commands) {
    auto parsed = config::parse_text(schema(), commands, "test");
    if (!parsed) return parsed.error().message;
    const Status valid = parsed->validate();
    return valid ? std::string() : valid.error().message;
  };
  EXPECT_EQ(refused("set system login user ann class operator\n"), "");
  EXPECT_THAT(refused("set system login user ann class nobody\n"), testing::HasSubstr("not defined"));
  EXPECT_THAT(refused("set system login user ann full-name Ann\n"), testing::HasSubstr("class"));
  EXPECT_THAT(refused("set system login user 1000 class operator\n"),
              testing::HasSubstr("begins with a letter"));
  EXPECT_THAT(refused("set system login class operator permissions all\n"), testing::HasSubstr("by itself"));
  EXPECT_THAT(refused("set system login class c permissions everything\n"), testing::HasSubstr("view"));
  EXPECT_THAT(refused("set system login user ann class operator\n"
                      "set system login user ann authentication encrypted-password secret\n"),
              testing::HasSubstr("begins with '$'"));
}

}  // namespace
}  // namespace sluice::users
