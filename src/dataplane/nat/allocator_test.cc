#include "dataplane/nat/allocator.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "dataplane/packet/packet.h"
#include "dataplane/port/eal.h"

namespace sluice::nat {
namespace {

using packet::IpAddress;
using packet::V4;
using ::testing::HasSubstr;

IpAddress ip(const char* text) {
  return *packet::parse_address(text);
}
std::uint32_t v4(const char* text) {
  return load<std::uint32_t>(ip(text).bytes.data());
}

SourcePool pool(std::uint16_t id, const char* low, const char* high) {
  return {.id = NatPoolId{id},
          .name = "p" + std::to_string(id),
          .path = "security nat source pool p",
          .addresses = {{ip(low), ip(high)}},
          .base = {},
          .overflow = {}};
}

constexpr IflId kEgress{3};

// One rule that leads everything to pool 2.
Definition definition_of(std::vector<SourcePool> pools) {
  Definition definition;
  Rule rule;
  rule.id = NatRuleId{1};
  rule.action = Action::pool;
  rule.pool = NatPoolId{2};
  definition.source.push_back({.name = "rs", .path = "", .from = {}, .to = {}, .rules = {rule}});
  definition.source_pools = std::move(pools);
  definition.interfaces = {{}, {}, {}, {kFirstUserZone, {ip("198.51.100.1"), ip("2001:db8::1")}}};
  return definition;
}

class AllocatorTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(port::start_eal()); }

  void make(const Definition& definition, const Table* running = nullptr) {
    auto compiled = Table::compile(definition, running);
    ASSERT_TRUE(compiled) << compiled.error().text();
    table_ = std::move(*compiled);
    allocator_.adopt(table_.get());
  }
  [[nodiscard]] SourceWish<V4> wish(const char* host, PortClass klass = PortClass::tcp) const {
    SourceWish<V4> wish{.rule = &table_->definition().source.front().rules.front(),
                        .klass = klass,
                        .source = v4(host),
                        .source_port = 40000,
                        .egress = kEgress,
                        .answer = {}};
    wish.answer.protocol = packet::protocol::kTcp;
    wish.answer.source = v4("192.0.2.80");
    wish.answer.source_port = byte_swap(std::uint16_t{443});
    return wish;
  }
  SourceChoice<V4> choose(const char* host, PortClass klass = PortClass::tcp) {
    return allocator_.choose<V4>(*table_, wish(host, klass));
  }

  std::unique_ptr<Table> table_;
  Allocator allocator_{0, 1, 42};
};

TEST_F(AllocatorTest, addresses_of_a_pool_take_turns) {
  make(definition_of({pool(2, "203.0.113.1", "203.0.113.4")}));
  std::map<std::uint32_t, int> times;
  for (int i = 0; i < 400; ++i) ++times[choose("10.0.0.1").address];
  EXPECT_EQ(times.size(), 4U);
  for (const auto& [address, count] : times) EXPECT_EQ(count, 100);
}

TEST_F(AllocatorTest, a_paired_host_keeps_its_address) {
  SourcePool paired = pool(2, "203.0.113.1", "203.0.113.16");
  paired.paired = true;
  make(definition_of({paired}));
  const std::uint32_t first = choose("10.0.0.1").address;
  for (int i = 0; i < 50; ++i) EXPECT_EQ(choose("10.0.0.1").address, first);
  std::set<std::uint32_t> others;
  for (const char* host : {"10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"})
    others.insert(choose(host).address);
  EXPECT_GT(others.size(), 1U);
}

TEST_F(AllocatorTest, a_pool_with_nothing_left_refuses_until_a_port_comes_back) {
  SourcePool small = pool(2, "203.0.113.1", "203.0.113.2");
  small.ports = {2000, 2009};
  make(definition_of({small}));
  std::set<std::pair<std::uint32_t, std::uint16_t>> given;
  for (int i = 0; i < 20; ++i) {
    const auto choice = choose("10.0.0.1");
    ASSERT_EQ(choice.refusal, Refusal::none);
    EXPECT_TRUE(choice.taken);
    EXPECT_TRUE(given.emplace(choice.address, choice.port).second);
  }
  EXPECT_EQ(choose("10.0.0.1").refusal, Refusal::no_port);
  EXPECT_EQ(choose("10.0.0.1", PortClass::udp).refusal, Refusal::none) << "UDP has ports of its own";
  const auto [address, port] = *given.begin();
  allocator_.give_back<V4>(*table_, v4("10.0.0.1"), address, PortClass::tcp, port);
  const auto again = choose("10.0.0.1");
  EXPECT_EQ(again.address, address);
  EXPECT_EQ(again.port, port);
}

TEST_F(AllocatorTest, what_a_pool_cannot_serve_goes_to_its_overflow_pool) {
  SourcePool small = pool(2, "203.0.113.1", "203.0.113.1");
  small.ports = {2000, 2000};
  small.overflow = NatPoolId{3};
  make(definition_of({small, pool(3, "203.0.113.9", "203.0.113.9")}));
  EXPECT_EQ(choose("10.0.0.1").pool, NatPoolId{2});
  const auto second = choose("10.0.0.1");
  EXPECT_EQ(second.pool, NatPoolId{3});
  EXPECT_EQ(second.address, v4("203.0.113.9"));
}

TEST_F(AllocatorTest, the_interfaces_address_serves_as_overflow) {
  SourcePool small = pool(2, "203.0.113.1", "203.0.113.1");
  small.ports = {2000, 2000};
  small.overflow_interface = true;
  make(definition_of({small}));
  static_cast<void>(choose("10.0.0.1"));
  const auto second = choose("10.0.0.1");
  EXPECT_EQ(second.address, v4("198.51.100.1"));
  EXPECT_EQ(second.pool, kInterfaceNatPool);
  EXPECT_TRUE(second.taken);
}

TEST_F(AllocatorTest, overloaded_ports_are_given_again_when_all_have_a_session) {
  SourcePool small = pool(2, "203.0.113.1", "203.0.113.2");
  small.ports = {2000, 2009};
  small.overloading = 3;
  make(definition_of({small}));
  std::map<std::pair<std::uint32_t, std::uint16_t>, int> given;
  for (int i = 0; i < 60; ++i) {
    const auto choice = choose("10.0.0.1");
    ASSERT_EQ(choice.refusal, Refusal::none);
    ++given[{choice.address, choice.port}];
  }
  EXPECT_EQ(given.size(), 20U);
  for (const auto& one : given) EXPECT_EQ(one.second, 3);
  EXPECT_EQ(choose("10.0.0.1").refusal, Refusal::no_port);
  allocator_.give_back<V4>(*table_, v4("10.0.0.1"), v4("203.0.113.2"), PortClass::tcp, 2004);
  EXPECT_EQ(choose("10.0.0.1").port, 2004);
}

TEST_F(AllocatorTest, ports_of_an_interfaces_address_are_overloaded_by_a_factor_of_their_own) {
  Definition definition = definition_of({});
  definition.source.front().rules.front().action = Action::interface;
  definition.interface_overloading = 2;
  make(definition);
  for (std::uint32_t i = 0; i < 2 * 64512U; ++i) ASSERT_EQ(choose("10.0.0.1").refusal, Refusal::none) << i;
  EXPECT_EQ(choose("10.0.0.1").refusal, Refusal::no_port);
}

TEST_F(AllocatorTest, host_address_base_maps_hosts_in_order_and_keeps_ports) {
  SourcePool shifted = pool(2, "203.0.113.16", "203.0.113.31");
  shifted.translate_ports = false;
  shifted.base = ip("10.0.0.4");
  shifted.has_base = true;
  make(definition_of({shifted}));
  const auto choice = choose("10.0.0.7");
  EXPECT_EQ(choice.address, v4("203.0.113.19"));
  EXPECT_EQ(choice.port, 40000);
  EXPECT_FALSE(choice.taken);
  EXPECT_EQ(choose("10.0.0.3").refusal, Refusal::no_address);
  EXPECT_EQ(choose("10.0.0.20").refusal, Refusal::no_address);
}

TEST_F(AllocatorTest, what_is_foretold_is_what_is_chosen) {
  make(definition_of({pool(2, "203.0.113.1", "203.0.113.16")}));
  EXPECT_FALSE(Allocator::foretell<V4>(*table_, wish("10.0.0.1")).has_value()) << "the worker may choose";
  for (const PortClass klass : {PortClass::icmp, PortClass::count_}) {
    for (const char* host : {"10.0.0.1", "10.0.0.2", "10.0.0.3"}) {
      const auto foretold = Allocator::foretell<V4>(*table_, wish(host, klass));
      ASSERT_TRUE(foretold.has_value());
      EXPECT_EQ(foretold->address, choose(host, klass).address);
    }
  }
}

TEST_F(AllocatorTest, ports_in_use_outlive_the_configuration) {
  SourcePool small = pool(2, "203.0.113.1", "203.0.113.1");
  small.ports = {2000, 2001};
  make(definition_of({small}));
  const auto held = choose("10.0.0.1");
  const std::unique_ptr<Table> before = std::move(table_);
  make(definition_of({pool(2, "203.0.113.8", "203.0.113.8")}), before.get());
  const std::unique_ptr<Table> without = std::move(table_);
  make(definition_of({small}), without.get());
  const auto other = choose("10.0.0.1");
  EXPECT_NE(other.port, held.port);
  EXPECT_EQ(choose("10.0.0.1").refusal, Refusal::no_port);
  allocator_.give_back<V4>(*table_, v4("10.0.0.1"), held.address, PortClass::tcp, held.port);
  EXPECT_EQ(choose("10.0.0.1").port, held.port);
}

TEST_F(AllocatorTest, definitions_that_contradict_themselves_are_refused_in_a_sentence) {
  const auto error = [](const Definition& definition) {
    const auto table = Table::compile(definition, nullptr);
    return table ? std::string() : table.error().message;
  };
  EXPECT_THAT(
      error(definition_of({pool(2, "203.0.113.1", "203.0.113.9"), pool(3, "203.0.113.9", "203.0.113.12")})),
      HasSubstr("an address is in one source pool"));
  EXPECT_THAT(error(definition_of({pool(2, "203.0.113.9", "203.0.113.1")})), HasSubstr("runs backwards"));
  EXPECT_THAT(error(definition_of({pool(2, "10.0.0.0", "10.0.255.255")})),
              HasSubstr("at most 3072 addresses"));
  EXPECT_THAT(error(definition_of({pool(3, "203.0.113.1", "203.0.113.1")})),
              HasSubstr("pool is not defined"));
  Definition twice = definition_of({pool(2, "203.0.113.1", "203.0.113.1")});
  twice.source.push_back(twice.source.front());
  EXPECT_THAT(error(twice), HasSubstr("one rule-set is for each from and to"));
}

TEST_F(AllocatorTest, a_static_rule_maps_prefixes_and_ports_both_ways) {
  Definition definition;
  Rule rule;
  rule.id = NatRuleId{1};
  rule.action = Action::prefix;
  rule.destination = {
      .any = false, .excluded = false, .prefixes = {*packet::parse_prefix("203.0.113.16/28")}};
  rule.mapped = *packet::parse_prefix("10.1.2.48/28");
  rule.ports = {80, 89};
  rule.mapped_ports = {8080, 8089};
  const ZoneId outside{9};
  definition.static_nat.push_back(
      {.name = "rs", .path = "", .from = {.interfaces = {}, .zones = {outside}}, .to = {}, .rules = {rule}});
  make(definition);
  Query<std::uint32_t> in{.from_ifl = {},
                          .from_zone = outside,
                          .to_ifl = {},
                          .to_zone = {},
                          .source = v4("192.0.2.1"),
                          .destination = v4("203.0.113.21"),
                          .protocol = 6,
                          .source_port = 1,
                          .destination_port = 83};
  const Rule* found = nullptr;
  table_->find<std::uint32_t>(Stage::static_in, {&in, 1}, {&found, 1});
  ASSERT_NE(found, nullptr);
  const auto host = table_->map_destination(*found, in);
  EXPECT_EQ(host.address, v4("10.1.2.53"));
  EXPECT_EQ(host.port, 8083);
  Query<std::uint32_t> out{.from_ifl = {},
                           .from_zone = ZoneId{8},
                           .to_ifl = {},
                           .to_zone = outside,
                           .source = host.address,
                           .destination = v4("192.0.2.1"),
                           .protocol = 6,
                           .source_port = host.port,
                           .destination_port = 1};
  table_->find<std::uint32_t>(Stage::static_out, {&out, 1}, {&found, 1});
  ASSERT_NE(found, nullptr);
  const auto seen = table_->map_source(*found, out);
  EXPECT_EQ(seen.address, in.destination);
  EXPECT_EQ(seen.port, 83);
}

// A configuration is prepared while ports are taken by the one in force.
TEST_F(AllocatorTest, ports_taken_after_a_table_was_compiled_stay_taken_in_it) {
  const Definition here = definition_of({pool(2, "203.0.113.1", "203.0.113.1")});
  make(here);
  const std::unique_ptr<Table> running = std::move(table_);
  auto without = Table::compile(definition_of({pool(2, "203.0.113.9", "203.0.113.9")}), running.get());
  ASSERT_TRUE(without);
  const SourceWish<V4> wanted{.rule = &running->definition().source.front().rules.front(),
                              .klass = PortClass::tcp,
                              .source = v4("10.0.0.1"),
                              .source_port = 40000,
                              .egress = kEgress,
                              .answer = {}};
  EXPECT_EQ(allocator_.choose<V4>(*running, wanted).refusal, Refusal::none);
  auto again = Table::compile(here, without->get());
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->source(NatPoolId{2})->spaces[0]->taken(), 1U);
}

// What is left of a large pool leads the answers of this remote end to other workers: each packet looks at a
// few addresses, and the next ones go on from there.
TEST_F(AllocatorTest, a_large_pool_that_has_nothing_for_one_remote_end_is_not_searched_through) {
  SourcePool large = pool(2, "203.0.112.0", "203.0.115.255");
  large.ports = {1024, 1024 + 16 * 64 - 1};  // a word of each address for every worker
  Definition definition = definition_of({large});
  definition.workers = 16;
  make(definition);
  Allocator one(3, 16, 42);
  one.adopt(table_.get());
  const SourceWish<V4> wanted = wish("10.0.0.1");
  constexpr unsigned kTurns = 1024 / 4 + 1;  // in which all addresses are looked at
  SourceChoice<V4> last;
  for (unsigned refusals = 0; refusals < kTurns;) {
    const SourceChoice<V4> choice = one.choose<V4>(*table_, wanted);
    refusals = choice.refusal == Refusal::none ? 0 : refusals + 1;
    if (choice.refusal == Refusal::none) last = choice;
  }
  for (int i = 0; i < 9; ++i) static_cast<void>(one.choose<V4>(*table_, wanted));
  one.give_back<V4>(*table_, v4("10.0.0.1"), last.address, PortClass::tcp, last.port);
  unsigned refusals = 0;
  while (refusals < kTurns && one.choose<V4>(*table_, wanted).refusal != Refusal::none) ++refusals;
  EXPECT_GT(refusals, 0U);
  EXPECT_LT(refusals, kTurns) << "and yet it is found";
}

}  // namespace
}  // namespace sluice::nat
