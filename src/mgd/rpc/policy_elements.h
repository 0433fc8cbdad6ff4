// The elements of a policy, as every command that shows policies tells them.
#pragma once

#include "mgd/rpc/policies.h"

namespace sluice::rpc {

// What is told beside the policy itself.
struct PolicyScope {
  const Policies& policies;
  const v1::ApplicationsReply& applications;  // of applications_of(), for details
  render::Profile profile;
  bool detail;
  [[nodiscard]] std::string_view style() const { return detail ? "detail" : "brief"; }
};

// What the applications that these policies name match.
Result<v1::ApplicationsReply> applications_of(const Policies& policies, const Context& context);

// Its zones.
void context_element(render::Sink& sink, const Policy& policy);
void policy_element(render::Sink& sink, const PolicyScope& scope, const Policy& policy);

}  // namespace sluice::rpc
