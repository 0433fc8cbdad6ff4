#include <gtest/gtest.h>

#include "flowd/host/host.h"

namespace sluice::host {
namespace {

TEST(KernelName, a_port_is_named_with_dashes_and_unit_0_is_the_port_itself) {
  EXPECT_EQ(*kernel_name("ge-0/0/0.0"), "ge-0-0-0");
  EXPECT_EQ(*kernel_name("ge-0/0/0.100"), "ge-0-0-0.100");
  EXPECT_EQ(*kernel_name("xe-10/1/12.4094"), "xe-10-1-12.4094");
}

TEST(KernelName, a_name_that_is_too_long_for_the_kernel_is_refused_with_the_limit) {
  const auto name = kernel_name("et-100/10/10.16385");
  ASSERT_FALSE(name.has_value());
  EXPECT_EQ(name.error().path, "et-100/10/10.16385");
  EXPECT_NE(name.error().message.find("at most 15"), std::string::npos);
}

class MakePlan : public ::testing::Test {
 protected:
  MakePlan() {
    snapshot_.interfaces.resize(2);
    snapshot_.interfaces[1].id = kLocalIfl;
    snapshot_.interfaces[1].name = ".local..0";
    add_port("ge-0/0/0");
  }
  void add_port(const char* name) {
    const auto wire = static_cast<std::uint16_t>(snapshot_.ports.size());
    snapshot_.ports.resize(wire + 2U);
    snapshot_.ports[wire].name = name;
    snapshot_.ports[wire].mac = {2, 0, 0, 0, 0, static_cast<std::uint8_t>(wire)};
    snapshot_.ports[wire].twin = PortId{static_cast<std::uint16_t>(wire + 1)};
    snapshot_.ports[wire + 1U].name = name;
    snapshot_.ports[wire + 1U].is_twin = true;
  }
  void add_interface(const char* name, std::uint16_t port, std::uint16_t vlan) {
    snapshot::Interface made;
    made.id = IflId{static_cast<std::uint16_t>(snapshot_.interfaces.size())};
    made.name = name;
    made.port = PortId{port};
    made.vlan_id = vlan;
    made.mtu = 1400;
    made.addresses = {{*packet::parse_address("192.0.2.1"), 24}};
    snapshot_.interfaces.push_back(made);
  }
  snapshot::Snapshot snapshot_;
};

TEST_F(MakePlan, every_port_has_a_twin_with_the_units_of_its_interfaces) {
  add_interface("ge-0/0/0.0", 0, 0);
  add_interface("ge-0/0/0.7", 0, 7);
  const auto plan = make_plan(snapshot_, {});
  ASSERT_TRUE(plan.has_value());
  ASSERT_EQ(plan->ports.size(), 1U);
  const TwinPort& port = plan->ports[0];
  EXPECT_EQ(port.twin, PortId{1});
  EXPECT_EQ(port.mac, (std::array<std::uint8_t, 6>{2, 0, 0, 0, 0, 0}));
  ASSERT_EQ(port.units.size(), 2U);
  EXPECT_EQ(port.units[0].kernel_name, "ge-0-0-0");
  EXPECT_EQ(port.units[1].kernel_name, "ge-0-0-0.7");
  EXPECT_EQ(port.units[1].vlan_id, 7);
  EXPECT_EQ(port.units[1].mtu, 1400);
  EXPECT_EQ(port.units[1].addresses.size(), 1U);
}

TEST_F(MakePlan, names_that_become_one_in_the_kernel_are_refused_with_both) {
  add_port("ge-0-0/0");
  add_interface("ge-0/0/0.0", 0, 0);
  add_interface("ge-0-0/0.0", 2, 0);
  const auto plan = make_plan(snapshot_, {});
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().text(), "ge-0-0/0.0: the kernel would call it \"ge-0-0-0\", and ge-0/0/0.0 too");
}

}  // namespace
}  // namespace sluice::host
