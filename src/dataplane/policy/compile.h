// Private to the policy room: from a definition to the classifiers of one family.
#pragma once

#include <vector>

#include "dataplane/policy/acl.h"
#include "dataplane/policy/application_index.h"
#include "dataplane/policy/policy.h"

namespace sluice::policy {

// What a match leads to: a decision, but for what depends on the packet's port.
struct Outcome {
  Decision decision;  // timeout_s 0: that of the port
  enum class Service : std::uint8_t { matched, of_port } service = Service::of_port;
};

// One enabled policy with one term of one of its applications. A table's clauses are in order of
// preference: the first that matches decides.
struct Clause {
  std::size_t policy = 0;  // index in the definition
  ApplicationTerm term;    // policy application `any`: any protocol
  Outcome outcome;
};

struct FamilyTable {
  Acl addresses;  // both empty when no policy can match a packet of the family
  Acl rules;      // results are indices of clauses, plus 1
};

// Says what is wrong with a definition before any rule is made of it.
[[nodiscard]] Status validate(const Definition& definition);

[[nodiscard]] std::vector<Clause> clauses_of(const Definition& definition,
                                             const ApplicationIndex& applications);

[[nodiscard]] Result<FamilyTable> compile_family(const Definition& definition,
                                                 const std::vector<Clause>& clauses, packet::Family family);

}  // namespace sluice::policy
