// Validation by libyang with errors in the operator's words. Private to the room.
#pragma once

#include <libyang/libyang.h>

#include "base/result.h"
#include "config/form.h"

namespace sluice::config {

// May add defaults to *data and move it.
Status validate_data(const SchemaData& schema, lyd_node** data);

}  // namespace sluice::config
