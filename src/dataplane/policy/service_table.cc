#include "dataplane/policy/service_table.h"

#include "dataplane/policy/first_match.h"

namespace sluice::policy {
namespace {

using match::PortTerm;

PortTerm port_term(std::size_t rank, const ApplicationTerm& term) {
  return {static_cast<std::uint32_t>(rank), term.protocol, term.destination};
}

std::vector<PortTerm> terms_of(const Ranking& ranking) {
  std::vector<PortTerm> terms;
  for (std::size_t rank = 0; rank < ranking.policies.size(); ++rank) {
    const RankedPolicy& ranked = ranking.policies[rank];
    for (std::uint32_t clause = ranked.first_clause; clause < ranked.last_clause; ++clause) {
      terms.push_back(port_term(rank, ranking.clauses[clause].term));
    }
  }
  return terms;
}

// Ports of predefined applications are told apart for their services, whatever policies say.
std::vector<PortTerm> predefined_ports() {
  std::vector<PortTerm> terms;
  for (const Application& application : predefined_applications()) {
    for (const ApplicationTerm& term : application.terms) terms.push_back(port_term(0, term));
  }
  return terms;
}

// As the definition carries it: the operator may have set its timeout.
Service service_of(const Definition& definition, std::uint8_t protocol, std::uint16_t port) {
  const ApplicationMatch match = service(protocol, port);
  if (!match.application) return {};
  Service result{.application = match.application->id,
                 .alg = match.term->alg != 0 ? match.term->alg : match.application->alg,
                 .timeout_s = match.application->inactivity_timeout_s};
  for (const Application& application : definition.applications) {
    if (application.id == result.application) result.timeout_s = application.inactivity_timeout_s;
  }
  return result;
}

}  // namespace

Result<ServiceTable> ServiceTable::build(const Definition& definition, const Ranking& ranking) {
  auto ports =
      match::PortTable::build(terms_of(ranking), predefined_ports(), ranking.policies.size(), "applications");
  if (!ports) return ports.error();
  ServiceTable table;
  table.ports_ = std::move(*ports);
  for (const match::PortTable::Span& span : table.ports_.spans()) {
    table.services_.push_back(service_of(definition, span.protocol, span.ports.low));
  }
  return table;
}

}  // namespace sluice::policy
