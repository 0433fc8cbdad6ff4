#include "config/diff.h"

#include <fmt/format.h>

#include "config/edit.h"

namespace sluice::config {
namespace {

// The node of `parent` that is the same statement as `node`: same leaf, entry or value.
const lyd_node* counterpart(const lyd_node* parent, const lyd_node* node) {
  lyd_node* match = nullptr;
  if (lyd_child(parent) != nullptr) lyd_find_sibling_first(lyd_child(parent), node, &match);
  if (match == nullptr && node->schema->nodetype == LYS_LEAF) match = first_child(parent, node->schema);
  return match != nullptr && is_configured(match) ? match : nullptr;
}

std::string change_path(const lyd_node* node) {
  const bool has_value = !is_inner(node->schema) && !is_flag(node->schema) && !form_of(node->schema).bare;
  return has_value ? fmt::format("{} {}", path_of(node), value_of(node)) : path_of(node);
}

class Comparison {
 public:
  std::vector<Change> run(const lyd_node* before, const lyd_node* after) {
    below(before, after);
    return std::move(changes_);
  }

 private:
  void below(const lyd_node* before, const lyd_node* after) {
    for (const lyd_node* old = lyd_child_no_keys(before); old != nullptr; old = old->next) {
      if (is_configured(old) && counterpart(after, old) == nullptr)
        add(ChangeKind::removed, change_path(old));
    }
    for (const lyd_node* now = lyd_child_no_keys(after); now != nullptr; now = now->next) {
      if (!is_configured(now)) continue;
      const lyd_node* old = counterpart(before, now);
      if (old == nullptr) {
        add(ChangeKind::added, change_path(now));
      } else {
        both(old, now);
      }
    }
    if (is_reordered(before, after)) add(ChangeKind::reordered, path_of(after));
  }

  void both(const lyd_node* old, const lyd_node* now) {
    if (is_inactive(old) != is_inactive(now)) {
      add(is_inactive(now) ? ChangeKind::deactivated : ChangeKind::activated, path_of(now));
    }
    if (is_inner(now->schema)) {
      below(old, now);
    } else if (value_of(old) != value_of(now)) {
      add(ChangeKind::changed, change_path(now));
    }
  }

  // Whether the statements that are on both sides stand in another order.
  static bool is_reordered(const lyd_node* before, const lyd_node* after) {
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

  void add(ChangeKind kind, std::string path) { changes_.push_back({kind, std::move(path)}); }

  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> diff(const Tree& before, const Tree& after) {
  return Comparison().run(before.raw(), after.raw());
}

}  // namespace sluice::config
