#include "config/walker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/find.h"

namespace sluice::config {
namespace {

// How a leaf, key or value is called in messages: "mtu 99999".
std::string called(const lysc_node* schema, std::string_view value) {
  const lysc_node* named = lysc_is_key(schema) ? schema->parent : schema;
  const Form& form = form_of(named);
  if (form.bare || form.hidden_name || !form.key_words.empty()) return std::string(value);
  return fmt::format("{} {}", named->name, value);
}

bool is_above(const lyd_node* upper, const lyd_node* lower) {
  while (lower != nullptr && lower != upper) lower = lyd_parent(lower);
  return lower != nullptr;
}

// What 'replace:' means for the values of a leaf-list.
void keep_only(const std::vector<lyd_node*>& values) {
  if (values.front()->schema->nodetype != LYS_LEAFLIST) return;
  for (lyd_node* one : instances(lyd_parent(values.front()), values.front()->schema)) {
    if (std::find(values.begin(), values.end(), one) == values.end()) lyd_free_tree(one);
  }
}

// What 'replace:' means for the statement that its words led to, before what it holds is read.
void empty_out(lyd_node* node, const lysc_node* group) {
  lyd_node* next_child = nullptr;
  for (lyd_node* child = lyd_child_no_keys(node); child != nullptr; child = next_child) {
    next_child = child->next;
    if (group == nullptr || child->schema == group) lyd_free_tree(child);
  }
}

}  // namespace

std::string place_words(const lyd_node* node) {
  const std::string path = path_of(node);
  return path.empty() ? "at the top" : fmt::format("in '{}'", path);
}

bool is_written_by_name(const lysc_node* child) {
  const Form& form = form_of(child);
  return !form.bare && !form.hidden_name && form.key_words.empty();
}

const lysc_node* match_word(const lysc_node* parent, const Token& word) {
  const lysc_node* unnamed = nullptr;
  for (const lysc_node* child : form_of(parent).children) {
    const std::string_view named = first_word(child);
    if (named.empty()) unnamed = child;
    if (!word.quoted && !named.empty() && word.text == named) return child;
  }
  return unnamed;
}

bool goes_on_beside(const lysc_node* at, const Token& word, bool after_value) {
  if (form_of(at).one_line != OneLine::all || (!after_value && at->nodetype != LYS_LIST)) return false;
  const auto is_named = [&](const lysc_node* parent) {
    const lysc_node* child = match_word(parent, word);
    return child != nullptr && is_written_by_name(child);
  };
  return !is_named(at) && is_named(lysc_data_parent(at));
}

bool takes_several(const lysc_node* child) {
  const Form& form = form_of(child);
  const bool by_name = child->nodetype == LYS_LIST && form.keys.size() == 1 && form.key_words.empty();
  return by_name || child->nodetype == LYS_LEAFLIST;
}

std::string allowed_statements(const lysc_node* parent) {
  std::vector<std::string> names;
  for (const lysc_node* child : form_of(parent).children) {
    const std::string_view named = first_word(child);
    names.push_back(named.empty() ? fmt::format("<{}>", child->name) : std::string(named));
  }
  return names.empty() ? "nothing is allowed there" : fmt::format("allowed are {}", fmt::join(names, ", "));
}

Error Walker::error_at(const Token& at, std::string_view tag, std::string message) const {
  return Error{std::string(tag), fmt::format("{}:{}:{}", filename_, at.line, at.column), std::move(message),
               std::string(at.text)};
}

Status Walker::next() {
  auto advanced = tokens_.advance();
  if (advanced) return {};
  Error error = advanced.error();
  error.path = fmt::format("{}:{}", filename_, error.path);
  return error;
}

Status Walker::run() {
  if (auto read = next(); !read) return read;
  if (auto read = curly_statements({root_}); !read) return read;
  if (token().kind == TokenKind::close_brace) {
    return error_at(token(), "malformed-message", "this '}' closes no block");
  }
  return {};
}

Status Walker::curly_statements(Place place) {
  while (token().kind != TokenKind::close_brace && token().kind != TokenKind::end_of_text) {
    if (auto read = curly_statement(place); !read) return read;
  }
  return {};
}

// The marks before a statement. A mark that a plain word could be is none when it is in quotes.
Status Walker::marks(Statement& statement) {
  while (token().kind == TokenKind::word && !token().quoted) {
    if (token().text == "inactive:") {
      statement.inactive = true;
    } else if (token().text == "replace:") {
      statement.replaces = marks_ == ReplaceMarks::obeyed;
    } else {
      break;
    }
    if (auto read = next(); !read) return read;
  }
  return {};
}

Status Walker::curly_statement(Place place) {
  Statement statement;
  statement.start = statement.at = place;
  statement.first = token();
  const std::string comment = tokens_.comment();
  if (auto read = marks(statement); !read) return read;
  if (token().kind != TokenKind::word) {
    return error_at(token(), "malformed-message",
                    fmt::format("a statement is expected here, not '{}'", token().text));
  }
  if (auto read = words(statement); !read) {
    if (auto left_out = leave_out(statement, read.error()); !left_out) return left_out;
    return skip_statement();
  }
  const std::size_t noted = unknown_ != nullptr ? unknown_->size() : 0;
  if (auto read = body(statement); !read) return read;
  if (auto marked = mark_named(statement, comment); !marked) return marked;
  if (unknown_ != nullptr && unknown_->size() > noted) leave_no_hull(statement);
  return {};
}

// Of what stands in its block nothing was taken: without that it is not what its author wrote.
void Walker::leave_no_hull(const Statement& statement) {
  const bool is_new = statement.made != nullptr && statement.at.group == nullptr;
  if (!is_new || unknown_->size() >= kMostNotes) return;
  auto note = hollow(statement.at.node);
  if (!note) return;
  note->path = error_at(statement.first, "", "").path;
  unknown_->push_back(std::move(*note));
  lyd_free_tree(statement.made);
}

// What follows the words of a statement: its block, or ';'.
Status Walker::body(Statement& statement) {
  const bool opens = token().kind == TokenKind::open_brace && !statement.after_value;
  if (!opens && !statement.wants.empty()) {
    return error_at(
        token(), "missing-element",
        fmt::format("'{}' is not a whole statement: {}", tokens_.previous().text, statement.wants));
  }
  if (!opens && token().kind != TokenKind::end_of_statement) {
    // Where it belongs: at the end of its line, not where the next one begins.
    const Token& last = tokens_.previous();
    return error_at(token().line > last.line ? last : token(), "malformed-message",
                    fmt::format("';' is missing after '{}'", last.text));
  }
  if (statement.replaces && statement.after_value) keep_only(statement.named);
  if (statement.replaces && !statement.after_value) empty_out(statement.at.node, statement.at.group);
  return opens ? block(statement) : next();
}

Status Walker::mark_named(const Statement& statement, const std::string& comment) {
  if (statement.inactive && statement.named.empty()) {
    return error_at(statement.first, "malformed-message", "'inactive:' belongs before an entry of the block");
  }
  for (lyd_node* node : statement.named) {
    if (statement.inactive) set_inactive(schema_, node);
  }
  if (!comment.empty() && !statement.named.empty()) set_comment(schema_, statement.named.front(), comment);
  return {};
}

// A statement that is not known is noted, and what it began is undone; any other error stays one.
Status Walker::leave_out(const Statement& statement, Error error) {
  const bool not_known = error.tag == "unknown-element" || error.tag == "invalid-value";
  if (unknown_ == nullptr || !not_known || unknown_->size() >= kMostNotes) return error;
  lyd_node* whole = deactivate_whole(schema_, statement.at.node);
  const std::string place = error.path;
  unknown_->push_back(std::move(error));
  if (whole != nullptr) unknown_->push_back(deactivated(whole, place));
  // What was made above an entry that is deactivated stays with it.
  lyd_node* undone = statement.made;
  if (undone != nullptr && whole != nullptr && (undone == whole || is_above(undone, whole))) {
    undone = statement.at.node;
    if (undone == whole) return {};
    while (lyd_parent(undone) != whole) undone = lyd_parent(undone);
  }
  if (undone != nullptr) lyd_free_tree(undone);
  return {};
}

// To the end of the statement in which the current token stands.
Status Walker::skip_statement() {
  int depth = 0;
  while (token().kind != TokenKind::end_of_text) {
    const TokenKind kind = token().kind;
    if (kind == TokenKind::close_brace && depth == 0) return {};  // of the block around it
    if (kind == TokenKind::open_brace) ++depth;
    if (kind == TokenKind::close_brace) --depth;
    if (auto read = next(); !read) return read;
    const bool ends = kind == TokenKind::end_of_statement || kind == TokenKind::close_brace;
    if (ends && depth == 0) return {};
  }
  return {};
}

Status Walker::block(const Statement& statement) {
  const Token open = token();
  if (auto read = next(); !read) return read;
  if (auto read = curly_statements(statement.at); !read) return read;
  if (token().kind != TokenKind::close_brace) {
    return error_at(open, "malformed-message", "the block that begins with this '{' is not closed");
  }
  return next();
}

Status Walker::words(Statement& statement) {
  while (token().kind == TokenKind::word) {
    if (statement.after_value && statement.at.node == statement.start.node) return too_much();
    if (auto read = word(statement); !read) return read;
  }
  return {};
}

// A word after the end of a statement: most often the next statement, when ';' was forgotten.
Error Walker::too_much() const {
  const Token& last = tokens_.previous();
  if (syntax_ == Syntax::curly && token().line > last.line) {
    return error_at(last, "malformed-message", fmt::format("';' is missing after '{}'", last.text));
  }
  return error_at(token(), "malformed-message",
                  fmt::format("'{}' is too much: the statement ends after '{}'", token().text, last.text));
}

Status Walker::word(Statement& statement) {
  statement.wants.clear();
  word_line_ = token().line;
  word_column_ = token().column;
  if (const lysc_node* group = statement.at.group; group != nullptr) {
    statement.at.group = nullptr;
    return entry(statement, group);
  }
  if (syntax_ == Syntax::commands &&
      goes_on_beside(statement.at.node->schema, token(), statement.after_value)) {
    statement.at.node = lyd_parent(statement.at.node);
  }
  const lysc_node* child = match_word(statement.at.node->schema, token());
  if (child == nullptr) return unknown(statement);
  if (statement.has_value && form_of(child).bare) return too_much();
  if (auto free = exclude_others(statement, child); !free) return free;
  return enter(statement, child);
}

Error Walker::unknown(const Statement& statement) const {
  const Token& last = tokens_.previous();
  if (syntax_ == Syntax::curly && token().line > last.line && last.kind == TokenKind::word &&
      statement.at.node != statement.start.node) {
    return error_at(last, "malformed-message", fmt::format("';' or '{{' is missing after '{}'", last.text));
  }
  return error_at(token(), "unknown-element",
                  fmt::format("'{}': unknown statement {}; {}", token().text, place_words(statement.at.node),
                              allowed_statements(statement.at.node->schema)));
}

// Commands replace, as an operator who changes 'deny' to 'permit' expects; a text that says both
// is a mistake.
Status Walker::exclude_others(const Statement& statement, const lysc_node* child) {
  if (statement.inactive) return {};
  for (lyd_node* other : excluded_by(statement.at.node, child)) {
    if (is_inactive(other)) continue;
    if (syntax_ == Syntax::curly) {
      return error_at(token(), "invalid-value",
                      fmt::format("'{}' and '{}' exclude each other {}", child->name, other->schema->name,
                                  place_words(statement.at.node)));
    }
    lyd_free_tree(other);
  }
  return {};
}

void Walker::reached(Statement& statement, lyd_node* node, const lyd_node* before) const {
  if (before == nullptr && statement.made == nullptr) statement.made = node;
  place(node);
  const bool joined = form_of(node->schema).joined;
  statement.at.node = node;
  statement.after_value = statement.has_value = false;
  statement.wants = joined ? allowed_statements(node->schema) : std::string();
  if (statement.named.empty() && !joined) statement.named.push_back(node);
}

Status Walker::enter(Statement& statement, const lysc_node* child) {
  if (is_written_by_name(child)) {
    if (auto read = next(); !read) return read;
  }
  switch (child->nodetype) {
    case LYS_CONTAINER: {
      const lyd_node* before = first_child(statement.at.node, child);
      reached(statement, ensure_container(statement.at.node, child), before);
      return {};
    }
    case LYS_LIST:
      if (token().kind == TokenKind::open_list && takes_several(child)) {
        statement.after_value = true;
        return several([&] { return list_name(statement, child); });
      }
      if (!form_of(child).grouped || token().kind == TokenKind::word) return entry(statement, child);
      statement.at.group = child;
      statement.after_value = false;
      statement.wants = allowed_values(form_of(child).keys[0]);
      return {};
    case LYS_LEAF:
      return leaf(statement, child);
    default:
      return leaf_list(statement, child);
  }
}

Status Walker::entry(Statement& statement, const lysc_node* list) {
  const Form& form = form_of(list);
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < form.keys.size(); ++i) {
    if (!form.key_words.empty()) {
      if (token().kind != TokenKind::word || token().quoted || token().text != form.key_words[i]) {
        return error_at(token(), "missing-element",
                        fmt::format("'{}' is expected here, not '{}'", form.key_words[i], token().text));
      }
      if (auto read = next(); !read) return read;
    }
    auto key = value(statement, form.keys[i]);
    if (!key) return key.error();
    keys.push_back(std::move(*key));
  }
  const lyd_node* before = find_entry(statement.at.node, list, keys);
  reached(statement, ensure_entry(statement.at.node, list, keys), before);
  return {};
}

Result<std::string> Walker::value(const Statement& statement, const lysc_node* child) {
  if (token().kind != TokenKind::word) {
    return error_at(token(), "missing-element",
                    fmt::format("'{}' needs a value: {}", tokens_.previous().text, allowed_values(child)));
  }
  auto checked = check_value(schema_, child, token().text);
  if (!checked) {
    const bool perhaps_a_name = form_of(child).bare;
    std::string hint;
    if (perhaps_a_name) {
      hint = fmt::format(" ({} {})", place_words(statement.at.node),
                         allowed_statements(statement.at.node->schema));
    }
    return error_at(token(), "invalid-value",
                    fmt::format("'{}': {}{}", called(child, token().text), checked.error().message, hint));
  }
  if (auto read = next(); !read) return read.error();
  return checked;
}

Status Walker::leaf(Statement& statement, const lysc_node* child) {
  std::string text;
  if (!is_flag(child)) {
    auto read = value(statement, child);
    if (!read) return read.error();
    text = std::move(*read);
  }
  lyd_node* node = set_leaf(statement.at.node, child, text);
  node->priv = nullptr;  // the last value is the one that counts
  place(node);
  if (statement.named.empty()) statement.named.push_back(node);
  statement.after_value = true;
  statement.has_value = form_of(child).bare;
  return {};
}

Status Walker::list_value(Statement& statement, const lysc_node* child) {
  const bool names_it = statement.named.empty() || statement.named[0]->schema == child;
  word_line_ = token().line;
  word_column_ = token().column;
  auto read = value(statement, child);
  if (!read) return read.error();
  lyd_node* node = ensure_value(statement.at.node, child, *read);
  place(node);
  if (names_it) statement.named.push_back(node);
  return {};
}

Status Walker::leaf_list(Statement& statement, const lysc_node* child) {
  statement.after_value = true;
  if (token().kind != TokenKind::open_list) return list_value(statement, child);
  return several([&] { return list_value(statement, child); });
}

// An entry that is its name alone.
Status Walker::list_name(Statement& statement, const lysc_node* list) {
  const bool names_it = statement.named.empty() || statement.named[0]->schema == list;
  word_line_ = token().line;
  word_column_ = token().column;
  auto key = value(statement, form_of(list).keys[0]);
  if (!key) return key.error();
  const std::vector<std::string> keys{std::move(*key)};
  const lyd_node* before = find_entry(statement.at.node, list, keys);
  lyd_node* node = ensure_entry(statement.at.node, list, keys);
  if (before == nullptr && statement.made == nullptr) statement.made = node;
  place(node);
  if (names_it) statement.named.push_back(node);
  return {};
}

Status Walker::several(const std::function<Status()>& one) {
  const Token open = token();
  if (auto read = next(); !read) return read;
  do {
    if (auto read = one(); !read) return read;
  } while (token().kind == TokenKind::word);
  if (token().kind == TokenKind::close_list) return next();
  return error_at(open, "malformed-message",
                  fmt::format("the list that begins with this '[' is not closed: ']' is missing after '{}'",
                              tokens_.previous().text));
}

Result<Walker::Statement> Walker::one_statement() {
  if (auto read = next(); !read) return read.error();
  Statement statement;
  statement.start = statement.at = {root_};
  statement.first = token();
  if (token().kind != TokenKind::word) {
    return error_at(token(), "missing-element",
                    "'set' needs a statement; " + allowed_statements(root_->schema));
  }
  if (auto read = words(statement); !read) {
    if (auto left_out = leave_out(statement, read.error()); !left_out) return left_out.error();
    return Statement();
  }
  if (!statement.wants.empty()) {
    return error_at(
        token(), "missing-element",
        fmt::format("'{}' is not a whole statement: {}", tokens_.previous().text, statement.wants));
  }
  if (token().kind != TokenKind::end_of_text && token().kind != TokenKind::end_of_statement) {
    return error_at(token(), "malformed-message",
                    fmt::format("'{}' has no place in a command", token().text));
  }
  return statement;
}

Result<std::vector<lyd_node*>> Walker::set_statement() {
  auto statement = one_statement();
  if (!statement) return statement.error();
  return std::move(statement->named);
}

Result<lyd_node*> Walker::enter_place() {
  auto statement = one_statement();
  if (!statement) return statement.error();
  if (statement->at.node == nullptr || statement->after_value) {
    return error_at(statement->first, "invalid-value", "no statement can stand below this one");
  }
  return statement->at.node;
}

}  // namespace sluice::config
