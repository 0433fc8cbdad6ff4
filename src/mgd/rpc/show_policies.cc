#include <fmt/format.h>

#include <algorithm>

#include "mgd/rpc/handlers.h"
#include "mgd/rpc/policy_elements.h"

// show security policies, brief and detail.
namespace sluice::rpc {
namespace {

using render::Element;
using render::Sink;

void default_leaves(Sink& sink, const PolicyScope& scope) {
  sink.leaf("default-policy", scope.policies.default_action());
  if (!forms_of(scope.profile).modern) return;
  sink.leaf("default-policy-log-profile-id", 0);
  sink.leaf("pre-id-default-policy", "permit-all");
  sink.leaf("default-http-mux-policy", "permit-all");
}

// Visits the policies of each pair of zones together, as long as somebody listens.
template <class Visit>
void each_context(std::span<const Policy> policies, const Sink& sink, Visit visit) {
  while (!policies.empty() && sink.wanted()) {
    const auto end = std::ranges::find_if(
        policies, [&](const Policy& policy) { return !policy.same_context(policies.front()); });
    const std::span<const Policy> together(policies.begin(), end);
    visit(together);
    policies = policies.subspan(together.size());
  }
}

// Only how many there are from which zone to which.
Status show_contexts(const Policies& policies, Sink& sink) {
  const render::Document document(sink, "security-policies", "junos-policies");
  const Element contexts(sink, "policy-zone-context");
  each_context(policies.list, sink, [&](std::span<const Policy> together) {
    const Policy& first = together.front();
    const Element entry(sink, "policy-zone-context-entry");
    sink.leaf("policy-zone-context-from-zone", first.global() ? kGlobalZone : first.from_zone);
    sink.leaf("policy-zone-context-to-zone", first.global() ? kGlobalZone : first.to_zone);
    sink.leaf("policy-zone-context-policy-count", together.size());
  });
  return {};
}

}  // namespace

Status show_policies(const Inputs& inputs, const Context& context, Sink& sink) {
  auto policies = read_policies(context);
  if (!policies) return policies.error();
  if (auto selected = select_policies(*policies, inputs); !selected) return selected;
  if (inputs.has("zone-context")) return show_contexts(*policies, sink);
  const bool detail = inputs.has("detail");
  auto applications = detail ? applications_of(*policies, context) : v1::ApplicationsReply();
  if (!applications) return applications.error();
  const PolicyScope scope{*policies, *applications, context.profile, detail};

  const render::Document document(sink, "security-policies", "junos-policies");
  const bool whole = std::ranges::all_of(inputs.all(), [](const command::Input& input) {
    return input.name == "detail" || input.name == "root-logical-system";
  });
  if (whole) default_leaves(sink, scope);
  each_context(policies->list, sink, [&](std::span<const Policy> together) {
    const Element element(sink, "security-context");
    context_element(sink, together.front());
    const Element list(sink, "policies");
    for (const Policy& policy : together) {
      if (!sink.wanted()) return;
      policy_element(sink, scope, policy);
    }
  });
  return {};
}

}  // namespace sluice::rpc
