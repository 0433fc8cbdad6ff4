// The part of a tree that a subtree filter names (RFC 6241, section 6).
#include <algorithm>
#include <pugixml.hpp>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/xml_text.h"
#include "config/edit.h"
#include "config/text.h"

namespace sluice::config {
namespace {

std::string_view local(const pugi::xml_node& element) {
  const std::string_view name = element.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

bool has_elements(const pugi::xml_node& filter) {
  return static_cast<bool>(
      filter.find_child([](const pugi::xml_node& child) { return child.type() == pugi::node_element; }));
}

// A content match: an element that has a value and nothing below.
std::string_view wanted_value(const pugi::xml_node& filter) {
  return has_elements(filter) ? std::string_view() : trimmed(filter.text().get());
}

lyd_node* copy_into(lyd_node* to, const lyd_node* node, std::uint32_t options) {
  lyd_node* twin = nullptr;
  lyd_dup_single(node, nullptr, options | LYD_DUP_WITH_FLAGS, &twin);
  check(twin != nullptr, "a statement can be copied");
  lyd_insert_child(to, twin);
  return twin;
}

bool content_matches(const lyd_node* node, const pugi::xml_node& filter) {
  return std::ranges::all_of(filter.children(), [&](const pugi::xml_node& child) {
    const std::string_view wanted = wanted_value(child);
    const lysc_node* schema = child_schema(node->schema, local(child));
    if (wanted.empty() || schema == nullptr || is_inner(schema)) return true;
    return std::ranges::any_of(instances(node, schema),
                               [&](const lyd_node* one) { return value_of(one) == wanted; });
  });
}

bool selects_below(const pugi::xml_node& filter) {
  return std::ranges::any_of(filter.children(), [](const pugi::xml_node& child) {
    return child.type() == pugi::node_element && wanted_value(child).empty();
  });
}

// What several filters name together: each statement is taken once, however often it is named.
class Selection {
 public:
  // Whether anything below `from` was taken.
  bool below(const lyd_node* from, lyd_node* to, const pugi::xml_node& filter) {
    bool any = false;
    for (const pugi::xml_node& child : filter) {
      const lysc_node* schema =
          child.type() == pugi::node_element ? child_schema(from->schema, local(child)) : nullptr;
      if (schema == nullptr || lysc_is_key(schema)) continue;
      const bool all_of_it = !child.first_child();
      if (all_of_it && !looked_at_.emplace(from, schema).second) continue;
      for (const lyd_node* node : instances(from, schema)) {
        if (is_configured(node) && pick(node, to, child)) any = true;
      }
    }
    return any;
  }

 private:
  bool pick(const lyd_node* node, lyd_node* to, const pugi::xml_node& filter) {
    if (whole_.contains(node)) return true;
    if (!is_inner(node->schema)) {
      const std::string_view wanted = wanted_value(filter);
      if (!wanted.empty() && value_of(node) != wanted) return false;
      take_whole(node, to);
      return true;
    }
    if (!content_matches(node, filter)) return false;
    if (selects_below(filter)) return pick_part(node, to, filter);
    take_whole(node, to);
    return true;
  }

  // In the place of the part that was taken before.
  void take_whole(const lyd_node* node, lyd_node* to) {
    if (const auto part = parts_.find(node); part != parts_.end()) lyd_free_tree(part->second);
    copy_into(to, node, LYD_DUP_RECURSIVE);
    whole_.insert(node);
  }

  bool pick_part(const lyd_node* node, lyd_node* to, const pugi::xml_node& filter) {
    const auto before = parts_.find(node);
    if (before != parts_.end()) {
      (void)below(node, before->second, filter);
      return true;
    }
    lyd_node* twin = copy_into(to, node, 0);
    if (below(node, twin, filter) || node->schema->nodetype == LYS_LIST) {
      parts_.emplace(node, twin);
      return true;
    }
    lyd_free_tree(twin);
    return false;
  }

  std::unordered_set<const lyd_node*> whole_;             // of the tree that is selected from
  std::unordered_map<const lyd_node*, lyd_node*> parts_;  // and where some of what is below was taken to
  std::set<std::pair<const lyd_node*, const lysc_node*>> looked_at_;  // for a filter that names all of these
};

}  // namespace

Tree select(const Tree& tree, const pugi::xml_node& filter) {
  if (!has_elements(filter)) return tree.copy();
  Tree part(tree.schema());
  (void)Selection().below(tree.raw(), part.raw(), filter);
  return part;
}

}  // namespace sluice::config
