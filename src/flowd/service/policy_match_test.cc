// Which policies flowd says a flow's first packet matches; and that it is what packets meet.
#include "flowd/service/policy_match.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "flowd/service/test_nat.h"
#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

using compile::must_compile;

// Policies of a pair, of any zones, and of the firewall itself.
const std::string kRules = std::string(flowd::kTwoPorts) + R"(
set system flow workers 2
set security address-book global address some 203.0.113.0/28
set security address-book global address six 2001:db8::/32
set security policies from-zone trust to-zone untrust policy web match source-address any destination-address some application junos-http
set security policies from-zone trust to-zone untrust policy web then permit
set security policies from-zone trust to-zone untrust policy ping match source-address any destination-address some application junos-ping
set security policies from-zone trust to-zone untrust policy ping then permit
set security policies from-zone trust to-zone untrust policy low match source-address any destination-address some application any
set security policies from-zone trust to-zone untrust policy low then permit
set security policies from-zone untrust to-zone junos-host policy guard match source-address any destination-address any application junos-ssh
set security policies from-zone untrust to-zone junos-host policy guard then deny
set security policies global policy six match source-address six destination-address any application any
set security policies global policy six then permit
set security policies global policy rest match source-address any destination-address any application any
set security policies global policy rest match from-zone trust
set security policies global policy rest then deny
)";

v1::MatchPoliciesRequest first_packet(const char* source, const char* destination, std::uint32_t protocol,
                                      std::uint32_t port) {
  v1::MatchPoliciesRequest request;
  request.set_from_zone("trust");
  request.set_to_zone("untrust");
  request.set_source(bytes_of(*packet::parse_address(source)));
  request.set_destination(bytes_of(*packet::parse_address(destination)));
  request.set_protocol(protocol);
  request.set_source_port(1024);
  request.set_destination_port(port);
  request.set_most(16);
  return request;
}

// "web low rest"
std::string matched(const v1::MatchPoliciesRequest& request, const snapshot::Snapshot& snapshot) {
  v1::MatchPoliciesReply reply;
  const Status put = put_policy_match(request, snapshot, reply);
  if (!put) return put.error().text();
  std::string names;
  for (const std::uint32_t id : reply.policy_ids()) {
    names += (names.empty() ? "" : " ") + snapshot.names->policy.at(id);
  }
  return names;
}

class PolicyMatch : public ::testing::Test {
 protected:
  const compile::Compiled compiled_ = must_compile(kRules);
  std::string told(const v1::MatchPoliciesRequest& request) { return matched(request, compiled_.snapshot); }
};

TEST_F(PolicyMatch, who_decides_comes_first_and_those_that_are_not_met_follow) {
  auto web = first_packet("192.0.2.9", "203.0.113.8", 6, 80);
  EXPECT_EQ(told(web), "web low rest");
  web.set_most(2);
  EXPECT_EQ(told(web), "web low");
  web.clear_most();
  EXPECT_EQ(told(web), "web");
  EXPECT_EQ(told(first_packet("192.0.2.9", "203.0.113.8", 1, 8 * 256)), "ping low rest");
  EXPECT_EQ(told(first_packet("192.0.2.9", "203.0.113.8", 1, 13 * 256)), "low rest");
  EXPECT_EQ(told(first_packet("192.0.2.9", "203.0.113.80", 47, 0)), "rest");
}

TEST_F(PolicyMatch, of_ipv6_and_between_the_families) {
  EXPECT_EQ(told(first_packet("2001:db8::9", "2001:db8:1::1", 6, 80)), "six rest");
  EXPECT_EQ(told(first_packet("2001:db8::9", "203.0.113.8", 6, 80)), "web low six rest");
  EXPECT_EQ(told(first_packet("192.0.2.9", "2001:db8::1", 6, 80)),
            "destination-ip: no flow goes from an IPv4 address to an IPv6 one");
}

TEST_F(PolicyMatch, the_default_policy_decides_where_none_matches) {
  auto back = first_packet("203.0.113.8", "192.0.2.9", 17, 53);
  back.set_from_zone("untrust");
  back.set_to_zone("trust");
  EXPECT_EQ(told(back), "default-policy-logical-system-00");
}

TEST_F(PolicyMatch, traffic_of_the_firewall_itself_is_decided_by_policies_that_name_it) {
  auto to_host = first_packet("203.0.113.9", "203.0.113.1", 6, 22);
  to_host.set_from_zone("untrust");
  to_host.set_to_zone("junos-host");
  EXPECT_EQ(told(to_host), "guard");
  to_host.set_destination_port(23);
  EXPECT_EQ(told(to_host), "self-traffic-policy");
  to_host.set_from_zone("trust");  // where "rest" would deny it
  EXPECT_EQ(told(to_host), "self-traffic-policy");
}

TEST_F(PolicyMatch, of_global_policies_alone_zones_may_be_left_out) {
  auto web = first_packet("192.0.2.9", "203.0.113.8", 6, 80);
  web.set_only_global(true);
  EXPECT_EQ(told(web), "rest");
  web.clear_from_zone();
  web.clear_to_zone();
  EXPECT_EQ(told(web), "default-policy-logical-system-00");
  auto six = first_packet("2001:db8::9", "2001:db8:1::1", 6, 80);
  six.set_only_global(true);
  six.clear_from_zone();
  EXPECT_EQ(told(six), "six");
  auto own = first_packet("192.0.2.9", "192.0.2.1", 6, 22);
  own.set_only_global(true);
  own.set_to_zone("junos-host");
  EXPECT_EQ(told(own), "self-traffic-policy");
}

TEST_F(PolicyMatch, of_a_zone_that_is_not_there_nothing_is_told) {
  auto request = first_packet("192.0.2.9", "203.0.113.8", 6, 80);
  request.set_to_zone("nowhere");
  EXPECT_THAT(told(request), ::testing::HasSubstr("there is no zone \"nowhere\""));
  request.clear_to_zone();
  EXPECT_THAT(told(request), ::testing::HasSubstr("there is no zone"));
}

using PolicyMatchPackets = NatTest;

TEST_F(PolicyMatchPackets, whom_packets_meet_is_who_is_told) {
  commit(kRules);
  const snapshot::Snapshot& snapshot = control_.running()->snapshot;
  const auto lookups = [&](const std::string& name) {
    const auto at = std::ranges::find(snapshot.names->policy, name);
    std::uint64_t sum = 0;
    for (const auto& worker : control_.fleet()->workers()) {
      sum += session::get(worker->policy_counters()[at - snapshot.names->policy.begin()].lookups);
    }
    return sum;
  };
  for (const std::uint8_t server : {std::uint8_t{8}, std::uint8_t{80}}) {
    const std::string address = fmt::format("203.0.113.{}", server);
    auto asked = first_packet("192.0.2.9", address.c_str(), 17, 9);
    asked.set_most(1);
    const std::string name = matched(asked, snapshot);
    const std::uint64_t before = lookups(name);
    send(server, 4);
    EXPECT_EQ(lookups(name), before + 4) << name;
  }
}

}  // namespace
}  // namespace sluice::service
