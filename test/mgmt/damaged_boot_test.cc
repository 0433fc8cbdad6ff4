// The machine starts, so that flowd runs nothing yet, and the committed configuration on disk is damaged.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>

#include <filesystem>
#include <fstream>

#include "configuration.h"
#include "edits.h"
#include "world.h"

namespace sluice::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_in(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Three commits, of host-name first, second and third.
class DamagedBoot : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"first", "second", "third"}) {
      ASSERT_FALSE(world.commit(fmt::format("set system host-name {}\n", name)).refused());
    }
  }
  [[nodiscard]] std::string file(unsigned number = 0) const { return world.parts().store->file(number); }
  void write(unsigned number, const std::string& content) const {
    std::ofstream(file(number), std::ios::binary) << content;
  }
  void boot() {
    world.stop_flowd();
    world.start_flowd();
    world.restart_management();
    world.look();
  }
  std::string alarms() { return world.ask("show system alarms").text; }

  // A rollback is in force, everybody is told why, and no file was touched.
  void expect_stands_in(unsigned number, const std::string& name, const std::string& why) {
    EXPECT_THAT(world.flowd().running_json(), HasSubstr("\"" + name + "\""));
    const std::string told = alarms();
    EXPECT_THAT(told, HasSubstr("1 alarms currently active\n"));
    EXPECT_THAT(told, HasSubstr("  Major  the committed configuration " + file() + " " + why));
    EXPECT_THAT(told, HasSubstr(fmt::format("; rollback {} (committed 20", number)));
    EXPECT_THAT(told, HasSubstr(" stands in for it; 'sluice commit " + file(number) +
                                "' makes it the configuration"));
    EXPECT_EQ(world.ask("show chassis alarms").text, told);
    EXPECT_THAT(world.audit(), HasSubstr("ALARM_SET"));
    const Answer shown = world.ask("show configuration | display set");
    EXPECT_EQ(shown.text, "set system host-name " + name + "\n");
    EXPECT_THAT(shown.transcript(), HasSubstr(why));
    const std::string history = world.ask("show system commit").text;
    EXPECT_THAT(history, Not(HasSubstr("1970")));
    EXPECT_THAT(history, HasSubstr(fmt::format("{:<4}20", number)));
  }
  // The next commit keeps what was there.
  void expect_kept_aside(const std::string& content) {
    ASSERT_FALSE(world.commit("set system host-name fourth\n").refused());
    EXPECT_EQ(text_in(world.parts().store->damaged_file()), content);
    EXPECT_EQ(alarms(), "No alarms currently active\n");
    EXPECT_THAT(world.audit(), HasSubstr("ALARM_CLEARED"));
    boot();
    EXPECT_EQ(alarms(), "No alarms currently active\n");
    EXPECT_EQ(host_name(world), "set system host-name fourth\n");
  }
  void expect_boot_with(const std::string& content, const std::string& why) {
    write(0, content);
    boot();
    expect_stands_in(1, "second", why);
    EXPECT_EQ(text_in(file()), content);
    expect_kept_aside(content);
  }

  World world;
};

TEST_F(DamagedBoot, from_an_empty_file_runs_the_newest_rollback) {
  expect_boot_with("", "is damaged (" + file() + ": the file has no statement)");
}

TEST_F(DamagedBoot, from_a_file_that_was_cut_off_runs_the_newest_rollback) {
  const std::string whole = text_in(file());
  expect_boot_with(whole.substr(0, whole.size() - 12), "is damaged (" + file() + ": the file was cut off");
}

TEST_F(DamagedBoot, from_garbage_runs_the_newest_rollback) {
  expect_boot_with(
      "\x7f"
      "ELF\x02\x01 {;} \xff\xfe",
      "is damaged (" + file() + ":1:1");
}

TEST_F(DamagedBoot, from_a_directory_runs_the_newest_rollback_and_keeps_it_aside) {
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  boot();
  expect_stands_in(1, "second", "is damaged (" + file() + ": cannot be read: Is a directory)");
  ASSERT_FALSE(world.commit("set system host-name fourth\n").refused());
  EXPECT_TRUE(std::filesystem::is_directory(world.parts().store->damaged_file()));
  EXPECT_EQ(host_name(world), "set system host-name fourth\n");
}

TEST_F(DamagedBoot, from_a_missing_file_runs_the_newest_rollback) {
  std::filesystem::remove(file());
  boot();
  expect_stands_in(1, "second", "is missing, though " + file(1) + " is there");
  std::filesystem::remove(file(1));
  boot();
  expect_stands_in(2, "first", "is missing, though " + file(2) + " is there");
}

// Root may read everything, so for once it is somebody else who reads.
TEST_F(DamagedBoot, from_a_file_that_may_not_be_read_runs_the_newest_rollback) {
  using std::filesystem::perms;
  std::filesystem::permissions(file(), perms::none);
  std::filesystem::permissions(file(1), perms::all);
  std::filesystem::permissions(world.folder(), perms::all);
  constexpr unsigned kNobody = 65534;
  const int before = ::setfsuid(kNobody);
  commit::restore(world.parts(), world.parts().running.committed().tree->schema());
  ::setfsuid(static_cast<unsigned>(before));
  EXPECT_THAT(alarms(), HasSubstr("is damaged (" + file() + ": cannot be read: Permission denied)"));
  EXPECT_EQ(world.ask("show configuration | display set").text, "set system host-name second\n");
}

TEST_F(DamagedBoot, passes_over_rollbacks_that_do_not_read) {
  write(0, "");
  write(1, "junk");
  boot();
  expect_stands_in(2, "first", "is damaged");
}

// A commit that nobody confirmed was taken back, and is the newest rollback since.
TEST_F(DamagedBoot, does_not_run_what_was_taken_back) {
  ASSERT_EQ(load_set(world, "set system host-name unconfirmed"), kLoaded);
  ASSERT_THAT(world.rpc("<commit-configuration><confirmed/></commit-configuration>"),
              HasSubstr("rolled back"));
  World::advance(601);
  ASSERT_TRUE(commit::roll_back_if_due(world.parts()).value());
  write(0, "");
  boot();
  expect_stands_in(2, "third", "is damaged");
}

TEST_F(DamagedBoot, with_nothing_left_runs_nothing_and_keeps_everything) {
  for (unsigned number = 0; number < 3; ++number) write(number, "junk");
  boot();
  EXPECT_EQ(world.flowd().generation(), 0U);
  const std::string told = alarms();
  EXPECT_THAT(told, HasSubstr("is damaged (" + file() + ":"));
  EXPECT_THAT(
      told,
      HasSubstr("there is no rollback that reads well: 'sluice commit FILE' with a configuration of yours"));
  const std::string history = world.ask("show system commit").text;
  EXPECT_THAT(
      history,
      HasSubstr("0   its file does not say when and by whom\n    damaged: its content cannot be used\n"));
  expect_kept_aside("junk");
  EXPECT_EQ(text_in(file(1)), "junk");
}

TEST_F(DamagedBoot, is_logged_with_the_configured_name_from_the_first_line_on) {
  write(0, "");
  const std::size_t before = world.audit().size();
  boot();
  const std::string fresh = world.audit().substr(before);
  ASSERT_THAT(fresh, HasSubstr("ALARM_SET"));
  for (std::size_t at = 0; at < fresh.size(); at = fresh.find('\n', at) + 1) {
    const std::string line = fresh.substr(at, fresh.find('\n', at) - at);
    if (line.find("UI_LOGOUT_EVENT") != std::string::npos) continue;  // of the daemon before
    EXPECT_THAT(line, HasSubstr("Z second mgd "));
  }
}

TEST_F(DamagedBoot, of_the_daemon_alone_leaves_flowd_what_it_runs) {
  write(0, "");
  world.restart_management();
  world.look();
  EXPECT_THAT(world.flowd().running_json(), HasSubstr("\"third\""));
  EXPECT_THAT(alarms(), HasSubstr("; sluice-flowd is left with what it runs, which 'commit' in configuration "
                                  "mode makes the configuration; "));
  EXPECT_EQ(world.ask("show configuration | display set").text, "set system host-name third\n");
  EXPECT_THAT(world.rpc("<commit-configuration/>"), HasSubstr("commit-success"));
  EXPECT_EQ(alarms(), "No alarms currently active\n");
  boot();
  EXPECT_EQ(host_name(world), "set system host-name third\n");
}

}  // namespace
}  // namespace sluice::test
