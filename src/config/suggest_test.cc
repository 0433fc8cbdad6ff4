// What is offered while a statement is typed: names that are configured, and those that there are anyhow.
#include <gmock/gmock.h>

#include <algorithm>

#include "config/suggest.h"
#include "config/test_schema.h"

namespace sluice::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

constexpr const char* kBase = R"(
system { login { class noc { permissions view; } } ports { ge-0/0/0 { device a; } ge-0/0/7 { device b; } } }
interfaces { ge-0/0/0 { unit 0; unit 10; } ge-0/0/1 { unit 0; } }
security {
    address-book {
        global { address everywhere 10.0.0.0/8; address-set all-of-it { address everywhere; } }
        inside { address host-a 192.0.2.1/32; address host-b 192.0.2.2/32; attach { zone trust; } }
        other { address elsewhere 192.0.2.3/32; }
    }
    zones {
        security-zone trust { description "the office"; }
        security-zone dmz { address-book { address web 192.0.2.9/32; } }
    }
    policies { from-zone trust to-zone dmz { policy a; policy b; policy c; } }
    nat {
        source { pool internet { address 203.0.113.1; } rule-set out { from zone trust; rule r1; rule r2; } }
        destination { pool servers { address 192.0.2.9; } }
    }
}
applications { application own { protocol tcp; } application-set ours { application own; } }
)";

Suggestions offered_by(std::string_view text, Purpose purpose, const Joints& joints = {}) {
  static const Tree tree = parsed(kBase);
  return suggest(tree, text, purpose, joints);
}

std::vector<std::string> texts(const Suggestions& found) {
  std::vector<std::string> all;
  for (const Suggestion& item : found.items) all.push_back(item.text);
  return all;
}

// The names that may be written there.
std::vector<std::string> names(std::string_view text) {
  std::vector<std::string> all;
  for (const Suggestion& item : offered_by(text, Purpose::write).items) {
    if (item.kind == Suggestion::Kind::name) all.push_back(item.text);
  }
  return all;
}

std::string help_of(std::string_view text, std::string_view name) {
  const Suggestions found = offered_by(text, Purpose::write);
  const auto item = std::ranges::find(found.items, name, &Suggestion::text);
  return item == found.items.end() ? "not offered" : item->help;
}

TEST(Suggest, addresses_of_a_policy_are_those_of_its_zones_books_the_global_one_and_any) {
  const std::string policy = "security policies from-zone trust to-zone dmz policy new match ";
  EXPECT_THAT(names(policy + "source-address "),
              ElementsAre("any", "any-ipv4", "any-ipv6", "all-of-it", "everywhere", "host-a", "host-b"));
  EXPECT_THAT(names(policy + "destination-address "),
              ElementsAre("any", "any-ipv4", "any-ipv6", "all-of-it", "everywhere", "web"));
  EXPECT_THAT(names("security policies global policy new match source-address "),
              ElementsAre("any", "any-ipv4", "any-ipv6", "all-of-it", "everywhere"));
  EXPECT_EQ(help_of(policy + "source-address ", "any-ipv4"), "Any IPv4 address");
}

TEST(Suggest, addresses_of_a_set_are_those_of_its_own_book) {
  EXPECT_THAT(names("security address-book inside address-set s address "), ElementsAre("host-a", "host-b"));
  EXPECT_THAT(names("security address-book global address-set s address-set "), ElementsAre("all-of-it"));
  EXPECT_THAT(names("security zones security-zone dmz address-book address-set s address "),
              ElementsAre("web"));
}

TEST(Suggest, applications_are_custom_and_predefined_ones_and_any) {
  const std::string match = "security policies from-zone trust to-zone dmz policy new match application ";
  EXPECT_THAT(names(match),
              IsSupersetOf({"any", "own", "ours", "junos-http", "junos-cifs", "junos-icmp-ping"}));
  EXPECT_THAT(names(match + "junos-htt"), ElementsAre("junos-http", "junos-http-ext", "junos-https"));
  EXPECT_THAT(names(match + "[ own "), Contains("junos-http"));
  EXPECT_THAT(names("applications application-set s application "), Contains("own"));
  EXPECT_THAT(names("applications application-set s application "), Not(Contains("any")));
  EXPECT_THAT(names("security nat source rule-set out rule r1 match application "), Contains("junos-http"));
}

TEST(Suggest, zones_interfaces_classes_and_pools_are_those_that_there_are) {
  EXPECT_THAT(names("security policies from-zone "), ElementsAre("trust", "junos-host", "dmz"));
  EXPECT_EQ(help_of("security policies from-zone ", "dmz"), "Security zones");
  EXPECT_EQ(help_of("security nat source rule-set x from zone ", "trust"), "the office");
  EXPECT_THAT(names("security policies global policy p match from-zone "),
              ElementsAre("any", "junos-host", "dmz", "trust"));
  EXPECT_THAT(names("security zones security-zone dmz interfaces "),
              ElementsAre("ge-0/0/0.0", "ge-0/0/0.10", "ge-0/0/1.0"));
  EXPECT_THAT(names("security nat proxy-arp interface "),
              ElementsAre("ge-0/0/0.0", "ge-0/0/0.10", "ge-0/0/1.0"));
  EXPECT_THAT(names("interfaces "), ElementsAre("ge-0/0/0", "ge-0/0/1", "ge-0/0/7"));
  EXPECT_THAT(names("system login user ann class "),
              ElementsAre("operator", "read-only", "super-user", "unauthorized", "noc"));
  EXPECT_THAT(names("security nat source rule-set out rule r1 then source-nat pool "),
              ElementsAre("internet"));
  EXPECT_THAT(names("security nat destination rule-set in rule r then destination-nat pool "),
              ElementsAre("servers"));
}

TEST(Suggest, what_is_deleted_or_shown_is_what_is_configured) {
  EXPECT_THAT(texts(offered_by("security policies from-zone trust to-zone dmz policy ", Purpose::find)),
              ElementsAre("a", "b", "c"));
  EXPECT_THAT(texts(offered_by("security policies from-zone ", Purpose::find)), ElementsAre("trust"));
  EXPECT_THAT(texts(offered_by("security zones security-zone trust interfaces ", Purpose::find)), IsEmpty());
}

const Joints kMove{{{"after", ""}, {"before", ""}}, Purpose::find};
const Joints kRename{{{"to", ""}}, Purpose::write};

TEST(Suggest, statement_is_moved_beside_another_of_its_kind) {
  const std::string policy = "security policies from-zone trust to-zone dmz policy b ";
  EXPECT_THAT(texts(offered_by(policy, Purpose::find, kMove)), ElementsAre("after", "before"));
  EXPECT_THAT(texts(offered_by(policy + "bef", Purpose::find, kMove)), ElementsAre("before"));
  EXPECT_THAT(texts(offered_by(policy + "before ", Purpose::find, kMove)), ElementsAre("policy"));
  EXPECT_THAT(texts(offered_by(policy + "before policy ", Purpose::find, kMove)), ElementsAre("a", "c"));
  const Suggestions wrong = offered_by(policy + "before policy nosuch ", Purpose::find, kMove);
  ASSERT_TRUE(wrong.error);
  EXPECT_EQ(wrong.error->message, "'nosuch' is not configured");
  EXPECT_THAT(texts(offered_by("security nat source rule-set out rule r1 after rule ", Purpose::find, kMove)),
              ElementsAre("r2"));
  EXPECT_FALSE(offered_by(policy, Purpose::find, kMove).complete);
  EXPECT_TRUE(offered_by(policy + "before policy a ", Purpose::find, kMove).complete);
}

TEST(Suggest, new_name_of_a_statement_is_none_that_is_there) {
  const std::string policy = "security policies from-zone trust to-zone dmz policy b ";
  EXPECT_THAT(texts(offered_by(policy + "to ", Purpose::find, kRename)), ElementsAre("policy"));
  EXPECT_THAT(texts(offered_by(policy + "to policy ", Purpose::find, kRename)), ElementsAre("<name>"));
}

TEST(Suggest, pair_on_one_line_goes_on_beside_itself) {
  const std::string match =
      "security nat destination rule-set in rule r match destination-address 192.0.2.1/32 ";
  EXPECT_THAT(texts(offered_by(match, Purpose::write)), IsSupersetOf({"destination-port", "protocol"}));
  EXPECT_THAT(texts(offered_by(match, Purpose::write)), Not(Contains("<dst-addr>")));
  EXPECT_THAT(texts(offered_by(match + "destination-port ", Purpose::write)), Contains("<name>"));
}

}  // namespace
}  // namespace sluice::config
