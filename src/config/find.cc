#include "config/find.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/edit.h"
#include "config/walker.h"

namespace sluice::config {
namespace {

using Found = std::vector<lyd_node*>;

class Finder {
 public:
  Finder(const SchemaData& schema, lyd_node* root, Tokens& tokens)
      : schema_(schema), at_(root), tokens_(tokens) {}

  Result<Found> run() {
    if (tokens_.current().kind != TokenKind::word)
      return error("missing-element", "a statement is expected here");
    Found found;
    while (tokens_.current().kind == TokenKind::word) {
      if (found.size() > 1 || (found.size() == 1 && !is_inner(found[0]->schema))) {
        return error("malformed-message", fmt::format("'{}' is too much", tokens_.current().text));
      }
      auto led = word();
      if (!led) return led;
      found = std::move(*led);
      if (found.size() == 1) at_ = found[0];
    }
    return spread(std::move(found));
  }

 private:
  [[nodiscard]] Error error(std::string_view tag, std::string message) const {
    const Token& token = tokens_.current();
    return Error{std::string(tag), fmt::format("{}:{}", token.line, token.column), std::move(message)};
  }

  [[nodiscard]] Error not_there(std::string_view tag) const {
    std::string path = path_of(at_);
    for (const Token& word : said_) path += (path.empty() ? "" : " ") + word.text;
    return Error{std::string(tag), fmt::format("{}:{}", said_.back().line, said_.back().column),
                 fmt::format("'{}' is not configured", path)};
  }

  Status advance() {
    said_.push_back(tokens_.current());
    return tokens_.advance();
  }

  Result<Found> word() {
    said_.clear();
    const lysc_node* child = match_word(at_->schema, tokens_.current());
    if (child == nullptr) {
      return error("unknown-element", fmt::format("'{}': unknown statement {}; {}", tokens_.current().text,
                                                  place_words(at_), allowed_statements(at_->schema)));
    }
    if (is_written_by_name(child)) {
      if (auto read = advance(); !read) return read.error();
    }
    if (tokens_.current().kind == TokenKind::open_list && takes_several(child)) return several(child);
    auto found = named(child);
    if (found && found->empty()) return not_there("data-missing");
    return found;
  }

  Result<Found> named(const lysc_node* child) {
    if (child->nodetype != LYS_LIST) return values_of(child);
    if (form_of(child).grouped && tokens_.current().kind != TokenKind::word) return instances(at_, child);
    auto entry = entry_of(child);
    if (!entry) return entry.error();
    return *entry != nullptr ? Found{*entry} : Found();
  }

  // '[ a b ]': all of them, or none.
  Result<Found> several(const lysc_node* child) {
    const std::vector<Token> before = said_;
    if (auto read = tokens_.advance(); !read) return read.error();
    Found all;
    while (tokens_.current().kind == TokenKind::word) {
      said_ = before;
      auto one = named(child);
      if (!one) return one;
      if (one->empty()) return not_there("invalid-value");
      for (lyd_node* node : *one) {
        if (std::ranges::find(all, node) == all.end()) all.push_back(node);
      }
    }
    if (all.empty()) return error("missing-element", "a name or value is expected behind '['");
    if (tokens_.current().kind != TokenKind::close_list) {
      return error("malformed-message", "']' is missing after what '[' begins");
    }
    if (auto read = tokens_.advance(); !read) return read.error();
    return all;
  }

  Result<std::string> value(const lysc_node* child) {
    if (tokens_.current().kind != TokenKind::word) {
      return error("missing-element", fmt::format("'{}' needs a value", tokens_.previous().text));
    }
    auto checked = check_value(schema_, child, tokens_.current().text);
    if (!checked) {
      return error("invalid-value", fmt::format("'{}': {}", tokens_.current().text, checked.error().message));
    }
    if (auto read = advance(); !read) return read.error();
    return checked;
  }

  Result<lyd_node*> entry_of(const lysc_node* list) {
    const Form& form = form_of(list);
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < form.keys.size(); ++i) {
      if (!form.key_words.empty()) {
        if (tokens_.current().text != form.key_words[i]) {
          return error("missing-element", fmt::format("'{}' is expected here", form.key_words[i]));
        }
        if (auto read = advance(); !read) return read.error();
      }
      auto key = value(form.keys[i]);
      if (!key) return key.error();
      keys.push_back(std::move(*key));
    }
    return find_entry(at_, list, keys);
  }

  // A container; a leaf, with its value or without; all values of a leaf-list, or one.
  Result<Found> values_of(const lysc_node* child) {
    Found found = instances(at_, child);
    const bool has_values = !is_inner(child) && !is_flag(child);
    if (!has_values || tokens_.current().kind != TokenKind::word) return found;
    auto wanted = value(child);
    if (!wanted) return wanted.error();
    std::erase_if(found, [&](const lyd_node* node) { return value_of(node) != *wanted; });
    return found;
  }

  // A joined container stands for what is below it.
  static Found spread(Found found) {
    if (found.size() != 1 || !form_of(found[0]->schema).joined) return found;
    Found below;
    for (lyd_node* child = lyd_child(found[0]); child != nullptr; child = child->next) below.push_back(child);
    return below;
  }

  const SchemaData& schema_;
  lyd_node* at_;
  Tokens& tokens_;
  std::vector<Token> said_;  // of the statement that is read now
};

}  // namespace

Result<std::vector<lyd_node*>> find_statements(const SchemaData& schema, lyd_node* root, Tokens& tokens) {
  return Finder(schema, root, tokens).run();
}

Result<lyd_node*> one_of(const std::vector<lyd_node*>& found, const Token& last) {
  if (last.kind == TokenKind::close_list && found.size() > 1) {
    return Error{"malformed-message", fmt::format("{}:{}", last.line, last.column),
                 "one statement only may be named here", last.text};
  }
  return found.front();
}

Result<lyd_node*> find_statement(const SchemaData& schema, lyd_node* root, std::string_view path) {
  Tokens tokens(path, Syntax::commands);
  if (auto read = tokens.advance(); !read) return read.error();
  auto found = find_statements(schema, root, tokens);
  if (!found) return found.error();
  if (found->empty()) return Error{"data-missing", std::string(path), "is not configured"};
  auto one = one_of(*found, tokens.previous());
  return one ? one : Error{one.error().tag, std::string(path), one.error().message};
}

}  // namespace sluice::config
