// The operator's own files, where a command takes the name of one: for completion.
#pragma once

#include <string_view>

#include "mgd/doors/client.h"

namespace sluice::cli {

// Where a file is expected, adds those there are that begin with what stands behind `found.position` in the
// line. A folder ends with a slash, so that what is in it can follow.
void add_files(doors::Suggestions& found, std::string_view line);

}  // namespace sluice::cli
