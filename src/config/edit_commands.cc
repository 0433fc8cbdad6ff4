#include "config/edit_commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "config/edit.h"
#include "config/find.h"
#include "config/walker.h"

namespace sluice::config {
namespace {

bool ends_line(const Token& token) {
  return token.kind == TokenKind::end_of_statement || token.kind == TokenKind::end_of_text;
}

}  // namespace

struct EditCommands::Verb {
  std::string_view word;
  Status (EditCommands::*obey)();
};

const EditCommands::Verb* EditCommands::find_verb(std::string_view word) {
  static constexpr Verb kVerbs[] = {
      {"set", &EditCommands::set},           {"delete", &EditCommands::remove},
      {"activate", &EditCommands::activate}, {"deactivate", &EditCommands::deactivate},
      {"rename", &EditCommands::rename},     {"copy", &EditCommands::copy},
      {"insert", &EditCommands::insert},     {"annotate", &EditCommands::annotate},
      {"edit", &EditCommands::edit},         {"top", &EditCommands::top},
      {"exit", &EditCommands::exit},
  };
  const auto* at = std::ranges::find(kVerbs, word, &Verb::word);
  return at == std::end(kVerbs) ? nullptr : at;
}

bool is_edit_command(std::string_view word) {
  return EditCommands::find_verb(word) != nullptr;
}

Error EditCommands::error_at(const Token& at, std::string_view tag, std::string message) const {
  return Error{std::string(tag), fmt::format("{}:{}:{}", filename_, at.line, at.column), std::move(message),
               std::string(at.text)};
}

// find_statements() knows line and column only.
Error EditCommands::with_file(Error error) const {
  error.path = fmt::format("{}:{}", filename_, error.path);
  return error;
}

Status EditCommands::begin_at(std::string_view edit_path) {
  Tokens tokens(edit_path, Syntax::commands);
  if (auto read = tokens.advance(); !read) return with_file(read.error());
  for (; !ends_line(tokens.current());) {
    base_.push_back(tokens.current());
    if (auto read = tokens.advance(); !read) return with_file(read.error());
  }
  return {};
}

Status EditCommands::run() {
  if (auto read = tokens_.advance(); !read) return with_file(read.error());
  while (tokens_.current().kind != TokenKind::end_of_text) {
    if (auto read = read_line(); !read) return read;
    if (auto done = obey(); !done) return done;
  }
  return {};
}

Status EditCommands::run_curly(std::string_view text, ReplaceMarks marks) {
  lyd_node* at = root_;
  if (!base_.empty()) {
    auto named = Walker(schema_, root_, Tokens(base_), Syntax::commands, filename_).enter_place();
    if (!named) return named.error();
    at = *named;
  }
  Walker walker(schema_, at, Tokens(text, Syntax::curly), Syntax::curly, filename_, unknown_);
  walker.treat(marks);
  return walker.run();
}

// Empty lines pass; at the end of the text the verb is no word.
Status EditCommands::read_line() {
  const auto advance = [this]() -> Status {
    auto read = tokens_.advance();
    return read ? read : Status(with_file(read.error()));
  };
  while (tokens_.current().kind == TokenKind::end_of_statement) {
    if (auto read = advance(); !read) return read;
  }
  verb_ = tokens_.current();
  line_.clear();
  if (verb_.kind == TokenKind::end_of_text) return {};
  do {
    if (auto read = advance(); !read) return read;
    line_.push_back(tokens_.current());
  } while (!ends_line(tokens_.current()));
  return {};
}

Status EditCommands::obey() {
  if (verb_.kind == TokenKind::end_of_text) return {};
  const Verb* verb = verb_.kind == TokenKind::word && !verb_.quoted ? find_verb(verb_.text) : nullptr;
  if (verb == nullptr) {
    return error_at(
        verb_, "unknown-element",
        fmt::format("'{}': unknown command; allowed are set, delete, deactivate, activate, rename, "
                    "copy, insert, annotate, edit, top, exit",
                    verb_.text));
  }
  return (this->*verb->obey)();
}

// The words of the edit path stand where the line's own first word stands, for errors.
EditCommands::Words EditCommands::below_edit_path(Words words) const {
  Words all = base_;
  for (Token& token : all) {
    token.line = line_.front().line;
    token.column = line_.front().column;
  }
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

Result<std::vector<lyd_node*>> EditCommands::find(lyd_node* from, Words words) const {
  Tokens tokens(std::move(words));
  if (auto read = tokens.advance(); !read) return with_file(read.error());
  auto found = find_statements(schema_, from, tokens);
  if (!found) return with_file(found.error());
  if (!ends_line(tokens.current())) {
    return error_at(tokens.current(), "malformed-message",
                    fmt::format("'{}' has no place in a command", tokens.current().text));
  }
  return found;
}

Result<lyd_node*> EditCommands::find_one(lyd_node* from, const Words& words) const {
  auto found = find(from, words);
  if (!found) return found.error();
  const bool is_one =
      found->size() == 1 && (found->front()->schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
  if (!is_one) {
    return error_at(words.empty() ? verb_ : words.front(), "invalid-value",
                    fmt::format("'{}' is for one of several that have names, as a policy", verb_.text));
  }
  return found->front();
}

Status EditCommands::set() {
  auto named = Walker(schema_, root_, Tokens(below_edit_path(line_)), Syntax::commands, filename_, unknown_)
                   .set_statement();
  return named ? Status() : Status(named.error());
}

Status EditCommands::remove() {
  Words words = below_edit_path(line_);
  if (words.size() == 1) {  // everything
    while (lyd_node* child = lyd_child(root_)) lyd_free_tree(child);
    return {};
  }
  auto found = find(root_, std::move(words));
  const bool noted = missing_ != nullptr && missing_->size() < kMostNotes;
  if (!found && found.error().tag == "data-missing" && noted) {
    missing_->push_back(found.error());
    return {};
  }
  if (!found) return found.error();
  for (lyd_node* node : *found) lyd_free_tree(node);
  return {};
}

Status EditCommands::activate() {
  auto found = find(root_, below_edit_path(line_));
  if (!found) return found.error();
  for (lyd_node* node : *found) clear_inactive(node);
  return {};
}

Status EditCommands::deactivate() {
  auto found = find(root_, below_edit_path(line_));
  if (!found) return found.error();
  for (lyd_node* node : *found) set_inactive(schema_, node);
  return {};
}

Result<EditCommands::Halves> EditCommands::split(const std::vector<std::string_view>& at) const {
  const auto is_one = [&](const Token& token) {
    return token.kind == TokenKind::word && !token.quoted && std::ranges::find(at, token.text) != at.end();
  };
  const auto last = std::find_if(line_.rbegin(), line_.rend(), is_one);
  if (last == line_.rend() || last + 1 == line_.rend()) {
    return error_at(
        line_.back(), "missing-element",
        fmt::format("'{}' needs a statement, '{}' and another one", verb_.text, fmt::join(at, "' or '")));
  }
  Halves halves{Words(line_.begin(), last.base() - 1), Words(last.base(), line_.end()), last->text};
  return halves;
}

// An empty entry or a value with this name beside `source`.
Result<lyd_node*> EditCommands::make_twin(const lyd_node* source, const Words& name) const {
  lyd_node* parent = lyd_parent(source);
  const auto taken = find(parent, name);
  if (taken) {
    return error_at(name.front(), "data-exists",
                    fmt::format("'{}' is configured already", path_of(taken->front())));
  }
  if (taken.error().tag != "data-missing") return taken.error();
  auto made = Walker(schema_, parent, Tokens(name), Syntax::commands, filename_).set_statement();
  if (!made) return made.error();
  lyd_node* twin = made->front();
  if (twin->schema != source->schema) {
    return error_at(name.front(), "invalid-value",
                    fmt::format("'{}' is not of the same kind as '{}'", path_of(twin), path_of(source)));
  }
  if (lysc_is_userordered(source->schema)) lyd_insert_after(const_cast<lyd_node*>(source), twin);
  return twin;
}

Status EditCommands::rename() {
  auto halves = split({"to"});
  if (!halves) return halves.error();
  auto source = find_one(root_, below_edit_path(halves->before));
  if (!source) return source.error();
  auto twin = make_twin(*source, halves->after);
  if (!twin) return twin.error();
  take_along(schema_, *source, *twin);
  lyd_free_tree(*source);
  return {};
}

Status EditCommands::copy() {
  auto halves = split({"to"});
  if (!halves) return halves.error();
  auto source = find_one(root_, below_edit_path(halves->before));
  if (!source) return source.error();
  auto twin = make_twin(*source, halves->after);
  if (!twin) return twin.error();
  take_along(schema_, *source, *twin);
  return {};
}

Status EditCommands::insert() {
  auto halves = split({"before", "after"});
  if (!halves) return halves.error();
  auto moved = find_one(root_, below_edit_path(halves->before));
  if (!moved) return moved.error();
  auto beside = find_one(lyd_parent(*moved), halves->after);
  if (!beside) return beside.error();
  if ((*moved)->schema != (*beside)->schema || !lysc_is_userordered((*moved)->schema)) {
    return error_at(line_.front(), "invalid-value",
                    fmt::format("'{}' and '{}' do not stand in an order", path_of(*moved), path_of(*beside)));
  }
  if (*moved == *beside) return {};
  const LY_ERR done =
      halves->word == "before" ? lyd_insert_before(*beside, *moved) : lyd_insert_after(*beside, *moved);
  check(done == LY_SUCCESS, "an ordered statement can be moved");
  return {};
}

Status EditCommands::annotate() {
  if (line_.size() < 3) {
    return error_at(line_.back(), "missing-element", "'annotate' needs a statement and a text in quotes");
  }
  const std::string text = line_[line_.size() - 2].text;
  Words statement(line_.begin(), line_.end() - 2);
  auto found = find(root_, below_edit_path(std::move(statement)));
  if (!found) return found.error();
  if (auto good = check_comment(text); !good) {
    return error_at(line_[line_.size() - 2], good.error().tag, good.error().message);
  }
  auto one = one_of(*found, line_[line_.size() - 3]);
  if (!one) return with_file(one.error());
  set_comment(schema_, *one, text);
  return {};
}

// Where `exit` leads back to; only the newest are kept, as texts seldom say `exit` and often `top`.
void EditCommands::leave() {
  constexpr std::size_t kMostKept = 1000;
  outer_.push_back(base_);
  if (outer_.size() > kMostKept) outer_.pop_front();
}

Status EditCommands::edit() {
  constexpr std::size_t kLongestPath = 1000;  // in words; no statement is that deep
  if (base_.size() + line_.size() > kLongestPath) {
    return error_at(line_.front(), "invalid-value", "no statement stands that deep");
  }
  leave();
  base_.insert(base_.end(), line_.begin(), line_.end() - 1);
  return {};
}

// Alone it leads to the top; before a command that one command is meant from there.
Status EditCommands::top() {
  // 'top top' is 'top', so what is obeyed below is another command.
  const auto again = [](const Token& word) {
    return word.kind == TokenKind::word && !word.quoted && word.text == "top";
  };
  line_.erase(line_.begin(), std::ranges::find_if_not(line_, again));
  if (line_.size() == 1) {
    leave();
    base_.clear();
    return {};
  }
  const Words base = std::exchange(base_, {});
  verb_ = line_.front();
  line_.erase(line_.begin());
  Status done = obey();
  base_ = base;
  return done;
}

Status EditCommands::exit() {
  if (line_.size() > 1) {
    return error_at(line_.front(), "malformed-message",
                    fmt::format("'{}' has no place in a command", line_.front().text));
  }
  if (outer_.empty()) return error_at(verb_, "invalid-value", "'exit' has no 'edit' before it");
  base_ = std::move(outer_.back());
  outer_.pop_back();
  return {};
}

}  // namespace sluice::config
