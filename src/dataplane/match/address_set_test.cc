#include "dataplane/match/address_set.h"

#include <gmock/gmock.h>

#include <random>

namespace sluice::match {
namespace {

using packet::Family;
using packet::IpAddress;
using packet::IpPrefix;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

IpAddress address(const char* text) {
  return *packet::parse_address(text);
}

std::vector<std::string> text(const std::vector<IpPrefix>& prefixes) {
  std::vector<std::string> out;
  out.reserve(prefixes.size());
  for (const IpPrefix& prefix : prefixes) out.push_back(packet::to_string(prefix));
  return out;
}

std::vector<IpPrefix> list(std::initializer_list<const char*> prefixes) {
  std::vector<IpPrefix> out;
  for (const char* prefix : prefixes) out.push_back(*packet::parse_prefix(prefix));
  return out;
}

std::vector<std::string> range(const char* low, const char* high) {
  return text(prefixes_of_range(address(low), address(high)).value());
}

TEST(AddressRange, a_range_becomes_the_fewest_prefixes) {
  EXPECT_THAT(range("192.0.2.10", "192.0.2.20"),
              ElementsAre("192.0.2.10/31", "192.0.2.12/30", "192.0.2.16/30", "192.0.2.20/32"));
  EXPECT_THAT(range("192.0.2.0", "192.0.2.255"), ElementsAre("192.0.2.0/24"));
  EXPECT_THAT(range("2001:db8::1", "2001:db8::4"),
              ElementsAre("2001:db8::1/128", "2001:db8::2/127", "2001:db8::4/128"));
}

TEST(AddressRange, one_address_and_all_addresses_are_ranges_too) {
  EXPECT_THAT(range("192.0.2.1", "192.0.2.1"), ElementsAre("192.0.2.1/32"));
  EXPECT_THAT(range("0.0.0.0", "255.255.255.255"), ElementsAre("0.0.0.0/0"));
  EXPECT_THAT(range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ElementsAre("::/0"));
  EXPECT_THAT(range("255.255.255.254", "255.255.255.255"), ElementsAre("255.255.255.254/31"));
}

TEST(AddressRange, a_range_that_runs_backwards_or_mixes_families_is_refused) {
  const auto backwards = prefixes_of_range(address("192.0.2.9"), address("192.0.2.8"));
  ASSERT_FALSE(backwards);
  EXPECT_EQ(backwards.error().text(),
            "192.0.2.9 to 192.0.2.8: the low end of an address range may not be above its high end");
  const auto mixed = prefixes_of_range(address("192.0.2.9"), address("2001:db8::1"));
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().message, "both ends of an address range must be of one family");
}

TEST(AddressSet, overlapping_and_adjacent_prefixes_merge) {
  EXPECT_THAT(text(merged(list(
                  {"10.1.0.0/16", "2001:db8::/33", "10.0.0.0/16", "10.1.2.0/24", "2001:db8:8000::/33"}))),
              ElementsAre("10.0.0.0/15", "2001:db8::/32"));
}

TEST(AddressSet, the_complement_of_nothing_is_everything_and_of_everything_nothing) {
  EXPECT_THAT(text(complement({}, Family::inet)), ElementsAre("0.0.0.0/0"));
  EXPECT_THAT(text(complement(list({"10.0.0.0/8"}), Family::inet6)), ElementsAre("::/0"));
  EXPECT_THAT(complement(list({"0.0.0.0/0"}), Family::inet), IsEmpty());
  EXPECT_THAT(complement(list({"::/1", "8000::/1"}), Family::inet6), IsEmpty());
}

// Prefixes crowded into a small block, so that they nest, touch and leave gaps.
IpPrefix random_prefix(std::mt19937& random, Family family) {
  IpAddress at;
  at.family = family;
  const int last = family == Family::inet ? 3 : 15;
  at.bytes[0] = 10;
  at.bytes[static_cast<std::size_t>(last)] = static_cast<std::uint8_t>(random());
  const int length = at.bits() - static_cast<int>(random() % 6);
  const auto low_bits = static_cast<unsigned>(at.bits() - length);
  at.bytes[static_cast<std::size_t>(last)] &= static_cast<std::uint8_t>(0xffU << low_bits);
  return {at, static_cast<std::uint8_t>(length)};
}

TEST(AddressSet, an_address_is_in_either_the_merged_list_or_the_complement) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const Family family = round % 2 == 0 ? Family::inet : Family::inet6;
    std::vector<IpPrefix> prefixes(random() % 8);
    for (IpPrefix& prefix : prefixes) prefix = random_prefix(random, family);
    const auto in = [](const std::vector<IpPrefix>& set, const IpAddress& at) {
      return std::count_if(set.begin(), set.end(), [&](const IpPrefix& p) { return p.contains(at); });
    };
    const auto joined = merged(prefixes);
    const auto rest = complement(prefixes, family);
    for (int value = 0; value < 256; ++value) {
      IpAddress at = random_prefix(random, family).address;
      at.bytes[family == Family::inet ? 3 : 15] = static_cast<std::uint8_t>(value);
      const bool listed = in(prefixes, at) > 0;
      ASSERT_EQ(in(joined, at), listed ? 1 : 0) << packet::to_string(at);
      ASSERT_EQ(in(rest, at), listed ? 0 : 1) << packet::to_string(at);
    }
  }
}

}  // namespace
}  // namespace sluice::match
