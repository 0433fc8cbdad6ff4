// Who had a public address and port: sessions that have it now, and those that the session log remembers.
#pragma once

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
  query::Moment moment;  // now
};

// Live ones first, then those of the log, the latest first. A bad address or port is a failure.
void put_nat_bindings(const BindingSources& sources, const v1::NatBindingsRequest& request,
                      v1::NatBindingsReply& reply);

}  // namespace sluice::service
