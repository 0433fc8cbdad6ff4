// Suggestion: one thing that may stand next in what an operator types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct Suggestion {
  enum class Kind : std::uint8_t {
    word,         // of the language: a blank behind its beginning may complete it
    name,         // of something that exists, or a value of the configuration
    placeholder,  // stands for a value of the operator's own, or for the end of the command
    file,         // stands for a file of the operator's own
  };
  std::string text;  // "session", "trust", "<source-port>"
  std::string help;
  Kind kind = Kind::word;
  char mark = ' ';  // '>': leads to more statements; '+': takes several values
};

// Whatever is typed may be what it stands for.
inline bool stands_for_value(const Suggestion& item) {
  return item.kind == Suggestion::Kind::placeholder || item.kind == Suggestion::Kind::file;
}

// What a blank behind a word makes of it, where these are all that begin with it.
struct ByBlank {
  bool ambiguous = false;
  std::string_view word;  // as it was typed, or the only word of the language that it can be
};
ByBlank by_blank(const std::vector<Suggestion>& items, std::string_view typed);

// "Possible completions:" and a line for each.
std::string listing(const std::vector<Suggestion>& items);
// What Junos says of a shortened word that could be each of these.
std::string ambiguous_text(std::string_view word, const std::vector<Suggestion>& items);

// As it travels between programs.
std::string_view name_of(Suggestion::Kind kind);
// One that is not known stands for something.
Suggestion::Kind suggestion_kind(std::string_view name);

}  // namespace sluice
