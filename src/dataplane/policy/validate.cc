#include "dataplane/policy/validate.h"

#include <set>

#include "dataplane/policy/first_match.h"
#include "dataplane/policy/term_match.h"

namespace sluice::policy {
namespace {

std::string path_of(const Policy& policy) {
  return policy.path.empty() ? "security policies policy " + policy.name : policy.path;
}

Error wrong(std::string path, std::string message) {
  return Error{"invalid-value", std::move(path), std::move(message)};
}

Status validate_term(const Application& application, const ApplicationTerm& term) {
  const std::string path = "applications application " + application.name;
  for (const PortRange& range : {term.source, term.destination}) {
    if (range.low > range.high) {
      return wrong(path, "port range " + std::to_string(range.low) + "-" + std::to_string(range.high) +
                             " runs backwards: the low port comes first");
    }
  }
  if (term.protocol == 0 && !(is_full(term.source) && is_full(term.destination))) {
    return wrong(path, "ports need a protocol that has them, such as tcp or udp");
  }
  return {};
}

Status validate_applications(const Definition& definition) {
  std::set<AppId> ids;
  for (const Application& application : definition.applications) {
    if (application.id == kNoApp || !ids.insert(application.id).second) {
      return wrong("applications application " + application.name,
                   "its number " + std::to_string(application.id.value) +
                       (application.id == kNoApp ? " means none" : " belongs to another application"));
    }
    for (const ApplicationTerm& term : application.terms) {
      if (Status status = validate_term(application, term); !status) return status;
    }
  }
  return {};
}

Status validate_addresses(const Policy& policy, const AddressMatch& match, const char* side) {
  if (match.any && match.excluded) {
    return wrong(path_of(policy),
                 std::string(side) + " addresses exclude any address, so nothing could match");
  }
  for (const packet::IpPrefix& prefix : match.prefixes) {
    if (prefix.length > prefix.address.bits() || !prefix.contains(prefix.address)) {
      return wrong(path_of(policy), std::string(side) + " prefix " + packet::to_string(prefix) +
                                        " has bits set beyond its length");
    }
  }
  return {};
}

Status validate_policy(const Policy& policy, const std::set<AppId>& applications) {
  if (policy.id < kFirstUserPolicy) {
    return wrong(path_of(policy), "its index " + std::to_string(policy.id.value) +
                                      " is reserved; the first is " + std::to_string(kFirstUserPolicy.value));
  }
  if (!is_global(policy) && (policy.from_zone == kNullZone || policy.to_zone == kNullZone)) {
    return wrong(path_of(policy),
                 "a policy needs both a from-zone and a to-zone, or neither if it is global");
  }
  for (const AppId id : policy.applications) {
    if (!applications.contains(id)) {
      return wrong(path_of(policy),
                   "it names application number " + std::to_string(id.value) + ", which is not defined");
    }
  }
  if (Status status = validate_addresses(policy, policy.source, "source"); !status) return status;
  return validate_addresses(policy, policy.destination, "destination");
}

}  // namespace

Status validate(const Definition& definition) {
  if (Status status = validate_applications(definition); !status) return status;
  std::set<AppId> applications;
  for (const Application& application : definition.applications) applications.insert(application.id);
  std::set<PolicyId> ids;
  for (const Policy& policy : definition.policies) {
    if (Status status = validate_policy(policy, applications); !status) return status;
    if (!ids.insert(policy.id).second) {
      return wrong(path_of(policy),
                   "its index " + std::to_string(policy.id.value) + " belongs to another policy");
    }
  }
  return {};
}

}  // namespace sluice::policy
