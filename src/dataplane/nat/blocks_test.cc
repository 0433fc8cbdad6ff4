// Blocks of ports: what several workers give out of one pool, against a plain reading of what was told.
#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "dataplane/nat/allocator.h"
#include "dataplane/nat/pool_watch.h"
#include "dataplane/packet/packet.h"
#include "dataplane/port/eal.h"

namespace sluice::nat {
namespace {

using packet::IpAddress;
using packet::V4;
using ::testing::HasSubstr;

std::uint32_t host_number(unsigned n) {
  return byte_swap(0x0a000000U + n);
}

SourcePool block_pool(const char* low, const char* high, BlockAllocation blocks) {
  return {.id = NatPoolId{2},
          .name = "p2",
          .path = "security nat source pool p2",
          .addresses = {{*packet::parse_address(low), *packet::parse_address(high)}},
          .base = {},
          .overflow = {},
          .blocks = blocks};
}

Definition definition_of(SourcePool pool, std::uint16_t workers = 1) {
  Definition definition;
  Rule rule;
  rule.id = NatRuleId{1};
  rule.path = "security nat source rule-set rs rule r";
  rule.action = Action::pool;
  rule.pool = NatPoolId{2};
  definition.source.push_back({.name = "rs", .path = "", .from = {}, .to = {}, .rules = {rule}});
  definition.source_pools = {std::move(pool)};
  definition.workers = workers;
  definition.blocks = 4096;
  return definition;
}

// What the log would know: who has which ports of which address.
struct Told {
  std::string wrong;
  std::map<std::pair<IpAddress, std::uint16_t>, IpAddress> holders;  // by each port of each block
  std::map<IpAddress, std::uint32_t> blocks;                         // by host
  unsigned allocated = 0, released = 0, interim = 0;

  void hear(const BlockNote& note) {
    const Block& block = note.block;
    allocated += note.news == BlockNews::allocated ? 1 : 0;
    released += note.news == BlockNews::released ? 1 : 0;
    interim += note.news == BlockNews::interim ? 1 : 0;
    if (note.news == BlockNews::interim) return;
    for (std::uint32_t port = block.low; port <= block.high; ++port) {
      const auto key = std::pair(block.address, static_cast<std::uint16_t>(port));
      const bool fits = note.news == BlockNews::allocated ? holders.emplace(key, block.host).second
                                                          : holders.erase(key) == 1;
      if (!fits) wrong = "a port is told of twice";
    }
    blocks[block.host] += note.news == BlockNews::allocated ? 1 : -1;
    if (blocks[block.host] != note.have) wrong = "the number of blocks differs from what was told before";
  }
};

class BlocksTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(port::start_eal()); }

  void start(const Definition& definition) {
    workers_.clear();
    for (std::uint16_t index = 0; index < definition.workers; ++index) {
      workers_.push_back(std::make_unique<Allocator>(index, definition.workers, 42 + index));
      workers_.back()->set_listener({.of = &told_, .tell = [](void* of, const BlockNote& note) noexcept {
                                       static_cast<Told*>(of)->hear(note);
                                     }});
    }
    commit(definition);
  }
  void commit(const Definition& definition) {
    auto compiled = Table::compile(definition, table_.get());
    ASSERT_TRUE(compiled) << compiled.error().text();
    std::unique_ptr<Table> before = std::move(table_);
    table_ = std::move(*compiled);
    for (auto& worker : workers_) worker->adopt(table_.get());
    table_->settle();
    pass(0);
  }
  void pass(std::uint32_t seconds) {
    now_s_ += seconds;
    for (auto& worker : workers_) {
      worker->set_time(now_s_);
      if (table_->blocks() != nullptr) worker->sweep_blocks(*table_, 1U << 20);
    }
  }
  [[nodiscard]] SourceWish<V4> wish(unsigned host, PortClass klass) const {
    SourceWish<V4> wish{.rule = &table_->definition().source.front().rules.front(),
                        .klass = klass,
                        .source = host_number(host),
                        .source_port = 40000,
                        .egress = {},
                        .answer = {}};
    wish.answer.protocol = packet::protocol::kUdp;
    wish.answer.source = host_number(77);
    wish.answer.source_port = byte_swap(std::uint16_t{443});
    return wish;
  }
  struct Port {
    IpAddress address;
    std::uint16_t port;
    friend auto operator<=>(const Port&, const Port&) = default;
  };
  // By the worker that has the host.
  std::optional<Port> take(unsigned host, PortClass klass = PortClass::udp) {
    const auto wanted = wish(host, klass);
    worker_ = Allocator::holder<V4>(*table_, wanted).value_or(0);
    const auto choice = workers_[worker_]->choose<V4>(*table_, wanted);
    last_ = choice.refusal;
    if (choice.refusal != Refusal::none) return std::nullopt;
    return Port{packet::to_address(choice.address), choice.port};
  }
  void give(unsigned host, const Port& port) {
    give(host, port, table_->blocks()->holder(packet::to_address(host_number(host))));
  }
  void give(unsigned host, const Port& port, std::uint16_t worker) {
    workers_[worker]->give_back<V4>(*table_, host_number(host),
                                    load<std::uint32_t>(port.address.bytes.data()), PortClass::udp,
                                    port.port);
  }

  std::vector<std::unique_ptr<Allocator>> workers_;
  std::unique_ptr<Table> table_;
  Told told_;
  std::uint32_t now_s_ = 1'700'000'000;
  Refusal last_ = Refusal::none;
  std::uint16_t worker_ = 0;  // that was asked last
};

struct Shape {
  BlockAllocation blocks;
  PortRange ports;
  std::uint16_t workers;
};
class BlocksModel : public BlocksTest, public ::testing::WithParamInterface<Shape> {};
INSTANTIATE_TEST_SUITE_P(
    shapes, BlocksModel,
    ::testing::Values(Shape{{.size = 8, .most_per_host = 3}, {1024, 1407}, 1},
                      Shape{{.size = 64, .most_per_host = 2}, {1024, 2047}, 2},
                      Shape{{.size = 7, .most_per_host = 4, .active_timeout_s = 120}, {1001, 1200}, 3},
                      Shape{{.size = 100, .most_per_host = 2, .recycle_timeout_s = 120}, {5000, 5999}, 2},
                      Shape{{.size = 1, .most_per_host = 5}, {2000, 2099}, 2},
                      Shape{
                          {.size = 33, .most_per_host = 8, .active_timeout_s = 120, .recycle_timeout_s = 150},
                          {1024, 1900},
                          4}));

// Random hosts take and give back while time passes: every port is of a block that the log says the host has,
// and nobody else has it; nobody has more blocks than he may; a host has one address; what is given back can
// be had again; and in the end nothing is missing.
TEST_P(BlocksModel, random_hosts_against_a_plain_reading) {
  const Shape& shape = GetParam();
  SourcePool pool = block_pool("203.0.113.1", "203.0.113.3", shape.blocks);
  pool.ports = shape.ports;
  start(definition_of(pool, shape.workers));
  std::mt19937 random(shape.blocks.size);
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  std::map<Port, unsigned> live;
  std::map<unsigned, std::multiset<IpAddress>> addresses;
  unsigned refused = 0;
  for (unsigned step = 0; step < 20000; ++step) {
    const unsigned host = below(60);
    if (below(400) == 0) {
      pass(1 + below(100));
    } else if (!live.empty() && below(100) < (step / 2000 % 2 == 0 ? 30U : 65U)) {
      auto one = live.begin();
      std::advance(one, below(static_cast<unsigned>(live.size())));
      give(one->second, one->first);
      auto& had = addresses[one->second];
      had.erase(had.find(one->first.address));
      live.erase(one);
    } else if (const auto port = take(host, static_cast<PortClass>(below(3)))) {
      ASSERT_TRUE(live.emplace(*port, host).second) << "a port was given twice";
      const auto holder = told_.holders.find({port->address, port->port});
      ASSERT_NE(holder, told_.holders.end()) << "a port is of no block that was told of";
      ASSERT_EQ(holder->second, packet::to_address(host_number(host)));
      addresses[host].insert(port->address);
      ASSERT_EQ(*addresses[host].begin(), *addresses[host].rbegin()) << "a host has one address";
      ASSERT_GE(port->port, shape.ports.low);
      ASSERT_LE(port->port, shape.ports.high);
    } else {
      ++refused;
      ASSERT_EQ(last_, Refusal::no_port);
    }
    ASSERT_EQ(told_.wrong, "");
    for (const auto& [of, count] : told_.blocks) ASSERT_LE(count, shape.blocks.most_per_host);
  }
  EXPECT_GT(refused, 0U) << "the test reaches the end of the pool";
  for (const auto& [port, host] : live) give(host, port);
  std::uint32_t taken = 0;
  for (const PortSpace* space : table_->source(NatPoolId{2})->spaces) taken += space->taken();
  EXPECT_EQ(taken, 0U);
  // Without its pool every block goes.
  Definition nothing = definition_of(pool, shape.workers);
  nothing.source.clear();
  nothing.source_pools.clear();
  commit(nothing);
  pass(1);
  EXPECT_EQ(told_.wrong, "");
  EXPECT_EQ(told_.allocated, told_.released);
  EXPECT_TRUE(told_.holders.empty());
}

TEST_F(BlocksTest, a_random_commit_now_and_then_never_gives_a_port_twice_nor_loses_one) {
  std::mt19937 random(7);
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  SourcePool pool = block_pool("203.0.113.1", "203.0.113.2", {.size = 16, .most_per_host = 4});
  pool.ports = {1024, 1279};
  start(definition_of(pool, 2));
  std::map<Port, std::pair<unsigned, std::uint16_t>> live;  // host, and whose its session is
  for (unsigned step = 0; step < 6000; ++step) {
    if (below(60) == 0) {
      pool.blocks.reset();
      if (below(4) != 0) {
        pool.blocks = BlockAllocation{.size = static_cast<std::uint16_t>(1 + below(40)),
                                      .most_per_host = static_cast<std::uint16_t>(1 + below(6))};
      }
      pool.addresses = {{*packet::parse_address("203.0.113.1"),
                         *packet::parse_address(below(2) == 0 ? "203.0.113.1" : "203.0.113.2")}};
      commit(definition_of(pool, 2));
      pass(1);
    } else if (!live.empty() && below(2) == 0) {
      auto one = live.begin();
      std::advance(one, below(static_cast<unsigned>(live.size())));
      give(one->second.first, one->first, one->second.second);
      live.erase(one);
    } else {
      const unsigned host = below(12);
      if (const auto port = take(host)) {
        ASSERT_TRUE(live.emplace(*port, std::pair(host, worker_)).second) << "a port was given twice";
      }
    }
    ASSERT_EQ(told_.wrong, "");
  }
  for (const auto& [port, whose] : live) give(whose.first, port, whose.second);
  pool.addresses = {{*packet::parse_address("203.0.113.1"), *packet::parse_address("203.0.113.2")}};
  pool.blocks.reset();
  commit(definition_of(pool, 2));
  pass(1);
  for (const PortSpace* space : table_->source(NatPoolId{2})->spaces) EXPECT_FALSE(space->in_use());
  EXPECT_EQ(told_.allocated, told_.released);
}

TEST_F(BlocksTest, nothing_is_given_out_in_a_new_way_before_all_workers_know) {
  SourcePool pool = block_pool("203.0.113.1", "203.0.113.1", {.size = 64});
  Definition plain = definition_of(pool, 2);
  plain.source_pools[0].blocks.reset();
  start(plain);
  ASSERT_TRUE(take(1));
  auto compiled = Table::compile(definition_of(pool, 2), table_.get());
  ASSERT_TRUE(compiled);
  const std::unique_ptr<Table> before = std::move(table_);
  table_ = std::move(*compiled);
  for (auto& worker : workers_) worker->adopt(table_.get());
  EXPECT_FALSE(take(1));
  table_->settle();
  EXPECT_TRUE(take(1));
}

TEST_F(BlocksTest, a_full_pool_refuses_and_has_something_again_within_a_second) {
  SourcePool pool =
      block_pool("203.0.113.1", "203.0.113.1", {.size = 64, .most_per_host = 1, .recycle_timeout_s = 120});
  pool.ports = {1024, 1024 + 127};
  start(definition_of(pool, 2));
  std::map<unsigned, Port> had;
  for (unsigned host = 0; host < 20; ++host) {
    if (const auto port = take(host)) had.emplace(host, *port);
  }
  EXPECT_EQ(had.size(), 2U);
  for (const auto& [host, port] : had) give(host, port);
  pass(119);
  EXPECT_FALSE(take(30));
  pass(1);  // whoever looked before the other gave his back looks again
  pass(1);
  EXPECT_TRUE(take(30));
  EXPECT_TRUE(take(31));
}

TEST_F(BlocksTest, hosts_of_other_pools_of_the_same_host_are_told_apart) {
  SourcePool pool = block_pool("203.0.113.1", "203.0.113.1", {.size = 64, .most_per_host = 1});
  Definition definition = definition_of(pool);
  SourcePool other = pool;
  other.id = NatPoolId{3};
  other.name = "p3";
  other.addresses = {{*packet::parse_address("203.0.113.9"), *packet::parse_address("203.0.113.9")}};
  definition.source_pools.push_back(other);
  start(definition);
  const auto one = take(1);
  definition.source[0].rules[0].pool = NatPoolId{3};
  commit(definition);
  const auto two = take(1);
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->address, two->address);
}

TEST_F(BlocksTest, the_log_is_told_again_after_each_interval) {
  start(definition_of(block_pool("203.0.113.1", "203.0.113.1", {.size = 64, .interim_s = 1800})));
  ASSERT_TRUE(take(1));
  pass(1799);
  EXPECT_EQ(told_.interim, 0U);
  pass(1);
  EXPECT_EQ(told_.interim, 1U);
  pass(1799);
  EXPECT_EQ(told_.interim, 1U);
  pass(1);
  EXPECT_EQ(told_.interim, 2U);
}

// --- by arithmetic

SourcePool arithmetic_pool(std::uint16_t size, const char* hosts) {
  SourcePool pool = block_pool("203.0.113.1", "203.0.113.4", {});
  pool.blocks.reset();
  pool.deterministic = Deterministic{.size = size, .hosts = *packet::parse_prefix(hosts)};
  return pool;
}

TEST_F(BlocksTest, by_rule_every_port_leads_back_to_its_host) {
  for (const std::uint16_t size : {1000, 4032, 64512, 20000}) {
    const SourcePool pool = arithmetic_pool(size, size == 1000    ? "10.0.0.0/24"
                                                  : size == 4032  ? "10.0.0.0/26"
                                                  : size == 20000 ? "10.0.0.0/29"
                                                                  : "10.0.0.0/30");
    std::set<std::pair<std::uint64_t, std::uint32_t>> ports;
    const unsigned hosts = 1U << (32 - pool.deterministic->hosts.length);
    for (unsigned n = 0; n < hosts; ++n) {
      const IpAddress host = packet::to_address(host_number(n));
      const auto place = block_place(pool, host);
      ASSERT_TRUE(place);
      ASSERT_LT(place->position, 4U);
      for (std::uint32_t port = place->ports.low; port <= place->ports.high; ++port) {
        ASSERT_TRUE(ports.emplace(place->position, port).second);
        ASSERT_EQ(block_host(pool, place->position, static_cast<std::uint16_t>(port)), host);
      }
    }
    EXPECT_EQ(ports.size(), std::size_t{hosts} * size);
    EXPECT_EQ(block_place(pool, packet::to_address(host_number(hosts))), std::nullopt);
    EXPECT_EQ(block_host(pool, 0, 1023), std::nullopt);
  }
}

TEST_F(BlocksTest, by_rule_a_host_has_its_ports_and_no_others) {
  start(definition_of(arithmetic_pool(504, "10.0.0.0/25"), 2));
  std::map<Port, unsigned> live;
  for (unsigned host = 0; host < 128; ++host) {
    for (int i = 0; i < 504; ++i) {
      const auto port = take(host);
      ASSERT_TRUE(port && live.emplace(*port, host).second);
    }
    EXPECT_FALSE(take(host));
    EXPECT_EQ(last_, Refusal::no_port);
  }
  EXPECT_FALSE(take(128));
  EXPECT_EQ(last_, Refusal::no_address);
  for (const auto& [port, host] : live) give(host, port);
  for (const PortSpace* space : table_->source(NatPoolId{2})->spaces) EXPECT_FALSE(space->in_use());
}

// --- what cannot be

std::string refusal_of(const Definition& definition) {
  const auto compiled = Table::compile(definition, nullptr);
  return compiled ? "" : compiled.error().message;
}

TEST_F(BlocksTest, what_cannot_be_is_refused_with_the_reason) {
  const SourcePool good = block_pool("203.0.113.1", "203.0.113.1", {.size = 64});
  const auto with = [&](auto change) {
    Definition definition = definition_of(good);
    change(definition.source_pools[0], definition);
    return refusal_of(definition);
  };
  EXPECT_EQ(with([](SourcePool&, Definition&) {}), "");
  EXPECT_EQ(with([](SourcePool&, Definition& all) { all.address_persistent = true; }), "");
  EXPECT_THAT(with([](SourcePool& pool, Definition&) { pool.translate_ports = false; }),
              HasSubstr("no-translation"));
  EXPECT_THAT(with([](SourcePool& pool, Definition&) {
                pool.has_base = true;
                pool.base = *packet::parse_address("10.0.0.0");
              }),
              HasSubstr("host-address-base"));
  EXPECT_THAT(with([](SourcePool& pool, Definition&) {
                pool.ports = {1024, 1055};
              }),
              HasSubstr("a block-size of 64 is not within the 32 ports of an address: it is 1 to 32"));
  EXPECT_THAT(with([](SourcePool& pool, Definition&) { pool.deterministic = Deterministic{}; }),
              HasSubstr("not both"));
  EXPECT_THAT(with([](SourcePool&, Definition& all) { all.source[0].rules[0].persistence = Persistence{}; }),
              HasSubstr("persistent-nat gives a host ports of its own, and so does pool p2 by the block"));
  EXPECT_THAT(with([](SourcePool& pool, Definition& all) {
                pool.overflow_interface = true;
                all.interfaces = {{kFirstUserZone, {*packet::parse_address("203.0.113.1")}}};
              }),
              HasSubstr("its address 203.0.113.1 is an interface's"));
  EXPECT_THAT(
      with([](SourcePool& pool, Definition& all) {
        SourcePool other = pool;
        other.id = NatPoolId{3};
        other.name = "p3";
        other.addresses = {{*packet::parse_address("203.0.113.9"), *packet::parse_address("203.0.113.9")}};
        pool.overflow = other.id;
        all.source_pools.push_back(other);
      }),
      HasSubstr("an overflow-pool gives out ports one by one, and p3 has blocks"));
  EXPECT_THAT(
      with([](SourcePool& pool, Definition& all) {
        SourcePool other = pool;
        other.id = NatPoolId{3};
        other.name = "p3";
        other.blocks.reset();
        other.translate_ports = false;
        other.addresses = {{*packet::parse_address("203.0.113.9"), *packet::parse_address("203.0.113.9")}};
        pool.overflow = other.id;
        all.source_pools.push_back(other);
      }),
      HasSubstr("overflows into one that translates ports"));
  EXPECT_THAT(refusal_of(definition_of(arithmetic_pool(504, "10.0.0.0/22"))),
              HasSubstr("the hosts 10.0.0.0/22 are 1024, and the pool has 512 blocks of 504 ports"));
  EXPECT_THAT(refusal_of(definition_of(arithmetic_pool(504, "2001:db8::/120"))),
              HasSubstr("deterministic hosts are of the pool's own family"));
}

}  // namespace
}  // namespace sluice::nat
