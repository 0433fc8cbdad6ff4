#include "mgd/command/token.h"

namespace sluice::command {

Tokens tokenize(std::string_view line) {
  Tokens result;
  std::size_t at = 0;
  while (at < line.size()) {
    const char c = line[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at;
    } else if (c == '|') {
      result.tokens.push_back({"|", at, at + 1, true});
      ++at;
    } else if (c == '"') {
      Token token{"", at, at, false};
      for (++at; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] == '\\' && at + 1 < line.size() && (line[at + 1] == '"' || line[at + 1] == '\\')) ++at;
        token.text += line[at];
      }
      if (at == line.size()) {
        result.open_quote = token.position;
        return result;
      }
      token.end = ++at;
      result.tokens.push_back(std::move(token));
    } else {
      const std::size_t end = std::min(line.find_first_of(" \t\r\n|\"", at), line.size());
      result.tokens.push_back({std::string(line.substr(at, end - at)), at, end, false});
      at = end;
    }
  }
  return result;
}

std::size_t place_of_same_word(std::string_view typed, std::string_view full, std::size_t byte) {
  const Tokens longer = tokenize(full), shorter = tokenize(typed);
  for (std::size_t i = 0; i < longer.tokens.size() && i < shorter.tokens.size(); ++i) {
    if (byte < longer.tokens[i].end) return shorter.tokens[i].position;
  }
  return typed.size();
}

}  // namespace sluice::command
