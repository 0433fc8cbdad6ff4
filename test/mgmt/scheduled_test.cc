// Commits that wait for their time, and checks that confirm.
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "configuration.h"
#include "edits.h"
#include "world.h"

namespace sluice::test {
namespace {

std::string own_user() {
  return ::getpwuid(::getuid())->pw_name;
}

constexpr std::int64_t kNow = 1767575093;  // 2026-01-05 01:04:53 UTC

TEST(CommitTime, is_of_today_or_of_a_day_and_never_past) {
  const auto unix_s = [](std::string_view text) { return commit::when_of(text, kNow).value().unix_s; };
  EXPECT_EQ(unix_s("01:06"), kNow + 67);
  EXPECT_EQ(unix_s("01:05:53"), kNow + 60);
  EXPECT_EQ(unix_s("23:59:59"), 1767657599);
  EXPECT_EQ(unix_s("2026-01-06 00:00"), 1767657600);
  EXPECT_EQ(unix_s("2028-02-29 12:30:01"), 1835440201);
  EXPECT_EQ(unix_s("reboot"), 0);
  EXPECT_EQ(commit::time_of({1767657600}), "2026-01-06 00:00:00 UTC");
  EXPECT_EQ(commit::time_of(commit::when_of("reboot", kNow).value()), "reboot");
  for (const char* early : {"01:05:52", "00:00", "2026-01-05 01:05", "2025-12-31 23:00"}) {
    const auto when = commit::when_of(early, kNow);
    ASSERT_FALSE(when) << early;
    EXPECT_EQ(when.error().message,
              "'" + std::string(early) +
                  "' is too early: a commit can be scheduled from a minute after now, which is 2026-01-05 "
                  "01:04:53 UTC");
  }
  for (const char* wrong :
       {"", "25:00", "12:60", "12:00:60", "1:00", "12:0", "2026-02-29 12:00", "2026-13-01 12:00",
        "2026-01-06", "2026-01-06  12:00", "2026-01-06 12:00 x", "now", "rebooT"}) {
    const auto when = commit::when_of(wrong, kNow);
    ASSERT_FALSE(when) << wrong;
    EXPECT_NE(when.error().message.find("is no time: expecting hh:mm[:ss], "), std::string::npos);
  }
}

class ScheduledCommit : public testing::Test {
 protected:
  ScheduledCommit() {
    EXPECT_FALSE(world.commit(kConfiguration).refused());
    EXPECT_EQ(load_set(world, "set system host-name fw2"), kLoaded);
  }

  std::string host_name() { return test::host_name(world); }
  std::string history() { return world.ask("show system commit").text; }

  // For ten minutes from now; the time as it is shown.
  std::string schedule() {
    const std::string time = commit::time_of({World::now_unix_s() + 600});
    const std::string reply = world.rpc("<commit-configuration><at-time>" + time.substr(0, 19) +
                                        "</at-time><log>at night</log></commit-configuration>");
    EXPECT_NE(reply.find("<commit-check-success/>"), std::string::npos) << reply;
    EXPECT_NE(reply.find("<output>commit at will be executed at " + time + "</output>"), std::string::npos)
        << reply;
    return time;
  }

  void expect_committed() {
    EXPECT_EQ(host_name(), "set system host-name fw2\n");
    EXPECT_NE(world.flowd().running_json().find("fw2"), std::string::npos);
    EXPECT_EQ(history().find("commit requested"), std::string::npos) << history();
    EXPECT_EQ(difference(world), "\n");
    EXPECT_EQ(load_set(world, "set system host-name fw3"), kLoaded) << "it may be edited again";
    EXPECT_FALSE(world.commit_if_due().value()) << "once";
  }

  World world;
};

TEST_F(ScheduledCommit, that_cannot_be_kept_confirms_nothing) {
  ASSERT_NE(world
                .rpc("<commit-configuration><confirmed/><confirm-timeout>2</confirm-timeout>"
                     "</commit-configuration>")
                .find("rolled back in 2 minutes"),
            std::string::npos);
  load_set(world, "set system host-name fw3");
  std::filesystem::create_directory(world.folder() / "state" / "scheduled.conf.new");
  const std::string time = commit::time_of({World::now_unix_s() + 600});
  const std::string reply =
      world.rpc("<commit-configuration><at-time>" + time.substr(0, 19) + "</at-time></commit-configuration>");
  EXPECT_NE(reply.find("scheduled.conf.new"), std::string::npos) << reply;
  World::advance(121);
  EXPECT_TRUE(commit::roll_back_if_due(world.parts()).value());
  EXPECT_EQ(host_name(), "set system host-name fw1\n");
}

TEST_F(ScheduledCommit, is_checked_at_once_and_made_when_its_time_has_come) {
  const std::string time = schedule();
  EXPECT_EQ(host_name(), "set system host-name fw1\n");
  EXPECT_EQ(history().substr(0, history().find("\n0 ")),
            "commit requested by " + own_user() + " via cli at " + time + "\n    at night");
  World::advance(598);
  EXPECT_FALSE(world.commit_if_due().value());
  EXPECT_EQ(host_name(), "set system host-name fw1\n");
  World::advance(3);
  EXPECT_TRUE(world.commit_if_due().value());
  expect_committed();
  EXPECT_NE(history().find("via cli\n    at night\n1 "), std::string::npos) << history();
  EXPECT_NE(world.audit().find("UI_COMMIT_AT_COMPLETED"), std::string::npos);
}

TEST_F(ScheduledCommit, is_made_though_the_daemon_was_restarted_or_away_at_its_time) {
  schedule();
  world.restart_management();
  EXPECT_NE(history().find("commit requested by"), std::string::npos);
  EXPECT_FALSE(world.commit_if_due().value());
  World::advance(5000);
  world.restart_management();
  EXPECT_TRUE(world.commit_if_due().value());
  expect_committed();
}

TEST_F(ScheduledCommit, at_reboot_is_made_once_the_machine_has_started_again) {
  EXPECT_NE(world.rpc("<commit-configuration><at-time>reboot</at-time></commit-configuration>")
                .find("commit at will be executed at reboot"),
            std::string::npos);
  EXPECT_NE(history().find(" via cli at reboot\n"), std::string::npos) << history();
  World::advance(100000);
  world.restart_management();
  EXPECT_FALSE(world.commit_if_due().value()) << "only the daemon was restarted";
  world.reboot();
  EXPECT_TRUE(world.commit_if_due().value());
  expect_committed();
}

TEST_F(ScheduledCommit, keeps_others_from_changing_anything_until_it_is_cancelled) {
  const std::string time = schedule();
  const std::string sentence =
      "a commit of " + own_user() + " is scheduled at " + time +
      " and nothing else can be changed until then; 'clear system commit' cancels it";
  EXPECT_NE(load_set(world, "set system host-name fw3").find("<error-message>" + sentence),
            std::string::npos);
  EXPECT_NE(world.rpc("<commit-configuration/>").find("<error-tag>in-use</error-tag>"), std::string::npos);
  EXPECT_EQ(world.commit(kConfiguration).transcript(), sentence + "\n");
  doors::Client alone = world.connect();
  EXPECT_EQ(world.ask("clear system commit").text, "Pending commit cleared\n");
  EXPECT_EQ(world.ask("clear system commit").text, "No commit scheduled.\n");
  World::advance(1000);
  EXPECT_FALSE(world.commit_if_due().value());
  world.restart_management();
  EXPECT_FALSE(world.commit_if_due().value());
  EXPECT_EQ(host_name(), "set system host-name fw1\n");
  EXPECT_NE(difference(world), "\n") << "what was to be committed can still be";
  EXPECT_NE(world.rpc("<commit-configuration/>").find("<commit-success/>"), std::string::npos);
}

TEST_F(ScheduledCommit, that_could_not_be_made_is_refused_at_once) {
  load_set(world, "set security zones security-zone trust interfaces ge-0/0/9.0");
  EXPECT_NE(
      world.rpc("<commit-configuration><at-time>reboot</at-time></commit-configuration>").find("ge-0/0/9.0"),
      std::string::npos);
  EXPECT_EQ(history().find("commit requested"), std::string::npos);
  const std::string both =
      world.rpc("<commit-configuration><at-time>reboot</at-time><check/></commit-configuration>");
  EXPECT_NE(both.find("'at-time' and 'check' exclude each other"), std::string::npos) << both;
}

TEST_F(ScheduledCommit, waits_for_the_data_plane) {
  schedule();
  World::advance(601);
  world.stop_flowd();
  EXPECT_FALSE(world.commit_if_due());
  EXPECT_EQ(host_name(), "set system host-name fw1\n");
  world.start_flowd();
  EXPECT_TRUE(world.commit_if_due().value());
  expect_committed();
}

TEST_F(ScheduledCommit, that_is_refused_at_its_time_is_cancelled_and_noted) {
  schedule();
  World::advance(601);
  world.flowd().refuse_prepare = true;
  EXPECT_FALSE(world.commit_if_due());
  world.flowd().refuse_prepare = false;
  EXPECT_FALSE(world.commit_if_due().value());
  EXPECT_EQ(host_name(), "set system host-name fw1\n");
  EXPECT_NE(world.audit().find("UI_COMMIT_AT_FAILED"), std::string::npos);
  EXPECT_EQ(load_set(world, "set system host-name fw3"), kLoaded);
}

TEST_F(ScheduledCommit, whose_file_outlived_a_crash_is_not_made_twice) {
  schedule();
  const std::filesystem::path file = world.folder() / "state" / "scheduled.conf";
  std::filesystem::copy_file(file, world.folder() / "kept");
  World::advance(601);
  EXPECT_TRUE(world.commit_if_due().value());
  std::filesystem::copy_file(world.folder() / "kept", file);
  world.restart_management();
  EXPECT_TRUE(world.commit_if_due().value());
  EXPECT_FALSE(std::filesystem::exists(file));
  expect_committed();
  EXPECT_EQ(history().find("\n2 "), std::string::npos) << history();
}

TEST_F(ScheduledCommit, at_reboot_waits_on_while_nobody_can_tell_the_starts_apart) {
  const char* at_reboot = "<commit-configuration><at-time>reboot</at-time></commit-configuration>";
  EXPECT_NE(world.rpc(at_reboot).find("<commit-check-success/>"), std::string::npos);
  World::forget_boot();
  world.restart_management();
  EXPECT_FALSE(world.commit_if_due().value());
  EXPECT_NE(history().find(" via cli at reboot\n"), std::string::npos) << history();
  EXPECT_EQ(host_name(), "set system host-name fw1\n");
  EXPECT_EQ(world.ask("clear system commit").text, "Pending commit cleared\n");
  EXPECT_NE(world.rpc(at_reboot).find("this machine does not tell its starts apart; schedule the commit for"),
            std::string::npos);
  EXPECT_FALSE(world.commit_if_due().value());
  EXPECT_EQ(host_name(), "set system host-name fw1\n");
  world.reboot();
}

TEST_F(ScheduledCommit, leaves_what_was_edited_while_it_was_checked_to_be_committed) {
  world.flowd().on_step = [this](FakeFlowd::Step step) {
    if (step != FakeFlowd::Step::prepare) return;
    doors::Client other = world.connect();
    EXPECT_NE(other.rpc(set_request("set security zones security-zone dmz")).value().find("<ok/>"),
              std::string::npos);
  };
  schedule();
  world.flowd().on_step = nullptr;
  World::advance(601);
  EXPECT_TRUE(world.commit_if_due().value());
  EXPECT_EQ(host_name(), "set system host-name fw2\n");
  EXPECT_NE(difference(world).find("security-zone dmz"), std::string::npos) << difference(world);
  world.restart_management();
  EXPECT_NE(difference(world).find("security-zone dmz"), std::string::npos);
  EXPECT_NE(world.rpc("<commit-configuration/>").find("<commit-success/>"), std::string::npos);
}

// What a crash, a full disk or a hand may leave of the file of a scheduled commit.
class DamagedSchedule : public ScheduledCommit {
 protected:
  DamagedSchedule() { schedule(); }

  [[nodiscard]] std::filesystem::path file() const { return world.folder() / "state" / "scheduled.conf"; }
  [[nodiscard]] std::string content() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Without the lines that begin so.
  [[nodiscard]] std::string without(std::string_view beginning) const {
    std::istringstream lines(content());
    std::string rest;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with(beginning)) rest += line + "\n";
    }
    return rest;
  }
  void write(const std::string& text) const { std::ofstream(file()) << text; }

  void expect_told_and_nothing_committed() {
    const auto made = world.commit_if_due();
    EXPECT_FALSE(made && *made);
    EXPECT_EQ(host_name(), "set system host-name fw1\n");
    EXPECT_NE(history().find("warning: the scheduled commit is damaged and will not be made ("),
              std::string::npos)
        << history();
    EXPECT_NE(history().find("scheduled.conf"), std::string::npos) << history();
    EXPECT_NE(difference(world), "\n") << "what was to be committed can still be";
  }
  void expect_given_up() {
    world.restart_management();
    expect_told_and_nothing_committed();
    World::advance(10'000);
    world.reboot();
    expect_told_and_nothing_committed();
    EXPECT_EQ(load_set(world, "set system host-name fw3"), kLoaded) << "nothing waits";
    EXPECT_EQ(world.ask("clear system commit").text, "Pending commit cleared\n");
    EXPECT_FALSE(std::filesystem::exists(file()));
    EXPECT_EQ(history().find("damaged"), std::string::npos) << history();
  }
};

TEST_F(DamagedSchedule, that_was_cut_off_is_told_and_never_made) {
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 20);
  expect_given_up();
}

TEST_F(DamagedSchedule, that_is_empty_is_told_and_never_made) {
  write("");
  expect_given_up();
}

TEST_F(DamagedSchedule, that_names_no_time_is_told_and_never_made) {
  write(without("## Scheduled for: "));
  expect_given_up();
}

TEST_F(DamagedSchedule, whose_time_is_before_it_was_asked_for_is_told_and_never_made) {
  std::string text = content();
  const std::size_t at = text.find("## Scheduled for: ") + 18;
  text.erase(at + 3, text.find('\n', at) - at - 3);
  write(text);
  expect_given_up();
}

TEST_F(DamagedSchedule, whose_heading_is_lost_is_told_and_never_made) {
  write(without("##"));
  expect_given_up();
}

TEST_F(DamagedSchedule, that_does_not_parse_is_told_and_never_made) {
  std::string text = content();
  text.replace(text.find("host-name"), 9, "host#name");
  write(text);
  expect_given_up();
}

TEST_F(DamagedSchedule, that_was_damaged_while_it_waited_is_told_and_noted_at_its_time) {
  write("");
  EXPECT_FALSE(world.commit_if_due().value()) << "it is not looked at before";
  World::advance(601);
  EXPECT_FALSE(world.commit_if_due());
  expect_told_and_nothing_committed();
  EXPECT_NE(world.audit().find("UI_COMMIT_AT_FAILED"), std::string::npos);
  EXPECT_EQ(load_set(world, "set system host-name fw3"), kLoaded);
}

class ConfirmingCheck : public testing::Test {
 protected:
  ConfirmingCheck() {
    EXPECT_FALSE(world.commit(kConfiguration).refused());
    EXPECT_EQ(load_set(world, "set system host-name fw2"), kLoaded);
  }

  void expect(std::string_view kept) {
    World::advance(1000);
    EXPECT_EQ(commit::roll_back_if_due(world.parts()).value(), kept == "fw1");
    world.restart_management();
    EXPECT_FALSE(commit::roll_back_if_due(world.parts()).value());
    EXPECT_EQ(world.ask("show configuration system host-name | display set").text,
              "set system host-name " + std::string(kept) + "\n");
  }

  World world;
};

TEST_F(ConfirmingCheck, of_a_commit_confirms_the_one_before_it) {
  world.rpc("<commit-configuration><confirmed/><log>new name</log></commit-configuration>");
  EXPECT_NE(
      world.rpc("<commit-configuration><check/></commit-configuration>").find("<commit-check-success/>"),
      std::string::npos);
  const std::string history = world.ask("show system commit").text;
  EXPECT_EQ(history.find("rollback in"), std::string::npos) << history;
  EXPECT_NE(history.find("via cli\n    new name\n1 "), std::string::npos) << "no commit more: " << history;
  expect("fw2");
}

TEST_F(ConfirmingCheck, that_fails_confirms_nothing) {
  world.rpc("<commit-configuration><confirmed/></commit-configuration>");
  load_set(world, "set security zones security-zone trust interfaces ge-0/0/9.0");
  EXPECT_NE(world.rpc("<commit-configuration><check/></commit-configuration>").find("rpc-error"),
            std::string::npos);
  expect("fw1");
}

TEST_F(ConfirmingCheck, is_none_of_a_file_or_of_netconf) {
  world.rpc("<commit-configuration><confirmed/></commit-configuration>");
  EXPECT_FALSE(world.ask("commit check fw.conf", kConfiguration).refused());
  EXPECT_NE(world.rpc("<validate><source><candidate/></source></validate>").find("<ok/>"), std::string::npos);
  expect("fw1");
}

TEST_F(ConfirmingCheck, leaves_a_commit_that_was_given_a_name) {
  world.rpc("<commit><confirmed/><persist>change-7</persist></commit>");
  world.rpc("<commit-configuration><check/></commit-configuration>");
  expect("fw1");
}

}  // namespace
}  // namespace sluice::test
