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
