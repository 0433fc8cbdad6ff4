#include "mgd/store/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace sluice::storage {
namespace {

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/sluice-store-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  [[nodiscard]] std::string text_of(unsigned number) const {
    const auto saved = Store::open(directory).value().load(number).value();
    return saved ? saved->text : "none";
  }
  std::filesystem::path directory;
};

TEST_F(StoreTest, empty_folder_has_no_configuration) {
  EXPECT_EQ(text_of(0), "none");
}

TEST_F(StoreTest, saved_configuration_is_found_by_the_next_process_with_who_and_when) {
  ASSERT_TRUE(Store::open(directory).value().save({"system {\n}\n", 1767575093, "alice smith"}));
  const auto saved = Store::open(directory).value().load().value();
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->text, "system {\n}\n");
  EXPECT_EQ(saved->unix_s, 1767575093);
  EXPECT_EQ(saved->user, "alice smith");
}

TEST_F(StoreTest, previous_configurations_are_kept_in_order_up_to_the_limit) {
  const Store store = Store::open(directory).value();
  for (unsigned i = 1; i <= Store::kRollbacks + 5; ++i) ASSERT_TRUE(store.save({std::to_string(i), i, "x"}));
  EXPECT_EQ(text_of(0), "55");
  EXPECT_EQ(text_of(1), "54");
  EXPECT_EQ(text_of(49), "6");
  EXPECT_EQ(text_of(50), "none");
}

TEST_F(StoreTest, file_written_by_hand_is_read_without_its_heading) {
  std::ofstream(directory / "sluice.conf") << "security {\n}\n";
  EXPECT_EQ(text_of(0), "security {\n}\n");
}

TEST_F(StoreTest, file_that_was_cut_off_is_told_even_where_what_is_left_would_read_well) {
  const Store store = Store::open(directory).value();
  ASSERT_TRUE(store.save({"system {\n}\nsecurity {\n}\n", 1, "x"}));
  std::filesystem::resize_file(store.file(0), std::filesystem::file_size(store.file(0)) - 20);
  const auto saved = store.load();
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().text(),
            store.file(0).string() + ": the file was cut off: its last line is not '## End'");
}

TEST_F(StoreTest, an_editor_may_end_the_file_in_its_own_way_and_old_files_have_no_end) {
  const Store store = Store::open(directory).value();
  ASSERT_TRUE(store.save({"system {\n}\n", 1, "x"}));
  std::ofstream(store.file(0), std::ios::app) << "\r\n\n";
  EXPECT_EQ(text_of(0), "system {\n}\n");
  std::ofstream(store.file(0)) << "## Last commit: 1767575093 by root\nsystem {\n}\n";
  EXPECT_EQ(text_of(0), "system {\n}\n");
}

TEST_F(StoreTest, damaged_file_is_kept_beside_and_takes_no_rollbacks_place) {
  const Store store = Store::open(directory).value();
  ASSERT_TRUE(store.save({"old", 1, "x"}));
  ASSERT_TRUE(store.save({"damaged", 2, "x"}));
  ASSERT_TRUE(store.save({"new", 3, "x"}, Previous::damaged));
  EXPECT_EQ(text_of(0), "new");
  EXPECT_EQ(text_of(1), "old");
  EXPECT_EQ(text_of(2), "none");
  std::ifstream kept(store.damaged_file());
  EXPECT_NE(std::string(std::istreambuf_iterator<char>(kept), {}).find("damaged"), std::string::npos);
}

TEST_F(StoreTest, several_damaged_files_are_all_kept) {
  const Store store = Store::open(directory).value();
  for (const char* text : {"first", "second", "third"}) {
    std::ofstream(store.file(0)) << text;
    ASSERT_TRUE(store.save({"new", 3, "x"}, Previous::damaged));
  }
  std::filesystem::remove(store.file(0));
  std::filesystem::create_directory(store.file(0));
  ASSERT_TRUE(store.save({"new", 3, "x"}, Previous::damaged));
  const std::string damaged = store.damaged_file();
  const auto text = [](const std::string& file) {
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  EXPECT_EQ(text(damaged), "first");
  EXPECT_EQ(text(damaged + ".1"), "second");
  EXPECT_EQ(text(damaged + ".2"), "third");
  EXPECT_TRUE(std::filesystem::is_directory(damaged + ".3"));
  EXPECT_EQ(text_of(0), "new");
}

TEST_F(StoreTest, history_tells_what_each_file_says_and_which_are_damaged) {
  const Store store = Store::open(directory).value();
  for (unsigned i = 1; i <= 4; ++i) ASSERT_TRUE(store.save({std::to_string(i), i, "x"}));
  std::filesystem::resize_file(store.file(0), std::filesystem::file_size(store.file(0)) - 2);
  std::ofstream(store.file(1)) << "system {\n}\n";
  std::filesystem::remove(store.file(2));
  std::filesystem::create_directory(store.file(2));
  const auto kept = store.history();
  ASSERT_EQ(kept.size(), 4U);
  EXPECT_EQ(kept[0].saved.unix_s, 4);
  EXPECT_EQ(kept[0].damage, "the file was cut off: its last line is not '## End'");
  EXPECT_EQ(kept[1].saved.unix_s, 0) << "a file of an operator's own";
  EXPECT_EQ(kept[1].damage, "");
  EXPECT_EQ(kept[2].damage, "cannot be read: Is a directory");
  EXPECT_EQ(kept[3].saved.unix_s, 1);
  EXPECT_EQ(kept[3].damage, "");
}

TEST_F(StoreTest, what_cannot_be_read_says_why) {
  const Store store = Store::open(directory).value();
  std::filesystem::create_directory(store.file(0));
  const auto saved = store.load();
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().text(), store.file(0).string() + ": cannot be read: Is a directory");
}

TEST_F(StoreTest, commit_that_waits_stands_beside_the_committed_one_with_its_time) {
  const Store store = Store::open(directory).value();
  EXPECT_FALSE(store.load_scheduled().value());
  ASSERT_TRUE(store.save({"now", 1, "x"}));
  ASSERT_TRUE(store.save_scheduled({.text = "later",
                                    .unix_s = 2,
                                    .user = "alice",
                                    .client = "cli",
                                    .comment = "at night",
                                    .scheduled_s = 1767575093,
                                    .scheduled_boot = "this one"}));
  const auto saved = Store::open(directory).value().load_scheduled().value();
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->text, "later");
  EXPECT_EQ(saved->user, "alice");
  EXPECT_EQ(saved->comment, "at night");
  EXPECT_EQ(saved->scheduled_s, 1767575093);
  EXPECT_EQ(saved->scheduled_boot, "this one");
  EXPECT_EQ(text_of(0), "now");
  EXPECT_EQ(text_of(1), "none");
  ASSERT_TRUE(store.remove_scheduled());
  ASSERT_TRUE(store.remove_scheduled()) << "also when it is gone";
  EXPECT_FALSE(store.load_scheduled().value());
}

TEST_F(StoreTest, same_commit_with_another_heading_moves_no_rollback_on) {
  const Store store = Store::open(directory).value();
  ASSERT_TRUE(store.save({"old", 1, "x"}));
  ASSERT_TRUE(store.save({.text = "new", .unix_s = 2, .user = "x", .confirm_by_s = 9}));
  ASSERT_TRUE(store.save({"new", 2, "x"}, Previous::same));
  EXPECT_EQ(store.load().value()->confirm_by_s, 0);
  EXPECT_EQ(text_of(1), "old");
  EXPECT_EQ(text_of(2), "none");
}

TEST_F(StoreTest, what_a_client_calls_itself_stays_in_its_line) {
  const Store store = Store::open(directory).value();
  ASSERT_TRUE(store.save({.text = "system {\n}\n",
                          .unix_s = 1,
                          .user = "alice",
                          .client = "x via y\n## To be confirmed by: 5\nsecurity;"}));
  const auto saved = store.load().value();
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->user, "alice");
  EXPECT_EQ(saved->client, "x via y ## To be confirmed by: 5 security;");
  EXPECT_EQ(saved->confirm_by_s, 0);
  EXPECT_EQ(saved->text, "system {\n}\n");
}

TEST_F(StoreTest, failed_write_leaves_the_committed_configuration) {
  const Store store = Store::open(directory).value();
  ASSERT_TRUE(store.save({"good", 1, "x"}));
  std::filesystem::create_directory(directory / "sluice.conf.new");  // the new file cannot be made
  std::ofstream(directory / "sluice.conf.new" / "occupied") << "x";
  const Status saved = store.save({"bad", 2, "x"});
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().text().find("sluice.conf.new"), std::string::npos);
  EXPECT_EQ(text_of(0), "good");
  EXPECT_EQ(text_of(1), "none");
}

}  // namespace
}  // namespace sluice::storage
