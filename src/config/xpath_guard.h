// What an XPath filter may say, so that it costs at most a few walks through the configuration. Private to
// the room.
//
// libyang evaluates all of XPath 1.0, and cannot be stopped: "//*[//* = //*]" over a large configuration
// takes hours. So an expression is looked at first. What names statements and selects among them by what is
// below them is permitted; what makes every statement look at all others is not: a path from the top, upwards
// or over all levels in a predicate, axes along siblings, comparisons of two sets.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::config {

// The expression for libyang, whose names need no prefixes here; an Error says what is not permitted.
Result<std::string> guarded_xpath(std::string_view expression);

}  // namespace sluice::config
