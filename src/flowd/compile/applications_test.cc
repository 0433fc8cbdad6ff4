// Applications and sets as policies use them.
#include <gmock/gmock.h>

#include <set>

#include "dataplane/packet/packet.h"
#include "flowd/compile/test_compile.h"

namespace sluice::compile {
namespace {

using namespace packet::protocol;

std::string from_trust(const Compiled& compiled, std::uint8_t protocol, std::uint16_t port,
                       std::uint16_t source_port = 40000) {
  return verdict(compiled, {"trust", "untrust", "192.0.2.9", "198.51.100.1", protocol, port, source_port});
}

bool permitted(const Compiled& compiled, std::uint8_t protocol, std::uint16_t port,
               std::uint16_t source_port = 40000) {
  return from_trust(compiled, protocol, port, source_port).starts_with("permit");
}

Compiled using_application(const std::string& commands, const std::string& match = "application app") {
  return must_compile(with(commands + policy_with("p", match)));
}

// The names that completion has from the schema.
std::set<std::string> offered_as(const std::string& kind) {
  const std::string statement = "applications application-set s " + kind + " ";
  std::set<std::string> names;
  const config::Tree empty(test_schema());
  for (const Suggestion& item : config::suggest(empty, statement, config::Purpose::write).items) {
    if (item.kind == Suggestion::Kind::name) names.insert(item.text);
  }
  return names;
}

TEST(Applications, predefined_ones_and_their_sets_are_those_that_are_offered) {
  std::set<std::string> applications, sets;
  for (const policy::Application& one : policy::predefined_applications()) applications.insert(one.name);
  for (const policy::ApplicationSet& one : policy::predefined_application_sets()) sets.insert(one.name);
  EXPECT_THAT(offered_as("application"), testing::ContainerEq(applications));
  EXPECT_THAT(offered_as("application-set"), testing::ContainerEq(sets));
}

TEST(Applications, port_ranges_hold_both_ends_and_source_ports_count) {
  const Compiled compiled = using_application(
      "set applications application app protocol tcp source-port 1000-2000 destination-port 80-81\n");
  EXPECT_EQ(from_trust(compiled, 6, 80, 1000), "permit p app");
  EXPECT_TRUE(permitted(compiled, 6, 81, 2000));
  EXPECT_FALSE(permitted(compiled, 6, 82, 2000));
  EXPECT_FALSE(permitted(compiled, 6, 80, 2001));
  EXPECT_FALSE(permitted(compiled, kUdp, 80, 1000));
}

TEST(Applications, a_port_may_be_given_by_name) {
  const Compiled compiled =
      using_application("set applications application app protocol tcp destination-port ssh\n");
  EXPECT_TRUE(permitted(compiled, 6, 22));
  EXPECT_FALSE(permitted(compiled, 6, 23));
}

TEST(Applications, an_icmp_type_covers_every_code_unless_one_is_given) {
  const Compiled any_code =
      using_application("set applications application app protocol icmp icmp-type unreachable\n");
  EXPECT_TRUE(permitted(any_code, kIcmp, 3 * 256));
  EXPECT_TRUE(permitted(any_code, kIcmp, 3 * 256 + 255));
  EXPECT_FALSE(permitted(any_code, kIcmp, 4 * 256));
  const Compiled one_code =
      using_application("set applications application app protocol icmp icmp-type 3 icmp-code 4\n");
  EXPECT_TRUE(permitted(one_code, kIcmp, 3 * 256 + 4));
  EXPECT_FALSE(permitted(one_code, kIcmp, 3 * 256 + 3));
}

TEST(Applications, icmp6_has_its_own_types) {
  const Compiled compiled =
      using_application("set applications application app protocol icmp6 icmp6-type echo-request\n");
  EXPECT_EQ(verdict(compiled, {"trust", "untrust", "2001:db8::1", "2001:db8::2", 58, 128 * 256}),
            "permit p app");
  EXPECT_FALSE(permitted(compiled, kIcmp, 8 * 256));
}

TEST(Applications, terms_are_alternatives_and_share_a_timeout) {
  const Compiled compiled = using_application(
      "set applications application app term one protocol tcp destination-port 70 inactivity-timeout 90\n"
      "set applications application app term two protocol udp destination-port 71\n");
  EXPECT_TRUE(permitted(compiled, 6, 70));
  EXPECT_TRUE(permitted(compiled, kUdp, 71));
  EXPECT_FALSE(permitted(compiled, kUdp, 70));
  EXPECT_EQ(decide(compiled, {"trust", "untrust", "192.0.2.9", "198.51.100.1", kUdp, 71}).timeout_s, 90U);
}

TEST(Applications, application_protocol_asks_for_its_alg) {
  const Compiled compiled = using_application(
      "set applications application app application-protocol ftp protocol tcp destination-port 2121\n");
  EXPECT_EQ(decide(compiled, {"trust", "untrust", "192.0.2.9", "198.51.100.1", 6, 2121}).alg,
            static_cast<std::uint8_t>(AlgId::ftp));
}

TEST(Applications, sets_of_sets_and_predefined_sets_are_all_their_members) {
  const Compiled compiled = using_application(
      "set applications application custom protocol tcp destination-port 7777\n"
      "set applications application-set app application custom\n"
      "set applications application-set app application-set more\n"
      "set applications application-set more application junos-ssh\n"
      "set applications application-set more application-set junos-cifs\n");
  EXPECT_EQ(from_trust(compiled, 6, 7777), "permit p custom");
  EXPECT_EQ(from_trust(compiled, 6, 22), "permit p junos-ssh");
  EXPECT_EQ(from_trust(compiled, 6, 139), "permit p junos-netbios-session");
  EXPECT_EQ(from_trust(compiled, 6, 445), "permit p junos-smb-session");
  EXPECT_FALSE(permitted(compiled, 6, 80));
}

TEST(Applications, a_predefined_application_may_be_given_another_timeout) {
  const Compiled compiled = using_application(
      "set applications application junos-http protocol tcp destination-port 80 inactivity-timeout 777\n",
      "application junos-http");
  EXPECT_EQ(from_trust(compiled, 6, 80), "permit p junos-http");
  EXPECT_EQ(decide(compiled, {"trust", "untrust", "192.0.2.9", "198.51.100.1", 6, 80}).timeout_s, 777U);
}

TEST(Applications, any_beside_others_is_any) {
  const Compiled compiled = using_application("", "application junos-ssh;application any");
  EXPECT_TRUE(permitted(compiled, kUdp, 9999));
  EXPECT_TRUE(permitted(compiled, 47, 0));
}

TEST(Addresses, any_ipv4_and_any_ipv6_are_one_family_each) {
  const Compiled v4 = must_compile(with(policy_with("p", "source-address any-ipv4")));
  EXPECT_TRUE(permitted(v4, 6, 80));
  EXPECT_EQ(decide(v4, {"trust", "untrust", "2001:db8::1", "2001:db8::2", 6, 80}).policy, kDefaultPolicy);
  const Compiled v6 = must_compile(with(policy_with("p", "source-address any-ipv6")));
  EXPECT_FALSE(permitted(v6, 6, 80));
  EXPECT_EQ(verdict(v6, {"trust", "untrust", "2001:db8::1", "2001:db8::2", 6, 80}), "permit p junos-http");
}

TEST(Addresses, a_zone_may_have_its_book_under_itself) {
  const Compiled compiled =
      must_compile(with("set security zones security-zone trust address-book address me 192.0.2.9/32\n"
                        "set security zones security-zone trust address-book address-set us address me\n" +
                        policy_with("p", "source-address us")));
  EXPECT_TRUE(permitted(compiled, 6, 80));
  EXPECT_FALSE(
      verdict(compiled, {"trust", "untrust", "192.0.2.8", "198.51.100.1", 6, 80}).starts_with("permit"));
}

TEST(Addresses, ipv6_ranges_are_split_too) {
  const Compiled compiled = must_compile(
      with("set security address-book global address r address-range 2001:db8::10 to 2001:db8::20\n" +
           policy_with("p", "source-address r")));
  const auto permits = [&](std::string_view source) {
    return decide(compiled, {"trust", "untrust", source, "2001:db8::1", 6, 80}).action ==
           policy::Action::permit;
  };
  EXPECT_FALSE(permits("2001:db8::f"));
  EXPECT_TRUE(permits("2001:db8::10"));
  EXPECT_TRUE(permits("2001:db8::20"));
  EXPECT_FALSE(permits("2001:db8::21"));
}

}  // namespace
}  // namespace sluice::compile
