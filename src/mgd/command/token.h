// Tokens of a command line: words, quoted strings and pipes, with where they stand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::command {

struct Token {
  std::string text;
  std::size_t position = 0;
  std::size_t end = 0;  // behind its last character, a quote too
  bool pipe = false;    // an unquoted '|'
};

struct Tokens {
  std::vector<Token> tokens;
  // Set when a quote is not closed: where it opened.
  std::size_t open_quote = std::string_view::npos;
};

Tokens tokenize(std::string_view line);
// Where in `typed` the word is that stands at a byte of `full`, which is the same words, some of them longer.
std::size_t place_of_same_word(std::string_view typed, std::string_view full, std::size_t byte);

}  // namespace sluice::command
