// The transaction itself. Private to the room; commit.h is what others call.
#pragma once

#include "mgd/commit/commit.h"

namespace sluice::commit {

// Makes `candidate` the running configuration, or for other modes finds out whether it could be. The caller
// has the commit lock.
Result<Outcome> transact(const Parts& parts, const config::SharedTree& candidate, const Request& request);

// What a file of the store holds. Errors count the lines of the file.
Result<config::Tree> tree_of(const storage::Saved& saved, const config::Schema& schema,
                             const std::string& file);

}  // namespace sluice::commit
