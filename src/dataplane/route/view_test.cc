#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/wire.h"
#include "dataplane/port/eal.h"
#include "dataplane/route/route.h"

namespace sluice::route {
namespace {

using packet::Family;
using packet::IpAddress;
using packet::IpPrefix;

class RouteView : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(port::start_eal().has_value()); }

  static Route route(const char* prefix, std::uint16_t next_hop, std::uint8_t preference = 0) {
    Route made;
    made.prefix = *packet::parse_prefix(prefix);
    made.next_hop = NextHopId{next_hop};
    made.preference = preference;
    return made;
  }
  static std::unique_ptr<View> compile(std::vector<Route> routes, std::size_t next_hops = 100) {
    Definition definition;
    definition.next_hops.resize(next_hops);
    definition.routes = std::move(routes);
    Result<std::unique_ptr<View>> view = View::compile(std::move(definition));
    EXPECT_TRUE(view.has_value()) << (view ? "" : view.error().text());
    return std::move(*view);
  }
  static unsigned find(const View& view, const IpAddress& address) {
    if (address.family == Family::inet6) return view.lookup(address.bytes).value;
    return view.lookup(load<std::uint32_t>(address.bytes.data())).value;
  }
  static unsigned find(const View& view, const char* address) {
    return find(view, *packet::parse_address(address));
  }

  // What the tables must equal: the longest prefix that contains the address.
  static unsigned longest(const std::vector<Route>& routes, const IpAddress& address) {
    const Route* best = nullptr;
    for (const Route& candidate : routes) {
      if (candidate.prefix.address.family != address.family || !candidate.prefix.contains(address)) continue;
      if (best == nullptr || candidate.prefix.length > best->prefix.length) best = &candidate;
    }
    return best == nullptr ? 0 : best->next_hop.value;
  }

  // Random prefixes that nest: bits come from few places, so that longer ones fall into shorter ones.
  IpPrefix random_prefix(Family family) {
    IpPrefix prefix;
    prefix.address = random_address(family);
    const int bits = prefix.address.bits();
    prefix.length = static_cast<std::uint8_t>(random_() % static_cast<unsigned>(bits + 1));
    for (int bit = prefix.length; bit < bits; ++bit) {
      prefix.address.bytes[static_cast<std::size_t>(bit / 8)] &=
          static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
    }
    return prefix;
  }
  IpAddress random_address(Family family) {
    IpAddress address;
    address.family = family;
    for (int i = 0; i < address.bits() / 8; ++i) {
      address.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>((random_() % 4) * 0x55);
    }
    return address;
  }
  void compare_with_a_plain_loop(std::size_t count, std::size_t next_hops) {
    std::vector<Route> routes;
    std::set<IpPrefix> seen;
    for (std::size_t i = 0; i < count; ++i) {
      Route made;
      made.prefix = random_prefix(i % 2 == 0 ? Family::inet : Family::inet6);
      if (!seen.insert(made.prefix).second) continue;
      made.next_hop = NextHopId{static_cast<std::uint16_t>(1 + random_() % (next_hops - 1))};
      routes.push_back(made);
    }
    const std::unique_ptr<View> view = compile(routes, next_hops);
    for (int i = 0; i < 2000; ++i) {
      const IpAddress address = random_address(i % 2 == 0 ? Family::inet : Family::inet6);
      ASSERT_EQ(find(*view, address), longest(routes, address)) << to_string(address);
    }
  }

  std::mt19937 random_{2024};
};

TEST_F(RouteView, an_empty_view_has_no_route_in_either_family) {
  const auto view = compile({});
  EXPECT_EQ(find(*view, "192.0.2.1"), 0U);
  EXPECT_EQ(find(*view, "2001:db8::1"), 0U);
  EXPECT_EQ(view->next_hop(kNoNextHop).kind, NextHopKind::no_route);
}

TEST_F(RouteView, the_longest_prefix_wins_and_a_default_route_catches_the_rest) {
  const auto view = compile({route("0.0.0.0/0", 1), route("10.0.0.0/8", 2), route("10.1.0.0/16", 3),
                             route("10.1.2.3/32", 4), route("::/0", 5), route("2001:db8::/32", 6),
                             route("2001:db8::7/128", 7)});
  EXPECT_EQ(find(*view, "192.0.2.1"), 1U);
  EXPECT_EQ(find(*view, "10.2.0.1"), 2U);
  EXPECT_EQ(find(*view, "10.1.9.9"), 3U);
  EXPECT_EQ(find(*view, "10.1.2.3"), 4U);
  EXPECT_EQ(find(*view, "10.1.2.4"), 3U);
  EXPECT_EQ(find(*view, "2001:db9::1"), 5U);
  EXPECT_EQ(find(*view, "2001:db8::1"), 6U);
  EXPECT_EQ(find(*view, "2001:db8::7"), 7U);
}

TEST_F(RouteView, a_route_of_one_family_does_not_answer_for_the_other) {
  const auto view = compile({route("0.0.0.0/0", 1)});
  EXPECT_EQ(find(*view, "2001:db8::1"), 0U);
}

TEST_F(RouteView, of_two_routes_to_one_prefix_the_lower_preference_is_taken) {
  const auto view = compile({route("10.0.0.0/8", 1, 170), route("10.0.0.0/8", 2, 5)});
  EXPECT_EQ(find(*view, "10.0.0.1"), 2U);
  EXPECT_EQ(view->routes().size(), 2U);
}

TEST_F(RouteView, a_route_to_a_next_hop_that_does_not_exist_is_refused_by_name) {
  Definition definition;
  definition.next_hops.resize(2);
  definition.routes = {route("10.0.0.0/8", 2)};
  const auto view = View::compile(std::move(definition));
  ASSERT_FALSE(view.has_value());
  EXPECT_EQ(view.error().path, "10.0.0.0/8");
}

TEST_F(RouteView, small_random_tables_equal_a_plain_longest_prefix_loop) {
  for (int round = 0; round < 20; ++round) compare_with_a_plain_loop(300, 50);
}

TEST_F(RouteView, flat_tables_equal_a_plain_longest_prefix_loop) {
  compare_with_a_plain_loop(20000, 1000);
}

TEST_F(RouteView, flat_tables_take_every_next_hop_id) {
  compare_with_a_plain_loop(20000, 65535);
}

TEST_F(RouteView, hundreds_of_views_live_at_once_and_leave_nothing_behind) {
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<View>> views;
    for (std::uint16_t i = 1; i < 300; ++i) views.push_back(compile({route("10.0.0.0/8", i)}, 300));
    for (std::uint16_t i = 1; i < 300; ++i) EXPECT_EQ(find(*views[i - 1U], "10.9.9.9"), i);
  }
}

}  // namespace
}  // namespace sluice::route
