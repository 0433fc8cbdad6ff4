#include <gtest/gtest.h>

#include <algorithm>

#include "flowd/host/host.h"

namespace sluice::host {
namespace {

using packet::parse_address;
using packet::parse_prefix;
using route::NextHop;

constexpr IflId kTrustUnit{8};
constexpr IflId kSpare{9};

// ge-0/0/0.0 (192.0.2.1/24) and its disabled VLAN unit 7 (198.51.100.1/24).
class SettledRoutes : public ::testing::Test {
 protected:
  SettledRoutes() {
    TwinPort port;
    port.port = PortId{0};
    port.twin = PortId{1};
    port.name = "ge-0/0/0";
    TwinUnit trust;
    trust.ifl = kTrustUnit;
    trust.kernel_name = "ge-0-0-0";
    trust.addresses = {{*parse_address("192.0.2.1"), 24}, {*parse_address("2001:db8::1"), 64}};
    TwinUnit spare;
    spare.ifl = kSpare;
    spare.kernel_name = "ge-0-0-0.7";
    spare.vlan_id = 7;
    spare.enabled = false;
    spare.addresses = {{*parse_address("198.51.100.1"), 24}};
    port.units = {trust, spare};
    plan_.ports = {port};
  }

  void add_static(const char* prefix, StaticRoute::Target target, const char* gateway = nullptr) {
    StaticRoute route{.prefix = *parse_prefix(prefix), .target = target, .next_hops = {}};
    if (gateway != nullptr) route.next_hops = {*parse_address(gateway)};
    plan_.static_routes.push_back(route);
  }

  // "forward", with its interface and gateway; empty: there is no such route.
  std::string route(const char* prefix) const {
    const route::Definition definition = settled_routes(plan_, 1'700'000'000);
    const auto found = std::ranges::find(definition.routes, *parse_prefix(prefix), &route::Route::prefix);
    if (found == definition.routes.end()) return "";
    const NextHop& next_hop = definition.next_hops[found->next_hop.value];
    static constexpr const char* kKinds[] = {"no route", "forward", "local", "glean", "discard", "reject"};
    return std::string(kKinds[static_cast<std::size_t>(next_hop.kind)]) + " " +
           std::to_string(next_hop.ifl.value) + " " + packet::to_string(next_hop.gateway);
  }

  Plan plan_;
};

TEST_F(SettledRoutes, networks_are_reached_without_asking_for_neighbours) {
  EXPECT_EQ(route("192.0.2.0/24"), "forward 8 0.0.0.0");
  EXPECT_EQ(route("2001:db8::/64"), "forward 8 ::");
  EXPECT_EQ(route("192.0.2.1/32"), "local 1 0.0.0.0");
  EXPECT_EQ(route("198.51.100.0/24"), "") << "the unit is disabled";
}

TEST_F(SettledRoutes, static_routes_lead_to_their_gateways_or_end) {
  add_static("0.0.0.0/0", StaticRoute::Target::next_hop, "192.0.2.254");
  add_static("10.0.0.0/8", StaticRoute::Target::discard);
  add_static("172.16.0.0/12", StaticRoute::Target::reject);
  add_static("203.0.113.0/24", StaticRoute::Target::next_hop, "198.51.100.9");
  EXPECT_EQ(route("0.0.0.0/0"), "forward 8 192.0.2.254");
  EXPECT_EQ(route("10.0.0.0/8"), "discard 0 0.0.0.0");
  EXPECT_EQ(route("172.16.0.0/12"), "reject 0 0.0.0.0");
  EXPECT_EQ(route("203.0.113.0/24"), "") << "its gateway is behind a disabled unit";
}

}  // namespace
}  // namespace sluice::host
