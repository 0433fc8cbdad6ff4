#include "base/check.h"
#include "mgd/rpc/handlers.h"
#include "mgd/rpc/session_filter.h"

// clear security flow session: all, one by its identifier, or those that match a filter.
namespace sluice::rpc {

Status clear_flow_session(const Inputs& inputs, const Context& context, render::Sink& sink) {
  auto filter = session_filter(inputs, context);
  if (!filter) return filter.error();
  check(inputs.all().empty() || has_condition(*filter),
        "clear: inputs became a filter that matches everything");
  v1::ClearRequest request;
  *request.mutable_filter() = *filter;
  const Connection& connection = context.caller.connection;
  request.set_spare_source(connection.client_address);
  request.set_spare_destination(connection.server_address);
  request.set_spare_source_port(connection.client_port);
  request.set_spare_destination_port(connection.server_port);
  request.set_report_progress(static_cast<bool>(context.progress));
  auto reply = context.parts.flowd.clear(request, context.progress);
  if (!reply) return reply.error();
  const render::Document document(sink, "clear-flow-session-information", "junos-flow");
  sink.leaf("cleared-flow-session-count", reply->cleared());
  return {};
}

}  // namespace sluice::rpc
