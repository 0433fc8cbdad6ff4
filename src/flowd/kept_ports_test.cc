#include "flowd/kept_ports.h"

#include <gtest/gtest.h>

#include "dataplane/port/eal.h"
#include "dataplane/port/test_port.h"

namespace sluice::flowd {
namespace {

using Mac = std::array<std::uint8_t, 6>;
constexpr Mac kOwn{2, 0, 0, 0, 0, 1};
constexpr Mac kOther{2, 0, 0, 0, 0, 2};

class KeptPortsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(port::start_eal().has_value()); }
  KeptPortsTest() : pool_(port::make_pool("kept", 255).value()) {}
  ~KeptPortsTest() override {
    kept_.clear();
    port::free_pool(pool_);
  }

  static port::PortOptions options(std::optional<Mac> mac = {}) {
    return {.name = "ge-0/0/0", .driver = "af_xdp", .device = "veth0", .mac = mac};
  }
  // The device has this address of its own.
  std::shared_ptr<port::TestPort> keep(const port::PortOptions& options, const Mac& own = kOwn) {
    std::shared_ptr<port::TestPort> port =
        port::TestPort::create({.name = options.name, .mac = options.mac.value_or(own)}, pool_).value();
    kept_.keep(options, port);
    return port;
  }

  rte_mempool* pool_;
  KeptPorts kept_;
};

TEST_F(KeptPortsTest, a_port_is_found_by_the_options_that_it_was_opened_with) {
  EXPECT_EQ(kept_.find(options()), nullptr);
  const auto port = keep(options());
  EXPECT_EQ(kept_.find(options()), port);
  EXPECT_EQ(kept_.find(options(kOwn)), port) << "it has this address";
  EXPECT_EQ(kept_.find(options(kOther)), nullptr);
  port::PortOptions larger = options();
  larger.mtu = 9000;
  EXPECT_EQ(kept_.find(larger), nullptr);
}

TEST_F(KeptPortsTest, a_port_with_an_address_given_to_it_is_not_one_with_its_own) {
  const auto port = keep(options(kOther));
  EXPECT_EQ(kept_.find(options(kOther)), port);
  EXPECT_EQ(kept_.find(options()), nullptr);
}

TEST_F(KeptPortsTest, a_device_that_came_back_is_found_as_before_whatever_address_it_brought) {
  // Twice, because what was opened again may go again.
  auto port = keep(options());
  for (int i = 0; i < 2; ++i) {
    port->lose();
    EXPECT_EQ(kept_.find(options()), nullptr);
    EXPECT_EQ(kept_.find(options(kOwn)), nullptr);
    EXPECT_EQ(port.use_count(), 1) << "a lost port is held";
    port = keep(options(kOwn), kOther);
    EXPECT_EQ(kept_.find(options()), port);
    EXPECT_EQ(kept_.find(options(kOwn)), port);
  }
}

TEST_F(KeptPortsTest, a_device_that_came_back_with_a_given_address_is_found_by_that_alone) {
  keep(options(kOther))->lose();
  const auto port = keep(options(kOther));
  EXPECT_EQ(kept_.find(options(kOther)), port);
  EXPECT_EQ(kept_.find(options()), nullptr);
}

}  // namespace
}  // namespace sluice::flowd
