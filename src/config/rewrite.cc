#include "config/rewrite.h"

#include <fmt/format.h>

#include "config/edit.h"
#include "config/find.h"

namespace sluice::config {
namespace {

class Rewriter {
 public:
  Rewriter(const SchemaData& schema, const Rewrite& rewrite) : schema_(schema), rewrite_(rewrite) {}

  Status below(lyd_node* parent) {
    lyd_node* next = nullptr;
    for (lyd_node* child = lyd_child_no_keys(parent); child != nullptr; child = next) {
      next = child->next;
      if (!is_configured(child)) continue;
      if (auto done = is_inner(child->schema) ? inner(child) : value(child); !done) return done;
    }
    return {};
  }

 private:
  // What is asked first of an entry is its name; the entry that has the new one takes its place.
  Status inner(lyd_node* node) {
    if (node->schema->nodetype != LYS_LIST) return below(node);
    std::vector<std::string> keys;
    bool changed = false;
    for (const lyd_node* key = lyd_child(node); key != nullptr && lysc_is_key(key->schema); key = key->next) {
      auto made = rewritten(key);
      if (!made) return made.error();
      changed = changed || *made != value_of(key);
      keys.push_back(std::move(*made));
    }
    if (!changed) return below(node);
    lyd_node* parent = lyd_parent(node);
    if (find_entry(parent, node->schema, keys) != nullptr) return taken(node, keys.front());
    lyd_node* renamed = ensure_entry(parent, node->schema, keys);
    if (lysc_is_userordered(node->schema)) lyd_insert_after(node, renamed);
    take_along(schema_, node, renamed);
    lyd_free_tree(node);
    return below(renamed);
  }

  Status value(lyd_node* node) {
    if (is_flag(node->schema) || form_of(node->schema).secret) return {};
    auto made = rewritten(node);
    if (!made) return made.error();
    if (*made == value_of(node)) return {};
    if (node->schema->nodetype == LYS_LEAF) {
      lyd_change_term(node, made->c_str());
      return {};
    }
    if (find_value(lyd_parent(node), node->schema, *made) != nullptr) return taken(node, *made);
    lyd_node* renamed = ensure_value(lyd_parent(node), node->schema, *made);
    if (lysc_is_userordered(node->schema)) lyd_insert_after(node, renamed);
    take_along(schema_, node, renamed);
    lyd_free_tree(node);
    return {};
  }

  Result<std::string> rewritten(const lyd_node* node) const {
    auto wanted = rewrite_(value_of(node));
    if (!wanted) return std::string(value_of(node));
    auto checked = check_value(schema_, node->schema, *wanted);
    if (checked) return checked;
    return Error{"invalid-value", path_of(node), fmt::format("'{}': {}", *wanted, checked.error().message)};
  }

  static Error taken(const lyd_node* node, std::string_view name) {
    return {"data-exists", path_of(node), fmt::format("'{}' is configured already", name)};
  }

  const SchemaData& schema_;
  const Rewrite& rewrite_;
};

}  // namespace

Status rewrite(Tree& tree, std::string_view path, const Rewrite& rewrite) {
  Tree changed = tree.copy();
  lyd_node* at = changed.raw();
  if (!path.empty()) {
    auto found = find_statement(tree.schema().data(), changed.raw(), path);
    if (!found && found.error().tag == "data-missing") return {};
    if (!found) return found.error();
    at = *found;
  }
  if (auto done = Rewriter(tree.schema().data(), rewrite).below(at); !done) return done;
  tree = std::move(changed);
  return {};
}

}  // namespace sluice::config
