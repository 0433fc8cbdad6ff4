// show log: which files there are, and what is in one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class ShowLog : public testing::Test {
 protected:
  ShowLog() {
    EXPECT_FALSE(world.commit(kConfiguration).refused());
    write("traffic", "first\nsecond\nlast without its end");
    write("traffic.0", "older\n");
    write("elsewhere", "not a log\n");
    world.flowd().log_paths = {folder / "traffic", folder / "traffic.0"};
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
    ::chmod((folder / name).c_str(), 0640);
  }
  std::string ask(const std::string& line) { return world.ask(line).transcript(); }

  World world;
  std::filesystem::path folder = world.folder();  // where the audit log is
};

TEST_F(ShowLog, lists_those_that_the_configuration_names_and_the_audit_log) {
  const std::string list = ask("show log");
  EXPECT_THAT(list, ContainsRegex("^total [0-9]+\n"));
  EXPECT_THAT(list, ContainsRegex("-rw-------  1 [a-z]+ +[a-z]+ +[0-9]+ [A-Z][a-z][a-z] [ 0-9][0-9] "
                                  "[0-9][0-9]:[0-9][0-9] audit\n"));
  EXPECT_THAT(list, ContainsRegex("-rw-r-----  1 [a-z]+ +[a-z]+ +33 .* traffic\n"));
  EXPECT_THAT(list, ContainsRegex(" traffic.0\n"));
  EXPECT_THAT(list, Not(HasSubstr("elsewhere")));
  EXPECT_THAT(world.rpc("<get-log/>"),
              HasSubstr("<file-permissions junos:format=\"-rw-r-----\">640</file-permissions>"));
}

TEST_F(ShowLog, tells_the_lines_of_one_through_pipes_and_to_programs) {
  EXPECT_EQ(ask("show log traffic"), "first\nsecond\nlast without its end\n");
  EXPECT_EQ(ask("show log traffic | last 2"), "second\nlast without its end\n");
  EXPECT_EQ(ask("show log traffic | match SECOND"), "second\n");
  EXPECT_EQ(ask("show log traffic.0"), "older\n");
  EXPECT_THAT(world.rpc("<get-log><filename>traffic.0</filename></get-log>"),
              HasSubstr("<file-content>older</file-content>"));
  EXPECT_THAT(ask("show log audit"), HasSubstr("UI_COMMIT"));
}

TEST_F(ShowLog, has_names_and_no_paths) {
  for (const char* name : {"elsewhere", "./traffic", "/etc/passwd", "../elsewhere", "..", "."}) {
    EXPECT_THAT(ask(fmt::format("show log {}", name)),
                HasSubstr(fmt::format("log file {} not found; there are audit, traffic, traffic.0", name)));
  }
  std::filesystem::remove(folder / "traffic");
  std::filesystem::create_symlink("/etc/passwd", folder / "traffic");
  EXPECT_THAT(ask("show log traffic"), HasSubstr("log file traffic cannot be read: "));
}

TEST_F(ShowLog, lines_do_nothing_to_a_terminal) {
  write("traffic",
        "plain \xc3\xa9\n\x1b[2J\x07 \xff!\tend\n\xc2\x9b"
        "2J\n");
  EXPECT_EQ(ask("show log traffic"), "plain \xc3\xa9\n?[2J? ?!\tend\n??2J\n");
}

TEST_F(ShowLog, a_large_file_and_a_line_without_end_pass_through) {
  std::string text;
  for (int i = 0; i < 200000; ++i) text += fmt::format("line {}\n", i);
  write("traffic", text);
  EXPECT_EQ(ask("show log traffic | count"), "Count: 200000 lines\n");
  EXPECT_EQ(ask("show log traffic"), text);
  write("traffic", std::string(1'000'000, 'x'));
  const std::string told = ask("show log traffic");
  EXPECT_EQ(std::ranges::count(told, 'x'), 1'000'000);
}

TEST_F(ShowLog, needs_trace_and_for_the_audit_log_maintenance) {
  ASSERT_FALSE(world
                   .commit(std::string("set system host-name fw1\n"
                                       "set system login user olga class operator\n"
                                       "set system login user rita class read-only\n"))
                   .refused());
  const auto as = [&](const char* user, unsigned uid, const std::string& body) {
    return world.rpc_as({.uid = uid, .pid = 1, .user = user, .session = uid}, body);
  };
  const std::string traffic = "<get-log><filename>traffic.0</filename></get-log>";
  EXPECT_THAT(as("olga", 1001, traffic), HasSubstr("older"));
  EXPECT_THAT(as("rita", 1002, traffic), HasSubstr("has no permission 'trace'"));
  EXPECT_THAT(as("olga", 1001, "<get-log><filename>audit</filename></get-log>"),
              HasSubstr("has no permission 'maintenance'"));
}

// Who may configure could name any file.
TEST_F(ShowLog, file_outside_of_the_log_folder_is_for_who_may_do_everything) {
  ASSERT_FALSE(
      world.commit(std::string("set system host-name fw1\nset system login user olga class operator\n"))
          .refused());
  std::filesystem::create_directory(folder / "deep");
  write("deep/secrets", "secret\n");
  world.flowd().log_paths = {folder / "deep" / "secrets", folder / "deep" / ".." / "traffic.0"};
  const auto as_olga = [&](std::string_view name) {
    return world.rpc_as({.uid = 1001, .pid = 1, .user = "olga", .session = 1001},
                        fmt::format("<get-log><filename>{}</filename></get-log>", name));
  };
  EXPECT_THAT(as_olga("secrets"), HasSubstr("has no permission 'all'"));
  EXPECT_THAT(as_olga("traffic.0"), HasSubstr("older"));
  EXPECT_EQ(ask("show log secrets"), "secret\n");
}

TEST_F(ShowLog, without_flowd_has_the_audit_log) {
  world.stop_flowd();
  EXPECT_THAT(ask("show log"), HasSubstr(" audit\n"));
  EXPECT_THAT(ask("show log"), Not(HasSubstr("traffic")));
}

}  // namespace
}  // namespace sluice::test
