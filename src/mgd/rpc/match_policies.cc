#include <fmt/format.h>

#include <algorithm>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/ip.h"
#include "mgd/rpc/policy_elements.h"

// show security match-policies: which policy a flow's first packet would meet, and which others match it.
namespace sluice::rpc {
namespace {

using render::Document;
using render::Element;
using render::Sink;

Result<std::string> flow_address(const Inputs& inputs, std::string_view input) {
  const std::string text(inputs.text(input));
  if (auto bytes = address_bytes(text)) return std::move(*bytes);
  return Error{"invalid-value", std::string(input),
               fmt::format("'{}' is not an IP address; write 192.0.2.1 or 2001:db8::1", text)};
}

Status take_addresses(const Inputs& inputs, v1::MatchPoliciesRequest& request) {
  auto source = flow_address(inputs, "source-ip");
  if (!source) return source.error();
  auto destination = flow_address(inputs, "destination-ip");
  if (!destination) return destination.error();
  request.set_source(std::move(*source));
  request.set_destination(std::move(*destination));
  return {};
}

// An echo request, where nothing else is said: ICMP has no ports, and those that are given mean nothing.
std::uint32_t icmp_port(const Inputs& inputs, std::string_view protocol) {
  constexpr std::uint64_t kEcho = 8, kEcho6 = 128;
  const std::uint64_t echo = protocol == "icmp" ? kEcho : kEcho6;
  const std::uint64_t type = inputs.has("icmp-type") ? inputs.number("icmp-type") : echo;
  return static_cast<std::uint32_t>(type * 256 + inputs.number("icmp-code"));
}

Status take_ports(const Inputs& inputs, v1::MatchPoliciesRequest& request) {
  const std::string protocol = protocol_word(request.protocol());
  if (protocol == "icmp" || protocol == "icmp6") {
    request.set_destination_port(icmp_port(inputs, protocol));
    return {};
  }
  for (const std::string_view input : {"icmp-type", "icmp-code"}) {
    if (!inputs.has(input)) continue;
    return Error{"invalid-value", std::string(input),
                 fmt::format("'{}' is for protocol icmp and icmp6, not for {}", input, protocol)};
  }
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") return {};
  for (const std::string_view input : {"source-port", "destination-port"}) {
    if (inputs.has(input)) continue;
    return Error{"missing-element", "",
                 fmt::format("a flow of protocol {} has ports; '{}' is missing", protocol, input)};
  }
  request.set_source_port(static_cast<std::uint32_t>(inputs.number("source-port")));
  request.set_destination_port(static_cast<std::uint32_t>(inputs.number("destination-port")));
  return {};
}

Result<v1::MatchPoliciesRequest> first_packet(const Inputs& inputs) {
  v1::MatchPoliciesRequest request;
  request.set_from_zone(std::string(inputs.text("from-zone")));
  request.set_to_zone(std::string(inputs.text("to-zone")));
  request.set_protocol(protocol_number(inputs.text("protocol")).value_or(0));
  request.set_most(static_cast<std::uint32_t>(inputs.number("result-count")));
  if (auto taken = take_addresses(inputs, request); !taken) return taken.error();
  if (auto taken = take_ports(inputs, request); !taken) return taken.error();
  return request;
}

// One that no configuration names.
void built_in_element(Sink& sink, const Policies& policies, std::uint32_t id) {
  const bool self = id == kSelfTrafficPolicyId;
  const Element element(sink, "policy-information");
  sink.leaf("policy-name", self ? "self-traffic-policy" : "default-policy");
  sink.leaf("policy-state", "enabled");
  sink.leaf("policy-identifier", id);
  sink.leaf("policy-sequence-number", id);
  const Element action(sink, "policy-action");
  sink.leaf("action-type", self ? "permit" : policies.default_action());
}

void matched_element(Sink& sink, const PolicyScope& scope, std::uint32_t id) {
  if (id == kSelfTrafficPolicyId || id == kDefaultPolicyId) {
    return built_in_element(sink, scope.policies, id);
  }
  const auto at = std::ranges::find(scope.policies.list, id, &Policy::id);
  if (at != scope.policies.list.end()) policy_element(sink, scope, *at);
}

// Only those, as what is told of applications is asked for them.
void keep(Policies& policies, const v1::MatchPoliciesReply& matched) {
  std::erase_if(policies.list, [&](const Policy& policy) {
    return std::ranges::find(matched.policy_ids(), policy.id) == matched.policy_ids().end();
  });
}

Status show_matches(const v1::MatchPoliciesRequest& request, Policies policies, const Context& context,
                    render::Name name, Sink& sink) {
  auto matched = context.parts.flowd.ask(&link::Flowd::Stub::MatchPolicies, request);
  if (!matched) return matched.error();
  keep(policies, *matched);
  auto applications = applications_of(policies, context);
  if (!applications) return applications.error();
  const PolicyScope scope{policies, *applications, context.profile, true};
  const Document document(sink, name, "junos-policies");
  for (const std::uint32_t id : matched->policy_ids()) matched_element(sink, scope, id);
  return {};
}

Result<Policies> policies_for(const Inputs& inputs, const Context& context) {
  auto policies = read_policies(context);
  if (!policies) return policies;
  for (const std::string_view zone : {"from-zone", "to-zone"}) {
    if (auto known = check_zone(*policies, inputs, zone); !known) return known.error();
  }
  return policies;
}

}  // namespace

Status match_policies(const Inputs& inputs, const Context& context, Sink& sink) {
  const auto request = first_packet(inputs);
  if (!request) return request.error();
  auto policies = policies_for(inputs, context);
  if (!policies) return policies.error();
  return show_matches(*request, std::move(*policies), context, "security-policy-match", sink);
}

Status match_global_policies(const Inputs& inputs, const Context& context, Sink& sink) {
  auto request = first_packet(inputs);
  if (!request) return request.error();
  request->set_only_global(true);
  auto policies = policies_for(inputs, context);
  if (!policies) return policies.error();
  return show_matches(*request, std::move(*policies), context, "global-policy-match", sink);
}

}  // namespace sluice::rpc
