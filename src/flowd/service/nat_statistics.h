// What NAT rules and pools count: the sum over the workers, less what there was when it was cleared last.
//
// Workers count under the numbers of rules and pools and never reset; to clear is to remember. How many
// sessions there are now is not touched by that. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "flowd/fleet.h"
#include "proto/flowd.pb.h"

namespace sluice::service {

class NatStatistics {
 public:
  void put(const flowd::Fleet& fleet, const snapshot::Snapshot& snapshot,
           v1::NatStatisticsReply& reply) const;
  // No name means all of the kind; of a name that is not run nothing is counted.
  void clear(const flowd::Fleet& fleet, const snapshot::Snapshot& snapshot,
             const v1::ClearNatStatisticsRequest& request);

 private:
  using ByNumber = std::map<std::uint16_t, v1::NatCounters>;

  mutable std::mutex mutex_;  // guards what follows
  ByNumber rules_;            // what they had counted when they were cleared
  ByNumber pools_;
};

}  // namespace sluice::service
