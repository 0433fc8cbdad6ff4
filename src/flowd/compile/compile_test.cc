// A branch firewall as operators write it, and what it decides.
#include "flowd/compile/compile.h"

#include <gmock/gmock.h>

#include "flowd/compile/test_compile.h"

namespace sluice::compile {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kBranch = R"(
system {
    host-name branch-fw;
    junos-release 24.4;
    ports {
        ge-0/0/0 { device wan0; }
        ge-0/0/1 { device lan0; driver af_packet; queues 1; mac 02:00:00:00:00:01; }
    }
    flow { workers 2; maximum-sessions 1048576; polling busy; cores [ 2 3 ]; }
}
interfaces {
    ge-0/0/0 {
        description provider;
        unit 0 {
            family inet { address 203.0.113.2/30; }
            family inet6 { address 2001:db8:ffff::2/64; }
        }
    }
    ge-0/0/1 {
        vlan-tagging;
        mtu 9018;
        unit 10 { description users; vlan-id 10; family inet { address 192.0.2.1/25; } }
        unit 20 { vlan-id 20; family inet { mtu 1400; address 192.0.2.129/26; } }
        inactive: unit 30 { vlan-id 30; }
    }
}
routing-options {
    static {
        route 0.0.0.0/0 next-hop 203.0.113.1;
        route 10.0.0.0/8 discard;
        route 2001:db8:1::/48 reject;
    }
}
security {
    address-book global {
        address web-1 192.0.2.130/32;
        address web-2 192.0.2.131/32;
        address pool { range-address 192.0.2.140 { to { 192.0.2.149; } } }
        address partner 198.51.100.0/24;
        address-set web { address web-1; address web-2; }
        address-set servers { address pool; address-set web; }
    }
    address-book inside {
        address printers 192.0.2.64/28;
        address partner 192.0.2.7/32;
        attach { zone trust; }
    }
    flow { tcp-session { time-wait-state { session-timeout 30; } } }
    policies {
        from-zone trust to-zone untrust {
            policy no-printers {
                match { source-address printers; destination-address any; application any; }
                then { reject; log { session-init; } }
            }
            inactive: policy old {
                match { source-address any; destination-address any; application any; }
                then { deny; }
            }
            policy web {
                match { source-address any; destination-address any; application [ browsing junos-ping ]; }
                then {
                    permit { tcp-options { initial-tcp-mss 1300; } }
                    log { session-init; session-close; }
                    count;
                }
            }
            policy partner {
                match { source-address partner; destination-address partner; application backup; }
                then { permit; }
            }
        }
        from-zone untrust to-zone dmz {
            policy in {
                match { source-address any-ipv4; destination-address servers; application junos-https; }
                then { permit; }
            }
        }
        from-zone untrust to-zone junos-host {
            policy admin {
                match { source-address partner; destination-address any; application junos-ssh; }
                then { permit; }
            }
        }
        global {
            policy dns {
                match {
                    source-address any;
                    destination-address any;
                    application junos-dns-udp;
                    from-zone [ trust dmz ];
                    to-zone untrust;
                }
                then { permit; }
            }
            policy not-partner {
                match {
                    source-address any;
                    destination-address partner;
                    destination-address-excluded;
                    application junos-ntp;
                    from-zone any;
                }
                then { permit; }
            }
        }
        policy-rematch extensive;
    }
    zones {
        security-zone trust {
            host-inbound-traffic { system-services { all; telnet { except; } } protocols { ospf; } }
            interfaces {
                ge-0/0/1.10;
            }
        }
        security-zone dmz {
            tcp-rst;
            description "public servers";
            host-inbound-traffic { system-services { ping; } }
            interfaces {
                ge-0/0/1.20 { host-inbound-traffic { system-services { ssh; } } }
            }
        }
        security-zone untrust { interfaces { ge-0/0/0.0; } }
    }
}
applications {
    application backup { protocol tcp; destination-port 8000-8010; inactivity-timeout never; }
    application-set browsing { application junos-http; application junos-https; }
}
)";

class Branch : public testing::Test {
 protected:
  const Compiled compiled_ = must_compile(kBranch);

  [[nodiscard]] std::string verdict(const Flow& flow) const { return compile::verdict(compiled_, flow); }
  [[nodiscard]] policy::Decision decide(const Flow& flow) const { return compile::decide(compiled_, flow); }
};

TEST_F(Branch, nothing_about_it_is_doubtful) {
  EXPECT_THAT(compiled_.warnings, IsEmpty());
}

TEST_F(Branch, the_first_matching_policy_of_the_zone_pair_decides) {
  EXPECT_EQ(verdict({"trust", "untrust", "192.0.2.70", "198.51.100.9", 6, 80}),
            "reject no-printers junos-http");
  EXPECT_EQ(verdict({"trust", "untrust", "192.0.2.10", "198.51.100.9", 6, 80}), "permit web junos-http");
  EXPECT_EQ(verdict({"trust", "untrust", "192.0.2.10", "198.51.100.9", 6, 443}), "permit web junos-https");
  EXPECT_EQ(verdict({"trust", "untrust", "192.0.2.10", "198.51.100.9", 1, 8 * 256}), "permit web junos-ping");
  EXPECT_EQ(verdict({"trust", "untrust", "2001:db8::1", "2001:db8::2", 6, 80}), "permit web junos-http");
}

TEST_F(Branch, a_zones_book_comes_before_the_global_one) {
  EXPECT_EQ(verdict({"trust", "untrust", "192.0.2.7", "198.51.100.9", 6, 8005}), "permit partner backup");
  EXPECT_EQ(verdict({"trust", "untrust", "198.51.100.9", "198.51.100.9", 6, 8005}),
            "deny default-policy-logical-system-00");
}

TEST_F(Branch, address_sets_and_ranges_hold_their_members_and_nothing_else) {
  for (const auto* inside : {"192.0.2.130", "192.0.2.131", "192.0.2.140", "192.0.2.149"}) {
    EXPECT_EQ(verdict({"untrust", "dmz", "198.51.100.9", inside, 6, 443}), "permit in junos-https") << inside;
  }
  for (const auto* outside : {"192.0.2.129", "192.0.2.132", "192.0.2.139", "192.0.2.150"}) {
    EXPECT_EQ(decide({"untrust", "dmz", "198.51.100.9", outside, 6, 443}).action, policy::Action::deny)
        << outside;
  }
}

TEST_F(Branch, global_policies_come_after_zone_pairs_and_hold_for_their_zones) {
  EXPECT_EQ(verdict({"trust", "untrust", "192.0.2.10", "198.51.100.9", 17, 53}), "permit dns junos-dns-udp");
  EXPECT_EQ(verdict({"dmz", "untrust", "192.0.2.130", "198.51.100.9", 17, 53}), "permit dns junos-dns-udp");
  EXPECT_EQ(decide({"untrust", "trust", "198.51.100.9", "192.0.2.10", 17, 53}).policy, kDefaultPolicy);
}

TEST_F(Branch, an_excluded_address_turns_the_match_round) {
  EXPECT_EQ(decide({"dmz", "trust", "192.0.2.130", "198.51.100.9", 17, 123}).policy, kDefaultPolicy);
  EXPECT_EQ(verdict({"dmz", "trust", "192.0.2.130", "198.51.101.9", 17, 123}),
            "permit not-partner junos-ntp");
  EXPECT_EQ(verdict({"dmz", "trust", "2001:db8::1", "2001:db8::2", 17, 123}), "permit not-partner junos-ntp");
}

TEST_F(Branch, traffic_for_the_firewall_itself_has_policies_too) {
  EXPECT_EQ(verdict({"untrust", "junos-host", "198.51.100.9", "203.0.113.2", 6, 22}),
            "permit admin junos-ssh");
  EXPECT_EQ(decide({"untrust", "junos-host", "198.51.101.9", "203.0.113.2", 6, 22}).policy, kDefaultPolicy);
}

TEST_F(Branch, a_decision_carries_what_the_policy_asks_for) {
  const policy::Decision web = decide({"trust", "untrust", "192.0.2.10", "198.51.100.9", 6, 80});
  EXPECT_TRUE(web.log_init && web.log_close && web.count);
  EXPECT_EQ(web.initial_tcp_mss, 1300);
  EXPECT_EQ(web.timeout_s, 300U) << "junos-http's own";
  const policy::Decision printer = decide({"trust", "untrust", "192.0.2.70", "198.51.100.9", 6, 80});
  EXPECT_TRUE(printer.log_init);
  EXPECT_FALSE(printer.log_close || printer.count);
  EXPECT_EQ(decide({"trust", "untrust", "192.0.2.7", "198.51.100.9", 6, 8005}).timeout_s,
            policy::kTimeoutNeverS);
}

TEST_F(Branch, policies_stand_in_configuration_order_and_inactive_ones_do_not_exist) {
  std::vector<std::string> names;
  for (const auto& policy : compiled_.snapshot.policies->definition().policies) names.push_back(policy.name);
  EXPECT_THAT(names, ElementsAre("no-printers", "web", "partner", "in", "admin", "dns", "not-partner"));
  EXPECT_EQ(find_policy(compiled_, "web")->path,
            "security policies from-zone trust to-zone untrust policy web");
}

TEST_F(Branch, logical_interfaces_have_their_port_vlan_zone_and_addresses) {
  const snapshot::Interface* users = find_interface(compiled_, "ge-0/0/1.10");
  ASSERT_NE(users, nullptr);
  EXPECT_EQ(users->vlan_id, 10);
  EXPECT_EQ(users->description, "users");
  EXPECT_EQ(users->zone, find_zone(compiled_, "trust")->id);
  EXPECT_EQ(users->mtu, 9000);
  EXPECT_TRUE(users->enabled);
  ASSERT_EQ(users->addresses.size(), 1U);
  EXPECT_EQ(packet::to_string(users->addresses[0].address), "192.0.2.1") << "host bits stay";
  EXPECT_EQ(users->addresses[0].prefix_length, 25);
  EXPECT_EQ(find_interface(compiled_, "ge-0/0/1.20")->mtu, 1400);
  EXPECT_EQ(find_interface(compiled_, "ge-0/0/1.30"), nullptr);
  const snapshot::Interface* wan = find_interface(compiled_, "ge-0/0/0.0");
  EXPECT_EQ(wan->description, "") << "the interface's is the port's";
  EXPECT_EQ(wan->addresses.size(), 2U);
  EXPECT_EQ(wan->mtu, 1500);
}

TEST_F(Branch, the_firewall_itself_is_an_interface_in_zone_junos_host) {
  const snapshot::Interface& local = compiled_.snapshot.interfaces.at(kLocalIfl.value);
  EXPECT_EQ(local.name, ".local..0");
  EXPECT_EQ(local.zone, kJunosHostZone);
  EXPECT_TRUE(local.enabled);
  EXPECT_EQ(compiled_.snapshot.zones.at(kJunosHostZone.value).name, "junos-host");
}

TEST_F(Branch, every_table_is_indexed_by_its_number) {
  const snapshot::Snapshot& snapshot = compiled_.snapshot;
  for (std::size_t i = 0; i < snapshot.interfaces.size(); ++i) EXPECT_EQ(snapshot.interfaces[i].id.value, i);
  for (std::size_t i = 0; i < snapshot.zones.size(); ++i) EXPECT_EQ(snapshot.zones[i].id.value, i);
  for (const snapshot::Interface& interface : snapshot.interfaces) {
    EXPECT_EQ(snapshot.names->interface.at(interface.id.value), interface.name);
  }
}

TEST_F(Branch, each_port_is_a_wire_and_a_twin_with_the_same_vlans) {
  ASSERT_EQ(compiled_.ports.size(), 2U);
  const PortId wire = compiled_.ports[1].id;
  const snapshot::Port& lan = compiled_.snapshot.ports.at(wire.value);
  const snapshot::Port& twin = compiled_.snapshot.ports.at(lan.twin.value);
  EXPECT_EQ(lan.name, "ge-0/0/1");
  EXPECT_FALSE(lan.is_twin);
  EXPECT_TRUE(twin.is_twin);
  EXPECT_EQ(twin.twin, wire);
  ASSERT_EQ(lan.ifl_by_vlan.size(), 4096U);
  EXPECT_EQ(lan.ifl_by_vlan, twin.ifl_by_vlan);
  EXPECT_EQ(lan.ifl_by_vlan[10], find_interface(compiled_, "ge-0/0/1.10")->id);
  EXPECT_EQ(lan.ifl_by_vlan[20], find_interface(compiled_, "ge-0/0/1.20")->id);
  EXPECT_EQ(lan.ifl_by_vlan[0], kNoIfl);
  EXPECT_EQ(lan.ifl_by_vlan[30], kNoIfl);
  EXPECT_EQ(compiled_.snapshot.ports.at(compiled_.ports[0].id.value).ifl_by_vlan[0],
            find_interface(compiled_, "ge-0/0/0.0")->id);
}

TEST_F(Branch, ports_are_opened_as_configured) {
  const port::PortOptions& wan = compiled_.ports[0].options;
  EXPECT_EQ(wan.name, "ge-0/0/0");
  EXPECT_EQ(wan.driver, "af_xdp");
  EXPECT_EQ(wan.device, "wan0");
  EXPECT_EQ(wan.queues, 2) << "one for each worker";
  EXPECT_EQ(wan.mtu, 1500);
  EXPECT_FALSE(wan.mac);
  const port::PortOptions& lan = compiled_.ports[1].options;
  EXPECT_EQ(lan.driver, "af_packet");
  EXPECT_EQ(lan.queues, 1);
  EXPECT_EQ(lan.workers, 2) << "who share it";
  EXPECT_EQ(lan.mtu, 9000);
  EXPECT_EQ(lan.mac, (std::array<std::uint8_t, 6>{2, 0, 0, 0, 0, 1}));
}

TEST_F(Branch, zones_have_their_flags_and_interfaces_may_replace_what_they_admit) {
  const policy::Zone* dmz = find_zone(compiled_, "dmz");
  EXPECT_TRUE(dmz->tcp_rst);
  EXPECT_EQ(dmz->description, "public servers");
  EXPECT_TRUE(dmz->host_inbound.admits(1, 8 * 256));
  EXPECT_FALSE(dmz->host_inbound.admits(6, 22));
  const snapshot::Interface* servers = find_interface(compiled_, "ge-0/0/1.20");
  EXPECT_TRUE(servers->has_host_inbound);
  EXPECT_TRUE(servers->host_inbound.admits(6, 22));
  EXPECT_FALSE(servers->host_inbound.admits(1, 8 * 256));
  EXPECT_FALSE(find_interface(compiled_, "ge-0/0/1.10")->has_host_inbound);
  EXPECT_FALSE(find_zone(compiled_, "trust")->tcp_rst);
}

TEST_F(Branch, the_host_plan_has_twins_units_and_static_routes) {
  ASSERT_EQ(compiled_.host.ports.size(), 2U);
  EXPECT_EQ(compiled_.host.ports[0].units.at(0).kernel_name, "ge-0-0-0");
  EXPECT_EQ(compiled_.host.ports[1].units.at(0).kernel_name, "ge-0-0-1.10");
  EXPECT_EQ(compiled_.host.ports[1].units.at(1).vlan_id, 20);
  const auto& routes = compiled_.host.static_routes;
  ASSERT_EQ(routes.size(), 3U);
  EXPECT_EQ(packet::to_string(routes[0].next_hops.at(0)), "203.0.113.1");
  EXPECT_EQ(routes[1].target, host::StaticRoute::Target::discard);
  EXPECT_EQ(routes[2].target, host::StaticRoute::Target::reject);
}

TEST_F(Branch, system_options_and_names_are_as_configured) {
  EXPECT_EQ(compiled_.system, (SystemOptions{.workers = 2,
                                             .maximum_sessions = 1048576,
                                             .polling = SystemOptions::Polling::busy,
                                             .cores = {2, 3}}));
  EXPECT_EQ(compiled_.snapshot.host_name, "branch-fw");
  EXPECT_EQ(compiled_.log.host_name, "branch-fw");
  EXPECT_TRUE(compiled_.snapshot.flow.policy_rematch && compiled_.snapshot.flow.policy_rematch_extensive);
  EXPECT_EQ(compiled_.snapshot.flow.tcp_close_timeout_s, 30U);
}

TEST_F(Branch, a_mac_address_reaches_wire_twin_interfaces_and_host) {
  Compiled opened = compiled_;
  const std::array<std::uint8_t, 6> mac{2, 1, 2, 3, 4, 5};
  set_mac(opened, opened.ports[1].id, mac);
  const PortId wire = opened.ports[1].id;
  EXPECT_EQ(opened.snapshot.ports[wire.value].mac, mac);
  EXPECT_EQ(opened.snapshot.ports[opened.snapshot.ports[wire.value].twin.value].mac, mac);
  EXPECT_EQ(find_interface(opened, "ge-0/0/1.10")->mac, mac);
  EXPECT_EQ(opened.host.ports[1].mac, mac);
  const std::array<std::uint8_t, 6> none{};
  EXPECT_EQ(find_interface(opened, "ge-0/0/0.0")->mac, none);
  EXPECT_EQ(find_interface(opened, ".local..0")->mac, none);
}

TEST(Compile, an_empty_configuration_forwards_nothing_and_is_valid) {
  const Compiled compiled = must_compile("");
  EXPECT_THAT(compiled.ports, IsEmpty());
  EXPECT_EQ(compiled.snapshot.interfaces.size(), 2U);
  EXPECT_EQ(compiled.snapshot.policies->definition().default_action, policy::Action::deny);
  EXPECT_EQ(compiled.snapshot.host_name, "sluice");
  EXPECT_EQ(compiled.system, SystemOptions{});
}

TEST(Compile, default_policy_permit_all_permits) {
  const Compiled compiled = must_compile(with("set security policies default-policy permit-all\n"));
  EXPECT_EQ(decide(compiled, {"trust", "untrust", "192.0.2.9", "198.51.100.1", 6, 80}).action,
            policy::Action::permit);
}

TEST(Compile, what_is_probably_not_meant_is_warned_of) {
  EXPECT_THAT(must_compile(with("set interfaces lo0 unit 0 family inet address 198.51.100.1/32\n")).warnings,
              ElementsAre("interfaces lo0: no port of this name is under 'system ports', so it is not used"));
  EXPECT_THAT(
      must_compile(with("set routing-options static route 10.0.0.0/8 next-hop 198.51.100.1\n")).warnings,
      ElementsAre("routing-options static route 10.0.0.0/8 next-hop 198.51.100.1: no enabled interface is "
                  "in its network, so the route waits until one is"));
  EXPECT_THAT(
      must_compile(with("set interfaces ge-0/0/1 unit 0 family inet address 203.0.113.129/24\n")).warnings,
      ElementsAre("interfaces ge-0/0/0 unit 0 family inet address 203.0.113.2/30: its network overlaps "
                  "203.0.113.0/24 of ge-0/0/1.0"));
  EXPECT_THAT(
      must_compile(with("set security zones security-zone trust screen flood\n")).warnings,
      ElementsAre("security zones security-zone trust screen flood: screens are not available yet, so "
                  "none is applied"));
  EXPECT_THAT(must_compile(with("set security flow allow-embedded-icmp\n"
                                "set security flow tcp-session no-syn-check-in-tunnel\n"))
                  .warnings,
              ElementsAre("security flow tcp-session no-syn-check-in-tunnel: tunnels are not available yet, "
                          "so the statement has no effect"));
  EXPECT_THAT(must_compile(with("delete security zones security-zone trust\n")).warnings,
              ElementsAre("interfaces ge-0/0/1.0: the interface is in no zone, so its packets are dropped"));
}

TEST(Compile, a_disabled_interface_or_unit_is_not_enabled) {
  const Compiled compiled =
      must_compile(with("set interfaces ge-0/0/0 disable\nset interfaces ge-0/0/1 unit 0 disable\n"));
  EXPECT_FALSE(find_interface(compiled, "ge-0/0/0.0")->enabled);
  EXPECT_FALSE(find_interface(compiled, "ge-0/0/1.0")->enabled);
  ASSERT_EQ(compiled.ports.size(), 2U);
  EXPECT_FALSE(compiled.ports[0].enabled);
  EXPECT_TRUE(compiled.ports[1].enabled) << "only its unit is disabled";
}

}  // namespace
}  // namespace sluice::compile
