#include "flowd/query/query.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <set>

#include "dataplane/port/eal.h"
#include "flowd/query/made_sessions.h"
#include "flowd/query/reroute.h"

namespace sluice::query {
namespace {

using packet::Family;
using packet::V4;
using packet::V6;

const session::TimeoutClasses kTimeouts{0, 20, 2, 4, 30};
const Moment kMoment{.now_s = Maker::kNowS, .timeouts = kTimeouts};
constexpr Pace kNoPause{.records = 64, .pause_us = 0};

// Two workers with a table of each family; what their owners do, the test does.
struct Tables {
  static constexpr std::uint32_t kCapacity = 2000;
  std::deque<session::Table<V4>> inet;
  std::deque<session::Table<V6>> inet6;
  std::deque<worker::Mailbox> mailboxes;
  std::vector<Shard> shards;
  std::vector<Made> made;

  Tables() {
    for (std::uint16_t worker = 0; worker < 2; ++worker) {
      const std::uint32_t base = worker * 2 * kCapacity;
      inet.emplace_back(options(base));
      inet6.emplace_back(options(base + kCapacity));
      mailboxes.emplace_back(64);
    }
    for (std::uint16_t worker = 0; worker < 2; ++worker) {
      shards.push_back(Shard{
          .inet = &inet[worker], .inet6 = &inet6[worker], .mailbox = &mailboxes[worker], .worker = worker});
    }
  }

  static session::TableOptions options(std::uint32_t base) {
    return {.capacity = kCapacity,
            .translated = kCapacity,
            .identifier_base = base,
            .version_seed = 2,
            .secret = kMadeSecret};
  }

  void add(const Made& one, unsigned worker = 0) {
    made.push_back(one);
    Made& last = made.back();
    const bool done =
        last.family == Family::inet ? install(inet[worker], last) : install(inet6[worker], last);
    ASSERT_TRUE(done);
  }

  void fill(unsigned seed, int count) {
    Maker maker(seed);
    for (int i = 0; i < count; ++i) {
      add(maker.make(maker.below(2) == 0 ? Family::inet : Family::inet6), maker.below(2));
    }
  }

  // What owners do when asked.
  template <class F>
  bool end(session::Table<F>& table, const worker::Request& request) {
    if (table.live_version(request.session.slot) != request.session.version) {
      return false;
    }
    table.end(request.session.slot);
    return true;
  }
  void serve() {
    for (unsigned worker = 0; worker < 2; ++worker) {
      mailboxes[worker].drain(1000, [&](const worker::Request& request, const worker::Request*) {
        return request.family == Family::inet ? end(inet[worker], request) : end(inet6[worker], request);
      });
    }
  }
};

std::vector<std::uint64_t> identifiers(const Page& page) {
  std::vector<std::uint64_t> ids;
  for (const Row& row : page.rows) {
    ids.push_back(row.identifier);
  }
  return ids;
}

std::vector<std::uint64_t> matching(const Tables& tables, const Filter& filter) {
  return identifiers(page(tables.shards, filter, kMoment, 0, 100'000, kNoPause));
}

// The same question asked the plain way.
bool in_bounds(const Bounds& bounds, std::uint64_t value) {
  return (!bounds.more_than || value > *bounds.more_than) && (!bounds.less_than || value < *bounds.less_than);
}

template <class T, class V>
bool equals(const std::optional<T>& wanted, const V& value) {
  return !wanted || *wanted == value;
}

template <class Id>
bool any_of(const std::optional<std::vector<Id>>& wanted, std::initializer_list<Id> values) {
  return !wanted || std::ranges::any_of(
                        values, [&](Id value) { return std::ranges::find(*wanted, value) != wanted->end(); });
}

bool plain_match(const Filter& filter, const Made& made) {
  const std::uint32_t timeout = made.timeout_class == session::TimeoutClass::service
                                    ? made.timeout_s
                                    : kTimeouts[static_cast<std::size_t>(made.timeout_class)];
  return (!filter.identifier || *filter.identifier == made.identifier ||
          *filter.identifier == made.identifier_64) &&
         (!filter.sent.source || filter.sent.source->contains(made.source)) &&
         (!filter.sent.destination || filter.sent.destination->contains(made.destination)) &&
         equals(filter.sent.source_port, made.source_port) &&
         equals(filter.sent.destination_port, made.destination_port) &&
         (!filter.translated.source || filter.translated.source->contains(made.nat_source)) &&
         (!filter.translated.destination || filter.translated.destination->contains(made.nat_destination)) &&
         equals(filter.translated.source_port, made.nat_source_port) &&
         equals(filter.translated.destination_port, made.nat_destination_port) &&
         equals(filter.protocol, made.protocol) && equals(filter.family, made.family) &&
         any_of(filter.source_nat_pools, {NatPoolId{made.nat_pool}}) &&
         any_of(filter.interfaces, {made.interface[0], made.interface[1]}) &&
         any_of(filter.applications, {AppId{made.application}}) &&
         (!filter.zone || *filter.zone == made.zone[0] || *filter.zone == made.zone[1]) &&
         equals(filter.policy, made.policy) && (made.flags & filter.with_flags) == filter.with_flags &&
         (made.flags & filter.without_flags) == 0 &&
         in_bounds(filter.duration_s, Maker::kNowS - made.start_s) && in_bounds(filter.timeout_s, timeout) &&
         in_bounds(filter.remaining_s, remaining_s(made.last_seen_s, timeout, Maker::kNowS)) &&
         in_bounds(filter.packets, made.packets[0] + made.packets[1]) &&
         in_bounds(filter.bytes, made.bytes[0] + made.bytes[1]);
}

std::vector<std::uint64_t> plainly_matching(const Tables& tables, const Filter& filter) {
  std::vector<std::uint64_t> ids;
  for (const Made& made : tables.made) {
    if (plain_match(filter, made)) {
      ids.push_back(made.identifier);
    }
  }
  std::ranges::sort(ids);
  return ids;
}

// One condition, set from a session so that it matches at least that one, or from nothing in
// particular.
using Condition = std::function<void(Filter&, const Made&, Maker&)>;

packet::IpPrefix prefix_of(const packet::IpAddress& address, Maker& maker) {
  const auto length = static_cast<std::uint8_t>(maker.below(static_cast<std::uint32_t>(address.bits()) + 1));
  return *packet::parse_prefix(packet::to_string(address) + "/" + std::to_string(length));
}

Bounds bounds_around(std::uint64_t value, Maker& maker) {
  Bounds bounds;
  const std::uint32_t choice = maker.below(3);
  if (choice != 0) {
    bounds.more_than = value - std::min<std::uint64_t>(value, 1 + maker.below(50));
  }
  if (choice != 1) {
    bounds.less_than = value + 1 + maker.below(50);
  }
  return bounds;
}

const std::vector<std::pair<const char*, Condition>>& conditions() {
  static const std::vector<std::pair<const char*, Condition>> kConditions{
      {"identifier", [](Filter& f, const Made& m, Maker&) { f.identifier = m.identifier; }},
      {"identifier_64", [](Filter& f, const Made& m, Maker&) { f.identifier = m.identifier_64; }},
      {"source", [](Filter& f, const Made& m, Maker& k) { f.sent.source = prefix_of(m.source, k); }},
      {"destination",
       [](Filter& f, const Made& m, Maker& k) { f.sent.destination = prefix_of(m.destination, k); }},
      {"source_port", [](Filter& f, const Made& m, Maker&) { f.sent.source_port = m.source_port; }},
      {"destination_port",
       [](Filter& f, const Made& m, Maker&) { f.sent.destination_port = m.destination_port; }},
      {"nat_source",
       [](Filter& f, const Made& m, Maker& k) { f.translated.source = prefix_of(m.nat_source, k); }},
      {"nat_destination", [](Filter& f, const Made& m,
                             Maker& k) { f.translated.destination = prefix_of(m.nat_destination, k); }},
      {"nat_source_port",
       [](Filter& f, const Made& m, Maker&) { f.translated.source_port = m.nat_source_port; }},
      {"nat_destination_port",
       [](Filter& f, const Made& m, Maker&) { f.translated.destination_port = m.nat_destination_port; }},
      {"source_nat_pool",
       [](Filter& f, const Made& m, Maker&) {
         f.source_nat_pools = {NatPoolId{m.nat_pool}, NatPoolId{4}};
       }},
      {"protocol", [](Filter& f, const Made& m, Maker&) { f.protocol = m.protocol; }},
      {"family", [](Filter& f, const Made& m, Maker&) { f.family = m.family; }},
      {"interface", [](Filter& f, const Made& m, Maker& k) { f.interfaces = {m.interface[k.below(2)]}; }},
      {"application",
       [](Filter& f, const Made& m, Maker&) {
         f.applications = {AppId{m.application}, AppId{5}};
       }},
      {"zone", [](Filter& f, const Made& m, Maker& k) { f.zone = m.zone[k.below(2)]; }},
      {"policy", [](Filter& f, const Made& m, Maker&) { f.policy = m.policy; }},
      {"nat", [](Filter& f, const Made&, Maker&) { f.with_flags = session::flag::kNat; }},
      {"tunnel", [](Filter& f, const Made&, Maker&) { f.with_flags = session::flag::kTunnel; }},
      {"resource_manager",
       [](Filter& f, const Made&, Maker&) { f.with_flags = session::flag::kResourceManager; }},
      {"spared_kinds",
       [](Filter& f, const Made&, Maker&) {
         f.without_flags = session::flag::kTunnel | session::flag::kResourceManager;
       }},
      {"duration",
       [](Filter& f, const Made& m, Maker& k) { f.duration_s = bounds_around(Maker::kNowS - m.start_s, k); }},
      {"timeout", [](Filter& f, const Made& m, Maker& k) { f.timeout_s = bounds_around(m.timeout_s, k); }},
      {"remaining",
       [](Filter& f, const Made& m, Maker& k) {
         f.remaining_s = bounds_around(remaining_s(m.last_seen_s, m.timeout_s, Maker::kNowS), k);
       }},
      {"packets",
       [](Filter& f, const Made& m, Maker& k) { f.packets = bounds_around(m.packets[0] + m.packets[1], k); }},
      {"bytes",
       [](Filter& f, const Made& m, Maker& k) { f.bytes = bounds_around(m.bytes[0] + m.bytes[1], k); }},
  };
  return kConditions;
}

TEST(Filters, each_alone_lists_what_a_plain_loop_lists_in_both_families) {
  Tables tables;
  tables.fill(1, 3000);
  Maker maker(2);
  for (const auto& [name, condition] : conditions()) {
    std::set<Family> families;
    for (int round = 0; round < 20; ++round) {
      Filter filter;
      const Made& model = tables.made[maker.below(static_cast<std::uint32_t>(tables.made.size()))];
      condition(filter, model, maker);
      families.insert(model.family);
      const auto expected = plainly_matching(tables, filter);
      ASSERT_EQ(matching(tables, filter), expected) << name;
      ASSERT_EQ(summarize(tables.shards, filter, kMoment, kNoPause).valid, expected.size()) << name;
    }
    EXPECT_EQ(families.size(), 2U) << name;
  }
}

TEST(Filters, combined_list_what_a_plain_loop_lists) {
  Tables tables;
  tables.fill(3, 3000);
  Maker maker(4);
  std::size_t matched = 0;
  for (int round = 0; round < 2000; ++round) {
    const Made& model = tables.made[maker.below(static_cast<std::uint32_t>(tables.made.size()))];
    Filter filter;
    for (std::uint32_t i = 0, count = 1 + maker.below(4); i < count; ++i) {
      conditions()[2 + maker.below(static_cast<std::uint32_t>(conditions().size()) - 2)].second(filter, model,
                                                                                                maker);
    }
    const auto expected = plainly_matching(tables, filter);
    matched += expected.empty() ? 0 : 1;
    ASSERT_EQ(matching(tables, filter), expected) << round;
  }
  EXPECT_GT(matched, 1000U);
}

TEST(Filters, impossible_bounds_and_unknown_policies_match_nothing) {
  Tables tables;
  tables.fill(5, 200);
  EXPECT_TRUE(matching(tables, Filter{.policy = 0xffffffff}).empty());
  EXPECT_TRUE(matching(tables, Filter{.packets = {.more_than = ~std::uint64_t{0}, .less_than = {}}}).empty());
  EXPECT_TRUE(matching(tables, Filter{.bytes = {.more_than = {}, .less_than = 0}}).empty());
  EXPECT_TRUE(matching(tables, Filter{.bytes = {.more_than = 10, .less_than = 11}}).empty());
  EXPECT_TRUE(matching(tables, Filter{.interfaces = std::vector<IflId>{}}).empty());
}

TEST(Pages, follow_each_other_in_order_of_identifier_without_gap_or_repeat) {
  Tables tables;
  tables.fill(6, 3000);
  for (const std::size_t count : {1UL, 7UL, 512UL, 2999UL, 3000UL, 5000UL}) {
    std::vector<std::uint64_t> seen;
    std::uint64_t from = 0;
    do {
      const Page one = page(tables.shards, Filter{}, kMoment, from, count, kNoPause);
      ASSERT_LE(one.rows.size(), count);
      for (const Row& row : one.rows) {
        ASSERT_GE(row.identifier, from);
        seen.push_back(row.identifier);
      }
      from = one.next_identifier;
    } while (from != 0);
    EXPECT_EQ(seen, plainly_matching(tables, Filter{})) << count;
  }
}

TEST(Pages, stay_whole_for_sessions_that_live_while_others_come_and_go) {
  Tables tables;
  tables.fill(7, 2000);
  Maker maker(8);
  const std::vector<Made> original = tables.made;
  std::set<std::uint64_t> lasting;
  for (std::size_t i = 0; i < original.size(); i += 2) {
    lasting.insert(original[i].identifier_64);
  }
  std::vector<std::uint64_t> seen;
  std::uint64_t from = 0;
  std::size_t next_victim = 1;
  do {
    const Page one = page(tables.shards, Filter{}, kMoment, from, 50, kNoPause);
    for (const Row& row : one.rows) {
      if (lasting.contains(row.identifier_64)) {
        seen.push_back(row.identifier_64);
      }
    }
    from = one.next_identifier;
    for (int i = 0; i < 20 && next_victim < original.size(); ++i, next_victim += 2) {
      const Made& victim = original[next_victim];
      const ClearPlan plan{.filter = Filter{.identifier = victim.identifier_64}};
      ASSERT_EQ(clear(
                    tables.shards, plan, kMoment, [&] { tables.serve(); }, kNoPause)
                    .ended,
                1U);
      tables.add(maker.make(victim.family), maker.below(2));
    }
  } while (from != 0);
  EXPECT_EQ(std::set<std::uint64_t>(seen.begin(), seen.end()), lasting);
  EXPECT_EQ(seen.size(), lasting.size()) << "a session was listed twice";
}

TEST(Rows, show_both_wings_counters_and_what_is_left_of_the_timeout) {
  Tables tables;
  Made made;
  made.source = *packet::parse_address("192.0.2.10");
  made.destination = *packet::parse_address("198.51.100.7");
  made.source_port = 41954;
  made.destination_port = 80;
  made.protocol = 6;
  made.zone[0] = ZoneId{8};
  made.zone[1] = ZoneId{9};
  made.interface[0] = IflId{3};
  made.interface[1] = kLocalIfl;
  made.policy = 4;
  made.timeout_s = 1800;
  made.start_s = Maker::kNowS - 50;
  made.last_seen_s = Maker::kNowS - 13;
  made.packets[0] = 6;
  made.bytes[1] = 3881;
  tables.add(made, 1);
  const Page one = page(tables.shards, Filter{}, kMoment, 0, 10, kNoPause);
  ASSERT_EQ(one.rows.size(), 1U);
  const Row& row = one.rows[0];
  EXPECT_EQ(row.worker, 1);
  EXPECT_EQ(row.identifier, 2 * Tables::kCapacity + 1);
  EXPECT_EQ(row.timeout_s, 1800U);
  EXPECT_EQ(row.remaining_s, 1788U) << "1787 seconds are left; ageing shows even numbers";
  EXPECT_EQ(row.duration_s, 50U);
  EXPECT_EQ(packet::to_string(row.wing[1].source), "198.51.100.7");
  EXPECT_EQ(row.wing[1].destination_port, 41954);
  EXPECT_EQ(row.wing[1].zone, ZoneId{9});
  EXPECT_EQ(row.wing[0].packets, 6U);
  EXPECT_EQ(row.wing[1].bytes, 3881U);
  EXPECT_EQ(row.wing[0].flag, 0x1021U);
  EXPECT_EQ(row.wing[1].flag, 0x1030U);
}

TEST(Clear, ends_what_matches_and_nothing_else_though_the_mailbox_is_small) {
  Tables tables;
  tables.fill(9, 3000);
  const Filter filter{.protocol = 17};
  const auto doomed = plainly_matching(tables, filter);
  ASSERT_GT(doomed.size(), 500U);
  const Cleared cleared = clear(
      tables.shards, ClearPlan{.filter = filter}, kMoment, [&] { tables.serve(); }, kNoPause);
  EXPECT_EQ(cleared.ended, doomed.size());
  EXPECT_TRUE(matching(tables, filter).empty());
  EXPECT_EQ(live_sessions(tables.shards), 3000 - doomed.size());
}

// What a walk told, and whether it never went back and always knew the end.
class Told {
 public:
  explicit Told(std::uint64_t total) : total_(total) {}
  const Tell tell = [this](const Progress& progress) {
    EXPECT_EQ(progress.total, total_);
    EXPECT_GE(progress.scanned, last_);
    EXPECT_LE(progress.scanned, progress.total);
    last_ = progress.scanned;
    ++times;
  };
  int times = 0;

 private:
  std::uint64_t total_, last_ = 0;
};

TEST(Progress, of_a_walk_goes_on_through_all_tables_and_pages) {
  Tables tables;
  tables.fill(11, 3000);
  std::uint64_t total = 0;
  for (const Shard& shard : tables.shards) total += shard.inet->slots_used() + shard.inet6->slots_used();
  Told told(total);
  const Pace pace{.records = 100, .pause_us = 0, .tell = &told.tell};
  std::uint64_t from = 0;
  do {
    from = page(tables.shards, Filter{.protocol = 17}, kMoment, from, 50, pace).next_identifier;
  } while (from != 0);
  EXPECT_GT(told.times, 10);

  Told cleared(total);
  (void)clear(
      tables.shards, ClearPlan{.filter = {.protocol = 17}, .tell = &cleared.tell}, kMoment,
      [&] { tables.serve(); }, Pace{.records = 100, .pause_us = 0});
  EXPECT_GT(cleared.times, 10);
}

TEST(Clear, spares_the_operators_own_session_until_it_is_told_to_end_it) {
  Tables tables;
  tables.fill(10, 500);
  const Made& own = tables.made[123];
  const auto host = [](const packet::IpAddress& address) {
    return packet::IpPrefix{.address = address, .length = static_cast<std::uint8_t>(address.bits())};
  };
  const Filter spare{.sent = {.source = host(own.source),
                              .destination = host(own.destination),
                              .source_port = own.source_port,
                              .destination_port = own.destination_port}};
  const auto wait = [&] { tables.serve(); };
  const Cleared cleared =
      clear(tables.shards, ClearPlan{.filter = {}, .spare = spare}, kMoment, wait, kNoPause);
  EXPECT_EQ(cleared.ended, 499U);
  ASSERT_EQ(cleared.spared.size(), 1U);
  EXPECT_EQ(matching(tables, Filter{}), std::vector<std::uint64_t>{own.identifier});
  EXPECT_EQ(end_spared(tables.shards, cleared.spared, session::CloseReason::cli, wait), 1U);
  EXPECT_EQ(live_sessions(tables.shards), 0U);
}

TEST(Clear, leaves_a_slot_alone_that_was_reused_meanwhile) {
  Tables tables;
  Maker maker(11);
  for (std::uint32_t i = 0; i < Tables::kCapacity; ++i) {
    tables.add(maker.make(Family::inet));
  }
  bool first = true;
  const Made doomed = tables.made[7];
  const auto wait = [&] {
    if (first) {
      // Between the scan and the request the session ends by itself and its slot goes to another.
      first = false;
      tables.inet[0].end(static_cast<std::uint32_t>(doomed.identifier - 1));
      tables.add(maker.make(Family::inet));
    }
    tables.serve();
  };
  const Cleared cleared = clear(tables.shards, ClearPlan{.filter = Filter{.identifier = doomed.identifier}},
                                kMoment, wait, kNoPause);
  EXPECT_EQ(cleared.ended, 0U);
  EXPECT_EQ(live_sessions(tables.shards), Tables::kCapacity);
}

packet::IpAddress ip(const char* text) {
  return packet::parse_address(text).value();
}
packet::IpPrefix net(const char* text) {
  return packet::parse_prefix(text).value();
}

// As the data plane makes it: IPv4 addresses in their IPv6 form.
Made between_families() {
  Made made = Maker(1).make(Family::inet6);
  made.source = ip("2001:db8:140::10");
  made.destination = ip("64:ff9b::c633:6407");
  made.nat_source = ip("::ffff:203.0.113.172");
  made.nat_destination = ip("::ffff:198.51.100.7");
  made.nat_source_port = 13998;
  made.nat_destination_port = made.destination_port = 443;
  made.protocol = 58;
  made.flags = session::flag::kNat | session::flag::kNat64;
  return made;
}

TEST(Rows, each_wing_of_a_session_between_the_families_has_its_own) {
  Tables tables;
  tables.add(between_families());
  const Row row = page(tables.shards, {}, kMoment, 0, 1, kNoPause).rows.at(0);
  EXPECT_EQ(row.family, Family::inet6);
  EXPECT_EQ(row.protocol, 58);
  EXPECT_EQ(packet::to_string(row.wing[0].source), "2001:db8:140::10");
  EXPECT_EQ(packet::to_string(row.wing[0].destination), "64:ff9b::c633:6407");
  EXPECT_EQ(row.wing[0].protocol, 58);
  EXPECT_EQ(row.wing[0].flag & 2U, 2U) << "of IPv6";
  EXPECT_EQ(packet::to_string(row.wing[1].source), "198.51.100.7");
  EXPECT_EQ(packet::to_string(row.wing[1].destination), "203.0.113.172");
  EXPECT_EQ(row.wing[1].destination_port, 13998);
  EXPECT_EQ(row.wing[1].protocol, 1);
  EXPECT_EQ(row.wing[1].flag & 2U, 0U);
}

TEST(Filters, sessions_between_the_families_are_found_by_addresses_of_both) {
  Tables tables;
  tables.add(between_families());
  const auto found = [&](const Filter& filter) { return matching(tables, filter).size(); };
  EXPECT_EQ(found({.sent = {.source = net("2001:db8:140::/48")}}), 1U);
  EXPECT_EQ(found({.sent = {.destination = net("64:ff9b::/96")}}), 1U);
  EXPECT_EQ(found({.translated = {.source = net("203.0.113.0/24")}}), 1U);
  EXPECT_EQ(found({.translated = {.source = net("203.0.113.172/32"), .source_port = 13998}}), 1U);
  EXPECT_EQ(found({.translated = {.destination = net("198.51.100.7/32")}}), 1U);
  EXPECT_EQ(found({.translated = {.destination = net("198.51.100.8/32")}}), 0U);
  EXPECT_EQ(found({.family = Family::inet6}), 1U);
  EXPECT_EQ(found({.family = Family::inet}), 0U);
}

// All of IPv4 by one next hop or another; IPv6 by its own.
snapshot::Snapshot routed(std::uint16_t next_hop) {
  snapshot::Snapshot made;
  made.interfaces.resize(3);
  for (std::uint16_t ifl = 1; ifl < 3; ++ifl) {
    made.interfaces[ifl].id = IflId{ifl};
    made.interfaces[ifl].zone = ZoneId{9};
  }
  route::Definition routes;
  routes.next_hops.resize(4);
  for (route::NextHop& hop : routes.next_hops) {
    hop.kind = route::NextHopKind::forward;
    hop.ifl = IflId{1};
  }
  routes.routes.push_back({.prefix = net("0.0.0.0/0"), .next_hop = NextHopId{next_hop}});
  routes.routes.push_back({.prefix = net("::/0"), .next_hop = NextHopId{3}});
  made.routes = route::View::compile(std::move(routes)).value();
  return made;
}

TEST(Reroute, the_ipv4_wing_of_a_session_between_the_families_follows_the_routes_of_ipv4) {
  ASSERT_TRUE(port::start_eal().has_value());
  Tables tables;
  Made made = between_families();
  made.zone[1] = ZoneId{9};
  tables.add(made);
  std::vector<worker::Request> asked;
  const Wait serve = [&] {
    tables.mailboxes[0].drain(10, [&](const worker::Request& request, const worker::Request*) {
      asked.push_back(request);
      return false;
    });
  };
  EXPECT_EQ(reroute(tables.shards, routed(1), routed(2), serve), 0U);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].kind, worker::Request::Kind::reroute);
  EXPECT_EQ(asked[0].family, Family::inet6);
  EXPECT_EQ(asked[0].wing, 0U);
  EXPECT_EQ(asked[0].next_hop, NextHopId{2});
}

}  // namespace
}  // namespace sluice::query
