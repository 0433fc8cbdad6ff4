#include "dataplane/policy/policy.h"

#include <gmock/gmock.h>

#include <cstring>

#include "dataplane/policy/random_policies.h"
#include "dataplane/port/eal.h"

namespace sluice::policy {

void PrintTo(const Decision& d, std::ostream* out) {
  *out << "policy " << d.policy.value << " application " << d.application.value << " action "
       << static_cast<int>(d.action) << " alg " << static_cast<int>(d.alg) << " timeout " << d.timeout_s;
}

namespace {

constexpr ZoneId kTrust{8};
constexpr ZoneId kUntrust{9};

AppId id_of(const std::string& name) {
  for (const Application& application : predefined_applications()) {
    if (application.name == name) return application.id;
  }
  ADD_FAILURE() << "no application " << name;
  return kNoApp;
}

AddressMatch any() {
  AddressMatch match;
  match.any = true;
  return match;
}

AddressMatch listed(std::initializer_list<const char*> prefixes) {
  AddressMatch match;
  for (const char* prefix : prefixes) match.prefixes.push_back(*packet::parse_prefix(prefix));
  return match;
}

AddressMatch all_but(std::initializer_list<const char*> prefixes) {
  AddressMatch match = listed(prefixes);
  match.excluded = true;
  return match;
}

Policy permit(std::uint16_t id, AddressMatch source, AddressMatch destination,
              std::vector<AppId> applications = {}) {
  Policy policy;
  policy.id = PolicyId{id};
  policy.name = "p" + std::to_string(id);
  policy.path = "security policies from-zone trust to-zone untrust policy " + policy.name;
  policy.from_zone = kTrust;
  policy.to_zone = kUntrust;
  policy.action = Action::permit;
  policy.source = std::move(source);
  policy.destination = std::move(destination);
  policy.applications = std::move(applications);
  return policy;
}

Policy global(Policy policy) {
  policy.from_zone = kNullZone;
  policy.to_zone = kNullZone;
  return policy;
}

Definition with(std::vector<Policy> policies) {
  Definition definition;
  definition.policies = std::move(policies);
  definition.applications = predefined_applications();
  return definition;
}

template <class Address>
Query<Address> packet_between(const char* source, const char* destination, std::uint8_t protocol,
                              std::uint16_t port) {
  Query<Address> query{};
  query.from_zone = kTrust;
  query.to_zone = kUntrust;
  std::memcpy(&query.source, packet::parse_address(source)->bytes.data(), sizeof query.source);
  std::memcpy(&query.destination, packet::parse_address(destination)->bytes.data(), sizeof query.destination);
  query.protocol = protocol;
  query.source_port = 40000;
  query.destination_port = port;
  return query;
}

Query4 tcp(const char* source, const char* destination, std::uint16_t port) {
  return packet_between<Address4>(source, destination, 6, port);
}
Query6 tcp6(const char* source, const char* destination, std::uint16_t port) {
  return packet_between<Address6>(source, destination, 6, port);
}

class PolicyTable : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const Status started = port::start_eal();
    ASSERT_TRUE(started) << started.error().text();
  }

  static std::unique_ptr<Table> compiled(const Definition& definition) {
    auto table = Table::compile(definition);
    if (!table) {
      ADD_FAILURE() << table.error().text();
      return Table::compile({}).value();
    }
    return std::move(*table);
  }

  // What the table says; the oracle must say the same.
  template <class Address>
  static Decision decide(const Table& table, const Query<Address>& query) {
    Decision decision;
    table.match(std::span(&query, 1), std::span(&decision, 1));
    EXPECT_EQ(decision, first_match(table.definition(), query));
    return decision;
  }

  static std::string error_of(const Definition& definition) {
    const auto table = Table::compile(definition);
    return table ? "no error" : table.error().text();
  }
};

TEST_F(PolicyTable, with_no_policy_the_default_policy_denies) {
  const auto table = compiled(with({}));
  const Decision decision = decide(*table, tcp("10.0.0.1", "192.0.2.1", 22));
  EXPECT_EQ(decision.policy, kDefaultPolicy);
  EXPECT_EQ(decision.action, Action::deny);
  EXPECT_EQ(decision.application, id_of("junos-ssh"));
}

TEST_F(PolicyTable, default_policy_permit_all_permits_and_logs_when_told_to) {
  Definition definition = with({});
  definition.default_action = Action::permit;
  definition.log_default = true;
  const Decision decision = decide(*compiled(definition), tcp("10.0.0.1", "192.0.2.1", 80));
  EXPECT_EQ(decision.action, Action::permit);
  EXPECT_TRUE(decision.log_init);
  EXPECT_EQ(decision.timeout_s, 300U);
}

TEST_F(PolicyTable, the_first_policy_that_matches_decides) {
  Policy deny = permit(4, listed({"10.0.0.0/24"}), any());
  deny.action = Action::reject;
  const auto table = compiled(with({deny, permit(5, listed({"10.0.0.0/8"}), any())}));
  EXPECT_EQ(decide(*table, tcp("10.0.0.9", "192.0.2.1", 80)).action, Action::reject);
  EXPECT_EQ(decide(*table, tcp("10.0.1.9", "192.0.2.1", 80)).action, Action::permit);
  EXPECT_EQ(decide(*table, tcp("11.0.1.9", "192.0.2.1", 80)).policy, kDefaultPolicy);
}

TEST_F(PolicyTable, a_policy_decides_only_in_its_own_zone_pair_and_direction) {
  const auto table = compiled(with({permit(4, any(), any())}));
  Query4 query = tcp("10.0.0.1", "192.0.2.1", 80);
  EXPECT_EQ(decide(*table, query).action, Action::permit);
  std::swap(query.from_zone, query.to_zone);
  EXPECT_EQ(decide(*table, query).action, Action::deny);
}

TEST_F(PolicyTable, global_policies_come_after_those_of_the_zone_pair_wherever_they_are_listed) {
  Policy first = global(permit(4, any(), any()));
  first.action = Action::deny;
  const auto table = compiled(with({first, permit(5, listed({"10.0.0.0/8"}), any())}));
  EXPECT_EQ(decide(*table, tcp("10.0.0.1", "192.0.2.1", 80)).policy, PolicyId{5});
  EXPECT_EQ(decide(*table, tcp("11.0.0.1", "192.0.2.1", 80)).policy, PolicyId{4});
}

TEST_F(PolicyTable, a_global_policy_with_listed_zones_matches_only_those) {
  Policy policy = global(permit(4, any(), any()));
  policy.global_from = {kTrust, ZoneId{12}};
  const auto table = compiled(with({policy}));
  Query4 query = tcp("10.0.0.1", "192.0.2.1", 80);
  query.to_zone = ZoneId{77};
  EXPECT_EQ(decide(*table, query).policy, PolicyId{4});
  query.from_zone = ZoneId{12};
  EXPECT_EQ(decide(*table, query).policy, PolicyId{4});
  query.from_zone = kUntrust;
  EXPECT_EQ(decide(*table, query).policy, kDefaultPolicy);
}

TEST_F(PolicyTable, a_disabled_policy_is_passed_over) {
  Policy policy = permit(4, any(), any());
  policy.enabled = false;
  const auto table = compiled(with({policy}));
  EXPECT_EQ(decide(*table, tcp("10.0.0.1", "192.0.2.1", 80)).policy, kDefaultPolicy);
  EXPECT_FALSE(table->permits(PolicyId{4}, tcp("10.0.0.1", "192.0.2.1", 80)));
}

TEST_F(PolicyTable, excluded_addresses_match_everything_else_of_both_families) {
  const auto table = compiled(with({permit(4, all_but({"10.0.0.0/8", "2001:db8::/32"}), any())}));
  EXPECT_EQ(decide(*table, tcp("10.1.2.3", "192.0.2.1", 80)).action, Action::deny);
  EXPECT_EQ(decide(*table, tcp("11.1.2.3", "192.0.2.1", 80)).action, Action::permit);
  EXPECT_EQ(decide(*table, tcp6("2001:db8::1", "2001:db8::2", 80)).action, Action::deny);
  EXPECT_EQ(decide(*table, tcp6("2001:db9::1", "2001:db8::2", 80)).action, Action::permit);
}

TEST_F(PolicyTable, a_policy_of_ipv4_addresses_matches_no_ipv6_packet) {
  const auto table = compiled(with({permit(4, listed({"0.0.0.0/0"}), any())}));
  EXPECT_EQ(decide(*table, tcp("10.1.2.3", "192.0.2.1", 80)).policy, PolicyId{4});
  EXPECT_EQ(decide(*table, tcp6("2001:db8::1", "2001:db8::2", 80)).policy, kDefaultPolicy);
}

TEST_F(PolicyTable, an_empty_address_set_matches_nothing) {
  const auto table = compiled(with({permit(4, listed({}), any())}));
  EXPECT_EQ(decide(*table, tcp("10.1.2.3", "192.0.2.1", 80)).policy, kDefaultPolicy);
}

TEST_F(PolicyTable, of_several_listed_applications_the_first_that_matches_is_named) {
  const AppId any_tcp = id_of("junos-tcp-any");
  const AppId ssh = id_of("junos-ssh");
  const auto table = compiled(with({permit(4, listed({"10.0.0.1/32"}), any(), {ssh, any_tcp}),
                                    permit(5, listed({"10.0.0.2/32"}), any(), {any_tcp, ssh})}));
  EXPECT_EQ(decide(*table, tcp("10.0.0.1", "192.0.2.1", 22)).application, ssh);
  EXPECT_EQ(decide(*table, tcp("10.0.0.1", "192.0.2.1", 23)).application, any_tcp);
  EXPECT_EQ(decide(*table, tcp("10.0.0.2", "192.0.2.1", 22)).application, any_tcp);
}

TEST_F(PolicyTable, policy_application_any_names_the_service_of_the_port) {
  const auto table = compiled(with({permit(4, any(), any())}));
  const Decision ftp = decide(*table, tcp("10.0.0.1", "192.0.2.1", 21));
  EXPECT_EQ(ftp.application, id_of("junos-ftp"));
  EXPECT_EQ(ftp.alg, static_cast<std::uint8_t>(AlgId::ftp));
  EXPECT_EQ(decide(*table, tcp("10.0.0.1", "192.0.2.1", 4444)).application, kNoApp);
  EXPECT_EQ(decide(*table, packet_between<Address4>("10.0.0.1", "192.0.2.1", 47, 0)).application,
            id_of("junos-gre"));
}

TEST_F(PolicyTable, icmp_is_matched_by_type_and_code_and_never_by_source_port) {
  Definition definition = with({permit(4, any(), any(), {id_of("junos-ping")})});
  const auto table = compiled(definition);
  EXPECT_EQ(decide(*table, packet_between<Address4>("10.0.0.1", "192.0.2.1", 1, 8 * 256)).policy,
            PolicyId{4});
  EXPECT_EQ(decide(*table, packet_between<Address4>("10.0.0.1", "192.0.2.1", 1, 13 * 256)).policy,
            kDefaultPolicy);

  Application custom{.id = AppId{1000},
                     .name = "echo",
                     .terms = {{.protocol = 1, .source = {1, 2}, .destination = {2048, 2048}}}};
  definition.applications.push_back(custom);
  definition.policies[0].applications = {custom.id};
  EXPECT_EQ(decide(*compiled(definition), packet_between<Address4>("10.0.0.1", "192.0.2.1", 1, 2048)).policy,
            PolicyId{4});
}

TEST_F(PolicyTable, an_application_of_an_rpc_program_alone_permits_no_first_packet) {
  const auto table = compiled(with({permit(4, any(), any(), {id_of("junos-sun-rpc-nfs-tcp")})}));
  EXPECT_EQ(decide(*table, tcp("10.0.0.1", "192.0.2.1", 111)).policy, kDefaultPolicy);
}

TEST_F(PolicyTable, h323_asks_for_the_gateway_of_the_port_that_matched) {
  const auto table = compiled(with({permit(4, any(), any(), {id_of("junos-h323")})}));
  EXPECT_EQ(decide(*table, tcp("10.0.0.1", "192.0.2.1", 1720)).alg, static_cast<std::uint8_t>(AlgId::q931));
  EXPECT_EQ(decide(*table, packet_between<Address4>("10.0.0.1", "192.0.2.1", 17, 1719)).alg,
            static_cast<std::uint8_t>(AlgId::ras));
  EXPECT_EQ(decide(*table, tcp("10.0.0.1", "192.0.2.1", 522)).alg, 0);
}

TEST_F(PolicyTable, timeouts_come_from_the_application_then_the_port_then_the_protocol) {
  Definition definition = with({});
  Application web{.id = AppId{1000},
                  .name = "web",
                  .inactivity_timeout_s = 40,
                  .terms = {{.protocol = 6, .source = {}, .destination = {80, 80}}}};
  Application slow = web;
  slow.id = AppId{1001};
  slow.name = "slow";
  slow.inactivity_timeout_s = 0;
  definition.applications.push_back(web);
  definition.applications.push_back(slow);
  const auto table = compiled(definition);
  EXPECT_EQ(table->timeout_s(web.id, 6, 80), 40U) << "as set on the application";
  EXPECT_EQ(table->timeout_s(id_of("junos-http"), 6, 8080), 300U) << "the predefined application's default";
  EXPECT_EQ(table->timeout_s(slow.id, 6, 80), 300U) << "that of the port";
  EXPECT_EQ(table->timeout_s(kNoApp, 6, 80), 300U) << "policy application any starts at the port";
  EXPECT_EQ(table->timeout_s(slow.id, 6, 81), 1800U) << "TCP";
  EXPECT_EQ(table->timeout_s(kNoApp, 17, 80), 60U) << "UDP";
  EXPECT_EQ(table->timeout_s(kNoApp, 1, 2048), 60U) << "ICMP";
  EXPECT_EQ(table->timeout_s(kNoApp, 58, 0x8000), 60U) << "ICMPv6";
  EXPECT_EQ(table->timeout_s(kNoApp, 89, 0), 60U) << "OSPF";
  EXPECT_EQ(table->timeout_s(kNoApp, 50, 0), 1800U) << "others";
}

TEST_F(PolicyTable, a_changed_timeout_of_a_predefined_application_holds_for_its_port) {
  Definition definition = with({permit(4, any(), any())});
  definition.applications[id_of("junos-http").value - 1].inactivity_timeout_s = 77;
  EXPECT_EQ(decide(*compiled(definition), tcp("10.0.0.1", "192.0.2.1", 80)).timeout_s, 77U);
}

TEST_F(PolicyTable, a_policy_asked_alone_permits_only_what_it_matches) {
  Policy reject = permit(6, any(), any());
  reject.action = Action::reject;
  const auto table =
      compiled(with({permit(4, any(), any()), permit(5, listed({"10.0.0.0/8"}), any()), reject}));
  EXPECT_TRUE(table->permits(PolicyId{5}, tcp("10.0.0.1", "192.0.2.1", 80)))
      << "though policy 4 is before it";
  EXPECT_FALSE(table->permits(PolicyId{5}, tcp("11.0.0.1", "192.0.2.1", 80)));
  EXPECT_FALSE(table->permits(PolicyId{6}, tcp("10.0.0.1", "192.0.2.1", 80)));
  EXPECT_FALSE(table->permits(PolicyId{99}, tcp("10.0.0.1", "192.0.2.1", 80))) << "a deleted policy";
  EXPECT_FALSE(table->permits(kDefaultPolicy, tcp("10.0.0.1", "192.0.2.1", 80)));
}

TEST_F(PolicyTable, policies_and_applications_are_found_by_id_and_unknown_ids_are_not) {
  const auto table = compiled(with({permit(4, any(), any())}));
  ASSERT_NE(table->find(PolicyId{4}), nullptr);
  EXPECT_EQ(table->find(PolicyId{4})->name, "p4");
  EXPECT_EQ(table->find(PolicyId{5}), nullptr);
  ASSERT_NE(table->find(id_of("junos-ssh")), nullptr);
  EXPECT_EQ(table->find(id_of("junos-ssh"))->name, "junos-ssh");
  EXPECT_EQ(table->find(AppId{60000}), nullptr);
  EXPECT_EQ(table->by_port(17, 53), id_of("junos-dns-udp"));
  EXPECT_EQ(table->by_port(6, 40000), kNoApp);
}

TEST_F(PolicyTable, the_old_table_still_decides_while_the_new_one_is_in_use) {
  auto old_table = compiled(with({permit(4, any(), any())}));
  const auto new_table = compiled(with({}));
  EXPECT_EQ(decide(*old_table, tcp("10.0.0.1", "192.0.2.1", 80)).policy, PolicyId{4});
  EXPECT_EQ(decide(*new_table, tcp("10.0.0.1", "192.0.2.1", 80)).policy, kDefaultPolicy);
  old_table.reset();
  EXPECT_EQ(decide(*new_table, tcp("10.0.0.1", "192.0.2.1", 80)).policy, kDefaultPolicy);
}

TEST_F(PolicyTable, a_definition_that_contradicts_itself_is_refused_where_it_does) {
  const std::string path = "security policies from-zone trust to-zone untrust policy p4: ";
  Definition definition = with({permit(4, any(), any(), {AppId{9999}})});
  EXPECT_EQ(error_of(definition), path + "it names application number 9999, which is not defined");

  definition = with({permit(4, any(), any()), permit(4, any(), any())});
  EXPECT_EQ(error_of(definition), path + "its index 4 belongs to another policy");

  definition = with({permit(4, any(), any())});
  definition.policies[0].id = kDefaultPolicy;
  EXPECT_EQ(error_of(definition), path + "its index 2 is reserved; the first is 4");

  definition = with({permit(4, any(), any())});
  definition.policies[0].to_zone = kNullZone;
  EXPECT_EQ(error_of(definition),
            path + "a policy needs both a from-zone and a to-zone, or neither if it is global");

  definition = with({permit(4, any(), any())});
  definition.policies[0].source.excluded = true;
  EXPECT_EQ(error_of(definition), path + "source addresses exclude any address, so nothing could match");

  definition = with({permit(4, any(), any())});
  definition.policies[0].destination = listed({"10.0.0.0/8"});
  definition.policies[0].destination.prefixes[0].address.bytes[3] = 1;
  EXPECT_EQ(error_of(definition), path + "destination prefix 10.0.0.1/8 has bits set beyond its length");
}

TEST_F(PolicyTable, an_impossible_application_is_refused_by_name) {
  Definition definition = with({});
  definition.applications.push_back(
      {.id = AppId{1000}, .name = "mine", .terms = {{.protocol = 6, .source = {}, .destination = {9, 8}}}});
  EXPECT_EQ(error_of(definition),
            "applications application mine: port range 9-8 runs backwards: the low port comes first");
  definition.applications.back().terms[0] = {.protocol = 0, .source = {}, .destination = {80, 80}};
  EXPECT_EQ(error_of(definition),
            "applications application mine: ports need a protocol that has them, such as tcp or udp");
  definition.applications.back().id = AppId{1};
  definition.applications.back().terms.clear();
  EXPECT_EQ(error_of(definition),
            "applications application mine: its number 1 belongs to another application");
}

TEST_F(PolicyTable, large_address_sets_that_overlap_in_every_way_are_compiled_too) {
  // The even, the odd, and every third of 600 hosts against each other, with 200 policies of pairs.
  Definition definition = with({});
  const auto hosts = [](std::uint32_t first, std::uint32_t step) {
    AddressMatch match;
    for (std::uint32_t i = first; i < 600; i += step) {
      match.prefixes.push_back({packet::IpAddress::v4(0x0a000000U + i), 32});
    }
    return match;
  };
  for (std::uint16_t i = 0; i < 200; ++i) {
    definition.policies.push_back(
        permit(static_cast<std::uint16_t>(10 + i), hosts(3U * i, 1000), hosts(2U * i, 1000)));
  }
  definition.policies.push_back(permit(4, hosts(0, 2), hosts(1, 2)));
  definition.policies.push_back(permit(5, hosts(0, 3), hosts(0, 2)));
  const auto table = compiled(definition);
  EXPECT_EQ(decide(*table, tcp("10.0.0.4", "10.0.0.5", 80)).policy, PolicyId{4});
  EXPECT_EQ(decide(*table, tcp("10.0.0.9", "10.0.0.100", 80)).policy, PolicyId{5});
  EXPECT_EQ(decide(*table, tcp("10.0.0.9", "10.0.0.6", 80)).policy, PolicyId{13});
  EXPECT_EQ(decide(*table, tcp("10.0.0.5", "10.0.0.6", 80)).policy, kDefaultPolicy);
}

// The promise of the room: the compiled table and the plain oracle never disagree.
template <class Address>
void expect_agreement(const Table& table, const std::vector<Query<Address>>& queries) {
  std::vector<Decision> decisions(queries.size());
  table.match(queries, decisions);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    ASSERT_EQ(decisions[i], first_match(table.definition(), queries[i])) << "query " << i;
  }
}

TEST_F(PolicyTable, random_rule_sets_match_as_trying_every_policy_in_order_does) {
  constexpr int kRuleSets = 1500;
  for (std::uint32_t seed = 1; seed <= kRuleSets; ++seed) {
    testing::RandomPolicies random(seed);
    // Most are small, where edges are met often; some have more policies in a zone pair than a word has bits.
    const Definition definition = random.definition(seed % 500 == 0 ? 1500 : seed % 50 == 0 ? 80 : 8);
    const auto table = compiled(definition);
    std::vector<Query4> inet(1 + random.below(140));  // several chunks, and a short one
    for (Query4& query : inet) query = random.query4(definition);
    std::vector<Query6> inet6(1 + random.below(140));
    for (Query6& query : inet6) query = random.query6(definition);
    expect_agreement(*table, inet);
    expect_agreement(*table, inet6);
    for (const Query4& query : inet) {
      const Decision decision = first_match(definition, query);
      ASSERT_EQ(table->permits(decision.policy, query), decision.action == Action::permit);
    }
    ASSERT_FALSE(HasFailure()) << "rule set " << seed;
  }
}

TEST_F(PolicyTable, all_that_match_are_those_that_decide_once_the_ones_before_are_gone) {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    testing::RandomPolicies random(seed);
    const Definition definition = random.definition(12);
    const auto table = compiled(definition);
    for (int i = 0; i < 20; ++i) {
      const Query4 query = random.query4(definition);
      Definition left = definition;
      for (const PolicyId id : table->all_matches(query)) {
        ASSERT_EQ(first_match(left, query).policy, id) << "rule set " << seed;
        std::erase_if(left.policies, [id](const Policy& policy) { return policy.id == id; });
      }
      ASSERT_EQ(first_match(left, query).policy, kDefaultPolicy) << "rule set " << seed;
    }
  }
}

}  // namespace
}  // namespace sluice::policy
