#include "mgd/audit/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace sluice::audit {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class Audit : public testing::Test {
 protected:
  Audit() {
    char name[] = "/tmp/sluice-audit-XXXXXX";
    folder = mkdtemp(name);
  }
  ~Audit() override { std::filesystem::remove_all(folder); }
  static Event clear() {
    return {.tag = "UI_CMDLINE_READ_LINE",
            .message = "User 'ann', command 'clear x '",
            .user = "ann",
            .source = "192.0.2.7",
            .command = "clear x",
            .outcome = Outcome::done,
            .reason = {}};
  }
  [[nodiscard]] std::string content() const {
    std::ifstream in(folder / "audit");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::filesystem::path folder;
};

TEST_F(Audit, record_is_a_line_of_rfc_5424_for_its_owner_only) {
  Log log(folder / "audit");
  log.write(clear());
  EXPECT_THAT(content(),
              MatchesRegex("<85>1 20..-..-..T..:..:..\\....Z [^ ]+ mgd [0-9]+ UI_CMDLINE_READ_LINE "
                           "\\[junos@2636.1.1.1.2.129 username=\"ann\" source=\"192.0.2.7\" "
                           "command=\"clear x\" outcome=\"success\"\\] User 'ann', command 'clear x '\n"));
  struct stat state {};
  ASSERT_EQ(::stat((folder / "audit").c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777U, 0600U);
}

TEST_F(Audit, nothing_that_is_typed_makes_a_second_line_or_another_parameter) {
  Log log(folder / "audit");
  Event event = clear();
  event.outcome = Outcome::denied;
  event.command = "x\n<85>1 \"] \\";
  event.message = "a\nb";
  log.write(event);
  EXPECT_THAT(content(), HasSubstr("command=\"x#012<85>1 \\\"\\] \\\\\" outcome=\"denied\"] a#012b\n"));
  EXPECT_THAT(content(), HasSubstr("<84>1 "));
}

TEST_F(Audit, rest_of_long_commands_is_left_out) {
  EXPECT_LT(shortened(std::string(100000, 'x')).size(), 1100U);
}

TEST_F(Audit, large_file_is_put_aside) {
  Log log(folder / "audit");
  std::ofstream(folder / "audit") << "old";
  std::filesystem::resize_file(folder / "audit", Log::kLargest);
  log.write(clear());
  EXPECT_EQ(std::filesystem::file_size(folder / "audit.1"), Log::kLargest);
  EXPECT_THAT(content(), HasSubstr("UI_CMDLINE_READ_LINE"));
}

TEST_F(Audit, folder_that_is_not_there_stops_nobody) {
  Log log(folder / "none" / "audit");
  log.write(clear());
  EXPECT_FALSE(std::filesystem::exists(folder / "none"));
}

}  // namespace
}  // namespace sluice::audit
