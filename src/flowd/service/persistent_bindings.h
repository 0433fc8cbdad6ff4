// NAT's persistent bindings as they are told and cleared. Any thread: the workers go on meanwhile.
#pragma once

#include "base/result.h"
#include "dataplane/snapshot/snapshot.h"
#include "proto/flowd.pb.h"

namespace sluice::service {

// A part of them. An unknown pool or a bad address is an error.
[[nodiscard]] Status put_persistent_bindings(const snapshot::Snapshot& snapshot, std::uint32_t now_s,
                                             const v1::PersistentBindingsRequest& request,
                                             v1::PersistentBindingsReply& reply);
// All of them. Their workers free them within a second.
[[nodiscard]] Status clear_persistent_bindings(const snapshot::Snapshot& snapshot,
                                               const v1::PersistentBindingsRequest& request);

}  // namespace sluice::service
