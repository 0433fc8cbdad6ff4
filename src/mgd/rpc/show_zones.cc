#include <fmt/format.h>

#include <algorithm>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/names.h"

// show security zones.
namespace sluice::rpc {
namespace {

using render::Element;
using render::Profile;
using render::Sink;

void zone_detail(Sink& sink, Profile profile, const v1::Zone& zone) {
  const bool recent = forms_of(profile).modern;
  const Element element(sink, "zones-security");
  sink.leaf("zones-security-zonename", zone.name());
  if (recent) sink.leaf("zone-id", zone.zone_id());
  if (!zone.description().empty()) sink.leaf("zones-security-description", zone.description());
  sink.leaf("zones-security-send-reset", zone.tcp_rst() ? "On" : "Off");
  sink.leaf("zones-security-policy-configurable", "Yes");
  if (!zone.screen().empty()) sink.leaf("zones-security-screen", zone.screen());
  sink.leaf("zones-security-interfaces-bound", zone.interfaces_size());
  if (recent) {
    sink.leaf("zones-security-advanced-connection-tracking-timeout", 1800);
    sink.leaf("zones-security-unidirectional-session-refreshing", "No");
  }
  const Element interfaces(sink, "zones-security-interfaces");
  for (const std::string& name : zone.interfaces()) sink.leaf("zones-security-interface-name", name);
}

void zone_terse(Sink& sink, const v1::Zone& zone) {
  const Element element(sink, "zones-security");
  sink.leaf("zones-security-zonename", zone.name());
  sink.leaf("zones-security-type", "Security");
}

}  // namespace

Status show_zones(const Inputs& inputs, const Context& context, Sink& sink) {
  auto reply = context.parts.flowd.ask(&link::Flowd::Stub::Zones, v1::ZonesRequest());
  if (!reply) return reply.error();
  const std::string_view wanted = inputs.text("get-zones-named-information");
  const auto shown = [&](const v1::Zone& zone) { return wanted.empty() || zone.name() == wanted; };
  if (std::ranges::none_of(reply->zones(), shown) && !wanted.empty()) {
    return Error{"invalid-value", "get-zones-named-information", unknown_zone(*reply, wanted)};
  }
  const bool functional = inputs.text("type") == "functional";
  const bool terse = inputs.text("level") == "terse";
  const render::Document document(sink, "zones-information", "junos-zones");
  for (const v1::Zone& zone : reply->zones()) {
    if (!shown(zone) || functional) continue;
    if (terse) {
      zone_terse(sink, zone);
    } else {
      zone_detail(sink, context.profile, zone);
    }
  }
  return {};
}

}  // namespace sluice::rpc
