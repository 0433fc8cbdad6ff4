#include <gtest/gtest.h>

#include "config/test_schema.h"
#include "config/text.h"

namespace sluice::config {
namespace {

TEST(Secrets, values_behind_the_name_of_a_secret_statement_are_left_out_of_words) {
  EXPECT_EQ(
      without_secrets(test_schema(), "set system login user a authentication encrypted-password $6$a$b"),
      "set system login user a authentication encrypted-password /* SECRET-DATA */");
  EXPECT_EQ(without_secrets(test_schema(), "x encrypted-password \"a b\" y encrypted-password c z"),
            "x encrypted-password /* SECRET-DATA */ y encrypted-password /* SECRET-DATA */ z");
}

}  // namespace
}  // namespace sluice::config
