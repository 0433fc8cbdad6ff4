#include "dataplane/policy/service_table.h"

#include <algorithm>
#include <limits>
#include <set>

#include "dataplane/policy/first_match.h"
#include "dataplane/policy/term_match.h"

namespace sluice::policy {
namespace {

constexpr std::uint32_t kPorts = 65536;
using Starts = std::set<std::uint32_t>;  // ports at which some term begins, or has just ended

void add_bounds(const ApplicationTerm& term, std::array<Starts, 256>& starts) {
  if (is_full(term.destination)) return;
  starts[term.protocol].insert(term.destination.low);
  if (term.destination.high + 1U < kPorts) starts[term.protocol].insert(term.destination.high + 1U);
}

// Every protocol has a class from port 0; terms cut it.
std::array<Starts, 256> bounds_of(const Ranking& ranking) {
  std::array<Starts, 256> starts;
  for (Starts& of_protocol : starts) of_protocol.insert(0);
  for (const Application& application : predefined_applications()) {
    for (const ApplicationTerm& term : application.terms) add_bounds(term, starts);
  }
  for (const Clause& clause : ranking.clauses) add_bounds(clause.term, starts);
  return starts;
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

struct Span {
  std::uint8_t protocol = 0;
  PortRange ports;
};

std::vector<Span> spans_of(const Ranking& ranking) {
  const std::array<Starts, 256> starts = bounds_of(ranking);
  std::vector<Span> spans;
  for (std::size_t protocol = 0; protocol < starts.size(); ++protocol) {
    for (auto at = starts[protocol].begin(); at != starts[protocol].end(); ++at) {
      const auto next = std::next(at);
      const std::uint32_t last = (next == starts[protocol].end() ? kPorts : *next) - 1;
      spans.push_back({static_cast<std::uint8_t>(protocol),
                       {static_cast<std::uint16_t>(*at), static_cast<std::uint16_t>(last)}});
    }
  }
  return spans;
}

BitRows rows_of(const std::vector<Span>& spans, const Ranking& ranking) {
  BitRows rows(spans.size(), ranking.policies.size());
  for (std::size_t rank = 0; rank < ranking.policies.size(); ++rank) {
    const RankedPolicy& ranked = ranking.policies[rank];
    for (std::uint32_t clause = ranked.first_clause; clause < ranked.last_clause; ++clause) {
      const ApplicationTerm& term = ranking.clauses[clause].term;
      for (std::size_t row = 0; row < spans.size(); ++row) {
        if (matches(term.protocol, spans[row].protocol) && contains(term.destination, spans[row].ports.low)) {
          rows.set(row, rank);
        }
      }
    }
  }
  return rows;
}

}  // namespace

Result<ServiceTable> ServiceTable::build(const Definition& definition, const Ranking& ranking) {
  const std::vector<Span> spans = spans_of(ranking);
  if (spans.size() > std::numeric_limits<Class>::max()) {
    return Error{"resource-denied", "applications",
                 "the applications of the policies divide the ports into " + std::to_string(spans.size()) +
                     " parts; at most " + std::to_string(std::numeric_limits<Class>::max()) + " are allowed"};
  }
  ServiceTable table;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    table.assign(spans[i].protocol, spans[i].ports, static_cast<Class>(i));
    table.services_.push_back(service_of(definition, spans[i].protocol, spans[i].ports.low));
  }
  table.rows_ = rows_of(spans, ranking);
  return table;
}

void ServiceTable::assign(std::uint8_t protocol, PortRange ports, Class number) {
  Protocol& entry = protocols_[protocol];
  if (is_full(ports)) {
    entry.all = number;
    return;
  }
  if (entry.by_port == kNone) {
    entry.by_port = static_cast<std::uint32_t>(classes_by_port_.size());
    classes_by_port_.resize(classes_by_port_.size() + kPorts);
  }
  const auto first = classes_by_port_.begin() + entry.by_port;
  std::fill(first + ports.low, first + ports.high + 1, number);
}

}  // namespace sluice::policy
