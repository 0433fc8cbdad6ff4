#include "config/suggester.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/walker.h"

namespace sluice::config {
namespace {

std::string text_of(const char* text) {
  return text != nullptr ? text : "";
}

}  // namespace

Status Suggester::word(const Token& token) {
  if (awaits_key_word()) {
    const std::string& wanted = form_of(value_of_).key_words[keys_.size()];
    if (token.text != wanted) return Error{"missing-element", "", fmt::format("expecting {}", wanted)};
    key_word_next_ = false;
    return {};
  }
  if (awaits_value()) return value(token);
  if (goes_on_beside(at_, token, after_value_)) {
    at_ = lysc_data_parent(at_);
    data_ = above_data_;
  }
  const lysc_node* child = match_word(at_, token);
  const bool wanted = child != nullptr && (only_ == nullptr || child == only_);
  if (!wanted) {
    return Error{"unknown-element", "", fmt::format("'{}': unknown statement; {}", token.text, allowed())};
  }
  if (has_value_ && form_of(child).bare) {
    return Error{"malformed-message", "", fmt::format("'{}' is too much", token.text)};
  }
  only_ = nullptr;
  last_ = child;
  beside_at_ = at_;
  beside_data_ = data_;
  beside_variables_ = variables_.size();
  return enter(child, token);
}

Status Suggester::enter(const lysc_node* child, const Token& token) {
  const Form& form = form_of(child);
  in_block_ = child->nodetype == LYS_CONTAINER;
  after_value_ = has_value_ = false;
  if (in_block_) {
    above_data_ = data_;
    data_ = data_ != nullptr ? first_child(data_, child) : nullptr;
    at_ = child;
    return {};
  }
  if (is_flag(child)) return {};
  value_of_ = child;
  keys_.clear();
  if (form.bare || form.hidden_name) return value(token);
  return {};
}

Status Suggester::value(const Token& token) {
  if (token.kind == TokenKind::open_list && takes_several(value_of_) && !several_) {
    several_ = true;
    return {};
  }
  if (token.kind == TokenKind::close_list && several_) {
    several_ = false;
    value_of_ = nullptr;
    return {};
  }
  if (token.kind != TokenKind::word) {
    return Error{"malformed-message", "", fmt::format("expecting {}, not '{}'", allowed(), token.text)};
  }
  auto checked = check_value(schema_, value_node(), token.text);
  if (!checked) {
    return Error{"invalid-value", "", fmt::format("'{}': {}", token.text, checked.error().message)};
  }
  if (several_) return {};
  after_value_ = true;
  if (value_of_->nodetype == LYS_LIST) return key(std::move(*checked));
  has_value_ = form_of(value_of_).bare;
  other_than_ = std::move(*checked);
  value_of_ = nullptr;
  return {};
}

Status Suggester::key(std::string text) {
  const Form& form = form_of(value_of_);
  keys_.push_back(std::move(text));
  key_word_next_ = !form.key_words.empty() && keys_.size() < form.keys.size();
  if (keys_.size() < form.keys.size()) return {};
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    variables_.push_back({fmt::format("{}.{}", value_of_->name, form.keys[i]->name), keys_[i]});
  }
  other_than_ = keys_.front();
  after_value_ = false;
  above_data_ = data_;
  data_ = data_ != nullptr ? find_entry(data_, value_of_, keys_) : nullptr;
  if (data_ == nullptr && purpose_ == Purpose::find) {
    return Error{"data-missing", "", fmt::format("'{}' is not configured", keys_.back())};
  }
  at_ = value_of_;
  value_of_ = nullptr;
  in_block_ = true;
  return {};
}

std::string Suggester::allowed() const {
  if (awaits_key_word()) return form_of(value_of_).key_words[keys_.size()];
  if (awaits_value()) return allowed_values(value_node());
  return only_ != nullptr ? fmt::format("allowed is {}", first_word(only_)) : allowed_statements(at_);
}

std::vector<const lysc_node*> Suggester::next_statements() const {
  if (only_ != nullptr) return {only_};
  const bool whole = form_of(at_).one_line == OneLine::all && (after_value_ || at_->nodetype == LYS_LIST);
  std::vector<const lysc_node*> next;
  std::ranges::copy_if(form_of(at_).children, std::back_inserter(next),
                       [&](const lysc_node* child) { return !has_value_ || !form_of(child).bare; });
  if (!whole || purpose_ == Purpose::find) return next;
  std::ranges::copy_if(form_of(lysc_data_parent(at_)).children, std::back_inserter(next), is_written_by_name);
  return next;
}

void Suggester::offer_known(const lysc_type* type, Suggestions& result) const {
  if (type->basetype == LY_TYPE_UNION) {
    const auto* members = reinterpret_cast<const lysc_type_union*>(type)->types;
    for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(members); ++i) offer_known(members[i], result);
  }
  if (type->basetype != LY_TYPE_ENUM) return;
  const auto* words = reinterpret_cast<const lysc_type_enum*>(type)->enums;
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(words); ++i) {
    result.items.push_back({words[i].name, text_of(words[i].dsc)});
  }
}

void Suggester::offer_referred(const lysc_node* of, Suggestions& result) const {
  for (const Predefined& one : form_of(of).predefined) {
    result.items.push_back({one.name, one.help.empty() ? "Predefined" : one.help, Suggestion::Kind::name});
  }
  for (const auto& [name, help] : referred(root_, of, variables_)) {
    result.items.push_back({written(name), help, Suggestion::Kind::name});
  }
}

std::set<std::string, std::less<>> Suggester::present(const lysc_node* of, std::size_t key) const {
  std::set<std::string, std::less<>> there;
  if (data_ == nullptr || form_of(of).secret) return there;
  for (const lyd_node* node : instances(data_, of)) {
    const lyd_node* value = of->nodetype == LYS_LIST ? lyd_child(node) : node;
    for (std::size_t i = 0; i < key && value != nullptr; ++i) {
      value = value_of(value) == keys_[i] ? value->next : nullptr;
    }
    if (value != nullptr) there.emplace(value_of(value));
  }
  if (is_beside_) there.erase(other_than_);
  return there;
}

// What the value or the key'th key of `of` may be.
void Suggester::offer_values(const lysc_node* of, std::size_t key, Suggestions& result) const {
  const bool is_list = of->nodetype == LYS_LIST;
  const lysc_node* leaf = is_list ? form_of(of).keys[key] : of;
  const std::string help = text_of(is_list ? of->dsc : leaf->dsc);
  // A name that is new is none of those.
  const bool is_new = is_beside_ && purpose_ == Purpose::write;
  if ((purpose_ == Purpose::find || is_list) && !is_new) {
    for (const std::string& value : present(of, key)) {
      result.items.push_back({written(value), help, Suggestion::Kind::name,
                              is_list && !form_of(of).children.empty() ? '>' : ' '});
    }
  }
  if (purpose_ == Purpose::find) return;
  offer_known(type_of(leaf), result);
  offer_referred(leaf, result);
  if (of->nodetype == LYS_LEAFLIST && !several_) {
    result.items.push_back({"[", "Open a set of values", Suggestion::Kind::placeholder});
  }
  if (type_of(leaf)->basetype == LY_TYPE_ENUM) return;
  const std::string bounds = type_of(leaf)->basetype == LY_TYPE_STRING ? "" : allowed_values(leaf);
  result.items.push_back(
      {fmt::format("<{}>", leaf->name),
       bounds.empty() ? text_of(leaf->dsc) : fmt::format("{} ({})", text_of(leaf->dsc), bounds),
       Suggestion::Kind::placeholder});
}

void Suggester::offer_child(const lysc_node* child, Suggestions& result) const {
  if (purpose_ == Purpose::find && !exists(child)) return;
  const std::string_view named = first_word(child);
  if (named.empty()) return offer_values(child, 0, result);
  const char mark = is_inner(child) ? '>' : child->nodetype == LYS_LEAFLIST ? '+' : ' ';
  result.items.push_back({std::string(named), text_of(child->dsc), Suggestion::Kind::word, mark});
}

Suggestions Suggester::suggest(const std::string& prefix) const {
  Suggestions result;
  result.in_block = in_block_;
  const bool container = in_block_ && at_->nodetype == LYS_CONTAINER && !is_presence(at_);
  result.complete = !awaits_value() && (purpose_ == Purpose::find || !container);
  if (awaits_key_word()) {
    result.items.push_back({form_of(value_of_).key_words[keys_.size()], text_of(value_node()->dsc)});
  } else if (awaits_value()) {
    offer_values(value_of_, keys_.size(), result);
    if (several_) result.items.push_back({"]", "Close the set of values", Suggestion::Kind::placeholder});
  } else {
    for (const lysc_node* child : next_statements()) offer_child(child, result);
  }
  std::erase_if(result.items, [&](const Suggestion& item) {
    return item.kind != Suggestion::Kind::placeholder && !item.text.starts_with(prefix);
  });
  // What exists and what a value may name can be the same.
  std::set<std::string, std::less<>> seen;
  std::erase_if(result.items, [&](const Suggestion& item) { return !seen.insert(item.text).second; });
  return result;
}

bool Suggester::may_be_short(const Token& token) const {
  if (token.kind != TokenKind::word || token.quoted || token.text.empty()) return false;
  if (awaits_key_word()) return token.text != form_of(value_of_).key_words[keys_.size()];
  if (awaits_value()) return !check_value(schema_, value_node(), token.text);
  const std::vector<const lysc_node*> children = next_statements();
  const auto begins = [&](const lysc_node* child) { return first_word(child).starts_with(token.text); };
  return std::ranges::any_of(children, begins) &&
         std::ranges::find(children, std::string_view(token.text), first_word) == children.end();
}

// What is not configured may be named, too, where nothing that is fits.
std::vector<Suggestion> Suggester::longer(const std::string& word) const {
  std::vector<Suggestion> items = suggest(word).items;
  if (purpose_ == Purpose::write || !items.empty()) return items;
  Suggester all = *this;
  all.purpose_ = Purpose::write;
  return all.suggest(word).items;
}

void Suggester::go_beside(Purpose purpose) {
  at_ = beside_at_;
  data_ = beside_data_;
  variables_.resize(beside_variables_);
  only_ = last_;
  value_of_ = nullptr;
  in_block_ = true;
  is_beside_ = true;
  purpose_ = purpose;
}

namespace {

// A token's column counts characters of the one line.
std::size_t byte_of(std::string_view text, int column) {
  std::size_t at = 0;
  for (int seen = 1; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (seen++ == column) break;
  }
  return at;
}

}  // namespace

PlacedTokens placed_tokens(std::string_view text) {
  PlacedTokens all;
  Tokens tokens(text, Syntax::commands);
  for (;;) {
    all.read = tokens.advance();
    if (!all.read || tokens.current().kind == TokenKind::end_of_text) return all;
    all.words.push_back({tokens.current(), byte_of(text, tokens.current().column)});
  }
}

bool is_joint(const Joints& joints, const Token& token) {
  return token.kind == TokenKind::word && !token.quoted &&
         std::ranges::find(joints.words, token.text, &Joint::word) != joints.words.end();
}

}  // namespace sluice::config
