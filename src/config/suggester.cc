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
  const lysc_node* child = match_word(at_, token);
  if (child == nullptr) {
    return Error{"unknown-element", "",
                 fmt::format("'{}': unknown statement; {}", token.text, allowed_statements(at_))};
  }
  beside_at_ = at_;
  beside_data_ = data_;
  return enter(child, token);
}

Status Suggester::enter(const lysc_node* child, const Token& token) {
  const Form& form = form_of(child);
  in_block_ = child->nodetype == LYS_CONTAINER;
  if (in_block_) {
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
  if (token.kind == TokenKind::open_list && value_of_->nodetype == LYS_LEAFLIST && !several_) {
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
  if (value_of_->nodetype == LYS_LIST) return key(std::move(*checked));
  if (!several_) value_of_ = nullptr;
  return {};
}

Status Suggester::key(std::string text) {
  const Form& form = form_of(value_of_);
  keys_.push_back(std::move(text));
  key_word_next_ = !form.key_words.empty() && keys_.size() < form.keys.size();
  if (keys_.size() < form.keys.size()) return {};
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
  return allowed_statements(at_);
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

// Keys of the lists that a value may name (the extension `refers-to`), wherever they are in the tree.
void Suggester::offer_referred(const lysc_node* of, Suggestions& result) const {
  std::set<std::string, std::less<>> names;
  for (const std::vector<std::string>& path : form_of(of).refers_to) {
    std::vector<const lyd_node*> nodes{root_};
    for (const std::string& step : path) {
      std::vector<const lyd_node*> below;
      for (const lyd_node* node : nodes) {
        for (const lyd_node* child = lyd_child(node); child != nullptr; child = child->next) {
          if (step == child->schema->name) below.push_back(child);
        }
      }
      nodes = std::move(below);
    }
    for (const lyd_node* node : nodes) names.emplace(value_of(lyd_child(node)));
  }
  for (const std::string& name : names) {
    result.items.push_back({written(name), text_of(of->dsc), Suggestion::Kind::name});
  }
}

// What the value or the key'th key of `of` may be.
void Suggester::offer_values(const lysc_node* of, std::size_t key, Suggestions& result) const {
  const bool is_list = of->nodetype == LYS_LIST;
  const lysc_node* leaf = is_list ? form_of(of).keys[key] : of;
  const std::string help = text_of(is_list ? of->dsc : leaf->dsc);
  std::set<std::string, std::less<>> there;
  if (data_ != nullptr && !form_of(of).secret) {
    for (const lyd_node* node : instances(data_, of)) {
      const lyd_node* value = is_list ? lyd_child(node) : node;
      for (std::size_t i = 0; i < key && value != nullptr; ++i) {
        value = value_of(value) == keys_[i] ? value->next : nullptr;
      }
      if (value != nullptr) there.emplace(value_of(value));
    }
  }
  if (purpose_ == Purpose::find || is_list) {
    for (const std::string& value : there) {
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
    for (const lysc_node* child : form_of(at_).children) offer_child(child, result);
  }
  std::erase_if(result.items, [&](const Suggestion& item) {
    return item.kind != Suggestion::Kind::placeholder && !item.text.starts_with(prefix);
  });
  return result;
}

bool Suggester::may_be_short(const Token& token) const {
  if (token.kind != TokenKind::word || token.quoted || token.text.empty()) return false;
  if (awaits_key_word()) return token.text != form_of(value_of_).key_words[keys_.size()];
  if (awaits_value()) return !check_value(schema_, value_node(), token.text);
  const std::vector<const lysc_node*>& children = form_of(at_).children;
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

void Suggester::go_beside() {
  at_ = beside_at_;
  data_ = beside_data_;
  value_of_ = nullptr;
  in_block_ = true;
  purpose_ = Purpose::write;
}

std::size_t byte_of(std::string_view text, int column) {
  std::size_t at = 0;
  for (int seen = 1; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (seen++ == column) break;
  }
  return at;
}

}  // namespace sluice::config
