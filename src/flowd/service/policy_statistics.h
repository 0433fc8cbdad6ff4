// What policies count, and since when: the workers' sums, less what there was when that was cleared.
//
// Workers count under the policies' numbers and never reset; to clear is to remember. How many sessions there
// are now is not touched by that. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "flowd/fleet.h"
#include "proto/flowd.pb.h"

namespace sluice::service {

class PolicyStatistics {
 public:
  void put(const flowd::Fleet& fleet, const snapshot::Snapshot& snapshot,
           v1::PolicyStatisticsReply& reply) const;
  // Hits begin anew by themselves, and so does all else.
  void clear(const flowd::Fleet& fleet, const snapshot::Snapshot& snapshot,
             const v1::ClearPolicyStatisticsRequest& request);

 private:
  mutable std::mutex mutex_;                           // guards what follows
  std::map<std::uint32_t, v1::PolicyCounters> begun_;  // by number: where counting began
};

}  // namespace sluice::service
