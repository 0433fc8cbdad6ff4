#include "config/edit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>

#include "base/text.h"
#include "config/token.h"
#include "config/values.h"

namespace sluice::config {
namespace {

constexpr const char* kInactive = "inactive";
constexpr const char* kComment = "comment";

const lys_module* annotation_module(const lyd_node* node) {
  return ly_ctx_get_module_implemented(LYD_CTX(node), "sluice-extensions");
}

lyd_node* find_sibling(const lyd_node* parent, const lysc_node* schema, const std::string& value) {
  lyd_node* match = nullptr;
  lyd_find_sibling_val(lyd_child_no_keys(parent) != nullptr ? lyd_child(parent) : nullptr, schema,
                       value.c_str(), value.size(), &match);
  return match;
}

std::string range_text(const lysc_range* range, const char* unit) {
  std::string text = "a number";
  for (LY_ARRAY_COUNT_TYPE i = 0; range != nullptr && i < LY_ARRAY_COUNT(range->parts); ++i) {
    text +=
        fmt::format("{}{} to {}", i == 0 ? " " : " or ", range->parts[i].min_u64, range->parts[i].max_u64);
  }
  return unit != nullptr ? fmt::format("{} ({})", text, unit) : text;
}

std::string number_text(const lysc_type* type, std::uint64_t limit, const char* unit) {
  const auto* number = reinterpret_cast<const lysc_type_num*>(type);
  if (number->range != nullptr) return range_text(number->range, unit);
  return fmt::format("a number 0 to {}", limit);
}

std::string enum_text(const lysc_type* type) {
  std::vector<std::string_view> names;
  const auto* list = reinterpret_cast<const lysc_type_enum*>(type);
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(list->enums); ++i)
    names.emplace_back(list->enums[i].name);
  return names.size() == 1 ? std::string(names[0]) : fmt::format("one of {}", fmt::join(names, ", "));
}

std::string type_text(const lysc_type* type, const char* unit) {
  switch (type->basetype) {
    case LY_TYPE_UINT8:
      return number_text(type, 255, unit);
    case LY_TYPE_UINT16:
      return number_text(type, 65535, unit);
    case LY_TYPE_UINT32:
      return number_text(type, 4294967295, unit);
    case LY_TYPE_ENUM:
      return enum_text(type);
    case LY_TYPE_UNION: {
      std::vector<std::string> members;
      const auto* all = reinterpret_cast<const lysc_type_union*>(type);
      for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(all->types); ++i) {
        members.push_back(type_text(all->types[i], unit));
      }
      return fmt::format("{}", fmt::join(members, " or "));
    }
    case LY_TYPE_STRING: {
      const auto* string = reinterpret_cast<const lysc_type_str*>(type);
      if (string->length == nullptr) return "text";
      return fmt::format("text of {} to {} characters", string->length->parts[0].min_u64,
                         string->length->parts[0].max_u64);
    }
    default:
      return "a value of its type";
  }
}

// The YANG module's own sentence, when the refused value broke a restriction that has one.
std::string own_message(const lysc_type* type, std::string_view said) {
  if (type->basetype != LY_TYPE_STRING) return {};
  const auto* string = reinterpret_cast<const lysc_type_str*>(type);
  if (string->length != nullptr && string->length->emsg != nullptr && said == string->length->emsg) {
    return std::string(said);
  }
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(string->patterns); ++i) {
    if (string->patterns[i]->emsg != nullptr && said == string->patterns[i]->emsg) return std::string(said);
  }
  return {};
}

std::vector<std::string> key_values(const lyd_node* entry) {
  std::vector<std::string> keys;
  for (const lyd_node* child = lyd_child(entry); child != nullptr && lysc_is_key(child->schema);
       child = child->next) {
    keys.emplace_back(value_of(child));
  }
  return keys;
}

// A place is kept in the node's `priv`, which libyang leaves to its users: no other owner, and it goes
// with the node.
constexpr unsigned kColumnBits = 24;
constexpr std::uintptr_t kColumnMask = (std::uintptr_t{1} << kColumnBits) - 1;

}  // namespace

std::string literal(const std::string& value) {
  const char quote = value.find('\'') == std::string::npos ? '\'' : '"';
  return fmt::format("{}{}{}", quote, value, quote);
}

lyd_node* first_child(const lyd_node* parent, const lysc_node* schema) {
  for (lyd_node* child = lyd_child(parent); child != nullptr; child = child->next) {
    if (child->schema == schema) return child;
  }
  return nullptr;
}

std::vector<lyd_node*> instances(const lyd_node* parent, const lysc_node* schema) {
  std::vector<lyd_node*> found;
  for (lyd_node* child = lyd_child(parent); child != nullptr; child = child->next) {
    if (child->schema == schema) found.push_back(child);
  }
  return found;
}

lyd_node* find_entry(const lyd_node* parent, const lysc_node* list, const std::vector<std::string>& keys) {
  std::string predicate;
  const Form& form = form_of(list);
  for (std::size_t i = 0; i < form.keys.size(); ++i) {
    if (keys[i].find('\'') != std::string::npos && keys[i].find('"') != std::string::npos) return nullptr;
    predicate += fmt::format("[{}={}]", form.keys[i]->name, literal(keys[i]));
  }
  return find_sibling(parent, list, predicate);
}

lyd_node* find_value(const lyd_node* parent, const lysc_node* leaf_list, const std::string& value) {
  return find_sibling(parent, leaf_list, value);
}

lyd_node* ensure_container(lyd_node* parent, const lysc_node* schema) {
  lyd_node* node = first_child(parent, schema);
  if (node == nullptr) lyd_new_inner(parent, nullptr, schema->name, 0, &node);
  check(node != nullptr, "a container of the schema can be made");
  return node;
}

lyd_node* ensure_entry(lyd_node* parent, const lysc_node* list, const std::vector<std::string>& keys) {
  lyd_node* node = find_entry(parent, list, keys);
  if (node == nullptr) {
    const char* second = keys.size() > 1 ? keys[1].c_str() : nullptr;
    lyd_new_list(parent, nullptr, list->name, 0, &node, keys[0].c_str(), second);
  }
  check(node != nullptr, "a list entry with checked keys can be made");
  return node;
}

lyd_node* ensure_value(lyd_node* parent, const lysc_node* leaf_list, const std::string& value) {
  lyd_node* node = find_value(parent, leaf_list, value);
  if (node == nullptr) lyd_new_term(parent, nullptr, leaf_list->name, value.c_str(), 0, &node);
  check(node != nullptr, "a checked value can be added");
  return node;
}

lyd_node* set_leaf(lyd_node* parent, const lysc_node* schema, const std::string& value) {
  lyd_node* node = first_child(parent, schema);
  if (node != nullptr) {
    lyd_change_term(node, value.c_str());
  } else {
    lyd_new_term(parent, nullptr, schema->name, value.c_str(), 0, &node);
  }
  check(node != nullptr, "a leaf with a checked value can be set");
  return node;
}

Result<std::string> check_value(const SchemaData& schema, const lysc_node* node, std::string_view text) {
  std::string value(text);
  if (const std::string& form = form_of(node).value_form; !form.empty()) {
    auto canonical = canonical_value(form, text);
    if (!canonical) return canonical.error();
    value = std::move(*canonical);
  }
  const char* canonical = nullptr;
  if (lyd_value_validate(schema.context, node, value.c_str(), value.size(), nullptr, nullptr, &canonical) !=
      LY_SUCCESS) {
    const ly_err_item* last = ly_err_last(schema.context);
    std::string message =
        own_message(type_of(node), last != nullptr && last->msg != nullptr ? last->msg : "");
    if (message.empty()) message = "must be " + allowed_values(node);
    ly_err_clean(schema.context, nullptr);
    return Error{"invalid-value", "", std::move(message)};
  }
  if (canonical != nullptr) {
    value = canonical;
    lydict_remove(schema.context, canonical);
  }
  return value;
}

std::string allowed_values(const lysc_node* node) {
  const char* unit =
      node->nodetype == LYS_LEAF ? reinterpret_cast<const lysc_node_leaf*>(node)->units : nullptr;
  return type_text(type_of(node), unit);
}

std::vector<lyd_node*> excluded_by(const lyd_node* parent, const lysc_node* schema) {
  std::vector<lyd_node*> excluded;
  const lysc_node* own_case = schema->parent;
  if (own_case == nullptr || own_case->nodetype != LYS_CASE) return excluded;
  for (lyd_node* child = lyd_child(parent); child != nullptr; child = child->next) {
    const lysc_node* other = child->schema->parent;
    if (other != own_case && other->nodetype == LYS_CASE && other->parent == own_case->parent) {
      excluded.push_back(child);
    }
  }
  return excluded;
}

bool is_inactive(const lyd_node* node) {
  if (node->meta == nullptr) return false;
  return lyd_find_meta(node->meta, annotation_module(node), kInactive) != nullptr;
}

void set_inactive(const SchemaData& schema, lyd_node* node) {
  if (is_inactive(node)) return;
  const LY_ERR made = lyd_new_meta(schema.context, node, schema.extensions, kInactive, "true", 0, nullptr);
  check(made == LY_SUCCESS, "a node can be marked inactive");
}

void clear_inactive(lyd_node* node) {
  lyd_free_meta_single(lyd_find_meta(node->meta, annotation_module(node), kInactive));
}

lyd_node* deactivate_whole(const SchemaData& schema, lyd_node* node) {
  while (node != nullptr && !form_of(node->schema).whole) node = lyd_parent(node);
  if (node != nullptr) set_inactive(schema, node);
  return node;
}

Error deactivated(const lyd_node* whole, const std::string& place) {
  return {std::string(kDeactivated), place,
          fmt::format("'{}' is deactivated, as it would mean something else without this statement",
                      path_of(whole))};
}

std::optional<Error> hollow(const lyd_node* node) {
  if (lyd_child_no_keys(node) != nullptr || !is_configured(node)) return std::nullopt;
  for (const lyd_node* around = node; around != nullptr; around = lyd_parent(around)) {
    if (is_inactive(around)) return std::nullopt;
  }
  return Error{std::string(kHollow), "",
               fmt::format("'{}' is left out, as nothing of what it holds is supported", path_of(node))};
}

std::string comment_of(const lyd_node* node) {
  if (node->meta == nullptr) return {};
  const lyd_meta* meta = lyd_find_meta(node->meta, annotation_module(node), kComment);
  return meta != nullptr ? lyd_get_meta_value(meta) : std::string();
}

Status check_comment(std::string_view text) {
  if (text.find("*/") != std::string_view::npos) {
    return Error{"invalid-value", "", "a comment cannot have '*/' in it"};
  }
  if (!is_text(text)) {
    return Error{"invalid-value", "", "a comment has a control character or is not valid UTF-8"};
  }
  return {};
}

void set_comment(const SchemaData& schema, lyd_node* node, const std::string& text) {
  lyd_free_meta_single(lyd_find_meta(node->meta, annotation_module(node), kComment));
  if (text.empty()) return;
  const LY_ERR made =
      lyd_new_meta(schema.context, node, schema.extensions, kComment, text.c_str(), 0, nullptr);
  check(made == LY_SUCCESS, "a node can be given a comment");
}

void take_along(const SchemaData& schema, const lyd_node* from, lyd_node* to) {
  for (const lyd_node* child = lyd_child_no_keys(from); child != nullptr; child = child->next) {
    lyd_node* twin = nullptr;
    lyd_dup_single(child, nullptr, LYD_DUP_RECURSIVE | LYD_DUP_WITH_FLAGS, &twin);
    check(twin != nullptr, "a statement can be copied");
    lyd_insert_child(to, twin);
  }
  if (is_inactive(from)) set_inactive(schema, to);
  set_comment(schema, to, comment_of(from));
}

lyd_node* counterpart(const lyd_node* parent, const lyd_node* node) {
  lyd_node* match = nullptr;
  if (lyd_child(parent) != nullptr) lyd_find_sibling_first(lyd_child(parent), node, &match);
  if (match == nullptr && node->schema->nodetype == LYS_LEAF) match = first_child(parent, node->schema);
  return match != nullptr && is_configured(match) ? match : nullptr;
}

bool is_reordered(const lyd_node* before, const lyd_node* after) {
  const lyd_node* old = lyd_child_no_keys(before);
  for (const lyd_node* now = lyd_child_no_keys(after); now != nullptr; now = now->next) {
    const lyd_node* same = is_configured(now) ? counterpart(before, now) : nullptr;
    if (same == nullptr) continue;
    while (old != nullptr && (!is_configured(old) || counterpart(after, old) == nullptr)) old = old->next;
    if (old != same) return true;
    old = old->next;
  }
  return false;
}

void set_place(lyd_node* node, int line, int column) {
  if (node->priv != nullptr) return;
  const auto packed = (static_cast<std::uintptr_t>(line) << kColumnBits) |
                      (static_cast<std::uintptr_t>(column) & kColumnMask);
  // libyang keeps a pointer for us and never looks at it.
  node->priv = reinterpret_cast<void*>(packed);  // NOLINT(performance-no-int-to-ptr): a number, read as one
}

std::string place_of(const lyd_node* node) {
  const auto packed = reinterpret_cast<std::uintptr_t>(node->priv);
  return packed == 0 ? std::string() : fmt::format("{}:{}", packed >> kColumnBits, packed & kColumnMask);
}

bool is_configured(const lyd_node* node) {
  if ((node->flags & LYD_DEFAULT) != 0) return false;
  if (node->schema->nodetype != LYS_CONTAINER || is_presence(node->schema)) return true;
  for (const lyd_node* child = lyd_child(node); child != nullptr; child = child->next) {
    if (is_configured(child)) return true;
  }
  return false;
}

std::string written_value(const lyd_node* node) {
  const std::string_view value = value_of(node);
  const bool looks_like_a_name =
      form_of(node->schema).bare && child_schema(node->parent->schema, value) != nullptr;
  std::string text = written(value);
  const bool plain = text == value;
  return plain && (looks_like_a_name || form_of(node->schema).secret) ? fmt::format("\"{}\"", value) : text;
}

std::vector<std::string> words_of(const lyd_node* node) {
  const Form& form = form_of(node->schema);
  std::vector<std::string> words;
  switch (node->schema->nodetype) {
    case LYS_LIST: {
      std::vector<std::string> keys = key_values(node);
      if (!form.key_words.empty()) {
        for (std::size_t i = 0; i < keys.size(); ++i) {
          words.push_back(form.key_words[i]);
          words.push_back(keys[i]);
        }
        return words;
      }
      if (!form.hidden_name) words.emplace_back(node->schema->name);
      words.insert(words.end(), keys.begin(), keys.end());
      return words;
    }
    case LYS_LEAF:
      if (lysc_is_key(node->schema)) return words;
      words.emplace_back(form.bare ? value_of(node) : node->schema->name);
      return words;
    default:
      words.emplace_back(written_name(node->schema));
      return words;
  }
}

std::string path_of(const lyd_node* node) {
  std::vector<std::vector<std::string>> levels;
  for (; node != nullptr && node->parent != nullptr; node = lyd_parent(node))
    levels.push_back(words_of(node));
  std::reverse(levels.begin(), levels.end());
  std::vector<std::string> words;
  for (auto& level : levels) words.insert(words.end(), level.begin(), level.end());
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace sluice::config
