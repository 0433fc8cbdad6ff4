#include <fmt/compile.h>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/ip.h"
#include "mgd/rpc/session_filter.h"
#include "mgd/rpc/session_list.h"

// show security flow session: sessions as flowd streams them, or how many there are.
namespace sluice::rpc {
namespace {

using render::Document;
using render::Element;
using render::Name;
using render::Profile;
using render::Sink;

constexpr std::string_view kModule = "junos-flow";
constexpr std::string_view kRootSystem = "root-logical-system";
constexpr std::string_view kAllSystems = "all";
constexpr std::uint32_t kIcmp = 1;
constexpr std::uint32_t kIcmp6 = 58;

std::optional<Name> wrapper_of(Profile profile) {
  if (!forms_of(profile).security_flow_wrapper) return std::nullopt;
  return Name("security-flow-information");
}

void hex_leaf(Sink& sink, Name name, std::uint32_t value) {
  sink.leaf(name, fmt::format(FMT_COMPILE("{:#x}"), value));
}

// Up to 12.3 the two numbers of an echo session stood the other way round.
struct Ports {
  std::uint32_t source, destination;
};
Ports ports_of(const v1::Session& session, const v1::Wing& wing, Profile profile) {
  const bool echo = session.protocol() == kIcmp || session.protocol() == kIcmp6;
  if (echo && forms_of(profile).echo_sequence_first) return {wing.destination_port(), wing.source_port()};
  return {wing.source_port(), wing.destination_port()};
}

void wing_element(Sink& sink, Profile profile, std::string_view style, const v1::Session& session,
                  bool initiator) {
  const v1::Wing& wing = initiator ? session.in() : session.out();
  const Ports ports = ports_of(session, wing, profile);
  const Element element(sink, "flow-information", {{"junos:style", style}});
  sink.leaf("direction", initiator ? "In" : "Out");
  sink.leaf("source-address", address_text(wing.source()));
  sink.leaf("source-port", ports.source);
  sink.leaf("destination-address", address_text(wing.destination()));
  sink.leaf("destination-port", ports.destination);
  sink.leaf("protocol", protocol_word(wing.protocol() != 0 ? wing.protocol() : session.protocol()));
  if (forms_of(profile).modern) sink.leaf("conn-tag", "0x0");
  sink.leaf("interface-name", wing.interface());
  hex_leaf(sink, "session-token", wing.session_token());
  hex_leaf(sink, "flag", wing.flag());
  hex_leaf(sink, "route", wing.route());
  sink.leaf("gateway", address_text(wing.gateway()));
  sink.leaf("tunnel-information", 0);
  sink.leaf("port-sequence", wing.port_sequence());
  sink.leaf("fin-sequence", wing.fin_sequence());
  sink.leaf("fin-state", wing.fin_state());
  sink.leaf("seq-ack-diff", 0);
  sink.leaf("pkt-cnt", wing.packets());
  sink.leaf("byte-cnt", wing.bytes());
}

// Sessions that carry a tunnel have one wing, and neither policy nor timeout.
bool is_tunnel(const v1::Session& session) {
  return !session.has_out();
}

void identity_leaves(Sink& sink, const v1::Session& session) {
  sink.leaf("session-identifier", session.session_identifier());
  sink.leaf("status", "Normal");
  sink.leaf("session-flag", fmt::format(FMT_COMPILE("{:#x}/0x0/0x0/0x0"), session.flags()));
  sink.leaf("policy", session.policy_name().empty()
                          ? std::string("N/A")
                          : fmt::format(FMT_COMPILE("{}/{}"), session.policy_name(), session.policy_id()));
  sink.leaf("nat-source-pool-name", session.source_nat_pool().empty() ? "Null" : session.source_nat_pool());
  if (!session.application_name().empty()) {
    sink.leaf("application-name", session.application_name());
    sink.leaf("application-value", session.application_value());
  }
  sink.leaf("dynamic-application-name", "junos:UNKNOWN");
  sink.leaf("encryption-traffic-name", " Unknown");
  sink.leaf("application-traffic-control-rule-set-name", "INVALID");
  sink.leaf("application-traffic-control-rule-name", "INVALID");
}

void timeout_leaf(Sink& sink, Name name, const v1::Session& session, std::uint32_t seconds) {
  if (is_tunnel(session)) {
    sink.leaf(name, "N/A");
  } else {
    sink.leaf(name, seconds);
  }
}

void system_leaf(Sink& sink, const Telling& telling, const v1::Session& session) {
  const std::string name =
      session.logical_system().empty() ? std::string(kRootSystem) : session.logical_system();
  if (telling.names_systems) {
    sink.leaf("logical-system", name, {{"junos:format", fmt::format("Logical system: {}", name)}});
  } else {
    sink.leaf("logical-system", name);
  }
}

void session_element(Sink& sink, const Telling& telling, const v1::Session& session) {
  const Element element(sink, "flow-session", {{"junos:style", telling.style}});
  identity_leaves(sink, session);
  timeout_leaf(sink, "configured-timeout", session, session.configured_timeout_s());
  timeout_leaf(sink, "timeout", session, session.timeout_s());
  sink.leaf("sess-state", session.state());
  system_leaf(sink, telling, session);
  sink.leaf("wan-acceleration", "");
  sink.leaf("start-time", session.start_unix_s());
  sink.leaf("duration", session.duration_s());
  sink.leaf("session-mask", 0);
  wing_element(sink, telling.profile, telling.style, session, true);
  if (session.has_out()) wing_element(sink, telling.profile, telling.style, session, false);
}

Status list_sessions(const v1::SessionsRequest& request, const Telling& telling, const Context& context,
                     Sink& sink) {
  std::optional<SessionList> list;  // from when it is known that flowd takes the question
  Status read = context.parts.flowd.sessions(request, [&](const v1::SessionsReply& batch) {
    if (batch.has_progress() && context.progress) {
      context.progress(batch.progress().scanned(), batch.progress().total());
    }
    if (!list) list.emplace(sink, telling);
    for (const v1::Session& session : batch.sessions()) list->add(session);
    return sink.wanted();
  });
  if (!read) return read;
  if (!list) list.emplace(sink, telling);
  list->finish();
  return {};
}

void whole_summary(Sink& sink, Profile profile, const v1::SessionSummaryReply& reply) {
  const Document document(sink, "flow-session-summary-information", kModule);
  const bool recent = forms_of(profile).modern;
  sink.leaf("active-unicast-sessions", reply.unicast());
  sink.leaf("active-multicast-sessions", reply.multicast());
  if (recent) sink.leaf("active-services-offload-sessions", reply.services_offload());
  sink.leaf("failed-sessions", reply.failed());
  if (recent) sink.leaf("active-drop-sessions", reply.in_drop_flow());
  sink.leaf("active-sessions", reply.in_use());
  sink.leaf("active-session-valid", reply.valid());
  sink.leaf("active-session-pending", reply.pending());
  sink.leaf("active-session-invalidated", reply.invalidated());
  sink.leaf("active-session-other", reply.other());
  sink.leaf("max-sessions", reply.maximum());
}

void filtered_summary(Sink& sink, const v1::SessionSummaryReply& reply) {
  const Document document(sink, "flow-session-information", kModule);
  sink.leaf("displayed-session-valid", reply.valid());
  sink.leaf("displayed-session-pending", reply.pending());
  sink.leaf("displayed-session-invalidated", reply.invalidated());
  sink.leaf("displayed-session-other", reply.other());
  sink.leaf("displayed-session-count", reply.valid() + reply.pending() + reply.invalidated() + reply.other());
}

Status summarize(const v1::SessionFilter& filter, const Context& context, Sink& sink) {
  v1::SessionSummaryRequest request;
  *request.mutable_filter() = filter;
  auto reply = context.parts.flowd.ask(&link::Flowd::Stub::SessionSummary, request);
  if (!reply) return reply.error();
  const render::Wrapper wrapper(sink, wrapper_of(context.profile));
  if (has_condition(filter)) {
    filtered_summary(sink, *reply);
  } else {
    whole_summary(sink, context.profile, *reply);
  }
  return {};
}

// There is one logical system so far.
Status known_system(const Inputs& inputs) {
  const std::string_view name = inputs.text("logical-system");
  if (!inputs.has("logical-system") || name == kRootSystem || name == kAllSystems) return {};
  return Error{
      "invalid-value", "logical-system",
      fmt::format("logical system {} not found; there is {}, and '{}'", name, kRootSystem, kAllSystems)};
}

}  // namespace

SessionList::SessionList(Sink& sink, const Telling& telling)
    : sink_(sink),
      telling_(telling),
      wrapper_(sink, wrapper_of(telling.profile)),
      document_(sink, "flow-session-information", kModule) {}

void SessionList::add(const v1::Session& session) {
  session_element(sink_, telling_, session);
  ++shown_;
}

void SessionList::finish() {
  sink_.leaf("displayed-session-count", shown_);
}

Status show_flow_session(const Inputs& inputs, const Context& context, Sink& sink) {
  auto filter = session_filter(inputs, context);
  if (!filter) return filter.error();
  if (auto known = known_system(inputs); !known) return known;
  if (inputs.text("level") == "summary") return summarize(*filter, context, sink);
  v1::SessionsRequest request;
  *request.mutable_filter() = *filter;
  request.set_start_identifier(inputs.number("start-identifier"));
  request.set_count(inputs.number("count"));
  request.set_report_progress(static_cast<bool>(context.progress));
  const bool full = inputs.text("level") == "extensive" || inputs.has("session-identifier");
  const bool all = inputs.text("logical-system") == kAllSystems;
  return list_sessions(request, {context.profile, full ? "extensive" : "brief", all}, context, sink);
}

}  // namespace sluice::rpc
