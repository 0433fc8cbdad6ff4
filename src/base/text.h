// What counts as text in a word that an operator gives.
#pragma once

#include <string_view>

namespace sluice {

// Whether these bytes are valid UTF-8 without noncharacters and, but for tabs and line ends, without the
// characters below a blank. Nothing else may reach libyang as a value: it takes a zero byte in one, but
// counts the users of its strings as if the value ended there, and frees names that its schema still uses.
bool is_text(std::string_view bytes);

}  // namespace sluice
