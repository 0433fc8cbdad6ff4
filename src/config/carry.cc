// The changes from one tree to another, made in a third.
#include <fmt/format.h>

#include "config/diff.h"
#include "config/edit.h"

namespace sluice::config {
namespace {

lyd_node* twin_of(const lyd_node* node) {
  lyd_node* twin = nullptr;
  lyd_dup_single(node, nullptr, LYD_DUP_RECURSIVE | LYD_DUP_WITH_FLAGS, &twin);
  check(twin != nullptr, "a statement can be copied");
  return twin;
}

class Carrier {
 public:
  explicit Carrier(const SchemaData& schema) : schema_(schema) {}

  // `old` may be null: everything below `now` is a change.
  void below(const lyd_node* old, const lyd_node* now, lyd_node* onto) {
    for (const lyd_node* gone = lyd_child_no_keys(old); gone != nullptr; gone = gone->next) {
      if (!is_configured(gone) || counterpart(now, gone) != nullptr) continue;
      if (lyd_node* there = counterpart(onto, gone)) lyd_free_tree(there);
    }
    for (const lyd_node* child = lyd_child_no_keys(now); child != nullptr; child = child->next) {
      if (is_configured(child)) statement(counterpart(old, child), child, onto);
    }
    if (old != nullptr && is_reordered(old, now)) follow_order(now, onto);
  }

  std::vector<std::string> take_clashes() { return std::move(clashes_); }

 private:
  void statement(const lyd_node* old, const lyd_node* now, lyd_node* onto) {
    lyd_node* there = counterpart(onto, now);
    if (there == nullptr) {
      const bool untouched =
          old != nullptr && lyd_compare_single(old, now, LYD_COMPARE_FULL_RECURSION) == LY_SUCCESS;
      if (untouched) return;  // others deleted it
      if (old != nullptr)
        clashes_.push_back(fmt::format("'{}': the statement was deleted meanwhile", path_of(now)));
      make(now, onto);
      return;
    }
    marks(old, now, there);
    if (is_inner(now->schema)) {
      below(old, now, there);
    } else if (now->schema->nodetype == LYS_LEAF) {
      leaf(old, now, there);
    }
  }

  void leaf(const lyd_node* old, const lyd_node* now, lyd_node* there) {
    const std::string mine(value_of(now));
    if ((old != nullptr && value_of(old) == mine) || value_of(there) == mine) return;
    if (old == nullptr || value_of(old) != value_of(there)) {
      clashes_.push_back(fmt::format("'{} {}': the statement exists (replaced by '{}')", path_of(there),
                                     value_of(there), mine));
    }
    lyd_change_term(there, mine.c_str());
  }

  void marks(const lyd_node* old, const lyd_node* now, lyd_node* there) {
    const bool was = old != nullptr && is_inactive(old);
    if (is_inactive(now) && !was) set_inactive(schema_, there);
    if (!is_inactive(now) && was) clear_inactive(there);
    const std::string comment = comment_of(now);
    if (comment != (old != nullptr ? comment_of(old) : std::string())) set_comment(schema_, there, comment);
  }

  // A new statement stands after the one that it stands after on our side, if that is there.
  void make(const lyd_node* now, lyd_node* onto) {
    for (lyd_node* other : excluded_by(onto, now->schema)) lyd_free_tree(other);
    lyd_node* twin = twin_of(now);
    lyd_insert_child(onto, twin);
    if (!lysc_is_userordered(now->schema)) return;
    const lyd_node* before = now->prev;
    while (before->next != nullptr && before->schema == now->schema) {
      if (lyd_node* neighbour = counterpart(onto, before)) {
        lyd_insert_after(neighbour, twin);
        return;
      }
      before = before->prev;
    }
    if (lyd_node* first = first_child(onto, now->schema); first != twin) lyd_insert_before(first, twin);
  }

  // Entries stand in our order, for it is we who changed it; those that do already are left alone.
  static void follow_order(const lyd_node* now, lyd_node* onto) {
    lyd_node* last = nullptr;
    for (const lyd_node* child = lyd_child_no_keys(now); child != nullptr; child = child->next) {
      if (!lysc_is_userordered(child->schema)) continue;
      lyd_node* there = counterpart(onto, child);
      if (there == nullptr) continue;
      if (last != nullptr && last->schema == there->schema && !stands_after(last, there)) {
        lyd_insert_after(last, there);
      }
      last = there;
    }
  }

  static bool stands_after(const lyd_node* first, const lyd_node* second) {
    for (const lyd_node* at = first->next; at != nullptr && at->schema == first->schema; at = at->next) {
      if (at == second) return true;
    }
    return false;
  }

  const SchemaData& schema_;
  std::vector<std::string> clashes_;
};

}  // namespace

std::vector<std::string> carry_changes(const Tree& before, const Tree& after, Tree& onto) {
  Carrier carrier(onto.schema().data());
  carrier.below(before.raw(), after.raw(), onto.raw());
  return carrier.take_clashes();
}

}  // namespace sluice::config
