// The part of a tree that an XPath filter names (RFC 6241, section 8.9).
#include <libyang/libyang.h>

#include <map>
#include <memory>
#include <set>

#include "config/edit.h"
#include "config/text.h"
#include "config/xpath_guard.h"

namespace sluice::config {
namespace {

// Takes statements with all that is below them, and what is around them as far as it names them.
class Taking {
 public:
  Taking(const Tree& from, Tree& to) { twins_[from.raw()] = to.raw(); }

  void take(const lyd_node* node) {
    if (whole_above(node)) return;
    whole_.insert(node);
    lyd_node* twin = twin_of(node);
    if (!is_inner(node->schema)) return;
    for (const lyd_node* child = lyd_child(node); child != nullptr; child = child->next) {
      // What was taken of it before is in the whole of it.
      if (is_key(child) || !is_configured(child)) continue;
      if (const auto before = twins_.find(child); before != twins_.end()) {
        lyd_free_tree(before->second);
        forget(child);
      }
      lyd_node* copy = nullptr;
      lyd_dup_single(child, nullptr, LYD_DUP_RECURSIVE | LYD_DUP_WITH_FLAGS, &copy);
      check(copy != nullptr, "a statement can be copied");
      lyd_insert_child(twin, copy);
    }
  }

 private:
  static bool is_key(const lyd_node* node) { return lysc_is_key(node->schema); }

  [[nodiscard]] bool whole_above(const lyd_node* node) const {
    for (; node != nullptr; node = lyd_parent(node)) {
      if (whole_.contains(node)) return true;
    }
    return false;
  }

  // A list entry's twin has its keys.
  lyd_node* twin_of(const lyd_node* node) {
    if (const auto found = twins_.find(node); found != twins_.end()) return found->second;
    lyd_node* around = twin_of(lyd_parent(node));
    if (is_key(node)) return around;
    lyd_node* twin = nullptr;
    lyd_dup_single(node, nullptr, LYD_DUP_WITH_FLAGS, &twin);
    check(twin != nullptr, "a statement can be copied");
    lyd_insert_child(around, twin);
    return twins_[node] = twin;
  }

  // Of what is below a statement whose twin is no more.
  void forget(const lyd_node* node) {
    twins_.erase(node);
    for (const lyd_node* child = lyd_child(node); child != nullptr; child = child->next) {
      if (twins_.contains(child)) forget(child);
    }
  }

  std::map<const lyd_node*, lyd_node*> twins_;
  std::set<const lyd_node*> whole_;
};

}  // namespace

Result<Tree> select_xpath(const Tree& tree, std::string_view expression) {
  const auto guarded = guarded_xpath(expression);
  if (!guarded) return guarded.error();
  ly_set* found = nullptr;
  const LY_ERR failed = lyd_find_xpath(tree.raw(), guarded->c_str(), &found);
  const NodeSet nodes(found);
  if (failed != LY_SUCCESS) {
    return Error{"invalid-value", "filter",
                 "the XPath expression is not well-formed, or does not name statements of the configuration"};
  }
  Tree part(tree.schema());
  Taking taking(tree, part);
  for (std::uint32_t i = 0; i < nodes->count; ++i) {
    const lyd_node* node = nodes->dnodes[i];
    if (node == tree.raw()) return tree.copy();
    if (is_configured(node)) taking.take(node);
  }
  return part;
}

}  // namespace sluice::config
