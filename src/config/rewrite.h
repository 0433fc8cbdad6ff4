// Names and values changed wherever they stand ('replace pattern'). See config.h.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/tree.h"

namespace sluice::config {

// What becomes of a name or value; nullopt: it stays.
using Rewrite = std::function<std::optional<std::string>(std::string_view)>;

// Asks for every name and value at and below a place, those of an entry before what stands in it; secrets are
// left alone. On an error, as when two entries would have one name, the tree is left as it was.
Status rewrite(Tree& tree, std::string_view path, const Rewrite& rewrite);

}  // namespace sluice::config
