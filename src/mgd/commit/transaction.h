// The transaction itself. Private to the room; commit.h is what others call.
#pragma once

#include "mgd/commit/commit.h"

namespace sluice::commit {

// The commit lock, when it is this caller's turn; an Error: nobody wants the answer any more.
using Turn = std::unique_lock<std::timed_mutex>;
Result<Turn> await_turn(Running& running, const Wanted& wanted);

// Makes `candidate` the running configuration, or for other modes finds out whether it could be. The caller
// has the commit lock.
Result<Outcome> transact(const Parts& parts, const config::SharedTree& candidate, const Request& request);

// Raises the alarm of a committed configuration that is damaged, as what counts in its place is now.
void tell_damage(const Parts& parts);

// What a file of the store holds. Errors count the lines of the file.
Result<config::Tree> tree_of(const storage::Saved& saved, const config::Schema& schema,
                             const std::string& file);

}  // namespace sluice::commit
