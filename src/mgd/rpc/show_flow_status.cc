#include <array>

#include "mgd/rpc/handlers.h"

// show security flow statistics, show security flow status.
namespace sluice::rpc {
namespace {

using render::Document;
using render::Element;
using render::Profile;
using render::Sink;

struct Fact {
  render::Name name = "none";
  std::string_view value;
};
struct Group {
  render::Name name;
  bool recent;  // not in the layouts of 12.3
  std::array<Fact, 5> facts;
};
constexpr Group kStatus[] = {
    {"flow-forwarding-mode",
     false,
     {{{"flow-forwarding-mode-inet", "flow based"},
       {"flow-forwarding-mode-inet6", "flow based"},
       {"flow-forwarding-mode-mpls", "drop"},
       {"flow-forwarding-mode-iso", "drop"},
       {"flow-tap-mode", "disabled (default)"}}}},
    {"flow-l3l4-scaling-mode", true, {{{"l3l4-mode-status", "Disabled"}}}},
    {"flow-default-policy-profile",
     true,
     {{{"selective-session-sync", "Disabled"}, {"session-sync-min-age", "0"}}}},
    {"flow-trace-option", false, {{{"flow-trace-status", "off"}}}},
    {"flow-session-distribution",
     true,
     {{{"mode", "Hash-based"}, {"gtpu-distr-status", "Disabled"}, {"sctp-distr-status", "Disabled"}}}},
    {"flow-gre-performance-acceleration", true, {{{"grea-status", "off"}}}},
    {"flow-packet-ordering", true, {{{"ordering-mode", "Software"}}}},
    {"flow-power-mode", true, {{{"power-mode-status", "Disabled"}}}},
    {"flow-power-mode-ipsec", true, {{{"pmi-status", "Disabled"}}}},
    {"flow-power-mode-ipsec-qat", true, {{{"pmi-qat-status", "Disabled"}}}},
    {"flow-fat-core-group", true, {{{"fcg-status", "off"}}}},
    {"flow-inline-fpga-crypto", true, {{{"ifc-status", "Disabled"}}}},
    {"flow-multicast-strict-order", true, {{{"multicast-strict-order-status", "Disabled"}}}},
    {"flow-drop-flow",
     true,
     {{{"drop-flow-max-sess", "0"}, {"drop-flow-timeout", "4"}, {"drop-flow-status", "Disabled"}}}},
};

// Junos's own elements first, then ours.
void put_counters(const v1::WorkerStatistics& counters, bool modern, Sink& sink) {
  sink.leaf("flow-session-count-valid", counters.current_sessions());
  sink.leaf("flow-pkt-count-rx", counters.received());
  sink.leaf("flow-pkt-count-tx", counters.transmitted());
  sink.leaf("flow-pkt-count-copy", counters.copied());
  sink.leaf("flow-pkt-count-drop", counters.dropped());
  sink.leaf("flow-pkt-count-fwd", counters.forwarded());
  if (modern) sink.leaf("flow-llf-pkt-count-prd", 0);
  sink.leaf("flow-frag-count-fwd", counters.fragments());
  sink.leaf("tunnel-frag-gen-pre", counters.pre_fragments_generated());
  sink.leaf("tunnel-frag-gen-post", counters.post_fragments_generated());
  for (const v1::DropCount& drop : counters.drops()) {
    const Element element(sink, "flow-drop-reason");
    sink.leaf("flow-drop-reason-name", drop.reason());
    sink.leaf("flow-drop-reason-description", drop.description());
    sink.leaf("flow-drop-reason-count", drop.packets());
  }
  sink.leaf("flow-log-record-count", counters.log_records());
  sink.leaf("flow-log-record-lost-count", counters.log_records_lost());
}

}  // namespace

Status show_flow_statistics(const Inputs& inputs, const Context& context, Sink& sink) {
  v1::StatisticsRequest request;
  request.set_per_worker(inputs.has("detail"));
  auto reply = context.parts.flowd.ask(&link::Flowd::Stub::Statistics, request);
  if (!reply) return reply.error();
  const bool modern = forms_of(context.profile).modern;
  const Document document(sink, "flow-statistics-all", "junos-flow");
  put_counters(reply->total(), modern, sink);
  for (const v1::WorkerStatistics& worker : reply->workers()) {
    const Element element(sink, "flow-worker-statistics");
    sink.leaf("flow-worker", worker.worker());
    put_counters(worker, modern, sink);
  }
  return {};
}

// What the data plane does is built in, so this is a statement of fact, group by group.
Status show_flow_status(const Inputs&, const Context& context, Sink& sink) {
  if (auto alive = context.parts.flowd.ask(&link::Flowd::Stub::Status, v1::StatusRequest()); !alive) {
    return alive.error();
  }
  const Document document(sink, "flow-status-all", "junos-flow");
  for (const Group& group : kStatus) {
    if (group.recent && !forms_of(context.profile).modern) continue;
    const Element element(sink, group.name);
    for (const Fact& fact : group.facts) {
      if (!fact.value.empty()) sink.leaf(fact.name, fact.value);
    }
  }
  return {};
}

}  // namespace sluice::rpc
