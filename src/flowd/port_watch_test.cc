#include "flowd/port_watch.h"

#include <gtest/gtest.h>

#include <array>

namespace sluice::flowd {
namespace {

class MadePort final : public port::Port {
 public:
  std::uint16_t receive(std::uint16_t, rte_mbuf**, std::uint16_t) noexcept override { return 0; }
  std::uint16_t transmit(std::uint16_t, rte_mbuf**, std::uint16_t) noexcept override { return 0; }
  [[nodiscard]] const std::string& name() const noexcept override { return own_name; }
  [[nodiscard]] std::array<std::uint8_t, 6> mac() const noexcept override { return {}; }
  [[nodiscard]] bool link_up() const noexcept override { return up; }
  [[nodiscard]] port::PortStatistics statistics() const noexcept override { return counted; }

  std::string own_name = "ge-0/0/0";
  bool up = true;
  port::PortStatistics counted;
};

class Watch : public testing::Test {
 protected:
  void look(std::uint64_t ms) {
    now.ns += ms * 1'000'000;
    now.unix_s += static_cast<std::uint32_t>(ms / 1000);
    watch.look(ports, now);
  }
  [[nodiscard]] PortHistory seen() const { return watch.history(PortId{1}); }

  std::shared_ptr<MadePort> port = std::make_shared<MadePort>();
  std::array<std::shared_ptr<port::Port>, 2> ports{nullptr, port};
  Now now{.ns = 5, .unix_s = 1000, .unix_fraction_ns = 0};
  PortWatch watch;
};

TEST_F(Watch, traffic_is_told_per_second_of_the_time_between_two_looks) {
  look(0);
  port->counted = {
      .received_packets = 10, .received_bytes = 1000, .transmitted_packets = 4, .transmitted_bytes = 200};
  look(2000);
  EXPECT_EQ(seen().received_pps, 5U);
  EXPECT_EQ(seen().received_bps, 4000U);
  EXPECT_EQ(seen().transmitted_pps, 2U);
  EXPECT_EQ(seen().transmitted_bps, 800U);
  look(1000);
  EXPECT_EQ(seen().received_pps, 0U) << "nothing came since";
}

TEST_F(Watch, what_was_counted_before_the_first_look_and_a_port_opened_again_are_no_traffic) {
  port->counted.received_packets = 1000;
  look(0);
  EXPECT_EQ(seen().received_pps, 0U);
  port->counted.received_packets = 3;
  look(1000);
  EXPECT_EQ(seen().received_pps, 0U);
}

TEST_F(Watch, a_carrier_that_goes_or_comes_is_a_transition_with_its_time) {
  look(0);
  EXPECT_EQ(seen().flapped_unix_s, 0U) << "it is up since before anybody looked";
  port->up = false;
  look(1000);
  look(1000);
  EXPECT_EQ(seen().flapped_unix_s, 1001U);
  EXPECT_EQ(seen().carrier_transitions, 1U);
  port->up = true;
  look(1000);
  EXPECT_EQ(seen().flapped_unix_s, 1003U);
  EXPECT_EQ(seen().carrier_transitions, 2U);
}

TEST_F(Watch, of_a_port_that_nobody_looked_at_nothing_is_known) {
  EXPECT_EQ(watch.history(PortId{7}).carrier_transitions, 0U);
}

}  // namespace
}  // namespace sluice::flowd
