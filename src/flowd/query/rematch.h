// Rematch: what a commit means for the sessions that live.
//
// A session ends when its policy was deleted or deactivated ("policy delete"), or when an interface it
// uses is gone or has moved to another zone ("other"). With `policy-rematch` one whose policy was
// modified is asked again whether that policy still permits it. With `policy-rematch extensive` all of
// these are looked up afresh, and stay under whatever policy permits them now. Without it a modified
// policy, even one that now denies, leaves its sessions alone (Junos reference 8.3).
//
// Thread: the control thread, after every worker has moved to the new snapshot.
#pragma once

#include "dataplane/snapshot/snapshot.h"
#include "flowd/query/query.h"

namespace sluice::query {

// Returns how many sessions were ended. Nothing is looked at when nothing that matters has changed.
std::uint64_t rematch(Shards shards, const snapshot::Snapshot& before, const snapshot::Snapshot& after,
                      const Wait& wait, const Pace& pace = {});

}  // namespace sluice::query
