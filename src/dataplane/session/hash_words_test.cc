#include "dataplane/session/hash_words.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace sluice::session {
namespace {

constexpr std::size_t kEntries = 2048;
using Words = HashWords<20>;

Words make() {
  return Words(PageArray<Words::Bucket>(Words::buckets_for(kEntries)));
}

std::set<std::uint64_t> values_of(const Words& words, std::uint64_t hash) {
  std::set<std::uint64_t> values;
  words.find(hash, [&](std::uint64_t value) {
    values.insert(value);
    return false;
  });
  return values;
}

TEST(HashWords, what_is_added_is_found_until_it_is_removed) {
  Words words = make();
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> hashes(kEntries);
  for (std::size_t i = 0; i < kEntries; ++i) {
    hashes[i] = random();
    ASSERT_TRUE(words.add(hashes[i], i));
  }
  for (std::size_t i = 0; i < kEntries; ++i) {
    EXPECT_TRUE(values_of(words, hashes[i]).contains(i));
    EXPECT_TRUE(words.remove(hashes[i], i));
    EXPECT_FALSE(words.remove(hashes[i], i));
    EXPECT_FALSE(values_of(words, hashes[i]).contains(i));
  }
}

// Ports of a host one after another, hashed by a multiplication whose factor is unlucky.
TEST(HashWords, keys_in_step_do_not_fall_into_the_same_place) {
  for (const std::uint64_t parts : {1U, 2U, 3U, 5U, 8U}) {
    const std::uint64_t factor = 0x7c3fa1d500000000 | (0x100000000 / parts - 1);
    Words words = make();
    for (std::uint64_t port = 0; port < kEntries; ++port) {
      ASSERT_TRUE(words.add(port * factor, port)) << parts << " parts, port " << port;
    }
  }
}

}  // namespace
}  // namespace sluice::session
