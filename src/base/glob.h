// Names by a pattern, as the shell has them: * ? [ab] [a-z] [!ab].
#pragma once

#include <string_view>

namespace sluice {

// Whole and as it is written. Costs at most the product of both lengths, whatever the pattern; a '[' that
// nothing closes stands for itself.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view text);
[[nodiscard]] bool is_glob(std::string_view text);

}  // namespace sluice
