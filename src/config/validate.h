// Validation by libyang with errors in the operator's words. Private to the room.
#pragma once

#include <libyang/libyang.h>

#include <vector>

#include "base/result.h"
#include "config/form.h"

namespace sluice::config {

// More than these are not told.
inline constexpr std::size_t kMostProblems = 50;

// All that is wrong; empty: nothing. May add defaults to *data and move it.
std::vector<Error> problems_of(const SchemaData& schema, lyd_node** data);

}  // namespace sluice::config
