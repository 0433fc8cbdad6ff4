#include "mgd/rpc/handlers.h"
#include "mgd/rpc/policies.h"

// clear security policies hit-count and statistics, clear security flow statistics: these counters begin
// anew.
namespace sluice::rpc {
namespace {

using Stub = link::Flowd::Stub;

Status clear_policies(const v1::ClearPolicyStatisticsRequest& request, const Context& context) {
  const auto reply = context.parts.flowd.ask(&Stub::ClearPolicyStatistics, request);
  return reply ? Status() : Status(reply.error());
}

}  // namespace

Status clear_policy_hit_count(const Inputs& inputs, const Context& context, render::Sink&) {
  v1::ClearPolicyStatisticsRequest request;
  request.set_only_hits(true);
  request.set_all(!inputs.has("from-zone") && !inputs.has("to-zone"));
  if (request.all()) return clear_policies(request, context);
  auto policies = read_policies(context);
  if (!policies) return policies.error();
  if (auto selected = select_policies(*policies, inputs); !selected) return selected;
  for (const Policy& policy : policies->list) request.add_policy_ids(policy.id);
  return clear_policies(request, context);
}

Status clear_policy_statistics(const Inputs&, const Context& context, render::Sink&) {
  v1::ClearPolicyStatisticsRequest request;
  request.set_all(true);
  return clear_policies(request, context);
}

Status clear_flow_statistics(const Inputs&, const Context& context, render::Sink&) {
  const auto reply = context.parts.flowd.ask(&Stub::ClearStatistics, v1::ClearStatisticsRequest());
  return reply ? Status() : Status(reply.error());
}

}  // namespace sluice::rpc
