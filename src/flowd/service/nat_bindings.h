// Who had a public address and port: sessions that have it now, and those that the session log remembers.
#pragma once

#include <functional>

#include "flowd/fleet.h"
#include "flowd/logship/logship.h"
#include "flowd/query/query.h"
#include "proto/flowd.pb.h"

namespace sluice::service {

// Where bindings are looked for.
struct BindingSources {
  const flowd::Fleet& fleet;
  const snapshot::Snapshot& snapshot;
  const logship::LogOptions& log;
  query::Moment moment;        // now
  std::function<bool()> stop;  // whether nobody waits for the answer any more
};

// Live ones first, then those of the log, the latest first: each session once, and at most a thousand. What
// began, and of which the log does not say when it ended, ends where the same port, as far as ports are
// translated and of one session alone, begins to be another session's. Besides, whose the port was by its
// block of ports. A bad address or port and a time to come are failures.
void put_nat_bindings(const BindingSources& sources, const v1::NatBindingsRequest& request,
                      v1::NatBindingsReply& reply);

}  // namespace sluice::service
