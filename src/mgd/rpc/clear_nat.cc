#include "mgd/rpc/handlers.h"

// clear security nat statistics: hits, successes and failures of rules or pools begin anew.
namespace sluice::rpc {
namespace {

Status clear(const v1::ClearNatStatisticsRequest& request, const Context& context) {
  const auto reply = context.parts.flowd.ask(&link::Flowd::Stub::ClearNatStatistics, request);
  return reply ? Status() : Status(reply.error());
}

}  // namespace

Status clear_nat_rules(v1::NatKind kind, const Inputs& inputs, const Context& context) {
  v1::ClearNatStatisticsRequest request;
  request.set_kind(kind);
  request.set_name(std::string(inputs.text("rule-name")));
  return clear(request, context);
}

Status clear_nat_pools(v1::NatKind kind, const Inputs& inputs, const Context& context) {
  v1::ClearNatStatisticsRequest request;
  request.set_kind(kind);
  request.set_pools(true);
  request.set_name(std::string(inputs.text("pool-name")));
  return clear(request, context);
}

}  // namespace sluice::rpc
