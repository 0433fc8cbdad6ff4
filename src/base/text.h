// What counts as text in a word that an operator gives, and how sentences for an operator count things.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// Whether these bytes are valid UTF-8 without noncharacters and, but for tabs and line ends, without the
// characters below a blank. Nothing else may reach libyang as a value: it takes a zero byte in one, but
// counts the users of its strings as if the value ended there, and frees names that its schema still uses.
bool is_text(std::string_view bytes);

// Whether a text holds another one, without regard to the case of ASCII letters. Every text holds the empty
// one.
bool holds_text(std::string_view text, std::string_view wanted);

// "1 record", "2 records", "0 records". For words whose plural is an s.
std::string counted(std::uint64_t number, std::string_view one);

// What there is instead of a name that was not found: "there are none", "there is trust", "there are trust,
// untrust" and, of many, the first ten "... and 90 more".
std::string there_are(const std::vector<std::string>& names);

}  // namespace sluice
