#include "dataplane/session/address_numbers.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace sluice::session {
namespace {

TEST(AddressNumbers, stand_for_an_address_as_long_as_a_session_has_it) {
  AddressNumbers numbers(10);
  const auto first = numbers.take(0x01020304);
  const auto second = numbers.take(0x05060708);
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  EXPECT_EQ(numbers.take(0x01020304), first);
  EXPECT_EQ(numbers[*first], 0x01020304U);
  EXPECT_EQ(numbers[*second], 0x05060708U);
  numbers.give_back(*first);
  EXPECT_EQ(numbers.take(0x01020304), first) << "one session had it still";
}

TEST(AddressNumbers, run_out_and_come_back) {
  AddressNumbers numbers(2);
  const auto first = numbers.take(1);
  ASSERT_TRUE(first && numbers.take(2));
  EXPECT_FALSE(numbers.take(3));
  EXPECT_EQ(numbers.take(1), first) << "it has one already";
  numbers.give_back(*first);
  EXPECT_FALSE(numbers.take(3));
  numbers.give_back(*first);
  EXPECT_EQ(numbers.take(3), first);
  EXPECT_FALSE(AddressNumbers(0).take(1));
}

// Against a map: many addresses come and go, as many as there are numbers at times.
TEST(AddressNumbers, are_as_a_map_would_have_them) {
  constexpr std::uint32_t kNumbers = 50;
  AddressNumbers numbers(kNumbers);
  std::map<std::uint32_t, std::pair<std::uint16_t, int>> live;  // address -> its number, its sessions
  std::mt19937 random(7);
  int refused = 0;
  for (int step = 0; step < 200'000; ++step) {
    const std::uint32_t address = (random() % 80) << 20;  // many share a place
    const auto known = live.find(address);
    if (random() % 2 == 0) {
      const auto number = numbers.take(address);
      if (known != live.end()) {
        ASSERT_EQ(number, known->second.first);
        ++known->second.second;
      } else if (live.size() == kNumbers) {
        ASSERT_FALSE(number);
        ++refused;
      } else {
        ASSERT_TRUE(number);
        live[address] = {*number, 1};
      }
    } else if (known != live.end()) {
      numbers.give_back(known->second.first);
      if (--known->second.second == 0) live.erase(known);
    }
    std::set<std::uint16_t> used;
    for (const auto& [of, number_and_sessions] : live) {
      ASSERT_EQ(numbers[number_and_sessions.first], of);
      used.insert(number_and_sessions.first);
    }
    ASSERT_EQ(used.size(), live.size());
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace sluice::session
