#include "flowd/host/picture.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <set>

namespace sluice::host {
namespace {

using packet::parse_address;
using packet::parse_prefix;
using route::NextHop;
using route::NextHopKind;

constexpr MacAddress kPortMac{2, 0, 0, 0, 0, 1};
constexpr MacAddress kPeerMac{2, 0, 0, 0, 0, 9};
constexpr IflId kTrust{8};
constexpr IflId kDmz{9};

// A firewall with ge-0/0/0.0 (192.0.2.1/24, 2001:db8::1/64) and its VLAN unit 7 (198.51.100.1/24).
class HostPicture : public ::testing::Test {
 protected:
  HostPicture() {
    TwinPort port;
    port.port = PortId{0};
    port.twin = PortId{1};
    port.name = "ge-0/0/0";
    port.mac = kPortMac;
    TwinUnit trust;
    trust.ifl = kTrust;
    trust.kernel_name = "ge-0-0-0";
    TwinUnit dmz;
    dmz.ifl = kDmz;
    dmz.kernel_name = "ge-0-0-0.7";
    dmz.vlan_id = 7;
    dmz.mtu = 1400;
    port.units = {trust, dmz};
    plan_.ports = {port};
    state_.links = {{1, "lo", true}, {2, "eth0", true}, {10, "ge-0-0-0", true}, {11, "ge-0-0-0.7", true}};
    state_.addresses = {{1, *parse_address("127.0.0.1"), 8},
                        {10, *parse_address("192.0.2.1"), 24},
                        {10, *parse_address("2001:db8::1"), 64},
                        {10, *parse_address("fe80::1"), 64},
                        {11, *parse_address("198.51.100.1"), 24}};
    add_route("192.0.2.0/24", 10, nullptr);
    add_route("198.51.100.0/24", 11, nullptr);
    add_route("2001:db8::/64", 10, nullptr);
    add_route("fe80::/64", 10, nullptr);
  }

  KernelRoute& add_route(const char* prefix, int link, const char* gateway) {
    KernelRoute made;
    made.prefix = *parse_prefix(prefix);
    made.protocol = gateway == nullptr ? RTPROT_KERNEL : RTPROT_STATIC;
    KernelHop hop;
    hop.link = link;
    if (gateway != nullptr) hop.gateway = parse_address(gateway);
    made.hops = {hop};
    state_.routes.push_back(made);
    return state_.routes.back();
  }
  void add_neighbor(const char* address, int link = 10, MacAddress mac = kPeerMac) {
    state_.neighbors.push_back({link, *parse_address(address), mac, true, false});
  }
  route::Definition draw(std::uint32_t unix_s = 1000) { return picture_.draw(state_, plan_, unix_s); }

  static const route::Route* find(const route::Definition& definition, const char* prefix) {
    const auto found = std::find_if(definition.routes.begin(), definition.routes.end(),
                                    [&](const auto& r) { return r.prefix == *parse_prefix(prefix); });
    return found == definition.routes.end() ? nullptr : &*found;
  }
  static NextHop hop(const route::Definition& definition, const char* prefix) {
    const route::Route* route = find(definition, prefix);
    return route == nullptr ? NextHop{} : definition.next_hops[route->next_hop.value];
  }
  static std::vector<std::uint8_t> header(const NextHop& hop) {
    return {hop.l2.end() - hop.l2_length, hop.l2.end()};
  }

  Plan plan_;
  KernelState state_;
  Picture picture_;
};

TEST_F(HostPicture, our_addresses_lead_to_the_kernel_with_the_ttl_kept) {
  const auto definition = draw();
  const NextHop own = hop(definition, "192.0.2.1/32");
  EXPECT_EQ(own.kind, NextHopKind::local);
  EXPECT_EQ(own.port, PortId{1});
  EXPECT_EQ(own.ifl, kLocalIfl);
  EXPECT_EQ(own.ttl_step, 0);
  EXPECT_EQ(own.l2_length, 14);
  EXPECT_TRUE(std::equal(kPortMac.begin(), kPortMac.end(), header(own).begin()));
  EXPECT_EQ(hop(definition, "2001:db8::1/128").kind, NextHopKind::local);
  EXPECT_EQ(header(hop(definition, "2001:db8::1/128"))[12], 0x86);
}

TEST_F(HostPicture, a_subnets_broadcast_address_is_ours_too) {
  EXPECT_EQ(hop(draw(), "192.0.2.255/32").kind, NextHopKind::local);
}

TEST_F(HostPicture, an_address_of_the_loopback_interface_is_ours_and_the_loopback_net_is_not_routed) {
  state_.addresses.push_back({1, *parse_address("203.0.113.9"), 32});
  const auto definition = draw();
  EXPECT_EQ(hop(definition, "203.0.113.9/32").kind, NextHopKind::local);
  EXPECT_EQ(find(definition, "127.0.0.1/32"), nullptr);
}

TEST_F(HostPicture, a_vlan_units_frames_carry_its_tag) {
  add_neighbor("198.51.100.7", 11);
  const auto definition = draw();
  const NextHop hop_out = hop(definition, "198.51.100.7/32");
  EXPECT_EQ(header(hop_out),
            (std::vector<std::uint8_t>{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 7, 0x08, 0}));
  EXPECT_EQ(hop_out.mtu, 1400);
  EXPECT_EQ(header(hop(definition, "198.51.100.1/32"))[15], 7);
}

TEST_F(HostPicture, the_rest_of_an_on_link_prefix_is_glean) {
  const NextHop net = hop(draw(), "192.0.2.0/24");
  EXPECT_EQ(net.kind, NextHopKind::glean);
  EXPECT_EQ(net.ifl, kTrust);
  EXPECT_EQ(net.port, PortId{0});
  EXPECT_EQ(net.gateway, (packet::IpAddress{}));
}

TEST_F(HostPicture, a_resolved_neighbor_is_a_host_route_that_forwards) {
  add_neighbor("192.0.2.9");
  add_neighbor("2001:db8::9");
  const auto definition = draw();
  const NextHop peer = hop(definition, "192.0.2.9/32");
  EXPECT_EQ(peer.kind, NextHopKind::forward);
  EXPECT_EQ(peer.ttl_step, 1);
  EXPECT_EQ(header(peer), (std::vector<std::uint8_t>{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x08, 0}));
  EXPECT_EQ(hop(definition, "2001:db8::9/128").kind, NextHopKind::forward);
  EXPECT_EQ(find(definition, "192.0.2.9/32")->source, route::Route::Source::neighbor);
}

TEST_F(HostPicture, a_neighbor_that_is_not_on_the_links_prefix_makes_no_route) {
  add_neighbor("203.0.113.1");
  EXPECT_EQ(find(draw(), "203.0.113.1/32"), nullptr);
}

TEST_F(HostPicture, link_local_and_multicast_are_left_to_the_port_they_came_by) {
  add_neighbor("fe80::9");
  add_route("ff00::/8", 10, nullptr);
  const auto definition = draw();
  EXPECT_EQ(find(definition, "fe80::/64"), nullptr);
  EXPECT_EQ(find(definition, "fe80::1/128"), nullptr);
  EXPECT_EQ(find(definition, "fe80::9/128"), nullptr);
  EXPECT_EQ(find(definition, "ff00::/8"), nullptr);
}

TEST_F(HostPicture, a_gateway_is_glean_until_it_is_resolved_and_keeps_its_id) {
  add_route("0.0.0.0/0", 10, "192.0.2.254");
  const auto before = draw();
  EXPECT_EQ(hop(before, "0.0.0.0/0").kind, NextHopKind::glean);
  EXPECT_EQ(hop(before, "0.0.0.0/0").gateway, *parse_address("192.0.2.254"));
  add_neighbor("192.0.2.254");
  const auto after = draw();
  EXPECT_EQ(hop(after, "0.0.0.0/0").kind, NextHopKind::forward);
  EXPECT_EQ(find(after, "0.0.0.0/0")->next_hop, find(before, "0.0.0.0/0")->next_hop);
  EXPECT_EQ(find(after, "0.0.0.0/0")->source, route::Route::Source::fixed);
}

TEST_F(HostPicture, a_link_local_gateway_forwards_when_resolved) {
  add_route("::/0", 10, "fe80::9");
  add_neighbor("fe80::9");
  EXPECT_EQ(hop(draw(), "::/0").kind, NextHopKind::forward);
}

TEST_F(HostPicture, a_neighbors_new_address_reaches_sessions_by_the_same_id) {
  add_neighbor("192.0.2.9");
  const auto id = find(draw(), "192.0.2.9/32")->next_hop;
  state_.neighbors[0].mac = {2, 0, 0, 0, 0, 10};
  const auto after = draw();
  EXPECT_EQ(find(after, "192.0.2.9/32")->next_hop, id);
  EXPECT_EQ(header(after.next_hops[id.value])[5], 10);
}

TEST_F(HostPicture, a_neighbor_that_went_is_asked_for_again_by_its_sessions) {
  add_neighbor("192.0.2.9");
  const auto id = find(draw(), "192.0.2.9/32")->next_hop;
  state_.neighbors.clear();
  const auto after = draw();
  EXPECT_EQ(find(after, "192.0.2.9/32"), nullptr);
  EXPECT_EQ(after.next_hops[id.value].kind, NextHopKind::glean);
  EXPECT_EQ(after.next_hops[id.value].gateway, *parse_address("192.0.2.9"));
}

TEST_F(HostPicture, a_link_without_carrier_takes_its_routes_and_addresses_along) {
  add_neighbor("192.0.2.9");
  const auto id = find(draw(), "192.0.2.9/32")->next_hop;
  state_.links[2].usable = false;
  const auto definition = draw();
  EXPECT_EQ(find(definition, "192.0.2.0/24"), nullptr);
  EXPECT_EQ(find(definition, "192.0.2.1/32"), nullptr);
  EXPECT_EQ(find(definition, "192.0.2.9/32"), nullptr);
  EXPECT_EQ(definition.next_hops[id.value].kind, NextHopKind::no_route);
  EXPECT_NE(find(definition, "198.51.100.0/24"), nullptr);
}

TEST_F(HostPicture, routes_through_other_interfaces_are_not_the_firewalls) {
  add_route("0.0.0.0/0", 2, "203.0.113.1");
  EXPECT_EQ(find(draw(), "0.0.0.0/0"), nullptr);
}

TEST_F(HostPicture, of_several_routes_to_a_prefix_the_lowest_metric_that_is_usable_counts) {
  add_route("10.0.0.0/8", 10, "192.0.2.9").metric = 20;
  add_route("10.0.0.0/8", 11, "198.51.100.9").metric = 10;
  EXPECT_EQ(hop(draw(), "10.0.0.0/8").ifl, kDmz);
  state_.links[3].usable = false;
  EXPECT_EQ(hop(draw(), "10.0.0.0/8").ifl, kTrust);
}

TEST_F(HostPicture, of_several_next_hops_the_first_usable_one_is_taken) {
  KernelRoute& route = add_route("10.0.0.0/8", 10, "192.0.2.9");
  route.hops[0].usable = false;
  route.hops.push_back({11, parse_address("198.51.100.9"), true});
  EXPECT_EQ(hop(draw(), "10.0.0.0/8").gateway, *parse_address("198.51.100.9"));
}

TEST_F(HostPicture, discard_and_reject_routes_stay_what_they_are_and_no_route_is_none) {
  add_route("10.1.0.0/16", 1, nullptr).kind = KernelRoute::Kind::blackhole;
  add_route("10.2.0.0/16", 1, nullptr).kind = KernelRoute::Kind::unreachable;
  KernelRoute& none = add_route("::/0", 1, nullptr);
  none.kind = KernelRoute::Kind::unreachable;
  none.metric = 0xffffffff;
  const auto definition = draw();
  EXPECT_EQ(hop(definition, "10.1.0.0/16").kind, NextHopKind::discard);
  EXPECT_EQ(hop(definition, "10.2.0.0/16").kind, NextHopKind::reject);
  EXPECT_EQ(find(definition, "::/0"), nullptr);
}

TEST_F(HostPicture, a_route_keeps_its_age_while_it_stands) {
  EXPECT_EQ(find(draw(1000), "192.0.2.0/24")->installed_unix_s, 1000U);
  EXPECT_EQ(find(draw(2000), "192.0.2.0/24")->installed_unix_s, 1000U);
  state_.links[2].usable = false;
  (void)draw(3000);
  state_.links[2].usable = true;
  EXPECT_EQ(find(draw(4000), "192.0.2.0/24")->installed_unix_s, 4000U);
}

TEST_F(HostPicture, an_unchanged_kernel_draws_the_same_picture) {
  add_neighbor("192.0.2.9");
  const auto first = draw(1000);
  EXPECT_TRUE(same(first, draw(2000)));
  state_.neighbors[0].mac = {2, 0, 0, 0, 0, 10};
  EXPECT_FALSE(same(first, draw(3000)));
}

TEST_F(HostPicture, when_next_hop_ids_run_out_it_says_so_and_goes_on) {
  for (std::uint32_t i = 0; i < 65530; ++i) {
    state_.neighbors.push_back({10, packet::IpAddress::v4(0xc0000200 + i), kPeerMac, true, false});
  }
  state_.routes[0].prefix = *parse_prefix("192.0.0.0/14");
  EXPECT_EQ(draw().next_hops.size(), 65536U);
  EXPECT_NE(picture_.shortage().find("next hops"), std::string::npos);
}

TEST_F(HostPicture, ids_that_rested_go_to_other_neighbors_the_longest_first) {
  state_.routes[0].prefix = *parse_prefix("192.0.0.0/14");
  const auto neighbors = [&](std::uint32_t first, std::uint32_t count) {
    state_.neighbors.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
      state_.neighbors.push_back({10, packet::IpAddress::v4(0xc0010000 + first + i), kPeerMac, true, false});
    }
  };
  const auto id_of = [&](const route::Definition& drawn, std::uint32_t number) {
    const std::string name = packet::to_string(packet::IpAddress::v4(0xc0010000 + number)) + "/32";
    const route::Route* route = find(drawn, name.c_str());
    return route == nullptr ? kNoNextHop : route->next_hop;
  };
  neighbors(0, 65500);
  const auto before = draw(1000);
  neighbors(2, 65498);  // 0 and 1 went
  (void)draw(1100);
  neighbors(3, 65497);  // and 2
  (void)draw(1200);
  neighbors(3, 65530);  // more than there are ids
  const auto crowded = draw(1399);
  EXPECT_NE(picture_.shortage(), "");
  EXPECT_EQ(id_of(crowded, 65532), kNoNextHop) << "ids rest for 300 seconds";
  const auto later = draw(1400);
  std::set<std::uint16_t> given;
  for (const route::Route& route : later.routes) {
    if (route.source == route::Route::Source::neighbor) {
      EXPECT_TRUE(given.insert(route.next_hop.value).second) << "one id, one neighbour";
    }
  }
  EXPECT_TRUE(given.contains(id_of(before, 0).value) && given.contains(id_of(before, 1).value));
  EXPECT_FALSE(given.contains(id_of(before, 2).value)) << "it rests since 1200";
}

}  // namespace
}  // namespace sluice::host
