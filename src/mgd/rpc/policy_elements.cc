#include "mgd/rpc/policy_elements.h"

#include "mgd/rpc/ip.h"

namespace sluice::rpc {
namespace {

using render::Element;
using render::Sink;

struct Side {
  render::Name all, one;
  std::string_view leaf_list;
  std::string_view zone;
};

void resolved_element(Sink& sink, const PolicyScope& scope, const Side& side,
                      const ResolvedAddress& address) {
  const Element element(sink, side.one, {{"junos:style", scope.style()}});
  sink.leaf("address-name", address.label);
  if (!address.prefix.empty()) {
    const Element prefixes(sink, "prefixes");
    sink.leaf("address-prefix", address.prefix);
    return;
  }
  const Element range(sink, "address-range");
  sink.leaf("address-low", address.low);
  sink.leaf("address-high", address.high);
}

void addresses_element(Sink& sink, const PolicyScope& scope, const Policy& policy, const Side& side) {
  const Element element(sink, side.all, {{"junos:style", scope.style()}});
  for (const std::string_view name : policy.node.child("match").values(side.leaf_list)) {
    if (scope.detail) {
      for (const auto& address : resolve_address(scope.policies.tree, side.zone, name)) {
        resolved_element(sink, scope, side, address);
      }
    } else {
      const Element one(sink, side.one);
      sink.leaf("address-name", name);
    }
  }
}

void port_range(Sink& sink, render::Name name, std::uint32_t low, std::uint32_t high) {
  const Element element(sink, name);
  if (low == high && low != 0) {
    sink.leaf("single", low);
  } else {
    sink.leaf("low", low);
    sink.leaf("high", high);
  }
}

void term_element(Sink& sink, const v1::ApplicationTerm& term) {
  const Element element(sink, "application-term", {{"junos:style", "detail"}});
  if (term.has_icmp_type()) {
    const Element icmp(sink, "icmp-info");
    sink.leaf("icmp-type", term.icmp_type());
    if (term.has_icmp_code()) sink.leaf("icmp-code", term.icmp_code());
  } else {
    port_range(sink, "source-port-range", term.source_port_low(), term.source_port_high());
    port_range(sink, "destination-port-range", term.destination_port_low(), term.destination_port_high());
  }
  sink.leaf("protocol", term.protocol() == 0 ? "0" : protocol_word(term.protocol()));
  sink.leaf("alg-name", term.alg().empty() ? "0" : term.alg());
  sink.leaf("inactivity-timeout", term.inactivity_timeout_s());
}

// What a configured set holds, sets in it opened too; any other name is itself.
std::vector<std::string> members_of(const config::Tree& tree, std::string_view name) {
  std::vector<std::string> names;
  const config::Node applications = tree.root().child("applications");
  open_sets(name, {"application", "application-set"}, [&](std::string_view member) {
    const config::Node set = applications.entry("application-set", member);
    if (!set) names.emplace_back(member);
    return set;
  });
  return names;
}

// In detail a set is told as the applications in it; flowd opens the predefined ones.
void application_element(Sink& sink, const PolicyScope& scope, std::string_view name) {
  bool told = false;
  for (const v1::Application& application : scope.applications.applications()) {
    const bool member = application.set().empty() ? application.name() == name : application.set() == name;
    if (!scope.detail || !member) continue;
    told = true;
    const Element element(sink, "application");
    sink.leaf("application-name", application.name());
    for (const v1::ApplicationTerm& term : application.terms()) term_element(sink, term);
  }
  if (told) return;
  const Element element(sink, "application");
  sink.leaf("application-name", name);
  if (scope.detail && name == "any") term_element(sink, v1::ApplicationTerm());
}

void applications_element(Sink& sink, const PolicyScope& scope, const Policy& policy) {
  const Element element(sink, "applications", {{"junos:style", scope.style()}});
  for (const std::string_view name : policy.node.child("match").values("application")) {
    if (!scope.detail) {
      application_element(sink, scope, name);
      continue;
    }
    for (const std::string& member : members_of(scope.policies.tree, name)) {
      application_element(sink, scope, member);
    }
  }
}

// Matches that Sluice does not have are told as what they are: any.
void any_elements(Sink& sink, const PolicyScope& scope, render::Name all, render::Name one,
                  render::Name leaf) {
  if (!forms_of(scope.profile).modern) return;
  const Element element(sink, all, {{"junos:style", scope.style()}});
  const Element inner(sink, one);
  sink.leaf(leaf, "any");
}

void action_element(Sink& sink, const Policy& policy) {
  const config::Node then = policy.node.child("then");
  const config::Node options = then.child("permit").child("tcp-options");
  const auto yes_no = [&](std::string_view name) { return options.has(name) ? "Yes" : "No"; };
  const Element element(sink, "policy-action");
  sink.leaf("action-type", action_of(policy));
  {
    const Element tcp(sink, "policy-tcp-options");
    sink.leaf("policy-tcp-options-syn-check", yes_no("syn-check-required"));
    sink.leaf("policy-tcp-options-sequence-check", yes_no("sequence-check-required"));
    sink.leaf("policy-tcp-options-window-scale", "No");
  }
  if (then.child("log").has("session-init") || then.child("log").has("session-close")) sink.flag("log");
  if (then.has("count")) sink.flag("count");
}

void log_element(Sink& sink, const Policy& policy) {
  const config::Node log = policy.node.child("then").child("log");
  if (!log.has("session-init") && !log.has("session-close")) return;
  const Element element(sink, "policy-log");
  if (log.has("session-init")) sink.flag("log-session-creation");
  if (log.has("session-close")) sink.flag("log-session-close");
}

void statistics_element(Sink& sink, const v1::PolicyCounters& c) {
  const Element element(sink, "policy-statistics-information");
  sink.leaf("input-bytes", c.input_bytes_init() + c.input_bytes_reply());
  sink.leaf("input-bytes-init", c.input_bytes_init());
  sink.leaf("input-bytes-reply", c.input_bytes_reply());
  sink.leaf("output-bytes", c.output_bytes_init() + c.output_bytes_reply());
  sink.leaf("output-bytes-init", c.output_bytes_init());
  sink.leaf("output-bytes-reply", c.output_bytes_reply());
  sink.leaf("input-packets", c.input_packets_init() + c.input_packets_reply());
  sink.leaf("input-packets-init", c.input_packets_init());
  sink.leaf("input-packets-reply", c.input_packets_reply());
  sink.leaf("output-packets", c.output_packets_init() + c.output_packets_reply());
  sink.leaf("output-packets-init", c.output_packets_init());
  sink.leaf("output-packets-reply", c.output_packets_reply());
  sink.leaf("session-creations", c.created());
  sink.leaf("active-sessions", c.active());
  sink.leaf("session-deletions", c.deleted());
  sink.leaf("policy-lookups", c.lookups());
}

// The zones of a global policy; both lists empty: any.
void zones_elements(Sink& sink, const Policy& policy) {
  if (!policy.global()) return;
  const auto names = [&](std::string_view list) {
    auto values = policy.node.child("match").values(list);
    if (values.empty()) values.emplace_back("any");
    return values;
  };
  {
    const Element from(sink, "multiple-source-zones");
    for (const std::string_view name : names("from-zone")) {
      const Element zone(sink, "source-zone");
      sink.leaf("source-zone-name", name);
    }
  }
  const Element to(sink, "multiple-destination-zones");
  for (const std::string_view name : names("to-zone")) {
    const Element zone(sink, "destination-zone");
    sink.leaf("destination-zone-name", name);
  }
}

void match_elements(Sink& sink, const PolicyScope& scope, const Policy& policy) {
  zones_elements(sink, policy);
  addresses_element(sink, scope, policy,
                    {"source-addresses", "source-address", "source-address", policy.from_zone});
  addresses_element(sink, scope, policy,
                    {"destination-addresses", "destination-address", "destination-address", policy.to_zone});
  applications_element(sink, scope, policy);
  any_elements(sink, scope, "source-identities-feeds", "source-identity-feed", "feed-name");
  any_elements(sink, scope, "destination-identities-feeds", "destination-identity-feed", "feed-name");
}

}  // namespace

// What the applications that these policies name match.
Result<v1::ApplicationsReply> applications_of(const Policies& policies, const Context& context) {
  v1::ApplicationsRequest request;
  for (const Policy& policy : policies.list) {
    for (const std::string_view name : policy.node.child("match").values("application")) {
      for (std::string& member : members_of(policies.tree, name)) request.add_names(std::move(member));
    }
  }
  return context.parts.flowd.ask(&link::Flowd::Stub::Applications, request);
}

void context_element(Sink& sink, const Policy& policy) {
  const Element element(sink, "context-information");
  if (policy.global()) {
    sink.flag("global-context");
    return;
  }
  sink.leaf("source-zone-name", policy.from_zone);
  sink.leaf("destination-zone-name", policy.to_zone);
}

void policy_element(Sink& sink, const PolicyScope& scope, const Policy& policy) {
  const Element element(sink, "policy-information");
  sink.leaf("policy-name", policy.node.key());
  sink.leaf("policy-state", "enabled");
  sink.leaf("policy-identifier", policy.id);
  sink.leaf("scope-policy-identifier", 0);
  sink.leaf("policy-sequence-number", policy.sequence);
  if (forms_of(scope.profile).modern) sink.leaf("log-profile-id", 0);
  if (const auto text = policy.node.text("description")) sink.leaf("policy-description", *text);
  if (scope.detail) {
    context_element(sink, policy);
    const Element type(sink, "policy-type-information");
    sink.leaf("policy-type-string", "Configured");
  }
  match_elements(sink, scope, policy);
  action_element(sink, policy);
  if (scope.detail) {
    log_element(sink, policy);
    if (policy.node.child("then").has("count")) statistics_element(sink, scope.policies.counters(policy.id));
  }
  any_elements(sink, scope, "source-vrfs", "source-vrf", "source-vrf-name");
  any_elements(sink, scope, "destination-vrfs", "destination-vrf", "destination-vrf-name");
}

}  // namespace sluice::rpc
