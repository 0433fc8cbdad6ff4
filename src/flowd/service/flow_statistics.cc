#include "flowd/service/flow_statistics.h"

#include <algorithm>

#include "flowd/service/counters.h"
#include "flowd/service/since.h"

namespace sluice::service {

void FlowStatistics::put(const flowd::Fleet& fleet, bool per_worker, v1::StatisticsReply& reply) const {
  put_statistics(fleet, per_worker, reply);
  const std::lock_guard lock(mutex_);
  count_since(begun_.total(), *reply.mutable_total(), {v1::WorkerStatistics::kCurrentSessionsFieldNumber});
  for (int i = 0; i < std::min(reply.workers_size(), begun_.workers_size()); ++i) {
    count_since(begun_.workers(i), *reply.mutable_workers(i),
                {v1::WorkerStatistics::kCurrentSessionsFieldNumber});
  }
}

void FlowStatistics::clear(const flowd::Fleet& fleet) {
  v1::StatisticsReply now;
  put_statistics(fleet, true, now);
  const std::lock_guard lock(mutex_);
  begun_ = std::move(now);
}

}  // namespace sluice::service
