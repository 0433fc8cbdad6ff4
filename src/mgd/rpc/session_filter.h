// Session filters: the inputs that `show` and `clear security flow session` share.
#pragma once

#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

// The filter that the inputs describe. Interfaces, zones and policies that do not exist are errors:
// a filter never silently matches nothing, or everything, because of a slip.
Result<v1::SessionFilter> session_filter(const Inputs& inputs, const Context& context);

// Whether any condition was given.
bool has_condition(const v1::SessionFilter& filter);

}  // namespace sluice::rpc
