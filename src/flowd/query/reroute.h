// Reroute: what a change of routes means for the sessions that live.
//
// A session stores the next hop of each wing. Those whose destination lies in a prefix whose route is
// another now are routed again. A wing without a route any more keeps its session, which ages by
// `route-change-timeout` when that is set. A wing that would leave through another zone is not the
// same session any more: it ends ("first path reroute, session recreated") and its next packet makes a new
// one under that zone's policy.
//
// Thread: the control thread, after every worker has moved to the new snapshot.
#pragma once

#include "dataplane/snapshot/snapshot.h"
#include "flowd/query/query.h"

namespace sluice::query {

// Returns how many sessions were ended. Nothing is looked at when no route differs.
std::uint64_t reroute(Shards shards, const snapshot::Snapshot& before, const snapshot::Snapshot& after,
                      const Wait& wait, const Pace& pace = {});

}  // namespace sluice::query
