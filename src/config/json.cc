// Tree <-> RFC 7951 JSON, through libyang.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "config/edit.h"
#include "config/text.h"

namespace sluice::config {
namespace {

// RFC 7951 names the module of the outermost member and of annotations only.
constexpr std::string_view kConfiguration = "configuration";
constexpr std::string_view kAnnotations[] = {"inactive", "comment"};
constexpr std::string_view kConfigurationModule = "sluice-configuration:";
constexpr std::string_view kAnnotationModule = "sluice-extensions:";

std::string without_module(std::string_view name) {
  for (const std::string_view module : {kConfigurationModule, kAnnotationModule}) {
    if (name.starts_with(module)) return std::string(name.substr(module.size()));
  }
  return std::string(name);
}

// Copies JSON and gives its members other names. Values stay as they are, whatever they say.
class Renamer {
 public:
  explicit Renamer(std::string_view json) : json_(json) {}

  std::string without_modules() { return run(&Renamer::plain); }
  std::string with_modules() { return run(&Renamer::full); }

 private:
  std::string run(std::string (Renamer::*renamed)(std::string_view) const) {
    while (at_ < json_.size()) {
      const char c = json_[at_];
      if (c == '"') {
        string(renamed);
        continue;
      }
      if (c == '{' || c == '[') open();
      if ((c == '}' || c == ']') && !annotates_.empty()) annotates_.pop_back();
      out_ += c;
      ++at_;
    }
    return std::move(out_);
  }

  // Objects of annotations are values of members '@...', or stand in a list that is one.
  void open() {
    const bool in_list_of_them = !annotates_.empty() && annotates_.back() && json_[at_] == '{';
    annotates_.push_back(after_name_ ? name_annotates_ : in_list_of_them);
    after_name_ = false;
  }

  void string(std::string (Renamer::*renamed)(std::string_view) const) {
    std::size_t end = at_ + 1;
    while (end < json_.size() && json_[end] != '"') end += json_[end] == '\\' ? 2 : 1;
    end = std::min(end, json_.size());
    const std::string_view said = json_.substr(at_ + 1, end - at_ - 1);
    const std::size_t next = json_.find_first_not_of(" \t\r\n", std::min(end + 1, json_.size()));
    after_name_ = next != std::string_view::npos && json_[next] == ':';
    if (after_name_) {
      out_ += '"' + (this->*renamed)(said) + '"';
      name_annotates_ = said.starts_with('@');
    } else {
      out_ += json_.substr(at_, end + 1 - at_);
    }
    at_ = std::min(end + 1, json_.size());
  }

  [[nodiscard]] std::string plain(std::string_view name) const { return without_module(name); }

  [[nodiscard]] std::string full(std::string_view name) const {
    if (annotates_.size() == 1 && name == kConfiguration)
      return fmt::format("{}{}", kConfigurationModule, name);
    const bool annotation = !annotates_.empty() && annotates_.back() &&
                            std::ranges::find(kAnnotations, name) != std::end(kAnnotations);
    return annotation ? fmt::format("{}{}", kAnnotationModule, name) : std::string(name);
  }

  std::string_view json_;
  std::string out_;
  std::size_t at_ = 0;
  std::vector<bool> annotates_;  // of each object and list that is open
  bool after_name_ = false;      // what comes next is the value of a member,
  bool name_annotates_ = false;  // whose name begins with '@'
};

// What libyang read, as the other forms would have it: it knows types, and neither how values are written
// beyond them nor what a comment may say.
class Checker {
 public:
  explicit Checker(const SchemaData& schema) : schema_(schema) {}

  Status below(const lyd_node* from, lyd_node* to) {
    for (const lyd_node* child = lyd_child_no_keys(from); child != nullptr; child = child->next) {
      auto made = statement(child, to);
      if (!made) return made.error();
      if (is_inactive(child)) set_inactive(schema_, *made);
      const std::string comment = comment_of(child);
      if (auto good = check_comment(comment); !good) return at(child, good.error());
      set_comment(schema_, *made, comment);
      if (!is_inner(child->schema)) continue;
      if (auto checked = below(child, *made); !checked) return checked;
    }
    return {};
  }

 private:
  Result<lyd_node*> statement(const lyd_node* node, lyd_node* to) const {
    const lysc_node* schema = node->schema;
    if (schema->nodetype == LYS_CONTAINER) return ensure_container(to, schema);
    if (schema->nodetype == LYS_LIST) return entry(node, to);
    std::string text;
    if (!is_flag(schema)) {
      auto value = checked(node);
      if (!value) return value.error();
      text = std::move(*value);
    }
    return schema->nodetype == LYS_LEAF ? set_leaf(to, schema, text) : ensure_value(to, schema, text);
  }

  Result<lyd_node*> entry(const lyd_node* node, lyd_node* to) const {
    std::vector<std::string> keys;
    for (const lysc_node* key : form_of(node->schema).keys) {
      const lyd_node* given = first_child(node, key);
      if (given == nullptr) {
        return Error{"missing-element", path_of(lyd_parent(node)),
                     fmt::format("a member '{}' needs its '{}'", node->schema->name, key->name), key->name};
      }
      auto value = checked(given);
      if (!value) return value.error();
      keys.push_back(std::move(*value));
    }
    return ensure_entry(to, node->schema, keys);
  }

  Result<std::string> checked(const lyd_node* node) const {
    const std::string_view text = value_of(node);
    if (!is_text(text)) {
      return at(node, {"invalid-value", "", "the value has a control character or is not valid UTF-8"});
    }
    auto value = check_value(schema_, node->schema, text);
    if (value) return value;
    return at(node, {value.error().tag, "",
                     fmt::format("'{} {}': {}", node->schema->name, text, value.error().message)});
  }

  static Error at(const lyd_node* node, Error error) {
    error.path = path_of(lyd_parent(node));
    return error;
  }

  const SchemaData& schema_;
};

}  // namespace

std::string to_json(const Tree& tree) {
  char* printed = nullptr;
  lyd_print_mem(&printed, tree.raw(), LYD_JSON, LYD_PRINT_SHRINK);
  const std::unique_ptr<char, decltype(&std::free)> owner(printed, &std::free);
  return printed != nullptr ? printed : "{}";
}

Result<Tree> from_json(const Schema& schema, std::string_view json) {
  const std::string text(json);  // libyang reads up to a NUL
  lyd_node* data = nullptr;
  const LY_ERR parsed = lyd_parse_data_mem(schema.data().context, text.c_str(), LYD_JSON,
                                           LYD_PARSE_ONLY | LYD_PARSE_STRICT, 0, &data);
  if (parsed != LY_SUCCESS) {
    const ly_err_item* last = ly_err_last(schema.data().context);
    Error error{"malformed-message", last != nullptr && last->path != nullptr ? last->path : "",
                last != nullptr && last->msg != nullptr ? last->msg : "the JSON could not be read"};
    ly_err_clean(schema.data().context, nullptr);
    return error;
  }
  if (data == nullptr && text.find('{') == std::string::npos) {
    return Error{"malformed-message", "", "the JSON is empty"};
  }
  if (data == nullptr) return Tree(schema);
  if (data->schema != schema.root() || data->next != nullptr) {
    lyd_free_all(data);
    return Error{"unknown-element", "", "the JSON is not one 'sluice-configuration:configuration'"};
  }
  return Tree(schema, data);
}

std::string to_display_json(const Tree& tree) {
  const std::string json = to_json(tree);
  return Renamer(json).without_modules();
}

Result<Tree> from_display_json(const Schema& schema, std::string_view json) {
  const auto read = from_json(schema, Renamer(json).with_modules());
  if (!read) return read.error();
  Tree tree(schema);
  if (auto checked = Checker(schema.data()).below(read->raw(), tree.raw()); !checked) return checked.error();
  return tree;
}

}  // namespace sluice::config
