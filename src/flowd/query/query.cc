#include "flowd/query/query.h"

#include <time.h>

#include <atomic>

#include "dataplane/route/route.h"
#include "dataplane/session/tcp.h"
#include "flowd/query/courier.h"
#include "flowd/query/scan.h"

namespace sluice::query {
namespace {

// Copies a match out. The copy may be of its slot's next session: then the match must be made again.
struct Collect {
  Page& page;
  std::size_t count;
  const Shards shards;
  const Moment& moment;

  template <class F>
  Step operator()(const Found<F>& found) {
    session::Copy<F> session;
    if (!found.table.copy(found.slot, session) || session.cold.version != found.version) {
      return Step::again;
    }
    Row row = make_row<F>(session, moment);
    row.worker = shards[found.shard].worker;
    row.identifier = found.table.identifier(found.slot);
    row.identifier_64 = found.table.identifier_64(found.slot, found.version);
    page.rows.push_back(row);
    return page.rows.size() >= count ? Step::stop : Step::go_on;
  }
};

template <class F>
bool is_closed(const session::Record<F>& record) {
  return session::get(record.key.protocol) == packet::protocol::kTcp &&
         static_cast<session::tcp::State>(session::get(record.state)) == session::tcp::State::closed;
}

template <class F>
bool is_pending(const session::Record<F>& record, const session::Cold<F>& cold, const route::View* routes) {
  const NextHopId forth{session::get(record.next_hop[0])};
  return routes != nullptr && forth.value < routes->next_hops().size() &&
         routes->next_hop(forth).kind == route::NextHopKind::glean &&
         session::traffic(record, cold, 0).packets == 0;
}

struct Count {
  Summary& summary;
  const route::View* routes;

  template <class F>
  Step operator()(const Found<F>& found) {
    const session::Record<F>& record = found.table.record(found.slot);
    if (is_closed(record)) {
      ++summary.invalidated;
    } else if (is_pending(record, found.table.cold(found.slot), routes)) {
      ++summary.pending;
    } else {
      ++summary.valid;
      summary.multicast += (session::get(record.flags) & session::flag::kMulticast) != 0 ? 1 : 0;
    }
    return Step::go_on;
  }
};

struct SumByPolicy {
  std::vector<PolicyTraffic>& traffic;

  template <class F>
  Step operator()(const Found<F>& found) {
    const session::Record<F>& record = found.table.record(found.slot);
    const session::Cold<F>& cold = found.table.cold(found.slot);
    const session::Traffic seen[2] = {session::traffic(record, cold, 0), session::traffic(record, cold, 1)};
    PolicyTraffic& sum = traffic[session::get(cold.policy)];
    if (!found.table.unchanged(found.slot, found.version)) {
      return Step::again;
    }
    for (int wing = 0; wing < 2; ++wing) {
      sum.packets[wing] += seen[wing].packets;
      sum.bytes[wing] += seen[wing].bytes;
    }
    return Step::go_on;
  }
};

void add_ended(const flow::PolicyCounterTable& counters, std::span<const PolicyId> policies,
               std::vector<PolicyTraffic>& traffic) {
  for (const PolicyId policy : policies) {
    const flow::PolicyCounters& ended = counters[policy.value];
    PolicyTraffic& sum = traffic[policy.value];
    for (int wing = 0; wing < 2; ++wing) {
      sum.packets[wing] += session::get(ended.packets[wing]);
      sum.bytes[wing] += session::get(ended.bytes[wing]);
    }
  }
}

struct End {
  Courier& courier;
  Cleared& cleared;
  session::CloseReason reason;
  const Matcher<packet::V4>* spare4;
  const Matcher<packet::V6>* spare6;

  static bool spared(const auto* matcher, const auto& found) {
    return matcher != nullptr && matcher->possible() &&
           matcher->test(found.table.record(found.slot), found.table.cold(found.slot));
  }

  template <class F>
  Step operator()(const Found<F>& found) {
    bool keep = false;
    if constexpr (F::kFamily == packet::Family::inet) {
      keep = spared(spare4, found);
    } else {
      keep = spared(spare6, found);
    }
    if (!found.table.unchanged(found.slot, found.version)) {
      return Step::again;
    }
    if (keep) {
      cleared.spared.push_back(Spared{.shard = found.shard, .family = F::kFamily, .session = found.handle()});
    } else {
      courier.post(found.shard, end_request(F::kFamily, found.handle(), reason));
    }
    return Step::go_on;
  }
};

}  // namespace

std::vector<Segment> segments_of(Shards shards) {
  std::vector<Segment> segments;
  const auto add = [&](const auto* table, std::size_t shard) {
    if (table != nullptr) {
      segments.push_back(Segment{.table = table,
                                 .shard = shard,
                                 .first_identifier = table->identifier(0),
                                 .last_identifier = table->identifier(table->capacity() - 1)});
    }
  };
  for (std::size_t i = 0; i < shards.size(); ++i) {
    add(shards[i].inet, i);
    add(shards[i].inet6, i);
  }
  std::ranges::sort(segments, {}, &Segment::first_identifier);
  return segments;
}

void rest(const Pace& pace) {
  if (pace.pause_us != 0) {
    const timespec pause{.tv_sec = 0, .tv_nsec = static_cast<long>(pace.pause_us) * 1000};
    nanosleep(&pause, nullptr);
  }
}

Page page(Shards shards, const Filter& filter, const Moment& moment, std::uint64_t start_identifier,
          std::size_t count, const Pace& pace) {
  Page result;
  if (count == 0) {
    result.next_identifier = start_identifier;
    return result;
  }
  result.next_identifier = walk(shards, filter, moment, pace, start_identifier,
                                Collect{.page = result, .count = count, .shards = shards, .moment = moment});
  return result;
}

Summary summarize(Shards shards, const Filter& filter, const Moment& moment, const Pace& pace) {
  Summary summary;
  walk(shards, filter, moment, pace, 0, Count{.summary = summary, .routes = moment.routes.get()});
  return summary;
}

std::vector<PolicyTraffic> policy_traffic(Shards shards, std::span<const PolicyId> policies,
                                          const Pace& pace) {
  std::vector<PolicyTraffic> traffic(kMaxPolicies);
  for (const Shard& shard : shards) {
    add_ended(*shard.policies, policies, traffic);
  }
  // Before the live ones: the other way round a session could end in between and be among both.
  std::atomic_thread_fence(std::memory_order_acquire);
  walk(shards, Filter{.with_flags = session::flag::kCount}, Moment{}, pace, 0, SumByPolicy{traffic});
  return traffic;
}

std::uint64_t live_sessions(Shards shards) {
  std::uint64_t live = 0;
  for (const Shard& shard : shards) {
    live += shard.inet != nullptr ? shard.inet->live_count() : 0;
    live += shard.inet6 != nullptr ? shard.inet6->live_count() : 0;
  }
  return live;
}

Cleared clear(Shards shards, const ClearPlan& plan, const Moment& moment, const Wait& wait,
              const Pace& pace) {
  Cleared cleared;
  Courier courier(shards, wait);
  const Filter none;
  const Matcher<packet::V4> spare4(plan.spare.value_or(none), moment);
  const Matcher<packet::V6> spare6(plan.spare.value_or(none), moment);
  Pace told = pace;
  told.tell = plan.tell;
  walk(shards, plan.filter, moment, told, 0,
       End{.courier = courier,
           .cleared = cleared,
           .reason = plan.reason,
           .spare4 = plan.spare ? &spare4 : nullptr,
           .spare6 = plan.spare ? &spare6 : nullptr});
  courier.settle();
  cleared.ended = courier.ended();
  return cleared;
}

std::uint64_t end_spared(Shards shards, std::span<const Spared> spared, session::CloseReason reason,
                         const Wait& wait) {
  Courier courier(shards, wait);
  for (const Spared& one : spared) {
    courier.post(one.shard, end_request(one.family, one.session, reason));
  }
  courier.settle();
  return courier.ended();
}

}  // namespace sluice::query
