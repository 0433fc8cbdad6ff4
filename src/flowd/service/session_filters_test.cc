// Every filter of `show` and `clear security flow session`, through flowd's service and against a plain
// reading of the same message.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "dataplane/session/tcp.h"
#include "flowd/service/test_sessions.h"
#include "flowd/service/translate.h"
#include "flowd/test_datagram.h"

namespace sluice::service {
namespace {

using query::Maker;
using Filter = v1::SessionFilter;
using Identifiers = std::vector<std::uint64_t>;

// --- the plain reading
bool covers(const v1::Prefix& prefix, const packet::IpAddress& address) {
  if (prefix.address().size() * 8 != static_cast<std::size_t>(address.bits())) {
    return false;
  }
  for (std::uint32_t bit = 0; bit < prefix.length(); ++bit) {
    const int mask = 0x80 >> (bit % 8);
    if ((static_cast<std::uint8_t>(prefix.address()[bit / 8]) & mask) != (address.bytes[bit / 8] & mask)) {
      return false;
    }
  }
  return true;
}

bool has_addresses(const Filter& f, const query::Made& m) {
  return (!f.has_source_prefix() || covers(f.source_prefix(), m.source)) &&
         (!f.has_destination_prefix() || covers(f.destination_prefix(), m.destination)) &&
         (!f.has_source_port() || f.source_port() == m.source_port) &&
         (!f.has_destination_port() || f.destination_port() == m.destination_port) &&
         (!f.has_nat_source_prefix() || covers(f.nat_source_prefix(), m.nat_source)) &&
         (!f.has_nat_destination_prefix() || covers(f.nat_destination_prefix(), m.nat_destination)) &&
         (!f.has_nat_source_port() || f.nat_source_port() == m.nat_source_port) &&
         (!f.has_nat_destination_port() || f.nat_destination_port() == m.nat_destination_port);
}

bool is_of_family(v1::Family wanted, packet::Family family) {
  return wanted == v1::FAMILY_ANY || (wanted == v1::FAMILY_INET) == (family == packet::Family::inet);
}

bool is_of_kind(v1::SessionKind wanted, std::uint16_t flags) {
  switch (wanted) {
    case v1::KIND_NAT:
      return (flags & session::flag::kNat) != 0;
    case v1::KIND_TUNNEL:
      return (flags & session::flag::kTunnel) != 0;
    case v1::KIND_RESOURCE_MANAGER:
      return (flags & session::flag::kResourceManager) != 0;
    default:
      return true;
  }
}

bool has_application(const std::string& keyword, const std::string& name) {
  static const std::map<std::string, std::set<std::string>> kMeant{
      {"ssh", {"junos-ssh", "secure-shell"}}, {"http", {"junos-http"}}, {"ftp", {"junos-ftp"}}};
  return kMeant.at(keyword).contains(name);
}

bool has_names(const Filter& f, const Put& p) {
  const auto on = [&](const std::string& unit) {
    return f.interface() == unit || f.interface() == unit.substr(0, unit.find('.'));
  };
  return (!f.has_interface() || on(p.interface[0]) || on(p.interface[1])) &&
         (!f.has_zone() || f.zone() == p.zone[0] || f.zone() == p.zone[1]) &&
         (!f.has_application() || has_application(f.application(), p.application)) &&
         (!f.has_source_nat_pool() || f.source_nat_pool() == p.pool) &&
         (!f.has_policy_id() || f.policy_id() == p.made.policy);
}

// What is left of the timeout, as it is shown.
std::uint64_t remaining_s(const query::Made& m) {
  return query::remaining_s(m.last_seen_s, m.timeout_s, Maker::kNowS);
}

bool has_numbers(const Filter& f, const query::Made& m) {
  const std::uint64_t duration = Maker::kNowS - m.start_s;
  const std::uint64_t packets = m.packets[0] + m.packets[1];
  const std::uint64_t bytes = m.bytes[0] + m.bytes[1];
  return (!f.has_duration_more_than() || duration > f.duration_more_than()) &&
         (!f.has_duration_less_than() || duration < f.duration_less_than()) &&
         (!f.has_timeout_more_than() || m.timeout_s > f.timeout_more_than()) &&
         (!f.has_timeout_less_than() || m.timeout_s < f.timeout_less_than()) &&
         (!f.has_curr_more_than() || remaining_s(m) > f.curr_more_than()) &&
         (!f.has_curr_less_than() || remaining_s(m) < f.curr_less_than()) &&
         (!f.has_packets_more_than() || packets > f.packets_more_than()) &&
         (!f.has_packets_less_than() || packets < f.packets_less_than()) &&
         (!f.has_bytes_more_than() || bytes > f.bytes_more_than()) &&
         (!f.has_bytes_less_than() || bytes < f.bytes_less_than());
}

bool means(const Filter& f, const Put& p) {
  const bool named = !f.has_session_identifier() || f.session_identifier() == p.made.identifier ||
                     f.session_identifier() == p.made.identifier_64;
  return named && has_addresses(f, p.made) && (!f.has_protocol() || f.protocol() == p.made.protocol) &&
         is_of_family(f.family(), p.made.family) && is_of_kind(f.kind(), p.made.flags) && has_names(f, p) &&
         has_numbers(f, p.made);
}

// --- conditions, named after the message's fields
void put_prefix(const packet::IpAddress& address, Maker& maker, v1::Prefix& prefix) {
  prefix.set_address(bytes_of(address));
  prefix.set_length(maker.below(static_cast<std::uint32_t>(address.bits()) + 1));
}

std::string port_or_unit(const std::string& unit, Maker& maker) {
  return maker.below(2) == 0 ? unit : unit.substr(0, unit.find('.'));
}

std::string keyword_for(const std::string& application) {
  return application == "junos-http" ? "http" : application == "junos-ftp" ? "ftp" : "ssh";
}

// Set from a session so that it holds for that one, where there is a value for it at all.
struct Condition {
  const char* field;
  std::function<void(Filter&, const Put&, Maker&)> set;
};

std::uint64_t a_bit_less(std::uint64_t value) {
  return value == 0 ? 0 : value - 1;
}

std::vector<Condition> tuple_conditions() {
  return {
      {"session_identifier",
       [](Filter& f, const Put& p, Maker& k) {
         f.set_session_identifier(k.below(2) == 0 ? p.made.identifier : p.made.identifier_64);
       }},
      {"source_prefix",
       [](Filter& f, const Put& p, Maker& k) { put_prefix(p.made.source, k, *f.mutable_source_prefix()); }},
      {"destination_prefix",
       [](Filter& f, const Put& p, Maker& k) {
         put_prefix(p.made.destination, k, *f.mutable_destination_prefix());
       }},
      {"source_port", [](Filter& f, const Put& p, Maker&) { f.set_source_port(p.made.source_port); }},
      {"destination_port",
       [](Filter& f, const Put& p, Maker&) { f.set_destination_port(p.made.destination_port); }},
      {"nat_source_prefix",
       [](Filter& f, const Put& p, Maker& k) {
         put_prefix(p.made.nat_source, k, *f.mutable_nat_source_prefix());
       }},
      {"nat_destination_prefix",
       [](Filter& f, const Put& p, Maker& k) {
         put_prefix(p.made.nat_destination, k, *f.mutable_nat_destination_prefix());
       }},
      {"nat_source_port",
       [](Filter& f, const Put& p, Maker&) { f.set_nat_source_port(p.made.nat_source_port); }},
      {"nat_destination_port",
       [](Filter& f, const Put& p, Maker&) { f.set_nat_destination_port(p.made.nat_destination_port); }},
      {"protocol", [](Filter& f, const Put& p, Maker&) { f.set_protocol(p.made.protocol); }},
      {"family",
       [](Filter& f, const Put& p, Maker&) {
         f.set_family(p.made.family == packet::Family::inet ? v1::FAMILY_INET : v1::FAMILY_INET6);
       }},
  };
}

std::vector<Condition> name_conditions() {
  return {
      {"interface", [](Filter& f, const Put& p,
                       Maker& k) { f.set_interface(port_or_unit(p.interface.at(k.below(2)), k)); }},
      {"zone", [](Filter& f, const Put& p, Maker& k) { f.set_zone(p.zone.at(k.below(2))); }},
      {"application", [](Filter& f, const Put& p, Maker&) { f.set_application(keyword_for(p.application)); }},
      {"source_nat_pool",
       [](Filter& f, const Put& p, Maker&) { f.set_source_nat_pool(p.pool.empty() ? "out" : p.pool); }},
      {"policy_id", [](Filter& f, const Put& p, Maker&) { f.set_policy_id(p.made.policy); }},
      {"kind", [](Filter& f, const Put&, Maker&) { f.set_kind(v1::KIND_NAT); }},
      {"kind", [](Filter& f, const Put&, Maker&) { f.set_kind(v1::KIND_TUNNEL); }},
      {"kind", [](Filter& f, const Put&, Maker&) { f.set_kind(v1::KIND_RESOURCE_MANAGER); }},
  };
}

std::vector<Condition> number_conditions() {
  const auto duration = [](const Put& p) { return std::uint64_t{Maker::kNowS - p.made.start_s}; };
  const auto packets = [](const Put& p) { return p.made.packets[0] + p.made.packets[1]; };
  const auto bytes = [](const Put& p) { return p.made.bytes[0] + p.made.bytes[1]; };
  return {
      {"duration_more_than",
       [=](Filter& f, const Put& p, Maker&) { f.set_duration_more_than(a_bit_less(duration(p))); }},
      {"duration_less_than",
       [=](Filter& f, const Put& p, Maker&) { f.set_duration_less_than(duration(p) + 1); }},
      {"timeout_more_than",
       [](Filter& f, const Put& p, Maker&) { f.set_timeout_more_than(a_bit_less(p.made.timeout_s)); }},
      {"timeout_less_than",
       [](Filter& f, const Put& p, Maker&) { f.set_timeout_less_than(p.made.timeout_s + 1); }},
      {"curr_more_than",
       [](Filter& f, const Put& p, Maker&) { f.set_curr_more_than(a_bit_less(remaining_s(p.made))); }},
      {"curr_less_than",
       [](Filter& f, const Put& p, Maker&) { f.set_curr_less_than(remaining_s(p.made) + 1); }},
      {"packets_more_than",
       [=](Filter& f, const Put& p, Maker&) { f.set_packets_more_than(a_bit_less(packets(p))); }},
      {"packets_less_than",
       [=](Filter& f, const Put& p, Maker&) { f.set_packets_less_than(packets(p) + 1); }},
      {"bytes_more_than",
       [=](Filter& f, const Put& p, Maker&) { f.set_bytes_more_than(a_bit_less(bytes(p))); }},
      {"bytes_less_than", [=](Filter& f, const Put& p, Maker&) { f.set_bytes_less_than(bytes(p) + 1); }},
  };
}

const std::vector<Condition>& conditions() {
  static const std::vector<Condition> kConditions = [] {
    std::vector<Condition> all = tuple_conditions();
    for (const auto& more : {name_conditions(), number_conditions()}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }();
  return kConditions;
}

struct Asked {
  Filter filter;
  std::string says;
};

class SessionFilters : public SessionsTest {
 protected:
  const Put& any() { return put_.at(maker_.below(static_cast<std::uint32_t>(put_.size()))); }

  [[nodiscard]] Identifiers meant(const Filter& filter) const {
    Identifiers identifiers;
    for (const Put& one : put_) {
      if (means(filter, one)) {
        identifiers.push_back(one.made.identifier);
      }
    }
    std::ranges::sort(identifiers);
    return identifiers;
  }

  // Each condition several times, and each with each other, from a session that is there.
  std::vector<Asked> questions(int rounds_alone) {
    std::vector<Asked> all;
    for (std::size_t i = 0; i < conditions().size(); ++i) {
      for (int round = 0; round < rounds_alone; ++round) {
        all.push_back(question({&conditions()[i]}));
      }
      for (std::size_t j = i + 1; j < conditions().size(); ++j) {
        if (std::string_view(conditions()[i].field) != conditions()[j].field) {
          all.push_back(question({&conditions()[i], &conditions()[j]}));
        }
      }
    }
    return all;
  }
  Asked question(std::initializer_list<const Condition*> wanted) {
    Asked asked;
    const Put& model = any();
    for (const Condition* condition : wanted) {
      condition->set(asked.filter, model, maker_);
    }
    asked.says = asked.filter.ShortDebugString();
    return asked;
  }

  // How many frames have left towards the servers since the last call.
  std::size_t left() {
    return machine_.wire("ge-0/0/0")->collect(0).size() + machine_.wire("ge-0/0/0")->collect(1).size();
  }

  // What was ended is put in again; its identifier is another one.
  void put_back(const Identifiers& ended) {
    const auto gone = std::ranges::stable_partition(
        put_, [&](const Put& one) { return !std::ranges::binary_search(ended, one.made.identifier); });
    const std::vector<Put> again(gone.begin(), gone.end());
    put_.erase(gone.begin(), gone.end());
    for (const Put& one : again) {
      put(one);
    }
  }
};

TEST_F(SessionFilters, of_the_message_are_all_asked_here) {
  const auto* fields = Filter::descriptor();
  for (int i = 0; i < fields->field_count(); ++i) {
    const std::string& name = fields->field(i)->name();
    EXPECT_TRUE(std::ranges::any_of(conditions(), [&](const Condition& one) { return name == one.field; }))
        << name;
  }
}

TEST_F(SessionFilters, alone_and_in_pairs_list_and_count_what_they_say) {
  fill(400);
  std::size_t matched = 0;
  for (const Asked& asked : questions(8)) {
    const Identifiers expected = meant(asked.filter);
    ASSERT_EQ(listed(asked.filter), expected) << asked.says;
    ASSERT_EQ(summary(asked.filter).valid(), expected.size()) << asked.says;
    matched += expected.empty() ? 0 : 1;
  }
  EXPECT_GT(matched, 400U);
}

TEST_F(SessionFilters, alone_and_in_pairs_clear_what_they_say_and_nothing_else) {
  fill(200);
  std::uint64_t ended = 0;
  const std::size_t count = conditions().size();
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = i; j < count; ++j) {
      const Asked asked = question({&conditions()[i], &conditions()[j]});
      const Identifiers expected = meant(asked.filter);
      ASSERT_EQ(clear(asked.filter), expected.size()) << asked.says;
      ASSERT_TRUE(listed(asked.filter).empty()) << asked.says;
      ended += expected.size();
      Identifiers remaining = meant({});
      std::erase_if(remaining, [&](std::uint64_t one) { return std::ranges::binary_search(expected, one); });
      ASSERT_EQ(listed({}), remaining) << asked.says;
      put_back(expected);
    }
  }
  EXPECT_GT(ended, 1000U);
}

TEST_F(SessionFilters, tunnel_and_resource_manager_list_those_that_are_flagged_and_clear_all_spares_both) {
  fill(100);
  Filter tunnel;
  tunnel.set_kind(v1::KIND_TUNNEL);
  Filter resource_manager;
  resource_manager.set_kind(v1::KIND_RESOURCE_MANAGER);
  Identifiers flagged[2];
  Identifiers either;
  for (const Put& one : put_) {
    const bool is[] = {(one.made.flags & session::flag::kTunnel) != 0,
                       (one.made.flags & session::flag::kResourceManager) != 0};
    for (int kind = 0; kind < 2; ++kind) {
      if (is[kind]) {
        flagged[kind].push_back(one.made.identifier);
      }
    }
    if (is[0] || is[1]) {
      either.push_back(one.made.identifier);
    }
  }
  for (Identifiers* identifiers : {&flagged[0], &flagged[1], &either}) {
    std::ranges::sort(*identifiers);
  }
  ASSERT_FALSE(flagged[0].empty());
  ASSERT_NE(flagged[0], flagged[1]);
  EXPECT_EQ(listed(tunnel), flagged[0]);
  EXPECT_EQ(listed(resource_manager), flagged[1]);
  EXPECT_EQ(clear({}), put_.size() - either.size());
  EXPECT_EQ(listed({}), either);
}

TEST_F(SessionFilters, pages_follow_each_other_with_and_without_a_filter) {
  fill(300);
  Filter some;
  some.set_interface("ge-0/0/0");
  some.set_family(v1::FAMILY_INET6);
  for (const Filter& filter : {Filter(), some}) {
    for (const std::uint64_t count : {1U, 7U, 100U, 1000U}) {
      v1::SessionsRequest request;
      *request.mutable_filter() = filter;
      request.set_count(count);
      Identifiers seen;
      do {
        const Listing page = list(request);
        ASSERT_LE(page.identifiers.size(), count);
        seen.insert(seen.end(), page.identifiers.begin(), page.identifiers.end());
        request.set_start_identifier(page.next);
      } while (request.start_identifier() != 0);
      EXPECT_EQ(seen, meant(filter)) << count;
    }
  }
}

TEST_F(SessionFilters, start_at_an_identifier_and_end_after_the_count) {
  fill(50);
  const Identifiers all = meant({});
  v1::SessionsRequest request;
  request.set_start_identifier(all[20]);
  request.set_count(5);
  const Listing page = list(request);
  EXPECT_EQ(page.identifiers, Identifiers(all.begin() + 20, all.begin() + 25));
  EXPECT_GT(page.next, all[24]);
  EXPECT_LE(page.next, all[25]);
}

TEST_F(SessionFilters, with_an_unknown_name_or_a_number_out_of_range_are_errors_and_never_all) {
  fill(10);
  const std::vector<std::pair<std::function<void(Filter&)>, std::string>> kWrong{
      {[](Filter& f) { f.set_interface("ge-0/0/9"); },
       "there is no interface \"ge-0/0/9\"; there are: .local..0, ge-0/0/0.10, ge-0/0/0.20, ge-0/0/1.0"},
      {[](Filter& f) { f.set_interface("ge-0/0/"); },
       "there is no interface \"ge-0/0/\"; there are: .local..0, ge-0/0/0.10, ge-0/0/0.20, ge-0/0/1.0"},
      {[](Filter& f) { f.set_interface(""); },
       "there is no interface \"\"; there are: .local..0, ge-0/0/0.10, ge-0/0/0.20, ge-0/0/1.0"},
      {[](Filter& f) { f.set_zone("lan"); }, "there is no zone \"lan\"; there are: "},
      {[](Filter& f) { f.set_zone(""); }, "there is no zone \"\"; there are: "},
      {[](Filter& f) { f.set_application("gopher"); }, "\"gopher\" is not an application to filter by"},
      {[](Filter& f) { f.set_protocol(256); }, "256 is too large: at most 255"},
      {[](Filter& f) { f.set_source_port(65536); }, "65536 is too large: at most 65535"},
      {[](Filter& f) { f.set_nat_destination_port(65536); }, "65536 is too large: at most 65535"},
      {[](Filter& f) { f.mutable_source_prefix()->set_address("abc"); },
       "an address has 4 or 16 bytes, not 3"},
      {[](Filter& f) {
         f.mutable_destination_prefix()->set_address("abcd");
         f.mutable_destination_prefix()->set_length(33);
       },
       "a prefix length of 33 is too long: at most 32"},
  };
  for (const auto& [set, sentence] : kWrong) {
    v1::SessionsRequest request;
    set(*request.mutable_filter());
    const Listing listing = list(request);
    EXPECT_TRUE(listing.identifiers.empty());
    EXPECT_EQ(listing.failure.substr(0, sentence.size()), sentence);
  }
}

TEST_F(SessionFilters, a_summary_tells_failures_and_the_maximum_and_counts_multicast_apart) {
  fill(100);
  std::uint64_t multicast = 0;
  for (const Put& one : put_) {
    multicast += (one.made.flags & session::flag::kMulticast) != 0 ? 1 : 0;
  }
  const v1::SessionSummaryReply before = summary({});
  EXPECT_EQ(before.multicast(), multicast);
  EXPECT_EQ(before.unicast(), 100 - multicast);
  EXPECT_EQ(before.in_use(), 100U);
  EXPECT_EQ(before.maximum(), 1024U);
  EXPECT_EQ(before.failed(), 0U);
  // More first packets than there is room for sessions.
  std::size_t forwarded = 0;
  constexpr int kBursts = 20;
  for (int burst = 0; burst < kBursts; ++burst) {
    for (int i = 0; i < 64; ++i) {
      const auto port = static_cast<std::uint16_t>(1000 + burst * 64 + i);
      ASSERT_TRUE(machine_.wire("ge-0/0/1")->inject(flowd::datagram(9, 80, port)));
    }
    step();
    forwarded += left();
  }
  const v1::SessionSummaryReply after = summary({});
  EXPECT_GT(after.failed(), 0U);
  EXPECT_EQ(after.failed(), kBursts * 64 - forwarded);
  EXPECT_EQ(after.in_use(), 100 + forwarded);
}

TEST_F(SessionFilters, a_summary_counts_closed_connections_as_invalidated) {
  std::uint64_t closed = 0;
  std::uint64_t multicast = 0;
  for (int i = 0; i < 100; ++i) {
    Put one = chosen(i % 2 == 0 ? packet::Family::inet : packet::Family::inet6);
    // What other protocols keep there is no state of a connection.
    one.made.tcp_state = static_cast<std::uint8_t>(session::tcp::State::closed);
    const bool is_closed = one.made.protocol == 6;
    closed += is_closed ? 1 : 0;
    multicast += !is_closed && (one.made.flags & session::flag::kMulticast) != 0 ? 1 : 0;
    put(std::move(one));
  }
  ASSERT_GT(closed, 0U);
  const v1::SessionSummaryReply all = summary({});
  EXPECT_EQ(all.invalidated(), closed);
  EXPECT_EQ(all.valid(), 100 - closed);
  EXPECT_EQ(all.multicast(), multicast);
  EXPECT_EQ(all.unicast(), 100 - closed - multicast);
  EXPECT_EQ(all.in_use(), 100U);
  Filter tcp;
  tcp.set_protocol(6);
  EXPECT_EQ(summary(tcp).invalidated(), closed);
  EXPECT_EQ(summary(tcp).valid(), 0U);
  EXPECT_EQ(listed(tcp).size(), closed) << "they are listed until they are gone";
}

TEST_F(SessionFilters, a_summary_counts_a_session_as_pending_while_its_packet_waits_for_the_neighbor) {
  route::Definition unresolved = machine_.routes();
  for (const route::Route& route : unresolved.routes) {
    if (packet::to_string(route.prefix) == "203.0.113.0/24") {
      unresolved.next_hops[route.next_hop.value].kind = route::NextHopKind::glean;
    }
  }
  const auto publish_routes = [&](std::optional<route::Definition> routes) {
    machine_.set_routes(std::move(routes));
    machine_.on_routes();
    control_.chores(now_);
    step();
  };
  publish_routes(unresolved);
  ASSERT_TRUE(machine_.wire("ge-0/0/1")->inject(flowd::datagram(9, 80, 1000)));
  step();
  EXPECT_EQ(left(), 0U);
  const v1::SessionSummaryReply waiting = summary({});
  EXPECT_EQ(waiting.pending(), 1U);
  EXPECT_EQ(waiting.valid(), 0U);
  EXPECT_EQ(waiting.in_use(), 1U);
  publish_routes(std::nullopt);
  EXPECT_EQ(left(), 1U);
  EXPECT_EQ(summary({}).pending(), 0U);
  EXPECT_EQ(summary({}).valid(), 1U);
}

}  // namespace
}  // namespace sluice::service
