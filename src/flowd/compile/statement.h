// Private to the room: errors and warnings that name their statement.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace sluice::compile {

// "security policies global policy web" and "match application foo": where an error points.
[[nodiscard]] std::string path_below(const config::Node& node, std::string_view words);

// A value that is not possible there.
[[nodiscard]] Error wrong(const config::Node& node, std::string_view words, std::string message);
// A name that nothing has.
[[nodiscard]] Error unknown(const config::Node& node, std::string_view words, std::string message);
// Accepted, but probably not meant.
void warn(std::vector<std::string>& warnings, const std::string& path, std::string_view sentence);

}  // namespace sluice::compile
