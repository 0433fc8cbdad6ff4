// Commits that wait for their time. Private to the room; commit.h is what others call.
#pragma once

#include "mgd/commit/commit.h"

namespace sluice::commit {

// Keeps a candidate that was checked until `request.when`. The caller has the commit lock.
Status keep_for_later(const Parts& parts, const config::Tree& candidate, const Request& request);
// As it was when this daemon ended.
void restore_scheduled(const Parts& parts, const config::Schema& schema);

}  // namespace sluice::commit
