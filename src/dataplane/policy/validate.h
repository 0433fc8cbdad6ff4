// Private to the policy room: what is wrong with a definition, before anything is compiled from it.
#pragma once

#include "dataplane/policy/policy.h"

namespace sluice::policy {

[[nodiscard]] Status validate(const Definition& definition);

}  // namespace sluice::policy
