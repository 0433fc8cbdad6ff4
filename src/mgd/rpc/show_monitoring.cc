#include "mgd/rpc/handlers.h"
#include "mgd/rpc/machine_use.h"

// show security monitoring: how full the firewall is. It is one card with one processor, and has no central
// point.
namespace sluice::rpc {

using render::Document;
using render::Element;
using render::Sink;
using Stub = link::Flowd::Stub;

Status show_monitoring(const Inputs&, const Context& context, Sink& sink) {
  const auto status = context.parts.flowd.ask(&Stub::Status, v1::StatusRequest());
  if (!status) return status.error();
  const auto statistics = context.parts.flowd.ask(&Stub::Statistics, v1::StatisticsRequest());
  if (!statistics) return statistics.error();
  const Document document(sink, "performance-summary-information", "");
  const Element card(sink, "performance-summary-statistics");
  sink.leaf("fpc-number", 0);
  sink.leaf("pic-number", 0);
  sink.leaf("spu-cpu-utilization", 100 - cpu_use().idle);
  sink.leaf("spu-memory-utilization", memory_use().percent());
  sink.leaf("spu-current-flow-session", statistics->total().current_sessions());
  sink.leaf("spu-max-flow-session", status->maximum_sessions());
  sink.leaf("spu-current-cp-session", 0);
  sink.leaf("spu-max-cp-session", 0);
  return {};
}

}  // namespace sluice::rpc
