// Words of the text forms, with their places. Private to the room.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::config {

enum class TokenKind { word, open_brace, close_brace, open_list, close_list, end_of_statement, end_of_text };

struct Token {
  TokenKind kind = TokenKind::end_of_text;
  std::string text;     // a word's characters with quotes and escapes resolved; else as displayed
  bool quoted = false;  // a quoted word is never a keyword
  int line = 1;
  int column = 1;  // characters, from 1
};

enum class Syntax {
  curly,     // a statement ends with ';' or a block; line ends mean nothing
  commands,  // a statement ends with its line
};

// Reads a text token by token. '#' (at the start of a word) and '/* */' are comments.
class Tokens {
 public:
  Tokens(std::string_view text, Syntax syntax) : text_(text), syntax_(syntax) {}
  // Tokens that were read before; after them the text ends.
  explicit Tokens(std::vector<Token> tokens) : syntax_(Syntax::commands), given_(std::move(tokens)) {}

  // Moves on. An Error has the path "LINE:COLUMN".
  Status advance();
  [[nodiscard]] const Token& current() const { return current_; }
  // The token before current(): where a forgotten ';' belongs.
  [[nodiscard]] const Token& previous() const { return previous_; }
  // What the last '/* */' between previous() and current() says; empty: there is none.
  [[nodiscard]] const std::string& comment() const { return comment_; }

 private:
  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  [[nodiscard]] bool looking_at(std::string_view what) const {
    return text_.substr(position_, what.size()) == what;
  }
  char take();
  Status skip_blanks();
  Status skip_comment();
  void punctuation(TokenKind kind, std::string_view shown);
  void plain_word();
  Status quoted_word();
  [[nodiscard]] Error error(const Token& at, std::string message) const;

  std::string_view text_;
  Syntax syntax_;
  std::size_t position_ = 0;
  int line_ = 1;
  int column_ = 1;
  Token current_;
  Token previous_;
  std::string comment_;
  std::vector<Token> given_;
  std::size_t next_given_ = 0;
};

// The word as it must be written so that it is read back: in quotes where needed.
std::string written(std::string_view word);

}  // namespace sluice::config
