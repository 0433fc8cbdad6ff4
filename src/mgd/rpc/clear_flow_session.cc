#include <algorithm>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/session_filter.h"

// clear security flow session: all, one by its identifier, or those that match a filter.
namespace sluice::rpc {
namespace {

// Programs may say which logical system they mean; there is one.
constexpr std::string_view kOnlySystem = "root-logical-system";

}  // namespace

Status clear_flow_session(const Inputs& inputs, const Context& context, render::Sink& sink) {
  auto filter = session_filter(inputs, context);
  if (!filter) return filter.error();
  // What was to name some sessions must not end up as all of them.
  const bool names_some = std::ranges::any_of(
      inputs.all(), [](const command::Input& input) { return input.name != kOnlySystem; });
  if (names_some && !has_condition(*filter)) {
    return Error{"invalid-value", inputs.all().front().name,
                 "this does not say which sessions are to be cleared; 'all' clears all of them"};
  }
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
