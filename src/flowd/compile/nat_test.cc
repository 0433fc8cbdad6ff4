// `security nat`, from set commands to tables.
#include <gmock/gmock.h>

#include "flowd/compile/test_compile.h"

namespace sluice::compile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kOut = R"(
set security nat source rule-set out from zone trust
set security nat source rule-set out to zone untrust
set security nat source rule-set out rule all match source-address 192.0.2.0/24
)";

std::string out_with(std::string_view commands) {
  return with(std::string(kOut).append(commands));
}

const nat::Definition& definition_of(const Compiled& compiled) {
  return compiled.snapshot.nat->definition();
}

std::string ranges(const std::vector<match::AddressRange>& all) {
  std::string text;
  for (const match::AddressRange& range : all) {
    text += (text.empty() ? "" : " ") + packet::to_string(range.low) + "-" + packet::to_string(range.high);
  }
  return text;
}

TEST(CompileNat, without_statements_there_is_no_table) {
  EXPECT_EQ(must_compile(kTwoZones).snapshot.nat, nullptr);
}

TEST(CompileNat, interface_source_nat) {
  const Compiled compiled =
      must_compile(out_with("set security nat source rule-set out rule all then source-nat interface\n"));
  const nat::RuleSet& set = definition_of(compiled).source.at(0);
  EXPECT_THAT(set.from.zones, ElementsAre(find_zone(compiled, "trust")->id));
  EXPECT_THAT(set.to.zones, ElementsAre(find_zone(compiled, "untrust")->id));
  const nat::Rule& rule = set.rules.at(0);
  EXPECT_EQ(rule.action, nat::Action::interface);
  EXPECT_EQ(packet::to_string(rule.source.prefixes.at(0)), "192.0.2.0/24");
  EXPECT_TRUE(rule.destination.any);
  std::uint32_t address = 0;
  EXPECT_TRUE(compiled.snapshot.nat->interface_address(find_interface(compiled, "ge-0/0/0.0")->id, address));
  EXPECT_EQ(packet::to_string(packet::to_address(address)), "203.0.113.2");
  const auto& name = compiled.snapshot.names->nat_rule.at(rule.id.value);
  EXPECT_EQ(name.type + " " + name.name, "source rule all");
}

TEST(CompileNat, a_source_pool_and_all_that_it_says) {
  const Compiled compiled = must_compile(out_with(R"(
set security nat source pool p address 203.0.113.16/28
set security nat source pool p address 203.0.113.40/32 to 203.0.113.49/32
set security nat source pool p port range 2000 to 3000
set security nat source pool p address-pooling paired
set security nat source pool p overflow-pool q
set security nat source pool q address 203.0.113.60/32
set security nat source pool q overflow-pool interface
set security nat source pool r address 203.0.113.64/28
set security nat source pool r port no-translation
set security nat source pool r host-address-base 192.0.2.16/32
set security nat source address-persistent
set security nat source rule-set out rule all then source-nat pool p
)"));
  const nat::Definition& nat = definition_of(compiled);
  const nat::SourcePool& p = nat.source_pools.at(0);
  EXPECT_EQ(ranges(p.addresses), "203.0.113.16-203.0.113.31 203.0.113.40-203.0.113.49");
  EXPECT_EQ(p.ports, (match::PortRange{2000, 3000}));
  EXPECT_TRUE(p.paired);
  EXPECT_EQ(p.overflow, nat.source_pools.at(1).id);
  EXPECT_TRUE(nat.source_pools.at(1).overflow_interface);
  EXPECT_FALSE(nat.source_pools.at(2).translate_ports);
  EXPECT_EQ(packet::to_string(nat.source_pools.at(2).base), "192.0.2.16");
  EXPECT_TRUE(nat.address_persistent);
  EXPECT_EQ(nat.source.at(0).rules.at(0).pool, p.id);
  EXPECT_EQ(compiled.snapshot.names->nat_pool.at(p.id.value), "p");
}

TEST(CompileNat, matches_by_name_port_protocol_and_application) {
  const Compiled compiled = must_compile(out_with(R"(
set security address-book global address servers 198.51.100.0/24
set security nat source rule-set out rule all match destination-address-name servers
set security nat source rule-set out rule all match destination-port 80 to 90
set security nat source rule-set out rule all match source-port 1024
set security nat source rule-set out rule all then source-nat off
set security nat source rule-set out rule web match application junos-http
set security nat source rule-set out rule web then source-nat interface
set security nat source rule-set out rule gre match protocol gre
set security nat source rule-set out rule gre then source-nat interface
)"));
  const auto& rules = definition_of(compiled).source.at(0).rules;
  EXPECT_EQ(packet::to_string(rules.at(0).destination.prefixes.at(0)), "198.51.100.0/24");
  EXPECT_THAT(rules.at(0).terms,
              ElementsAre(nat::Term{6, {1024, 1024}, {80, 90}}, nat::Term{17, {1024, 1024}, {80, 90}}));
  EXPECT_THAT(rules.at(1).terms, ElementsAre(nat::Term{6, {}, {80, 80}}));
  EXPECT_THAT(rules.at(2).terms, ElementsAre(nat::Term{47, {}, {}}));
}

TEST(CompileNat, destination_nat) {
  const Compiled tree = must_compile(with(R"(
set security nat destination pool web address 192.0.2.80/32 port 8080
set security nat destination rule-set in from interface ge-0/0/0.0
set security nat destination rule-set in rule r match destination-address 203.0.113.2/32
set security nat destination rule-set in rule r match destination-port 80
set security nat destination rule-set in rule r match protocol tcp
set security nat destination rule-set in rule r then destination-nat pool web
)"));
  const nat::Definition& nat = definition_of(tree);
  EXPECT_EQ(nat.destination_pools.at(0).port, 8080);
  EXPECT_EQ(ranges(nat.destination_pools.at(0).addresses), "192.0.2.80-192.0.2.80");
  EXPECT_THAT(nat.destination.at(0).from.interfaces, ElementsAre(find_interface(tree, "ge-0/0/0.0")->id));
  EXPECT_THAT(nat.destination.at(0).rules.at(0).terms, ElementsAre(nat::Term{6, {}, {80, 80}}));
}

TEST(CompileNat, static_nat_with_and_without_ports) {
  const Compiled compiled = must_compile(with(R"(
set security nat static rule-set s from routing-instance default
set security nat static rule-set s rule net match destination-address 203.0.113.16/28
set security nat static rule-set s rule net then static-nat prefix 192.0.2.16/28
set security nat static rule-set s rule web match destination-address 203.0.113.2/32
set security nat static rule-set s rule web match destination-port 80 to 81
set security nat static rule-set s rule web then static-nat prefix 192.0.2.80/32
set security nat static rule-set s rule web then static-nat prefix mapped-port 8080 to 8081
)"));
  const nat::RuleSet& set = definition_of(compiled).static_nat.at(0);
  EXPECT_EQ(set.from, nat::Side{});
  EXPECT_EQ(packet::to_string(set.rules.at(0).mapped), "192.0.2.16/28");
  EXPECT_EQ(set.rules.at(1).ports, (match::PortRange{80, 81}));
  EXPECT_EQ(set.rules.at(1).mapped_ports, (match::PortRange{8080, 8081}));
}

TEST(CompileNat, static_nat_to_the_embedded_ipv4_address) {
  const Compiled compiled = must_compile(with(R"(
set security nat static rule-set s from zone untrust
set security nat static rule-set s rule six match destination-address 64:ff9b::/96
set security nat static rule-set s rule six then static-nat inet
)"));
  const nat::Rule& rule = definition_of(compiled).static_nat.at(0).rules.at(0);
  EXPECT_EQ(rule.action, nat::Action::inet);
  EXPECT_EQ(packet::to_string(rule.destination.prefixes.at(0)), "64:ff9b::/96");
}

TEST(CompileNat, a_number_stays_with_its_name_and_the_table_with_its_definition) {
  const std::string text =
      out_with("set security nat source rule-set out rule all then source-nat interface\n");
  const Compiled first = must_compile(text);
  const Compiled second = must_compile(text, first.ids, {.nat = first.snapshot.nat});
  EXPECT_EQ(second.snapshot.nat, first.snapshot.nat);
  const std::string more = text + "set security nat source rule-set out rule more then source-nat off\n";
  const Compiled third = must_compile(more, first.ids, {.nat = first.snapshot.nat});
  EXPECT_EQ(definition_of(third).source.at(0).rules.at(0).id,
            definition_of(first).source.at(0).rules.at(0).id);
}

TEST(CompileNat, ports_are_divided_among_the_workers_that_run) {
  const std::string text = out_with(
      "set system flow workers 2\nset security nat source rule-set out rule all then source-nat interface\n");
  EXPECT_EQ(definition_of(must_compile(text)).workers, 2);
  EXPECT_EQ(definition_of(must_compile(text, {}, {.workers = 4})).workers, 4);
}

TEST(CompileNat, persistent_nat_and_all_that_it_says) {
  const Compiled compiled = must_compile(out_with(R"(
set security nat source pool p address 203.0.113.16/28
set security nat source rule-set out rule all then source-nat pool p
set security nat source rule-set out rule all then source-nat pool p persistent-nat permit target-host-port
set security nat source rule-set out rule all then source-nat pool p persistent-nat address-mapping
set security nat source rule-set out rule all then source-nat pool p persistent-nat inactivity-timeout 7200
set security nat source rule-set out rule all then source-nat pool p persistent-nat max-session-number 65536
set security nat source rule-set out rule usual then source-nat interface persistent-nat permit any-remote-host
set security nat source rule-set out rule host then source-nat interface persistent-nat permit target-host
set security nat source rule-set out rule none then source-nat interface
)"));
  const auto& rules = definition_of(compiled).source.at(0).rules;
  using nat::Permit;
  EXPECT_EQ(rules.at(0).persistence, (nat::Persistence{Permit::target_host_port, 7200, 65536, true}));
  EXPECT_EQ(rules.at(1).persistence, (nat::Persistence{Permit::any_remote_host, 300, 30, false}));
  EXPECT_EQ(rules.at(2).persistence, (nat::Persistence{Permit::target_host, 300, 30, false}));
  EXPECT_EQ(rules.at(3).persistence, std::nullopt);
  EXPECT_NE(compiled.snapshot.nat->bindings(), nullptr);
}

TEST(CompileNat, bindings_go_on_from_table_to_table) {
  const std::string persistent = out_with(
      "set security nat source rule-set out rule all then source-nat interface persistent-nat permit "
      "any-remote-host\n");
  const Compiled first = must_compile(persistent);
  const Compiled second =
      must_compile(out_with("set security nat source rule-set out rule all then source-nat interface\n"),
                   first.ids, {.nat = first.snapshot.nat});
  EXPECT_NE(second.snapshot.nat, first.snapshot.nat);
  EXPECT_EQ(second.snapshot.nat->bindings(), first.snapshot.nat->bindings());
}

TEST(CompileNat, blocks_of_ports_and_all_that_they_say) {
  const Compiled compiled = must_compile(out_with(R"(
set security nat source pool p address 203.0.113.16/28
set security nat source pool p port range 2000 to 3000
set security nat source pool p port block-allocation block-size 100
set security nat source pool p port block-allocation maximum-blocks-per-host 3
set security nat source pool p port block-allocation active-block-timeout 120
set security nat source pool p port block-allocation last-block-recycle-timeout 300
set security nat source pool p port block-allocation interim-logging-interval 1800
set security nat source pool p port block-allocation log disable
set security nat source pool q address 203.0.113.32/32
set security nat source pool q port block-allocation
set security nat source pool d address 203.0.113.33/32
set security nat source pool d port deterministic host address 10.0.0.0/25
set security nat source pool e address 203.0.113.34/32
set security nat source pool e port deterministic block-size 1000
set security nat source pool e port deterministic host address 10.1.0.0/26
set security nat source pool e pool-utilization-alarm raise-threshold 90 clear-threshold 50
set security nat source pool-utilization-alarm raise-threshold 80
set security nat source rule-set out rule all then source-nat pool p
)"));
  const auto& pools = definition_of(compiled).source_pools;
  EXPECT_EQ(pools.at(0).blocks, (nat::BlockAllocation{100, 3, 120, 300, 1800, false}));
  EXPECT_EQ(pools.at(0).ports, (match::PortRange{2000, 3000}));
  EXPECT_EQ(pools.at(1).blocks, nat::BlockAllocation{});
  EXPECT_EQ(pools.at(1).blocks->size, 128);
  EXPECT_EQ(pools.at(2).deterministic->size, 256);
  EXPECT_EQ(packet::to_string(pools.at(2).deterministic->hosts), "10.0.0.0/25");
  EXPECT_EQ(pools.at(3).deterministic->size, 1000);
  EXPECT_EQ(pools.at(3).alarm, (nat::PoolAlarm{90, 50}));
  EXPECT_EQ(pools.at(0).alarm, (nat::PoolAlarm{80, 64}))
      << "unless it is said, cleared at 80 percent of that";
  EXPECT_NE(compiled.snapshot.nat->blocks(), nullptr);
}

TEST(CompileNat, blocks_go_on_from_table_to_table) {
  const std::string pool = out_with(
      "set security nat source pool p address 203.0.113.16/28\n"
      "set security nat source rule-set out rule all then source-nat pool p\n");
  const Compiled first =
      must_compile(pool + "set security nat source pool p port block-allocation block-size 64\n");
  const Compiled second = must_compile(pool, first.ids, {.nat = first.snapshot.nat});
  EXPECT_NE(second.snapshot.nat, first.snapshot.nat);
  EXPECT_EQ(second.snapshot.nat->blocks(), first.snapshot.nat->blocks());
}

// --- what is refused

TEST(CompileNat, blocks_beyond_their_limits) {
  const auto refused = [](const char* statement) {
    return error_of(
        out_with(std::string("set security nat source pool p address 203.0.113.16/28\n"
                             "set security nat source rule-set out rule all then source-nat pool p\n"
                             "set security nat source pool p ") +
                 statement + "\n"));
  };
  EXPECT_THAT(refused("port block-allocation block-size 0"), HasSubstr("1 to 64512"));
  EXPECT_THAT(refused("port block-allocation block-size 64513"), HasSubstr("1 to 64512"));
  EXPECT_THAT(refused("port block-allocation maximum-blocks-per-host 513"), HasSubstr("1 to 512"));
  EXPECT_THAT(refused("port block-allocation active-block-timeout 119"), HasSubstr("120 to 86400"));
  EXPECT_THAT(refused("port block-allocation interim-logging-interval 1799"), HasSubstr("1800 to 86400"));
  EXPECT_THAT(refused("pool-utilization-alarm raise-threshold 49"), HasSubstr("50 to 100"));
  EXPECT_THAT(refused("pool-utilization-alarm raise-threshold 60 clear-threshold 61"),
              HasSubstr("the alarm is cleared at no more than what raises it"));
  EXPECT_THAT(refused("port deterministic block-size 100"), HasSubstr("address"));
}

TEST(CompileNat, deterministic_hosts_of_two_prefixes) {
  EXPECT_EQ(
      error_of(out_with(R"(
set security nat source pool p address 203.0.113.16/28
set security nat source pool p port deterministic host address 10.0.0.0/26
set security nat source pool p port deterministic host address 10.0.1.0/26
set security nat source rule-set out rule all then source-nat pool p
)")),
      "security nat source pool p port deterministic host address 10.0.1.0/26: deterministic hosts are one "
      "prefix, and there is 10.0.0.0/26 already: another pool can have these");
}

TEST(CompileNat, blocks_in_a_pool_that_keeps_ports) {
  EXPECT_THAT(error_of(out_with(R"(
set security nat source pool p address 203.0.113.16/28
set security nat source pool p port no-translation
set security nat source pool p port block-allocation block-size 64
set security nat source rule-set out rule all then source-nat pool p
)")),
              HasSubstr("ports that are kept (no-translation) are not given out by the block"));
}

constexpr std::string_view kPersistent =
    "set security nat source rule-set out rule all then source-nat interface persistent-nat ";

TEST(CompileNat, overloaded_ports) {
  const std::string pool = out_with(
      "set security nat source pool p address 203.0.113.16/28\n"
      "set security nat source rule-set out rule all then source-nat pool p\n");
  const nat::Definition plain = definition_of(must_compile(pool));
  EXPECT_EQ(plain.source_pools.at(0).overloading, 1);
  EXPECT_EQ(plain.interface_overloading, 1);
  const nat::Definition overloaded =
      definition_of(must_compile(pool + "set security nat source pool p port port-overloading-factor 8\n"
                                        "set security nat source interface port-overloading-factor 4\n"));
  EXPECT_EQ(overloaded.source_pools.at(0).overloading, 8);
  EXPECT_EQ(overloaded.interface_overloading, 4);
  EXPECT_EQ(definition_of(must_compile(pool + "set security nat source interface port-overloading off\n"))
                .interface_overloading,
            1);
}

TEST(CompileNat, what_cannot_stand_beside_overloaded_ports) {
  const std::string pool =
      "set security nat source pool p address 203.0.113.16/28\n"
      "set security nat source pool p port port-overloading-factor 8\n";
  const std::string by_pool = "set security nat source rule-set out rule all then source-nat pool p\n";
  const auto refusal = [&](const std::string& more) { return error_of(out_with(pool + more)); };
  EXPECT_THAT(refusal(by_pool + "set security nat source pool p port no-translation\n"),
              HasSubstr("no-translation) are not overloaded"));
  EXPECT_THAT(refusal(by_pool + "set security nat source pool p port block-allocation\n"),
              HasSubstr("port block-allocation and port-overloading-factor exclude each other"));
  EXPECT_THAT(
      refusal(by_pool + "set security nat source pool p port deterministic host address 192.0.2.0/28\n"),
      HasSubstr("port deterministic and port-overloading-factor exclude each other"));
  EXPECT_THAT(refusal(by_pool + "set security nat source rule-set out rule all then source-nat pool "
                                "persistent-nat permit any-remote-host\n"),
              HasSubstr("those of pool p may have several sessions"));
  EXPECT_THAT(refusal(by_pool + "set security nat source pool q address 203.0.113.64/26\n"
                                "set security nat source pool q port port-overloading-factor 32\n"
                                "set security nat source pool r address 203.0.113.128/26\n"
                                "set security nat source pool r port port-overloading-factor 32\n"),
              HasSubstr("at most 3072 addresses together, each counted as often as its "
                        "port-overloading-factor says"));
  EXPECT_THAT(refusal("set security nat source interface port-overloading-factor 2\n"
                      "set security nat source rule-set out rule all then source-nat interface "
                      "persistent-nat permit any-remote-host\n"),
              HasSubstr("those of interfaces may have several sessions"));
}

TEST(CompileNat, persistent_nat_for_nobody) {
  EXPECT_EQ(
      error_of(out_with(std::string(kPersistent) + "address-mapping\n")),
      "security nat source rule-set out rule all then source-nat interface persistent-nat permit: missing "
      "mandatory statement: one of 'any-remote-host', 'target-host', 'target-host-port'");
}

TEST(CompileNat, persistent_nat_beyond_its_limits) {
  const auto refused = [](const char* statement) {
    return error_of(out_with(std::string(kPersistent) + "permit any-remote-host\n" +
                             std::string(kPersistent) + statement + "\n"));
  };
  EXPECT_THAT(refused("inactivity-timeout 59"), HasSubstr("must be a number 60 to 7200 (seconds)"));
  EXPECT_THAT(refused("inactivity-timeout 7201"), HasSubstr("must be a number 60 to 7200 (seconds)"));
  EXPECT_THAT(refused("max-session-number 7"), HasSubstr("must be a number 8 to 65536"));
  EXPECT_THAT(refused("max-session-number 65537"), HasSubstr("must be a number 8 to 65536"));
}

TEST(CompileNat, persistent_nat_that_keeps_ports_in_its_overflow_pool_alone) {
  EXPECT_EQ(
      error_of(out_with(R"(
set security nat source pool p address 203.0.113.16/28
set security nat source pool p overflow-pool q
set security nat source pool q address 203.0.113.60/32
set security nat source pool q port no-translation
set security nat source rule-set out rule all then source-nat pool p persistent-nat permit any-remote-host
)")),
      "security nat source rule-set out rule all: with persistent-nat a pool that translates ports needs an "
      "overflow-pool that does");
}

TEST(CompileNat, persistent_nat_whose_overflow_pool_overflows) {
  EXPECT_EQ(error_of(out_with(R"(
set security nat source pool p address 203.0.113.16/28
set security nat source pool p overflow-pool q
set security nat source pool q address 203.0.113.60/32
set security nat source pool q overflow-pool interface
set security nat source rule-set out rule all then source-nat pool p persistent-nat permit any-remote-host
)")),
            "security nat source rule-set out rule all: with persistent-nat an overflow-pool has no "
            "overflow-pool of its "
            "own, and q has");
}

TEST(CompileNat, kept_ports_that_are_given_out_with_bindings_and_without) {
  EXPECT_EQ(
      error_of(out_with(R"(
set security nat source pool p address 203.0.113.16/28
set security nat source pool p port no-translation
set security nat source rule-set out rule all match protocol udp
set security nat source rule-set out rule all then source-nat pool p persistent-nat permit any-remote-host
set security nat source rule-set out rule rest then source-nat pool p
)")),
      "security nat source rule-set out rule rest: pool p keeps ports, and rule all uses it with another "
      "'persistent-nat permit' or none: they must agree");
}

TEST(CompileNat, destinations_of_another_family_than_their_pool) {
  EXPECT_EQ(error_of(with("set security nat destination pool web address 2001:db8::80/128\n"
                          "set security nat destination rule-set in from zone trust\n"
                          "set security nat destination rule-set in rule r match destination-address "
                          "203.0.113.2/32\n"
                          "set security nat destination rule-set in rule r then destination-nat pool web\n")),
            "security nat destination rule-set in rule r: needs destination addresses of its pool's family, "
            "IPv6");
}

TEST(CompileNat, a_rule_without_action) {
  EXPECT_EQ(
      error_of(with(kOut)),
      "security nat source rule-set out rule all then source-nat: missing mandatory statement: one of 'off', "
      "'pool', 'interface'");
}

TEST(CompileNat, a_rule_set_from_nowhere) {
  EXPECT_EQ(error_of(with("set security nat source rule-set out to zone untrust\n")),
            "security nat source rule-set out from: missing mandatory statement: one of 'routing-instance', "
            "'zone', "
            "'interface'");
}

TEST(CompileNat, a_pool_that_is_not_there) {
  EXPECT_EQ(error_of(out_with("set security nat source rule-set out rule all then source-nat pool p\n")),
            "security nat source rule-set out rule all then source-nat pool p: 'p': the pool is not "
            "configured under "
            "'security nat source'");
}

TEST(CompileNat, an_address_that_no_book_has) {
  EXPECT_EQ(
      error_of(out_with("set security nat source rule-set out rule all match source-address-name nobody\n"
                        "set security nat source rule-set out rule all then source-nat off\n")),
      "security nat source rule-set out rule all match source-address-name nobody: address 'nobody' is not "
      "defined in the global address book or that of zone 'trust'");
}

TEST(CompileNat, pools_that_overlap) {
  EXPECT_EQ(error_of(with("set security nat source pool a address 203.0.113.0/24\n"
                          "set security nat source pool b address 203.0.113.9/32\n")),
            "security nat source pool b: its addresses from 203.0.113.9 on are also those of pool a; an "
            "address is in "
            "one source pool");
}

TEST(CompileNat, an_application_beside_ports) {
  EXPECT_THAT(error_of(out_with("set security nat source rule-set out rule all match application junos-http\n"
                                "set security nat source rule-set out rule all match destination-port 80\n"
                                "set security nat source rule-set out rule all then source-nat off\n")),
              HasSubstr("neither of these may be given beside it"));
}

TEST(CompileNat, static_nat_inet_needs_a_prefix_of_rfc_6052_and_no_ports) {
  const std::string rule =
      "set security nat static rule-set s from zone untrust\n"
      "set security nat static rule-set s rule r then static-nat inet\n";
  const std::string match = "set security nat static rule-set s rule r match ";
  for (const char* prefix : {"2001:db8:64::/63", "64:ff9b::/97", "64:ff9b::1/128"}) {
    EXPECT_EQ(
        error_of(with(rule + match + "destination-address " + prefix + "\n")),
        std::string("security nat static rule-set s rule r: 'static-nat inet' needs an IPv6 "
                    "destination-address of 32, 40, 48, 56, 64 or 96 bits, such as 64:ff9b::/96, behind "
                    "which the IPv4 address stands; ") +
            prefix + " is not");
  }
  EXPECT_THAT(error_of(with(rule + match + "destination-address 192.0.2.0/24\n")), HasSubstr("96 bits"));
  for (const char* prefix : {"2001:db8::/32", "2001:db8:100::/40", "2001:db8:64::/64"}) {
    EXPECT_TRUE(must_compile(with(rule + match + "destination-address " + prefix + "\n")).snapshot.nat);
  }
  EXPECT_THAT(error_of(with(rule + match + "destination-address 64:ff9b::/96\n" + match +
                            "destination-port 80 to 81\n")),
              HasSubstr("'static-nat inet' translates addresses and no ports: it has no destination-port"));
}

TEST(CompileNat, persistent_nat_for_hosts_that_are_sent_to_the_other_family) {
  const std::string to_inet =
      "set security nat static rule-set s from zone trust\n"
      "set security nat static rule-set s rule six match destination-address 64:ff9b::/96\n"
      "set security nat static rule-set s rule six then static-nat inet\n";
  const std::string persistent =
      "set security nat source rule-set out rule all then source-nat interface persistent-nat permit "
      "any-remote-host\n";
  EXPECT_TRUE(must_compile(out_with(to_inet + persistent)).snapshot.nat) << "its sources are of IPv4";
  const std::string six =
      "set security nat source rule-set out rule all match source-address 2001:db8:1::/64\n";
  EXPECT_TRUE(must_compile(out_with(six + persistent)).snapshot.nat) << "nobody is sent there";
  EXPECT_THAT(
      error_of(out_with(to_inet + six + persistent)),
      HasSubstr("security nat source rule-set out rule all: persistent-nat binds a host to an address "
                "of its own family"));
  EXPECT_TRUE(must_compile(out_with(to_inet + six + persistent +
                                    "set security nat source rule-set out rule all match destination-address "
                                    "2001:db8::/32\n"))
                  .snapshot.nat);
}

TEST(CompileNat, static_prefixes_of_different_lengths) {
  EXPECT_EQ(
      error_of(with("set security nat static rule-set s from zone untrust\n"
                    "set security nat static rule-set s rule r match destination-address 203.0.113.0/28\n"
                    "set security nat static rule-set s rule r then static-nat prefix 192.0.2.0/29\n")),
      "security nat static rule-set s rule r: static NAT maps a prefix to one of the same family and length, "
      "and "
      "203.0.113.0/28 and 192.0.2.0/29 differ");
}

std::vector<std::string> proxies_of(const Compiled& compiled, const char* kernel_name) {
  std::vector<std::string> addresses;
  for (const host::TwinPort& port : compiled.host.ports) {
    for (const host::TwinUnit& unit : port.units) {
      if (unit.kernel_name != kernel_name) continue;
      for (const packet::IpAddress& address : unit.proxies) addresses.push_back(packet::to_string(address));
    }
  }
  return addresses;
}

TEST(Proxies, are_every_address_of_the_ranges_on_their_interface) {
  const Compiled compiled = must_compile(
      with("set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8::1/64\n"
           "set security nat proxy-arp interface ge-0/0/1.0 address 192.0.2.20/32 to 192.0.2.22/32\n"
           "set security nat proxy-arp interface ge-0/0/1.0 address 192.0.2.40/31\n"
           "set security nat proxy-arp interface ge-0/0/1.0 address 192.0.2.21/32\n"
           "set security nat proxy-ndp interface ge-0/0/0.0 address 2001:db8::5/128\n"));
  EXPECT_EQ(proxies_of(compiled, "ge-0-0-1"),
            (std::vector<std::string>{"192.0.2.20", "192.0.2.21", "192.0.2.22", "192.0.2.40", "192.0.2.41"}));
  EXPECT_EQ(proxies_of(compiled, "ge-0-0-0"), std::vector<std::string>{"2001:db8::5"});
  EXPECT_TRUE(compiled.warnings.empty());
}

TEST(Proxies, that_make_no_sense_are_refused_with_their_statement) {
  const std::string on = "set security nat proxy-arp interface ge-0/0/1.0 address ";
  const std::string statement = "security nat proxy-arp interface ge-0/0/1.0 address ";
  EXPECT_EQ(
      error_of(with(on + "192.0.2.1/32\n")),
      statement + "192.0.2.1/32: 192.0.2.1 is the interface's own address, for which it answers anyway");
  EXPECT_EQ(error_of(with(on + "192.0.2.9/32 to 192.0.2.8/32\n")),
            statement + "192.0.2.9/32: a range of addresses is LOW to HIGH");
  EXPECT_EQ(error_of(with(on + "2001:db8::5/128\n")),
            statement + "2001:db8::5/128: proxy-arp is for IPv4; proxy-ndp is for IPv6");
  EXPECT_EQ(error_of(with(on + "10.0.0.0/8\n")),
            statement + "10.0.0.0/8: an interface answers for at most 4096 addresses");
  EXPECT_EQ(error_of(with("set security nat proxy-ndp interface ge-0/0/1.0 address 2001:db8::5/128\n")),
            "security nat proxy-ndp interface ge-0/0/1.0 address 2001:db8::5/128: the interface has no IPv6 "
            "address, so it does not answer");
}

TEST(Proxies, are_of_no_address_that_answers_for_itself) {
  const std::string on = "set security nat proxy-arp interface ge-0/0/1.0 address ";
  const std::string statement = "security nat proxy-arp interface ge-0/0/1.0 address ";
  EXPECT_EQ(error_of(with("set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.129/25\n" + on +
                          "192.0.2.128/32 to 192.0.2.130/32\n")),
            statement +
                "192.0.2.128/32: 192.0.2.129 is the address of ge-0/0/0.0, and no other interface "
                "answers for it");
  EXPECT_EQ(error_of(with("set routing-options static route 10.9.0.0/16 next-hop 192.0.2.9\n" + on +
                          "192.0.2.8/30\n")),
            statement +
                "192.0.2.8/30: 192.0.2.9 is the next hop of static route 10.9.0.0/16, which answers "
                "for itself");
}

TEST(Proxies, that_nobody_asks_for_are_told_once) {
  const std::string on = "set security nat proxy-arp interface ge-0/0/1.0 address ";
  const Compiled compiled = must_compile(with(on + "192.0.2.254/32 to 192.0.3.9/32\n"));
  ASSERT_EQ(compiled.warnings.size(), 1U);
  EXPECT_NE(compiled.warnings[0].find(
                "192.0.3.0 is in no network of the interface, so no neighbour will ask for it"),
            std::string::npos)
      << compiled.warnings[0];
}

}  // namespace
}  // namespace sluice::compile
