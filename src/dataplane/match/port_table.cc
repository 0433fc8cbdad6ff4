#include "dataplane/match/port_table.h"

#include <algorithm>
#include <limits>
#include <set>

namespace sluice::match {
namespace {

constexpr std::uint32_t kPorts = 65536;
using Starts = std::set<std::uint32_t>;  // ports at which some term begins, or has just ended

void add_bounds(std::span<const PortTerm> terms, std::array<Starts, 256>& starts) {
  for (const PortTerm& term : terms) {
    if (is_full(term.ports)) continue;
    starts[term.protocol].insert(term.ports.low);
    if (term.ports.high + 1U < kPorts) starts[term.protocol].insert(term.ports.high + 1U);
  }
}

// Every protocol has a class from port 0; terms cut it.
std::vector<PortTable::Span> spans_of(std::span<const PortTerm> terms, std::span<const PortTerm> bounds) {
  std::array<Starts, 256> starts;
  for (Starts& of_protocol : starts) of_protocol.insert(0);
  add_bounds(terms, starts);
  add_bounds(bounds, starts);
  std::vector<PortTable::Span> spans;
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

BitRows rows_of(const std::vector<PortTable::Span>& spans, std::span<const PortTerm> terms,
                std::size_t ranks) {
  BitRows rows(spans.size(), ranks);
  for (const PortTerm& term : terms) {
    for (std::size_t row = 0; row < spans.size(); ++row) {
      const bool same = term.protocol == 0 || term.protocol == spans[row].protocol;
      if (same && contains(term.ports, spans[row].ports.low)) rows.set(row, term.rank);
    }
  }
  return rows;
}

}  // namespace

Result<PortTable> PortTable::build(std::span<const PortTerm> terms, std::span<const PortTerm> bounds,
                                   std::size_t ranks, const std::string& statement) {
  PortTable table;
  table.spans_ = spans_of(terms, bounds);
  constexpr std::size_t kMost = std::numeric_limits<Class>::max();
  if (table.spans_.size() > kMost) {
    return Error{"resource-denied", statement,
                 "they divide the ports into " + std::to_string(table.spans_.size()) + " parts; at most " +
                     std::to_string(kMost) + " are allowed"};
  }
  for (std::size_t i = 0; i < table.spans_.size(); ++i) {
    table.assign(table.spans_[i], static_cast<Class>(i));
  }
  table.rows_ = rows_of(table.spans_, terms, ranks);
  return table;
}

void PortTable::assign(const Span& span, Class number) {
  Protocol& entry = protocols_[span.protocol];
  if (is_full(span.ports)) {
    entry.all = number;
    return;
  }
  if (entry.by_port == kNone) {
    entry.by_port = static_cast<std::uint32_t>(classes_by_port_.size());
    classes_by_port_.resize(classes_by_port_.size() + kPorts);
  }
  const auto first = classes_by_port_.begin() + entry.by_port;
  std::fill(first + span.ports.low, first + span.ports.high + 1, number);
}

}  // namespace sluice::match
