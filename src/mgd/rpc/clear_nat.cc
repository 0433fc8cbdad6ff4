#include "mgd/rpc/handlers.h"
#include "mgd/rpc/nat.h"

// clear security nat statistics: hits, successes and failures of rules or pools begin anew.
namespace sluice::rpc {
namespace {

Status clear(v1::ClearNatStatisticsRequest request, std::string_view name, const Context& context) {
  request.set_name(std::string(name));
  const auto reply = context.parts.flowd.ask(&link::Flowd::Stub::ClearNatStatistics, request);
  return reply ? Status() : Status(reply.error());
}

}  // namespace

// The name is one of the configuration's, whether flowd runs it or not.
Status clear_nat_rules(v1::NatKind kind, const Inputs& inputs, const Context& context) {
  auto nat = read_nat(kind, context);
  if (!nat) return nat.error();
  if (auto selected = select_rules(*nat, inputs); !selected) return selected;
  v1::ClearNatStatisticsRequest request;
  request.set_kind(kind);
  return clear(request, inputs.text("rule-name"), context);
}

Status clear_nat_pools(v1::NatKind kind, const Inputs& inputs, const Context& context) {
  auto nat = read_nat(kind, context);
  if (!nat) return nat.error();
  if (auto selected = select_pools(*nat, inputs); !selected) return selected;
  v1::ClearNatStatisticsRequest request;
  request.set_kind(kind);
  request.set_pools(true);
  return clear(request, inputs.text("pool-name"), context);
}

}  // namespace sluice::rpc
