#include "config/token.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/xml_text.h"

namespace sluice::config {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

bool ends_word(char c) {
  return is_blank(c) || c == '\n' || c == ';' || c == '{' || c == '}' || c == '[' || c == ']' || c == '"';
}

bool is_plain(char c) {
  return c > ' ' && c < 127 && !ends_word(c) && c != '\\' && c != '#';
}

}  // namespace

char Tokens::take() {
  const char c = text_[position_++];
  if (c == '\n') {
    ++line_;
    column_ = 1;
  } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {  // not inside a UTF-8 character
    ++column_;
  }
  return c;
}

Error Tokens::error(const Token& at, std::string message) const {
  return Error{"malformed-message", fmt::format("{}:{}", at.line, at.column), std::move(message)};
}

Status Tokens::skip_comment() {
  Token start;
  start.line = line_;
  start.column = column_;
  if (text_[position_] == '#') {
    while (!at_end() && text_[position_] != '\n') take();
    return {};
  }
  const std::size_t close = text_.find("*/", position_ + 2);
  if (close == std::string_view::npos) return error(start, "the comment '/*' has no end '*/'");
  const std::string_view said = trimmed(text_.substr(position_ + 2, close - position_ - 2));
  comment_ = is_text(said) ? said : std::string_view();
  while (position_ < close + 2) take();
  return {};
}

Status Tokens::skip_blanks() {
  while (!at_end()) {
    const char c = text_[position_];
    if (c == '#' || looking_at("/*")) {
      if (auto skipped = skip_comment(); !skipped) return skipped;
    } else if (is_blank(c) || (c == '\n' && syntax_ == Syntax::curly)) {
      take();
    } else {
      break;
    }
  }
  return {};
}

void Tokens::punctuation(TokenKind kind, std::string_view shown) {
  take();
  current_.kind = kind;
  current_.text = shown;
}

void Tokens::plain_word() {
  current_.kind = TokenKind::word;
  while (!at_end() && !ends_word(text_[position_])) current_.text += take();
}

Status Tokens::quoted_word() {
  current_.kind = TokenKind::word;
  current_.quoted = true;
  take();
  while (!at_end()) {
    const char c = take();
    if (c == '"') return {};
    if (c == '\\' && !at_end()) {
      const char escaped = take();
      current_.text += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
    } else {
      current_.text += c;
    }
  }
  return error(current_, "the quoted string has no closing '\"'");
}

Status Tokens::advance() {
  std::swap(previous_, current_);
  current_ = Token{};
  comment_.clear();
  if (next_given_ < given_.size()) {
    current_ = given_[next_given_++];
    return {};
  }
  if (auto skipped = skip_blanks(); !skipped) return skipped;
  current_.line = line_;
  current_.column = column_;
  if (at_end()) {
    current_.text = "the end of the text";
    return {};
  }
  switch (text_[position_]) {
    case '{':
      punctuation(TokenKind::open_brace, "{");
      return {};
    case '}':
      punctuation(TokenKind::close_brace, "}");
      return {};
    case '[':
      punctuation(TokenKind::open_list, "[");
      return {};
    case ']':
      punctuation(TokenKind::close_list, "]");
      return {};
    case ';':
      if (syntax_ == Syntax::commands) return error(current_, "a command ends with its line, without ';'");
      punctuation(TokenKind::end_of_statement, ";");
      return {};
    case '\n':
      punctuation(TokenKind::end_of_statement, "the end of the line");
      return {};
    case '"':
      if (auto read = quoted_word(); !read) return read;
      break;
    default:
      plain_word();
  }
  if (!is_text(current_.text)) {
    return error(current_, "this word has a control character or is not valid UTF-8");
  }
  return {};
}

std::string written(std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), is_plain) &&
                     word.find("/*") == std::string_view::npos && word != "inactive:" && word != "replace:";
  if (plain) return std::string(word);
  std::string text = "\"";
  for (const char c : word) {
    if (c == '\n') {
      text += "\\n";
    } else {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
  }
  return text + '"';
}

}  // namespace sluice::config
