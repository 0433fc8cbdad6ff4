// The host part against the real kernel: twins, addresses, routes and neighbours, both ways. A thread
// stands in for the worker: it passes every frame between the wire and the twin.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "dataplane/port/eal.h"
#include "dataplane/port/port.h"
#include "flowd/host/host.h"
#include "own_namespace.h"
#include "peer.h"

namespace sluice::live {
namespace {

using host::Host;
using host::Plan;
using host::StaticRoute;
using packet::parse_address;
using packet::parse_prefix;
using route::NextHopKind;

constexpr PortId kWire{0};
constexpr PortId kTwin{1};
constexpr IflId kTrust{8};
constexpr IflId kDmz{9};

class HostLive : public ::testing::Test {
 protected:
  void SetUp() override {
    // A /64 without duplicate address detection at the peer: it answers at once.
    run("ip link add wire0 type veth peer name far0 && ethtool -K far0 tx off txvlan off >/dev/null");
    pool_ = *port::make_pool("live", 16383);
    port::PortOptions options;
    options.name = "ge-0/0/0";
    options.driver = "af_packet";
    options.device = "wire0";
    Result<std::unique_ptr<port::Port>> wire = port::open_port(options, pool_);
    ASSERT_TRUE(wire.has_value()) << wire.error().text();
    wire_ = std::move(*wire);
    host::HostOptions host_options;
    host_options.pool = pool_;
    host_options.stale_probe_s = 0;
    Result<std::unique_ptr<Host>> host = Host::open(host_options, [this](route::Definition definition) {
      const std::lock_guard lock(mutex_);
      heard_ = std::move(definition);
    });
    ASSERT_TRUE(host.has_value()) << host.error().text();
    host_ = std::move(*host);
    plan_ = plan();
  }
  void TearDown() override {
    stop_ = true;
    if (pump_.joinable()) pump_.join();
    twin_.reset();
    host_.reset();
    wire_.reset();
    port::free_pool(pool_);
    run("ip link show wire0 >/dev/null 2>&1 && ip link del wire0 || true");
  }

  Plan plan() const {
    host::TwinUnit trust;
    trust.ifl = kTrust;
    trust.kernel_name = "ge-0-0-0";
    trust.mtu = 1400;
    trust.addresses = {{*parse_address("192.0.2.1"), 24}, {*parse_address("2001:db8::1"), 64}};
    host::TwinPort port;
    port.port = kWire;
    port.twin = kTwin;
    port.name = "ge-0/0/0";
    port.mac = wire_->mac();
    port.units = {trust};
    Plan made;
    made.ports = {port};
    return made;
  }
  void add_vlan_unit() {
    host::TwinUnit dmz;
    dmz.ifl = kDmz;
    dmz.kernel_name = "ge-0-0-0.7";
    dmz.vlan_id = 7;
    dmz.addresses = {{*parse_address("198.51.100.1"), 24}};
    plan_.ports[0].units.push_back(dmz);
  }
  static StaticRoute route_to(const char* prefix, const char* gateway) {
    return {*parse_prefix(prefix), StaticRoute::Target::next_hop, {*parse_address(gateway)}};
  }
  void apply() {
    const Status applied = host_->apply(plan_);
    ASSERT_TRUE(applied.has_value()) << applied.error().text();
    twin_ = host_->twin(kTwin);
    ASSERT_NE(twin_, nullptr);
    // The kernel's neighbour discovery, in a hurry.
    for (const char* family : {"ipv4", "ipv6"}) {
      for (const char* setting : {"retrans_time_ms=100", "delay_first_probe_time=1"})
        run(std::string("sysctl -qw net.") + family + ".neigh.ge-0-0-0." + setting);
    }
  }
  // From here on frames pass between the wire and the twin.
  void start_pump() {
    EXPECT_TRUE(eventually([] { return run("ip -6 addr show dev ge-0-0-0 tentative").empty(); }));
    pump_ = std::thread([this] {
      std::array<rte_mbuf*, 32> frames;
      while (!stop_) {
        twin_->transmit(0, frames.data(), wire_->receive(0, frames.data(), frames.size()));
        wire_->transmit(0, frames.data(), twin_->receive(0, frames.data(), frames.size()));
      }
    });
  }
  void start_peer() {
    peer_ = std::make_unique<Peer>();
    peer_->take("far0");
    peer_->run(
        "ip link set lo up; ip link set far0 address 02:00:00:00:00:09 up;"
        "ip addr add 192.0.2.9/24 dev far0; ip addr add 2001:db8::9/64 dev far0 nodad");
  }

  // The next hop of the route to exactly this prefix, as last heard.
  std::optional<route::NextHop> heard(const char* prefix) {
    const std::lock_guard lock(mutex_);
    return find(heard_, prefix);
  }
  static std::optional<route::NextHop> find(const route::Definition& definition, const char* prefix) {
    for (const route::Route& route : definition.routes) {
      if (route.prefix == *parse_prefix(prefix)) return definition.next_hops[route.next_hop.value];
    }
    return std::nullopt;
  }
  bool hears(const char* prefix, NextHopKind kind) {
    return eventually([&] {
      const auto hop = heard(prefix);
      return hop && hop->kind == kind;
    });
  }
  bool hears_no(const char* prefix) {
    return eventually([&] { return !heard(prefix); });
  }

  rte_mempool* pool_ = nullptr;
  std::unique_ptr<port::Port> wire_;
  std::unique_ptr<Host> host_;
  std::shared_ptr<port::Port> twin_;
  Plan plan_;
  std::unique_ptr<Peer> peer_;
  std::thread pump_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  route::Definition heard_;
};

TEST_F(HostLive, the_twin_is_up_with_the_ports_address_its_mtu_and_the_units_addresses) {
  apply();
  const std::string shown = run("ip addr show dev ge-0-0-0");
  EXPECT_NE(shown.find("mtu 1400"), std::string::npos) << shown;
  EXPECT_NE(shown.find("state UNKNOWN"), std::string::npos) << shown;
  EXPECT_NE(shown.find("inet 192.0.2.1/24 brd 192.0.2.255"), std::string::npos) << shown;
  EXPECT_NE(shown.find("inet6 2001:db8::1/64"), std::string::npos) << shown;
  EXPECT_EQ(run("cat /sys/class/net/ge-0-0-0/address"), run("cat /sys/class/net/wire0/address"));
  EXPECT_EQ(run("cat /proc/sys/net/ipv4/conf/ge-0-0-0/forwarding"), "0\n");
}

TEST_F(HostLive, after_apply_the_picture_has_our_addresses_and_the_on_link_prefixes) {
  apply();
  const route::Definition definition = host_->routes();
  EXPECT_EQ(find(definition, "192.0.2.1/32")->kind, NextHopKind::local);
  EXPECT_EQ(find(definition, "192.0.2.0/24")->kind, NextHopKind::glean);
  EXPECT_EQ(find(definition, "2001:db8::1/128")->kind, NextHopKind::local);
  EXPECT_EQ(find(definition, "2001:db8::/64")->kind, NextHopKind::glean);
  EXPECT_TRUE(hears("192.0.2.1/32", NextHopKind::local));
}

TEST_F(HostLive, a_peer_pings_the_firewall_in_both_families_and_is_learnt) {
  apply();
  start_peer();
  start_pump();
  peer_->run("ping -q -c 3 -i 0.01 -W 5 192.0.2.1");
  peer_->run("ping -q -c 3 -i 0.01 -W 5 2001:db8::1");
  EXPECT_TRUE(hears("192.0.2.9/32", NextHopKind::forward));
  EXPECT_TRUE(hears("2001:db8::9/128", NextHopKind::forward));
  const auto hop = heard("192.0.2.9/32");
  EXPECT_EQ(hop->l2[6], 0x02);
  EXPECT_EQ(hop->l2[11], 0x09);
  EXPECT_EQ(hop->mtu, 1400);
}

// Units that answer for addresses without having them.
class ProxiesLive : public HostLive {
 protected:
  void start_answering() {
    plan_.ports[0].units[0].proxies = {*parse_address("192.0.2.77"), *parse_address("2001:db8::77")};
    apply();
    start_peer();
    start_pump();
    mac_ = run("cat /sys/class/net/wire0/address");
    mac_.pop_back();
  }
  // Whether the peer, which knows nothing, learns who has it.
  bool is_answered(const std::string& address) {
    return eventually([&] {
      return peer_
                 ->run("ip neigh flush to " + address + "; ping -q -c 1 -W 1 " + address +
                       " >/dev/null; ip neigh show " + address)
                 .find(mac_) != std::string::npos;
    });
  }
  void expect_answers(const char* when) {
    for (const char* address : kProxied) EXPECT_TRUE(is_answered(address)) << address << ' ' << when;
  }
  static std::string proxies() { return run("ip neigh show proxy"); }
  static std::string routes() {
    return run("ip route show table local proto 173; ip -6 route show table local proto 173");
  }
  static bool has_all(const std::string& shown) {
    return std::ranges::all_of(kProxied,
                               [&](const char* one) { return shown.find(one) != std::string::npos; });
  }

  static constexpr const char* kProxied[] = {"192.0.2.77", "2001:db8::77"};
  std::string mac_;
};

TEST_F(ProxiesLive, are_answered_for_until_they_are_taken_away) {
  start_answering();
  expect_answers("at first");
  EXPECT_TRUE(has_all(proxies()));
  for (const char* address : kProxied)
    EXPECT_FALSE(find(host_->routes(), address)) << "it is not the firewall's";
  EXPECT_EQ(peer_->run("ping -q -c 1 -W 1 192.0.2.78 >/dev/null; ip neigh show 192.0.2.78").find(mac_),
            std::string::npos);
  plan_.ports[0].units[0].proxies.clear();
  apply();
  EXPECT_EQ(proxies() + routes(), "");
  EXPECT_EQ(run("cat /proc/sys/net/ipv4/conf/ge-0-0-0/forwarding"), "0\n");
}

TEST_F(ProxiesLive, are_there_still_when_a_neighbour_asks_whether_they_are) {
  start_answering();
  for (const char* address : kProxied) {
    const std::string entry = std::string(address) + " dev far0";
    peer_->run("ip neigh replace " + entry + " lladdr " + mac_ + " nud probe");
    std::string shown;
    EXPECT_TRUE(eventually([&] {
      shown = peer_->run("ip neigh show " + entry);
      return shown.find("REACHABLE") != std::string::npos || shown.find("FAILED") != std::string::npos;
    }));
    EXPECT_NE(shown.find("REACHABLE"), std::string::npos) << address << ": " << shown;
  }
}

TEST_F(ProxiesLive, outlive_a_lost_carrier) {
  start_answering();
  host_->set_link(kWire, false);
  EXPECT_TRUE(hears_no("192.0.2.0/24")) << "the kernel has heard of it";
  host_->set_link(kWire, true);
  EXPECT_TRUE(hears("192.0.2.0/24", NextHopKind::glean));
  EXPECT_TRUE(has_all(proxies())) << proxies();
  expect_answers("with the carrier back");
}

TEST_F(ProxiesLive, and_addresses_are_back_with_a_unit_that_was_disabled) {
  start_answering();
  plan_.ports[0].units[0].enabled = false;
  apply();
  plan_.ports[0].units[0].enabled = true;
  apply();
  EXPECT_NE(run("ip -6 addr show dev ge-0-0-0").find("2001:db8::1/64"), std::string::npos);
  expect_answers("enabled again");
}

TEST_F(ProxiesLive, and_addresses_are_repaired_when_somebody_took_the_twin_down_and_up) {
  start_answering();
  run("ip link set ge-0-0-0 down && ip link set ge-0-0-0 up");
  EXPECT_TRUE(eventually([&] {
    host_->repair();
    return has_all(proxies()) &&
           run("ip -6 addr show dev ge-0-0-0").find("2001:db8::1/64") != std::string::npos;
  }));
  expect_answers("after the repair");
}

TEST_F(ProxiesLive, of_one_address_on_two_units_do_not_disturb_each_other) {
  add_vlan_unit();
  plan_.ports[0].units[1].proxies = {*parse_address("192.0.2.77")};
  start_answering();
  plan_.ports[0].units[1].proxies.clear();
  apply();
  EXPECT_TRUE(has_all(routes())) << routes();
  EXPECT_EQ(proxies().find("ge-0-0-0.7"), std::string::npos);
  expect_answers("with the other gone");
  plan_.ports[0].units[0].proxies.clear();
  apply();
  EXPECT_EQ(proxies() + routes(), "");
}

TEST_F(ProxiesLive, stand_beside_routes_to_the_same_addresses) {
  plan_.static_routes = {route_to("192.0.2.77/32", "192.0.2.9"),
                         {*parse_prefix("2001:db8::77/128"), StaticRoute::Target::discard, {}}};
  run("ip link set lo up; ip route add 192.0.2.77/32 dev lo metric 5");
  start_answering();
  EXPECT_EQ(find(host_->routes(), "192.0.2.77/32")->gateway, *parse_address("192.0.2.9"));
  EXPECT_EQ(find(host_->routes(), "2001:db8::77/128")->kind, NextHopKind::discard);
  EXPECT_TRUE(host_->pending().empty());
  expect_answers("beside the routes");
  plan_.ports[0].units[0].proxies.clear();
  apply();
  EXPECT_TRUE(find(host_->routes(), "192.0.2.77/32"));
  EXPECT_NE(run("ip route show 192.0.2.77/32 metric 5"), "") << "somebody else's";
}

TEST_F(ProxiesLive, are_not_left_half_when_the_kernel_takes_only_a_part) {
  plan_.ports[0].units[0].addresses.pop_back();  // no IPv6 there
  plan_.ports[0].units[0].proxies = {*parse_address("192.0.2.77"), *parse_address("2001:db8::77")};
  run("sysctl -qw net.ipv6.conf.lo.disable_ipv6=1");
  const Status applied = host_->apply(plan_);
  ASSERT_FALSE(applied.has_value());
  EXPECT_NE(applied.error().text().find("the kernel does not answer for 2001:db8::77"), std::string::npos);
  EXPECT_EQ(proxies().find("2001:db8::77"), std::string::npos);
  run("sysctl -qw net.ipv6.conf.lo.disable_ipv6=0");
  const Status again = host_->apply(plan_);
  EXPECT_TRUE(again.has_value()) << again.error().text();
  EXPECT_TRUE(has_all(proxies() + routes()));
}

TEST_F(ProxiesLive, are_not_left_behind_by_a_firewall_that_ends_or_was_killed) {
  run("ip link set lo up; ip route add 192.0.2.99/32 dev lo table local proto 173 metric 1000000 scope link");
  start_answering();
  stop_ = true;
  pump_.join();
  twin_.reset();
  host_.reset();
  EXPECT_EQ(proxies(), "");
  EXPECT_NE(routes().find("192.0.2.99"), std::string::npos) << "not its own";
  Result<std::unique_ptr<Host>> next = Host::open({.pool = pool_}, [](route::Definition) {});
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(routes(), "");
}

TEST_F(HostLive, the_firewall_pings_a_peer_large_packets_too) {
  apply();
  start_peer();
  start_pump();
  run("ping -q -c 3 -i 0.01 -W 5 -s 3000 192.0.2.9");
  run("ping -q -c 3 -i 0.01 -W 5 -s 3000 2001:db8::9");
}

TEST_F(HostLive, resolve_makes_the_kernel_ask_and_the_answer_becomes_a_next_hop) {
  apply();
  start_peer();
  start_pump();
  for (const char* address : {"192.0.2.9", "2001:db8::9"}) {
    host_->resolve(kTrust, *parse_address(address));
    EXPECT_TRUE(hears(address, NextHopKind::forward)) << address;
  }
}

TEST_F(HostLive, resolve_asks_again_for_a_neighbor_that_did_not_answer_before) {
  apply();
  start_pump();
  host_->resolve(kTrust, *parse_address("192.0.2.9"));
  EXPECT_TRUE(eventually([] { return run("ip neigh show 192.0.2.9").find("FAILED") != std::string::npos; }));
  start_peer();
  EXPECT_TRUE(eventually([&] {
    host_->resolve(kTrust, *parse_address("192.0.2.9"));
    const auto hop = heard("192.0.2.9/32");
    return hop && hop->kind == NextHopKind::forward;
  }));
}

TEST_F(HostLive, a_stale_neighbor_is_verified_without_traffic_of_the_kernels) {
  apply();
  start_peer();
  start_pump();
  run("ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:77 dev ge-0-0-0 nud stale");
  EXPECT_TRUE(hears("192.0.2.9/32", NextHopKind::forward));
  // The wrong address does not answer, so the entry goes; asked for again it is right.
  EXPECT_TRUE(hears_no("192.0.2.9/32"));
  EXPECT_TRUE(eventually([&] {
    host_->resolve(kTrust, *parse_address("192.0.2.9"));
    const auto hop = heard("192.0.2.9/32");
    return hop && hop->kind == NextHopKind::forward && hop->l2[11] == 0x09;
  }));
}

TEST_F(HostLive, static_routes_are_installed_mirrored_and_removed) {
  plan_.static_routes = {route_to("203.0.113.0/24", "192.0.2.9"),
                         route_to("2001:db8:1::/48", "2001:db8::9"),
                         {*parse_prefix("10.0.0.0/8"), StaticRoute::Target::discard, {}},
                         {*parse_prefix("172.16.0.0/12"), StaticRoute::Target::reject, {}}};
  apply();
  EXPECT_NE(run("ip route show proto static").find("203.0.113.0/24 via 192.0.2.9 dev ge-0-0-0"),
            std::string::npos);
  const route::Definition definition = host_->routes();
  EXPECT_EQ(find(definition, "203.0.113.0/24")->kind, NextHopKind::glean);
  EXPECT_EQ(find(definition, "2001:db8:1::/48")->kind, NextHopKind::glean);
  EXPECT_EQ(find(definition, "10.0.0.0/8")->kind, NextHopKind::discard);
  EXPECT_EQ(find(definition, "172.16.0.0/12")->kind, NextHopKind::reject);
  EXPECT_TRUE(host_->pending().empty());
  plan_.static_routes.clear();
  apply();
  EXPECT_EQ(run("ip route show proto static"), "");
  EXPECT_EQ(run("ip -6 route show proto static"), "");
  EXPECT_FALSE(find(host_->routes(), "10.0.0.0/8"));
}

TEST_F(HostLive, a_static_route_with_two_gateways_uses_one_of_them) {
  plan_.static_routes = {route_to("203.0.113.0/24", "192.0.2.9")};
  plan_.static_routes[0].next_hops.push_back(*parse_address("192.0.2.10"));
  apply();
  EXPECT_EQ(find(host_->routes(), "203.0.113.0/24")->gateway, *parse_address("192.0.2.9"));
  EXPECT_TRUE(host_->pending().empty());
}

TEST_F(HostLive, a_static_route_without_usable_gateway_is_pending_until_there_is_one) {
  plan_.static_routes = {route_to("203.0.113.0/24", "198.51.100.9")};
  apply();
  ASSERT_EQ(host_->pending().size(), 1U);
  EXPECT_NE(host_->pending()[0].find("203.0.113.0/24"), std::string::npos);
  run("ip addr add 198.51.100.1/24 dev ge-0-0-0");
  EXPECT_TRUE(hears("203.0.113.0/24", NextHopKind::glean));
  EXPECT_TRUE(host_->pending().empty());
}

TEST_F(HostLive, a_static_route_that_went_with_its_interface_is_put_back) {
  plan_.static_routes = {route_to("203.0.113.0/24", "192.0.2.9")};
  apply();
  EXPECT_TRUE(hears("203.0.113.0/24", NextHopKind::glean));
  run("ip link set ge-0-0-0 down");
  EXPECT_TRUE(hears_no("203.0.113.0/24"));
  run("ip link set ge-0-0-0 up");
  EXPECT_TRUE(hears("203.0.113.0/24", NextHopKind::glean));
}

TEST_F(HostLive, a_twin_that_somebody_removed_is_made_again_and_works) {
  add_vlan_unit();
  plan_.static_routes = {route_to("203.0.113.0/24", "192.0.2.9")};
  apply();
  run("ip link del ge-0-0-0 && ip link del ge-0-0-0.7");
  EXPECT_TRUE(hears_no("192.0.2.1/32"));
  host_->repair();
  EXPECT_TRUE(hears("192.0.2.1/32", NextHopKind::local));
  EXPECT_TRUE(hears("198.51.100.1/32", NextHopKind::local));
  EXPECT_TRUE(hears("203.0.113.0/24", NextHopKind::glean));
  EXPECT_TRUE(host_->pending().empty());
  start_pump();
  start_peer();
  peer_->run("ping -c 2 -i 0.2 -W 5 192.0.2.1");
}

TEST_F(HostLive, a_removed_twin_does_not_keep_the_next_commit_from_its_work) {
  apply();
  run("ip link del ge-0-0-0");
  apply();
  run("ip addr show dev ge-0-0-0 | grep -q 192.0.2.1/24");
}

TEST_F(HostLive, what_others_put_into_the_kernel_is_mirrored_too) {
  apply();
  run("ip route add 203.0.113.0/24 via 192.0.2.9 && ip addr add 198.51.100.1/32 dev lo && ip link set lo up");
  EXPECT_TRUE(hears("203.0.113.0/24", NextHopKind::glean));
  EXPECT_TRUE(hears("198.51.100.1/32", NextHopKind::local));
  run("ip route del 203.0.113.0/24");
  EXPECT_TRUE(hears_no("203.0.113.0/24"));
}

TEST_F(HostLive, a_vlan_unit_speaks_with_its_tag_though_the_kernel_knows_no_vlans) {
  run("ip link set far0 up && sysctl -qw net.ipv6.conf.far0.disable_ipv6=1");
  Wire far("far0");
  add_vlan_unit();
  apply();
  start_pump();
  host_->resolve(kDmz, *parse_address("198.51.100.9"));
  Bytes request;
  EXPECT_TRUE(eventually([&] {
    request = far.receive();
    return request.size() >= 46 && request[12] == 0x81 && request[15] == 7 && request[16] == 8 &&
           request[17] == 6;
  }));
  // Answer: we are 198.51.100.9.
  Bytes reply(request.begin(), request.begin() + 46);
  std::copy(request.begin() + 6, request.begin() + 12, reply.begin());
  const Bytes ours{2, 0, 0, 0, 0, 9};
  std::copy(ours.begin(), ours.end(), reply.begin() + 6);
  reply[25] = 2;
  std::copy(ours.begin(), ours.end(), reply.begin() + 26);
  std::copy(request.begin() + 42, request.begin() + 46, reply.begin() + 32);
  std::copy(request.begin() + 26, request.begin() + 36, reply.begin() + 36);
  far.send(reply);
  EXPECT_TRUE(hears("198.51.100.9/32", NextHopKind::forward));
  const auto hop = heard("198.51.100.9/32");
  EXPECT_EQ(hop->l2_length, 18);
  EXPECT_EQ(hop->l2[17], 7);
}

TEST_F(HostLive, what_is_no_longer_configured_goes_and_what_others_added_stays) {
  add_vlan_unit();
  apply();
  run("ip addr add 192.0.2.77/24 dev ge-0-0-0");
  plan_ = plan();
  plan_.ports[0].units[0].addresses = {{*parse_address("192.0.2.2"), 24}};
  apply();
  const std::string shown = run("ip addr show dev ge-0-0-0");
  EXPECT_EQ(shown.find("192.0.2.1/24"), std::string::npos) << shown;
  EXPECT_NE(shown.find("192.0.2.2/24"), std::string::npos) << shown;
  EXPECT_NE(shown.find("192.0.2.77/24"), std::string::npos) << shown;
  EXPECT_EQ(run("ip -br link").find("ge-0-0-0.7"), std::string::npos);
  plan_.ports.clear();
  const Status applied = host_->apply(plan_);
  EXPECT_TRUE(applied.has_value());
  EXPECT_EQ(run("ip -br link").find("ge-0-0-0"), std::string::npos);
  EXPECT_EQ(host_->twin(kTwin), nullptr);
}

TEST_F(HostLive, a_disabled_unit_is_down) {
  plan_.ports[0].units[0].enabled = false;
  apply();
  EXPECT_NE(run("ip link show dev ge-0-0-0").find("state DOWN"), std::string::npos);
  EXPECT_FALSE(find(host_->routes(), "192.0.2.1/32"));
}

TEST_F(HostLive, the_twin_has_the_carrier_of_its_wire) {
  apply();
  EXPECT_TRUE(hears("192.0.2.0/24", NextHopKind::glean));
  host_->set_link(kWire, false);
  EXPECT_NE(run("ip link show dev ge-0-0-0").find("NO-CARRIER"), std::string::npos);
  EXPECT_TRUE(hears_no("192.0.2.0/24"));
  EXPECT_FALSE(twin_->link_up());
  host_->set_link(kWire, true);
  EXPECT_TRUE(hears("192.0.2.0/24", NextHopKind::glean));
}

TEST_F(HostLive, a_name_that_another_interface_has_is_refused_by_name) {
  run("ip link add ge-0-0-0 type veth peer name other0");
  const Status applied = host_->apply(plan_);
  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().text(),
            "ge-0-0-0: the TAP interface cannot be made: an interface of that name exists and is no TAP");
  run("ip link del ge-0-0-0");
  // Applying the plan again mends it.
  apply();
}

TEST_F(HostLive, closing_takes_twins_and_static_routes_along) {
  plan_.static_routes = {{*parse_prefix("10.0.0.0/8"), StaticRoute::Target::discard, {}}};
  apply();
  twin_.reset();
  host_.reset();
  EXPECT_EQ(run("ip -br link").find("ge-0-0-0"), std::string::npos);
  EXPECT_EQ(run("ip route show proto static"), "");
}

}  // namespace
}  // namespace sluice::live
