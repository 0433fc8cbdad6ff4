#include "config/diff.h"

#include <fmt/format.h>

#include "config/edit.h"

namespace sluice::config {
namespace {

std::string change_path(const lyd_node* node) {
  const bool has_value = !is_inner(node->schema) && !is_flag(node->schema) && !form_of(node->schema).bare;
  return has_value ? fmt::format("{} {}", path_of(node), value_of(node)) : path_of(node);
}

class TreeDifference {
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
    if (comment_of(old) != comment_of(now)) add(ChangeKind::annotated, change_path(now));
    if (is_inner(now->schema)) {
      below(old, now);
    } else if (value_of(old) != value_of(now)) {
      add(ChangeKind::changed, change_path(now));
    }
  }

  void add(ChangeKind kind, std::string path) { changes_.push_back({kind, std::move(path)}); }

  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> diff(const Tree& before, const Tree& after) {
  return TreeDifference().run(before.raw(), after.raw());
}

}  // namespace sluice::config
