// XML elements -> changes of a tree: what NETCONF's edit-config and Junos's load-configuration ask for.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <pugixml.hpp>

#include "base/text.h"
#include "base/xml_text.h"
#include "config/edit.h"
#include "config/text.h"
#include "config/walker.h"

namespace sluice::config {
namespace {

std::string_view local(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view attribute(const pugi::xml_node& element, std::string_view name) {
  for (const pugi::xml_attribute& one : element.attributes()) {
    if (local(one.name()) == name) return one.value();
  }
  return {};
}

std::optional<XmlOperation> operation_named(std::string_view word) {
  if (word == "merge") return XmlOperation::merge;
  if (word == "replace") return XmlOperation::replace;
  if (word == "create") return XmlOperation::create;
  if (word == "delete") return XmlOperation::deletion;
  if (word == "remove") return XmlOperation::removal;
  return std::nullopt;
}

class XmlEdit {
 public:
  XmlEdit(const SchemaData& schema, const Reading& how)
      : schema_(schema), unknown_(how.unsupported), marks_(how.replace_marks) {}

  // <configuration> itself may say an operation, as any element.
  Status whole(lyd_node* root, const pugi::xml_node& configuration, XmlOperation inherited) {
    auto own = own_operation(root, configuration, inherited);
    if (!own) return own.error();
    const bool is_there = is_configured(root);
    if (*own == XmlOperation::create && is_there) {
      return Error{"data-exists", "", "there is a configuration already"};
    }
    if (*own == XmlOperation::deletion && !is_there) {
      return Error{"data-missing", "", "nothing is configured"};
    }
    const bool removes = *own == XmlOperation::deletion || *own == XmlOperation::removal;
    if (removes || *own == XmlOperation::replace) empty_out(root);
    if (removes) return {};
    return below(root, configuration, *own == XmlOperation::none ? *own : XmlOperation::merge);
  }

  Status below(lyd_node* parent, const pugi::xml_node& element, XmlOperation inherited) {
    for (const pugi::xml_node& child : element) {
      if (child.type() != pugi::node_element) continue;
      const lysc_node* schema = child_schema(parent->schema, local(child.name()));
      if (schema != nullptr && lysc_is_key(schema)) continue;
      Status done =
          schema == nullptr ? Status(unknown(parent, child)) : statement(parent, schema, child, inherited);
      if (done) continue;
      const bool not_known = done.error().tag == "unknown-element" || done.error().tag == "invalid-value";
      if (unknown_ == nullptr || !not_known || unknown_->size() >= kMostNotes) return done;
      unknown_->push_back(done.error());
      if (const lyd_node* whole = deactivate_whole(schema_, parent)) {
        unknown_->push_back(deactivated(whole, done.error().path));
      }
    }
    return {};
  }

 private:
  static Error unknown(const lyd_node* parent, const pugi::xml_node& element) {
    return {"unknown-element", path_of(parent),
            fmt::format("'{}': unknown statement {}; {}", local(element.name()), place_words(parent),
                        allowed_statements(parent->schema)),
            std::string(local(element.name()))};
  }

  // One element whose statement the schema knows.
  Status statement(lyd_node* parent, const lysc_node* schema, const pugi::xml_node& element,
                   XmlOperation inherited) {
    auto own = own_operation(parent, element, inherited);
    if (!own) return own.error();
    if (*own == XmlOperation::deletion || *own == XmlOperation::removal) {
      return remove(parent, schema, element, *own);
    }
    auto value = is_inner(schema) || is_flag(schema) ? Result<std::string>(std::string())
                                                     : checked(parent, schema, element.text().get());
    if (!value) return value.error();
    auto keys = keys_of(parent, schema, element);
    if (!keys) return keys.error();
    lyd_node* there = existing(parent, schema, *value, *keys);
    const bool is_there = there != nullptr && is_configured(there);
    if (*own == XmlOperation::create && is_there) {
      return Error{"data-exists", path_of(there), "the statement is configured already"};
    }
    if (*own == XmlOperation::none && there == nullptr) return missing(parent, element);
    if (*own == XmlOperation::replace && there != nullptr) empty_out(there);
    return make(parent, schema, element, *own, *value, *keys);
  }

  // Of <a operation="delete"/>, or as Junos writes it <a delete="delete"/>.
  [[nodiscard]] Result<XmlOperation> own_operation(const lyd_node* parent, const pugi::xml_node& element,
                                                   XmlOperation inherited) const {
    if (const std::string_view word = attribute(element, "operation"); !word.empty()) {
      if (const auto own = operation_named(word)) return *own;
      return Error{
          "bad-attribute", path_of(parent),
          fmt::format("'{}' is no operation; allowed are merge, replace, create, delete, remove", word),
          std::string(local(element.name())), "operation"};
    }
    for (const std::string_view word : {"delete", "replace", "create", "merge"}) {
      if (word == "replace" && marks_ == ReplaceMarks::ignored) continue;
      if (!attribute(element, word).empty()) return *operation_named(word);
    }
    return inherited;
  }

  Status make(lyd_node* parent, const lysc_node* schema, const pugi::xml_node& element, XmlOperation own,
              const std::string& value, const std::vector<std::string>& keys) {
    if (own != XmlOperation::none) {
      for (lyd_node* other : excluded_by(parent, schema)) lyd_free_tree(other);
    }
    const bool is_new = existing(parent, schema, value, keys) == nullptr;
    lyd_node* node = nullptr;
    switch (schema->nodetype) {
      case LYS_CONTAINER:
        node = ensure_container(parent, schema);
        break;
      case LYS_LIST:
        node = ensure_entry(parent, schema, keys);
        break;
      case LYS_LEAF:
        node = own == XmlOperation::none ? first_child(parent, schema) : set_leaf(parent, schema, value);
        break;
      default:
        node = ensure_value(parent, schema, value);
    }
    if (!attribute(element, "inactive").empty()) set_inactive(schema_, node);
    if (!attribute(element, "active").empty()) clear_inactive(node);
    if (auto placed = move(node, element); !placed) return placed;
    const XmlOperation below_it = own == XmlOperation::none ? own : XmlOperation::merge;
    if (!is_inner(schema)) return {};
    const std::size_t noted = unknown_ != nullptr ? unknown_->size() : 0;
    if (auto done = below(node, element, below_it); !done) return done;
    if (is_new && unknown_ != nullptr && unknown_->size() > noted) leave_no_hull(node);
    return {};
  }

  // As for a text in braces.
  void leave_no_hull(lyd_node* node) {
    auto note = unknown_->size() < kMostNotes ? hollow(node) : std::nullopt;
    if (!note) return;
    note->path = path_of(lyd_parent(node));
    unknown_->push_back(std::move(*note));
    lyd_free_tree(node);
  }

  Status remove(lyd_node* parent, const lysc_node* schema, const pugi::xml_node& element, XmlOperation own) {
    std::vector<lyd_node*> found;
    const std::string_view text = trimmed(element.text().get());
    if (schema->nodetype == LYS_LEAFLIST && text.empty()) {
      found = instances(parent, schema);
    } else {
      auto value = schema->nodetype == LYS_LEAFLIST ? checked(parent, schema, text)
                                                    : Result<std::string>(std::string());
      if (!value) return value.error();
      auto keys = keys_of(parent, schema, element);
      if (!keys) return keys.error();
      if (lyd_node* there = existing(parent, schema, *value, *keys)) found.push_back(there);
    }
    if (found.empty() && own == XmlOperation::deletion) return missing(parent, element);
    for (lyd_node* node : found) lyd_free_tree(node);
    return {};
  }

  static Error missing(const lyd_node* parent, const pugi::xml_node& element) {
    return {"data-missing", path_of(parent), fmt::format("'{}' is not configured", local(element.name()))};
  }

  static lyd_node* existing(lyd_node* parent, const lysc_node* schema, const std::string& value,
                            const std::vector<std::string>& keys) {
    if (schema->nodetype == LYS_LIST) return find_entry(parent, schema, keys);
    if (schema->nodetype == LYS_LEAFLIST) return find_value(parent, schema, value);
    return first_child(parent, schema);
  }

  static void empty_out(lyd_node* node) {
    lyd_node* next = nullptr;
    for (lyd_node* child = lyd_child_no_keys(node); child != nullptr; child = next) {
      next = child->next;
      lyd_free_tree(child);
    }
  }

  Result<std::string> checked(const lyd_node* parent, const lysc_node* schema, std::string_view text) const {
    const std::string_view word = trimmed(text);
    if (!is_text(word)) {
      return Error{
          "invalid-value", path_of(parent),
          fmt::format("the value of '{}' has a control character or is not valid UTF-8", schema->name)};
    }
    auto value = check_value(schema_, schema, word);
    if (value) return value;
    return Error{"invalid-value", path_of(parent),
                 fmt::format("'{} {}': {}", schema->name, word, value.error().message), schema->name};
  }

  Result<std::vector<std::string>> keys_of(const lyd_node* parent, const lysc_node* schema,
                                           const pugi::xml_node& element) const {
    std::vector<std::string> keys;
    if (schema->nodetype != LYS_LIST) return keys;
    for (const lysc_node* key : form_of(schema).keys) {
      const pugi::xml_node given =
          element.find_child([&](const pugi::xml_node& child) { return local(child.name()) == key->name; });
      if (!given) {
        return Error{"missing-element", path_of(parent),
                     fmt::format("an element '{}' needs its '{}'", schema->name, key->name), key->name};
      }
      auto value = checked(parent, key, given.text().get());
      if (!value) return value.error();
      keys.push_back(std::move(*value));
    }
    return keys;
  }

  // <policy insert="before" name="other">: beside the one with this name; or first, or last.
  static Status move(lyd_node* node, const pugi::xml_node& element) {
    const std::string_view where = attribute(element, "insert");
    if (where.empty() || !lysc_is_userordered(node->schema)) return {};
    const std::vector<lyd_node*> all = instances(lyd_parent(node), node->schema);
    const std::string name(attribute(element, "name"));
    lyd_node* beside = where == "first" ? all.front() : where == "last" ? all.back() : nullptr;
    if (beside == nullptr && node->schema->nodetype == LYS_LIST) {
      beside = find_entry(lyd_parent(node), node->schema, {name, name});
    }
    if (beside == nullptr) {
      return Error{"data-missing", path_of(lyd_parent(node)),
                   fmt::format("'{} {}', beside which '{}' is to be inserted, is not configured",
                               node->schema->name, name, where)};
    }
    if (beside == node) return {};
    const bool before = where == "before" || where == "first";
    (void)(before ? lyd_insert_before(beside, node) : lyd_insert_after(beside, node));
    return {};
  }

  const SchemaData& schema_;
  std::vector<Error>* unknown_;
  ReplaceMarks marks_;
};

}  // namespace

Status apply_xml(Tree& tree, const pugi::xml_node& configuration, XmlOperation default_operation,
                 const Reading& how) {
  Tree changed = tree.copy();
  auto done = XmlEdit(tree.schema().data(), how).whole(changed.raw(), configuration, default_operation);
  if (!done) return done;
  tree = std::move(changed);
  return {};
}

}  // namespace sluice::config
