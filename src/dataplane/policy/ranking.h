// Private to the policy room: the enabled policies in the order in which they are tried.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/policy/policy.h"

namespace sluice::policy {

// What a match leads to: a decision, but for what depends on the packet's port.
struct Outcome {
  Decision decision;  // timeout_s 0: that of the port
  enum class Service : std::uint8_t { matched, of_port } service = Service::of_port;
};

// One term of one application of a policy. Policy application `any` is a term of any protocol.
struct Clause {
  ApplicationTerm term;
  Outcome outcome;
};

struct RankedPolicy {
  const Policy* policy = nullptr;  // in the definition
  // Its clauses, in order of preference: [first, last) of Ranking::clauses.
  std::uint32_t first_clause = 0;
  std::uint32_t last_clause = 0;
};

struct Ranking {
  // Policies of one zone pair stand together, in order; global ones are last. Rank is the index.
  std::vector<RankedPolicy> policies;
  std::size_t first_global = 0;
  std::vector<Clause> clauses;
};

// Of a valid definition, which must outlive the result.
[[nodiscard]] Ranking rank(const Definition& definition);

}  // namespace sluice::policy
