#include "config/suggest.h"

#include "config/suggester.h"

namespace sluice::config {

Suggestions suggest(const Tree& tree, std::string_view text, Purpose purpose) {
  Suggester suggester(tree, purpose);
  Suggestions failed;
  const auto refused = [&](const Error& error, std::size_t position) {
    failed.position = failed.error_position = position;
    failed.error = error;
    return failed;
  };
  const bool at_word = !text.empty() && text.back() != ' ' && text.back() != '\t' && text.back() != '[';
  Tokens tokens(text, Syntax::commands);
  if (auto read = tokens.advance(); !read) return refused(read.error(), text.size());
  while (tokens.current().kind != TokenKind::end_of_text) {
    const Token token = tokens.current();
    const std::size_t position = byte_of(text, token.column);
    if (auto read = tokens.advance(); !read) return refused(read.error(), position);
    if (at_word && token.kind == TokenKind::word && tokens.current().kind == TokenKind::end_of_text) {
      Suggestions result = suggester.suggest(token.text);
      result.position = position;
      if (!result.items.empty()) return result;
      const Status fits = suggester.word(token);
      return fits ? result : refused(fits.error(), position);
    }
    if (auto fits = suggester.word(token); !fits) return refused(fits.error(), position);
  }
  Suggestions result = suggester.suggest("");
  result.position = text.size();
  return result;
}

}  // namespace sluice::config
