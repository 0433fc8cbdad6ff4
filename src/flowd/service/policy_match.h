// Which policies a flow's first packet matches, for an operator who asks before there is one.
#pragma once

#include "base/result.h"
#include "dataplane/snapshot/snapshot.h"
#include "proto/flowd.pb.h"

namespace sluice::service {

// What decides is asked of the table that packets ask, and settled as for them. An Error: a zone that is not
// there, or no addresses of a flow.
[[nodiscard]] Status put_policy_match(const v1::MatchPoliciesRequest& request,
                                      const snapshot::Snapshot& snapshot, v1::MatchPoliciesReply& reply);

}  // namespace sluice::service
