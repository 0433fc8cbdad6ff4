#include <gtest/gtest.h>

#include "config/test_schema.h"

namespace sluice::config {
namespace {

std::string verdict(std::string_view text) {
  const auto valid = parsed(text).validate();
  return valid ? "valid" : valid.error().text();
}

// Two zones and one policy between them.
std::string with_policy(std::string_view match, std::string_view then) {
  return "security { zones { security-zone a; security-zone b; } policies { from-zone a to-zone b { policy p "
         "{ match { " +
         std::string(match) + " } then { " + std::string(then) + " } } } } }";
}
constexpr const char* kAny = "source-address any; destination-address any; application any;";

TEST(Validate, a_complete_policy_is_valid_and_a_missing_part_is_named) {
  EXPECT_EQ(verdict(with_policy(kAny, "permit;")), "valid");
  EXPECT_EQ(verdict(with_policy("source-address any; application any;", "permit;")),
            "security policies from-zone a to-zone b policy p match: missing mandatory statement: "
            "'destination-address'");
  EXPECT_EQ(
      verdict(with_policy(kAny, "count;")),
      "security policies from-zone a to-zone b policy p then: missing mandatory statement: one of 'deny', "
      "'reject', 'permit'");
  EXPECT_EQ(
      verdict("security { zones { security-zone a; } policies { from-zone a to-zone a { policy p; } } }"),
      "security policies from-zone a to-zone a policy p match: missing mandatory statement: "
      "'source-address'");
}

TEST(Validate, a_policy_needs_its_zones) {
  EXPECT_EQ(
      verdict("security { zones { security-zone a; } policies { from-zone a to-zone dmz; } }"),
      "security policies from-zone a to-zone dmz: 'dmz': zone is not configured under 'security zones'");
  EXPECT_EQ(
      verdict(
          "security { zones { inactive: security-zone a; } policies { from-zone a to-zone junos-host; } }"),
      "security policies from-zone a to-zone junos-host: 'a': zone is not configured under 'security zones'");
}

TEST(Validate, all_that_is_wrong_is_found_at_once) {
  const auto found = [](std::string_view text) {
    std::string all;
    for (const Error& one : parsed(text).problems()) all += one.text() + "\n";
    return all;
  };
  const std::string zone = ": zone is not configured under 'security zones'\n";
  EXPECT_EQ(found("security { zones { security-zone a { interfaces { ge-0/0/0.0; } } } policies {"
                  " from-zone a to-zone dmz { policy p { match { " +
                  std::string(kAny) + " } then { count; } } } from-zone x to-zone y; } }"),
            "security policies from-zone a to-zone dmz policy p then: missing mandatory statement: one of "
            "'deny', 'reject', 'permit'\n"
            "security policies from-zone a to-zone dmz: 'dmz'" +
                zone + "security policies from-zone x to-zone y: 'x'" + zone +
                "security policies from-zone x to-zone y: 'y'" + zone +
                "security zones security-zone a interfaces ge-0/0/0.0: 'ge-0/0/0.0': the interface is not "
                "configured under 'interfaces'\n");
  EXPECT_EQ(found(with_policy(kAny, "permit;")), "");
  std::string many = "security { policies { ";
  for (int i = 0; i < 1000; ++i) many += "from-zone x to-zone z" + std::to_string(i) + "; ";
  EXPECT_EQ(parsed(many + "} }").problems().size(), 50U) << "and nobody reads more";
}

TEST(Validate, what_is_inactive_is_not_looked_at) {
  EXPECT_EQ(verdict("security { policies { inactive: from-zone x to-zone y { policy p; } } }"), "valid");
}

TEST(Validate, an_interface_is_in_one_zone_and_is_configured) {
  EXPECT_EQ(
      verdict("security { zones { security-zone a { interfaces { ge-0/0/0; } } } }"),
      "security zones security-zone a interfaces ge-0/0/0.0: 'ge-0/0/0.0': the interface is not configured "
      "under 'interfaces'");
  EXPECT_EQ(
      verdict("interfaces { ge-0/0/0 { unit 0; } } security { zones { security-zone a { interfaces { "
              "ge-0/0/0.0; } } security-zone b { interfaces { ge-0/0/0.0; } } } }"),
      "security zones security-zone a interfaces ge-0/0/0.0: 'ge-0/0/0.0': the interface is in another zone "
      "already");
}

TEST(Validate, vlan_ids_need_tagging_and_are_unique_on_an_interface) {
  EXPECT_EQ(verdict("interfaces { ge-0/0/0 { unit 1 { vlan-id 5; } } }"),
            "interfaces ge-0/0/0 unit 1: 'vlan-id' needs 'vlan-tagging' on the interface");
  EXPECT_EQ(verdict("interfaces { ge-0/0/0 { vlan-tagging; unit 1; } }"),
            "interfaces ge-0/0/0 unit 1: 'vlan-id' is needed, as the interface has 'vlan-tagging'");
  EXPECT_EQ(verdict("interfaces { ge-0/0/0 { vlan-tagging; unit 1 { vlan-id 5; } unit 2 { vlan-id 5; } } }"),
            "interfaces ge-0/0/0 unit 2: another entry has the same value, which must be unique");
}

TEST(Validate, applications_are_whole) {
  EXPECT_EQ(
      verdict("applications { application x { protocol icmp; destination-port 80; } }"),
      "applications application x destination-port: '80': a port needs 'protocol tcp', 'udp' or 'sctp'");
  EXPECT_EQ(verdict("applications { application x { destination-port 80; } }"),
            "applications application x: missing mandatory statement: 'protocol' (or a 'term' with one)");
  EXPECT_EQ(verdict("applications { application x { protocol tcp; term t protocol udp; } }"),
            "applications application x: either terms or a match of its own, not both");
}

TEST(Validate, addresses_routes_ports_and_streams_are_whole) {
  EXPECT_EQ(verdict("security { address-book global { address web { description x; } } }"),
            "security address-book global address web: missing mandatory statement: one of <ip-prefix>, "
            "'range-address', 'address-range'");
  EXPECT_EQ(verdict("security { address-book global { address r { range-address 192.0.2.1; } } }"),
            "security address-book global address r range-address 192.0.2.1 to: missing mandatory statement: "
            "'range-high'");
  EXPECT_EQ(verdict("security { address-book global { attach { zone a; } } zones { security-zone a; } }"),
            "security address-book global: the book 'global' serves all zones and cannot be attached");
  EXPECT_EQ(
      verdict("routing-options { static { route 10/8; } }"),
      "routing-options static route 10.0.0.0/8: missing mandatory statement: one of 'next-hop', 'discard', "
      "'reject'");
  EXPECT_EQ(verdict("system { ports { ge-0/0/0 { driver tap; } } }"),
            "system ports ge-0/0/0: missing mandatory statement: 'device'");
  EXPECT_EQ(verdict("security { log { stream s { severity info; } } }"),
            "security log stream s: missing mandatory statement: 'host' or 'file'");
  EXPECT_EQ(verdict("security { flow { aging { low-watermark 90; high-watermark 80; } } }"),
            "security flow aging: 'low-watermark' may not be above 'high-watermark'");
}

TEST(Validate, the_tree_is_left_as_it_was_written) {
  const Tree tree = parsed(with_policy(kAny, "permit;"));
  const std::string before = to_json(tree);
  ASSERT_TRUE(tree.validate());
  EXPECT_EQ(to_json(tree), before);
}

}  // namespace
}  // namespace sluice::config
