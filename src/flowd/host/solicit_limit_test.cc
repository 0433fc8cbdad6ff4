#include "flowd/host/solicit_limit.h"

#include <gtest/gtest.h>

namespace sluice::host {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(SolicitLimit, an_address_is_asked_for_once_a_second) {
  SolicitLimit limit;
  const SolicitLimit::Time start{seconds(100)};
  const auto address = *packet::parse_address("192.0.2.1");
  EXPECT_TRUE(limit.allow(1, address, start));
  EXPECT_FALSE(limit.allow(1, address, start + milliseconds(999)));
  EXPECT_TRUE(limit.allow(2, address, start + milliseconds(999)));
  EXPECT_TRUE(limit.allow(1, address, start + milliseconds(1000)));
}

TEST(SolicitLimit, a_scan_of_a_subnet_asks_a_thousand_times_a_second_at_most) {
  SolicitLimit limit;
  const SolicitLimit::Time start{seconds(100)};
  std::size_t asked = 0;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    asked += limit.allow(1, packet::IpAddress::v4(0x0a000000 + i), start) ? 1 : 0;
  }
  EXPECT_EQ(asked, SolicitLimit::kPerSecond);
  EXPECT_TRUE(limit.allow(1, packet::IpAddress::v4(0x0b000000), start + seconds(1)));
}

}  // namespace
}  // namespace sluice::host
