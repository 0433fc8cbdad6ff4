// What changed from one configuration to another. See config.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/tree.h"

namespace sluice::config {

enum class ChangeKind { added, removed, changed, reordered, activated, deactivated, annotated };

struct Change {
  ChangeKind kind;
  std::string path;  // in the operator's words; an added or removed container or entry is named once
  friend bool operator==(const Change&, const Change&) = default;
};

// Empty when both say the same. Of one schema. A list whose entries stand in another order is
// reported once, under the path of what holds it.
std::vector<Change> diff(const Tree& before, const Tree& after);

// The same as Junos shows it: "[edit PATH]" and, below it, the statements that went ("-"), came ("+"), moved
// or were activated or deactivated ("!"). Empty when both say the same. `path`: only what is below that
// statement.
std::string compare(const Tree& before, const Tree& after, std::string_view path = {});

// Makes the changes that lead from `before` to `after` in `onto`, which others changed meanwhile. Answers
// what was changed on both sides, in sentences; there `after` wins.
std::vector<std::string> carry_changes(const Tree& before, const Tree& after, Tree& onto);

}  // namespace sluice::config
