#include "flowd/service/policy_statistics.h"

#include <algorithm>

#include "flowd/service/counters.h"
#include "flowd/service/since.h"

namespace sluice::service {

void PolicyStatistics::put(const flowd::Fleet& fleet, const snapshot::Snapshot& snapshot,
                           v1::PolicyStatisticsReply& reply) const {
  put_policy_statistics(fleet, snapshot, reply);
  const std::lock_guard lock(mutex_);
  for (v1::PolicyCounters& counters : *reply.mutable_policies()) {
    if (const auto begun = begun_.find(counters.policy_id()); begun != begun_.end()) {
      count_since(begun->second, counters, {v1::PolicyCounters::kActiveFieldNumber});
    }
  }
}

void PolicyStatistics::clear(const flowd::Fleet& fleet, const snapshot::Snapshot& snapshot,
                             const v1::ClearPolicyStatisticsRequest& request) {
  v1::PolicyStatisticsReply now;
  put_policy_statistics(fleet, snapshot, now);
  const std::lock_guard lock(mutex_);
  for (const v1::PolicyCounters& counters : now.policies()) {
    const auto& some = request.policy_ids();
    if (!request.all() && std::ranges::find(some, counters.policy_id()) == some.end()) {
      continue;
    }
    v1::PolicyCounters& begun = begun_[counters.policy_id()];
    const std::uint64_t hits = request.only_hits() ? counters.hits() : begun.hits();
    if (!request.only_hits()) {
      begun = counters;
    }
    begun.set_hits(hits);
  }
}

}  // namespace sluice::service
