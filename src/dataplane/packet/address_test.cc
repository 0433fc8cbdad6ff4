#include "dataplane/packet/address.h"

#include <gtest/gtest.h>

namespace sluice::packet {
namespace {

TEST(Address, short_ipv4_prefix_is_completed_with_zeros) {
  EXPECT_EQ(to_string(parse_prefix("10/8").value()), "10.0.0.0/8");
  EXPECT_EQ(to_string(parse_prefix("192.168/16").value()), "192.168.0.0/16");
}

TEST(Address, bare_address_is_a_host_prefix) {
  EXPECT_EQ(parse_prefix("192.0.2.1")->length, 32);
  EXPECT_EQ(parse_prefix("2001:db8::1")->length, 128);
}

TEST(Address, bare_short_ipv4_is_refused) {
  EXPECT_FALSE(parse_prefix("10"));
}

TEST(Address, host_bits_are_cleared) {
  EXPECT_EQ(to_string(parse_prefix("192.0.2.77/24").value()), "192.0.2.0/24");
  EXPECT_EQ(to_string(parse_prefix("2001:db8::77/32").value()), "2001:db8::/32");
}

TEST(Address, malformed_prefixes_are_refused) {
  for (const char* text :
       {"", "/8", "10/33", "10/x", "300.1.1.1", "1.2.3.4.5/8", "2001:db8::/129", "fe80::1/-1"}) {
    EXPECT_FALSE(parse_prefix(text)) << text;
  }
}

TEST(Address, prefix_contains_only_its_own_family_and_range) {
  const auto prefix = parse_prefix("10/8").value();
  EXPECT_TRUE(prefix.contains(parse_address("10.255.0.1").value()));
  EXPECT_FALSE(prefix.contains(parse_address("11.0.0.1").value()));
  EXPECT_FALSE(prefix.contains(parse_address("2001:db8::1").value()));
}

TEST(Address, ipv6_is_written_compressed_in_lower_case) {
  EXPECT_EQ(to_string(parse_address("2001:DB8:0:0::1").value()), "2001:db8::1");
}

}  // namespace
}  // namespace sluice::packet
