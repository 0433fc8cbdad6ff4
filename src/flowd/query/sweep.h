// Sweep: one walk in which live sessions are judged and their owners told what follows. A judge first says
// whether a session concerns it at all, by relaxed reads of the record where it is; only then is it
// copied. Private to the query room; rematch and reroute are judges.
#pragma once

#include "flowd/query/courier.h"
#include "flowd/query/scan.h"

namespace sluice::query {

// A session as a judge sees it, and where its requests go.
template <class F>
struct Case {
  const session::Copy<F>& session;
  const Found<F>& found;
  Courier& courier;

  void end(session::CloseReason reason) const {
    courier.post(found.shard, end_request(F::kFamily, found.handle(), reason));
  }
  void reroute(int wing, NextHopId next_hop) const {
    worker::Request request = end_request(F::kFamily, found.handle(), session::CloseReason::unset);
    request.kind = worker::Request::Kind::reroute;
    request.wing = static_cast<std::uint8_t>(wing);
    request.next_hop = next_hop;
    courier.post(found.shard, request);
  }
  void keep(PolicyId policy) const {
    worker::Request request = end_request(F::kFamily, found.handle(), session::CloseReason::unset);
    request.kind = worker::Request::Kind::keep;
    request.policy = policy;
    courier.post(found.shard, request);
  }
};

template <class Judge>
struct Sweep {
  Courier& courier;
  const Judge& judge;

  template <class F>
  Step operator()(const Found<F>& found) {
    if (!judge.concerns(found.table.record(found.slot), found.table.cold(found.slot))) {
      return Step::go_on;
    }
    session::Copy<F> session;
    if (!found.table.copy(found.slot, session) || session.cold.version != found.version) {
      return Step::again;
    }
    judge(Case<F>{.session = session, .found = found, .courier = courier});
    return Step::go_on;
  }
};

// Judges all live sessions; returns how many were ended, when owners have done all that was asked.
template <class Judge>
std::uint64_t sweep(Shards shards, const Judge& judge, const Wait& wait, const Pace& pace) {
  Courier courier(shards, wait);
  walk(shards, Filter{}, Moment{}, pace, 0, Sweep<Judge>{.courier = courier, .judge = judge});
  courier.settle();
  return courier.ended();
}

}  // namespace sluice::query
