#include "dataplane/policy/ranking.h"

#include <algorithm>
#include <tuple>

#include "dataplane/policy/first_match.h"

namespace sluice::policy {
namespace {

using Applications = std::vector<const Application*>;  // by id

Applications by_id(const Definition& definition) {
  Applications applications;
  for (const Application& application : definition.applications) {
    if (application.id.value >= applications.size())
      applications.resize(application.id.value + std::size_t{1});
    applications[application.id.value] = &application;
  }
  return applications;
}

Outcome outcome_of(const Policy& policy, const Application& application, const ApplicationTerm& term) {
  Outcome outcome{.decision = decision_of(policy), .service = Outcome::Service::matched};
  outcome.decision.application = application.id;
  outcome.decision.alg = term.alg != 0 ? term.alg : application.alg;
  outcome.decision.timeout_s = application.inactivity_timeout_s;
  return outcome;
}

void append_clauses(const Policy& policy, const Applications& applications, std::vector<Clause>& clauses) {
  if (policy.applications.empty()) {
    clauses.push_back({.term = {}, .outcome = {.decision = decision_of(policy)}});
  }
  for (const AppId id : policy.applications) {
    const Application& application = *applications[id.value];
    for (const ApplicationTerm& term : application.terms) {
      clauses.push_back({.term = term, .outcome = outcome_of(policy, application, term)});
    }
  }
}

// Pairs before global policies; the order of the pairs among each other does not matter.
auto place_of(const RankedPolicy& ranked) {
  const Policy& policy = *ranked.policy;
  return std::tuple(is_global(policy), policy.from_zone, policy.to_zone);
}

}  // namespace

Ranking rank(const Definition& definition) {
  Ranking ranking;
  for (const Policy& policy : definition.policies) {
    if (policy.enabled) ranking.policies.push_back({.policy = &policy});
  }
  std::stable_sort(ranking.policies.begin(), ranking.policies.end(),
                   [](const RankedPolicy& a, const RankedPolicy& b) { return place_of(a) < place_of(b); });
  const Applications applications = by_id(definition);
  for (RankedPolicy& ranked : ranking.policies) {
    ranked.first_clause = static_cast<std::uint32_t>(ranking.clauses.size());
    append_clauses(*ranked.policy, applications, ranking.clauses);
    ranked.last_clause = static_cast<std::uint32_t>(ranking.clauses.size());
    if (!is_global(*ranked.policy)) ++ranking.first_global;
  }
  return ranking;
}

}  // namespace sluice::policy
