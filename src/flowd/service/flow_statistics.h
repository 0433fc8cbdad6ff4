// What the workers count of packets, less what there was when that was cleared. As policy_statistics.h.
#pragma once

#include <mutex>

#include "flowd/fleet.h"
#include "proto/flowd.pb.h"

namespace sluice::service {

class FlowStatistics {
 public:
  void put(const flowd::Fleet& fleet, bool per_worker, v1::StatisticsReply& reply) const;
  void clear(const flowd::Fleet& fleet);

 private:
  mutable std::mutex mutex_;   // guards what follows
  v1::StatisticsReply begun_;  // of all and of each worker: where counting began
};

}  // namespace sluice::service
