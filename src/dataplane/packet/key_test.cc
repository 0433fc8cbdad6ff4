#include "dataplane/packet/key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace sluice::packet {
namespace {

const HashSecret kSecret{{0x9e3779b97f4a7c15, 0xd1b54a32d192ed03, 0x8cb92ba72f3d8dd7}};

template <class F>
typename F::Key random_key(std::mt19937& random) {
  typename F::Key key;
  auto* bytes = reinterpret_cast<std::uint8_t*>(&key);
  std::generate_n(bytes, sizeof key, [&] { return static_cast<std::uint8_t>(random()); });
  return key;
}

template <class F>
class Keys : public testing::Test {};
using Families = testing::Types<V4, V6>;
TYPED_TEST_SUITE(Keys, Families);

TYPED_TEST(Keys, mirrored_twice_a_key_is_itself) {
  std::mt19937 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const auto key = random_key<TypeParam>(random);
    const auto other = mirror(key, ZoneId{77});
    EXPECT_EQ(other.source, key.destination);
    EXPECT_EQ(other.destination, key.source);
    EXPECT_EQ(other.source_port, key.destination_port);
    EXPECT_EQ(other.destination_port, key.source_port);
    EXPECT_EQ(other.protocol, key.protocol);
    EXPECT_EQ(other.zone, 77);
    EXPECT_EQ(mirror(other, ZoneId{key.zone}), key);
  }
}

TYPED_TEST(Keys, both_directions_have_one_hash_in_any_zone) {
  std::mt19937 random(2);
  for (int i = 0; i < 10'000; ++i) {
    const auto key = random_key<TypeParam>(random);
    EXPECT_EQ(hash(key, kSecret), hash(mirror(key, ZoneId{5}), kSecret));
  }
}

TYPED_TEST(Keys, protocols_have_hashes_of_their_own) {
  std::mt19937 random(3);
  auto key = random_key<TypeParam>(random);
  key.protocol = 6;
  const auto tcp = hash(key, kSecret);
  key.protocol = 17;
  EXPECT_NE(hash(key, kSecret), tcp);
}

// A bit more or less is another key, and compare() sees each of them.
TYPED_TEST(Keys, compare_tells_the_same_key_its_answer_and_all_others) {
  std::mt19937 random(4);
  for (int i = 0; i < 2'000; ++i) {
    const auto held = random_key<TypeParam>(random);
    const auto far = static_cast<std::uint16_t>(random());
    EXPECT_TRUE(compare(held, held, far).same);
    const auto answer = mirror(held, ZoneId{far});
    EXPECT_TRUE(compare(answer, held, far).answer);
    for (const auto& right : {held, answer}) {
      auto wrong = right;
      const unsigned bit = random() % (8 * sizeof wrong);
      reinterpret_cast<std::uint8_t*>(&wrong)[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      const Likeness like = compare(wrong, held, far);
      EXPECT_FALSE(like.same || like.answer) << "bit " << bit;
    }
  }
}

// Addresses and ports that count upwards, as they do in networks: the numbers by which an index chooses must
// not gather. With 16 keys per bucket a Poisson distribution leaves far less than one bucket in 10,000 with
// 45 or more.
TYPED_TEST(Keys, regular_flows_spread_evenly) {
  constexpr std::uint32_t kBuckets = 8192;
  constexpr std::uint32_t kFlows = kBuckets * 16;
  for (const int pattern : {0, 1, 2}) {
    std::vector<std::uint32_t> low(kBuckets);
    std::vector<std::uint32_t> high(kBuckets);
    for (std::uint32_t n = 0; n < kFlows; ++n) {
      typename TypeParam::Key key;
      key.protocol = 6;
      const std::uint32_t host = pattern == 0 ? n : n % 256;
      store_be(&key.source, std::uint32_t{0x0a000000} + host);
      store_be(&key.destination, std::uint32_t{0xc0a80001} + (pattern == 2 ? n / 65536 : 0));
      key.source_port = byte_swap(static_cast<std::uint16_t>(pattern == 0 ? 1024 : n / 256 * 256 + n % 251));
      key.destination_port = byte_swap(std::uint16_t{443});
      const std::uint64_t mixed = hash(key, kSecret);
      ++low[((mixed & 0xffffffff) * kBuckets) >> 32];
      ++high[mixed >> 51];
    }
    EXPECT_LT(*std::ranges::max_element(low), 45U) << "pattern " << pattern;
    EXPECT_LT(*std::ranges::max_element(high), 45U) << "pattern " << pattern;
  }
}

}  // namespace
}  // namespace sluice::packet
