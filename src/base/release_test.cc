#include "base/release.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Release, is_found_by_the_name_that_operators_use_and_knows_its_own) {
  for (const Release release : {Release::r12_3, Release::r22_2, Release::r24_4}) {
    EXPECT_EQ(release_named(forms_of(release).name), release);
    EXPECT_TRUE(forms_of(release).full_name.starts_with(forms_of(release).name));
  }
  EXPECT_EQ(forms_of(Release::r12_3).name, "12.3");
  EXPECT_EQ(forms_of(kDefaultRelease).name, "22.2");
  EXPECT_EQ(release_named("9.6"), std::nullopt);
  EXPECT_EQ(release_named(""), std::nullopt);
}

}  // namespace
}  // namespace sluice
