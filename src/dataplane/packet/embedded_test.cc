#include "dataplane/packet/embedded.h"

#include <gtest/gtest.h>

namespace sluice::packet {
namespace {

V6::Address in6(const char* text) {
  return parse_address(text)->bytes;
}
V4::Address in4(const char* text) {
  return load<V4::Address>(parse_address(text)->bytes.data());
}

struct Vector {
  const char* prefix;
  unsigned length;
  const char* made;
};
// RFC 6052 2.4: 192.0.2.33 behind each.
constexpr Vector kVectors[] = {{"2001:db8::", 32, "2001:db8:c000:221::"},
                               {"2001:db8:100::", 40, "2001:db8:1c0:2:21::"},
                               {"2001:db8:122::", 48, "2001:db8:122:c000:2:2100::"},
                               {"2001:db8:122:300::", 56, "2001:db8:122:3c0:0:221::"},
                               {"2001:db8:122:344::", 64, "2001:db8:122:344:c0:2:2100::"},
                               {"2001:db8:122:344::", 96, "2001:db8:122:344::192.0.2.33"},
                               {"64:ff9b::", 96, "64:ff9b::192.0.2.33"}};

TEST(Embedded, addresses_stand_where_the_rfc_has_them) {
  for (const Vector& vector : kVectors) {
    EXPECT_EQ(embed(in6(vector.prefix), vector.length, in4("192.0.2.33")), in6(vector.made)) << vector.made;
    EXPECT_EQ(embedded(in6(vector.made), vector.length), in4("192.0.2.33")) << vector.made;
    EXPECT_EQ(length_before(in6(vector.made), in4("192.0.2.33")), vector.length) << vector.made;
    EXPECT_TRUE(embeds(vector.length));
  }
  for (const unsigned length : {0U, 33U, 63U, 72U, 128U}) EXPECT_FALSE(embeds(length));
}

TEST(Embedded, another_address_behind_the_same_prefix_leaves_nothing_of_the_first) {
  for (const Vector& vector : kVectors) {
    const V6::Address other = embed(in6(vector.made), vector.length, in4("198.51.100.7"));
    EXPECT_EQ(other, embed(in6(vector.prefix), vector.length, in4("198.51.100.7")));
  }
}

// What comes after the address should be zero and need not be.
TEST(Embedded, what_follows_the_address_does_not_count) {
  EXPECT_EQ(embedded(in6("2001:db8:c000:221::7"), 32), in4("192.0.2.33"));
  EXPECT_EQ(length_before(in6("2001:db8:c000:221::7"), in4("192.0.2.33")), 32U);
  EXPECT_EQ(length_before(in6("2001:db8::7"), in4("192.0.2.33")), 0U);
}

TEST(Embedded, the_well_known_prefix_is_96_bits) {
  EXPECT_TRUE(is_well_known(in6("64:ff9b::c633:6407")));
  EXPECT_FALSE(is_well_known(in6("64:ff9b:0:0:0:1:c633:6407")));
  EXPECT_FALSE(is_well_known(in6("2001:db8:64::c633:6407")));
}

TEST(Embedded, private_networks_end_where_they_do) {
  for (const char* text : {"10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "169.254.0.1",
                           "172.16.0.0", "172.31.255.255", "192.0.0.8", "192.168.0.0", "192.168.255.255",
                           "198.18.0.0", "198.19.255.255", "240.0.0.1"}) {
    EXPECT_TRUE(is_private(in4(text))) << text;
  }
  for (const char* text : {"9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255",
                           "172.32.0.0", "192.0.1.0", "192.0.2.33", "192.167.255.255", "192.169.0.0",
                           "198.17.255.255", "198.20.0.0", "223.255.255.255"}) {
    EXPECT_FALSE(is_private(in4(text))) << text;
  }
}

}  // namespace
}  // namespace sluice::packet
