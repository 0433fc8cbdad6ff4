// What changed from one configuration to another. See config.h.
#pragma once

#include <string>
#include <vector>

#include "config/tree.h"

namespace sluice::config {

enum class ChangeKind { added, removed, changed, reordered, activated, deactivated };

struct Change {
  ChangeKind kind;
  std::string path;  // in the operator's words; an added or removed container or entry is named once
  friend bool operator==(const Change&, const Change&) = default;
};

// Empty when both say the same. Of one schema. A list whose entries stand in another order is
// reported once, under the path of what holds it.
std::vector<Change> diff(const Tree& before, const Tree& after);

}  // namespace sluice::config
