// Two trees -> what differs, as operators read it.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "config/curly.h"
#include "config/diff.h"
#include "config/edit.h"
#include "config/find.h"
#include "config/token.h"

namespace sluice::config {
namespace {

using Nodes = std::vector<const lyd_node*>;

Nodes configured(const lyd_node* parent, const lysc_node* schema) {
  Nodes found;
  for (const lyd_node* node : instances(parent, schema)) {
    if (is_configured(node)) found.push_back(node);
  }
  return found;
}

bool says_the_same(const lyd_node* old, const lyd_node* now) {
  return value_of(old) == value_of(now) && is_inactive(old) == is_inactive(now);
}

// A place in both trees and how it is called.
struct Level {
  std::string path;  // the words from the top, one blank between
  std::size_t depth = 0;

  [[nodiscard]] Level below(const std::string& words) const {
    return {path.empty() ? words : fmt::format("{} {}", path, words), depth + 1};
  }
};

class Comparison {
 public:
  // Either side may be null: then it has nothing there.
  void below(const lysc_node* schema, const lyd_node* old, const lyd_node* now, const Level& level) {
    for (const lysc_node* child : form_of(schema).children) {
      const Nodes before = configured(old, child);
      const Nodes after = configured(now, child);
      if (before.empty() && after.empty()) continue;
      switch (child->nodetype) {
        case LYS_CONTAINER:
          container(before, after, level);
          break;
        case LYS_LIST:
          list(child, before, after, level);
          break;
        default:
          leaves(before, after, level);
      }
    }
  }

  std::string take() { return std::move(out_); }

 private:
  // Statements and containers of one place stand under one heading; each list has its own.
  void heading(const Level& level, const lysc_node* list) {
    if (!out_.empty() && level.path == path_ && list == list_) return;
    path_ = level.path;
    list_ = list;
    out_ += path_.empty() ? "[edit]\n" : fmt::format("[edit {}]\n", path_);
  }

  // Lines of a leaf stand one blank deeper than their level, those of anything with a block two.
  void lines(char sign, const lyd_node* node, const Level& level, const std::string& text) {
    const bool is_list = node->schema->nodetype == LYS_LIST;
    heading(level, is_list ? node->schema : nullptr);
    const std::size_t indent = level.depth + (is_inner(node->schema) ? 2 : 1);
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
      out_ += fmt::format("{}{:{}}{}\n", sign, "", indent, line);
  }

  void statement(char sign, const lyd_node* node, const Level& level,
                 Grouping grouping = Grouping::ungrouped) {
    lines(sign, node, level, curly_statement({node}, grouping));
  }

  // One line that only names it.
  void name(char sign, const lyd_node* node, const Level& level, std::string_view mark) {
    const bool has_block = is_inner(node->schema) && lyd_child_no_keys(node) != nullptr;
    lines(sign, node, level, fmt::format("{}{}{}", mark, curly_head(node), has_block ? " { ... }" : ";"));
  }

  // What is marked of a statement that is on both sides: whether it is active, and what an operator wrote
  // about it.
  void marks(const lyd_node* old, const lyd_node* now, const Level& level) {
    annotation(old, now, level);
    if (is_inactive(old) != is_inactive(now))
      name('!', now, level, is_inactive(now) ? "inactive: " : "active: ");
  }

  void annotation(const lyd_node* old, const lyd_node* now, const Level& level) {
    if (comment_of(old) == comment_of(now)) return;
    if (!comment_of(old).empty()) lines('-', old, level, curly_comment(old));
    if (!comment_of(now).empty()) lines('+', now, level, curly_comment(now));
    name(' ', now, level, is_inactive(now) ? "inactive: " : "");
  }

  void container(const Nodes& before, const Nodes& after, const Level& level) {
    if (after.empty()) return statement('-', before.front(), level);
    if (before.empty()) return statement('+', after.front(), level);
    marks(before.front(), after.front(), level);
    below(after.front()->schema, before.front(), after.front(), level.below(curly_head(after.front())));
  }

  // All values of a leaf-list are one statement.
  void leaves(const Nodes& before, const Nodes& after, const Level& level) {
    if (std::ranges::equal(before, after, says_the_same)) {
      for (std::size_t i = 0; i < before.size(); ++i) annotation(before[i], after[i], level);
      return;
    }
    const bool only_marked = before.size() == 1 && after.size() == 1 &&
                             is_inactive(before.front()) != is_inactive(after.front()) &&
                             value_of(before.front()) == value_of(after.front());
    if (only_marked) return marks(before.front(), after.front(), level);
    runs('-', before, level);
    runs('+', after, level);
  }

  // Values that are inactive are a statement of their own.
  void runs(char sign, const Nodes& values, const Level& level) {
    for (std::size_t from = 0; from < values.size();) {
      std::size_t to = from + 1;
      while (to < values.size() && is_inactive(values[to]) == is_inactive(values[from])) ++to;
      const auto begin = values.begin();
      const Run run(begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to));
      lines(sign, run.front(), level, curly_statement(run, Grouping::grouped));
      from = to;
    }
  }

  void list(const lysc_node* schema, const Nodes& before, const Nodes& after, const Level& level) {
    if (form_of(schema).grouped) {
      if (before.empty() || after.empty())
        return group(before.empty() ? '+' : '-', before.empty() ? after : before, level);
      return entries(before, after, level.below(schema->name));
    }
    entries(before, after, level);
  }

  // The whole block of a grouped list comes or goes.
  void group(char sign, const Nodes& run, const Level& level) {
    lines(sign, run.front(), level, curly_statement(run, Grouping::grouped));
  }

  void entries(const Nodes& before, const Nodes& after, const Level& level) {
    const lyd_node* old_parent = before.empty() ? nullptr : lyd_parent(before.front());
    const lyd_node* new_parent = after.empty() ? nullptr : lyd_parent(after.front());
    for (const lyd_node* old : before) {
      if (counterpart(new_parent, old) == nullptr) statement('-', old, level);
    }
    order(before, after, old_parent, new_parent, level);
    for (const lyd_node* now : after) {
      const lyd_node* old = counterpart(old_parent, now);
      if (old != nullptr) below(now->schema, old, now, level.below(curly_head(now)));
    }
  }

  // The new entries, and those that stand before one that was before them.
  void order(const Nodes& before, const Nodes& after, const lyd_node* old_parent, const lyd_node* new_parent,
             const Level& level) {
    std::vector<const lyd_node*> kept;  // in their old order
    for (const lyd_node* old : before) {
      if (const lyd_node* now = counterpart(new_parent, old)) kept.push_back(now);
    }
    std::vector<const lyd_node*> moved;
    std::size_t next = 0;
    const lyd_node* last_kept = nullptr;
    for (const lyd_node* now : after) {
      const lyd_node* old = counterpart(old_parent, now);
      if (old == nullptr) {
        if (last_kept != nullptr) name(' ', last_kept, level, "");
        last_kept = nullptr;
        statement('+', now, level);
        continue;
      }
      last_kept = now;
      while (next < kept.size() && std::ranges::find(moved, kept[next]) != moved.end()) ++next;
      if (next < kept.size() && kept[next] == now) {
        ++next;
      } else {
        moved.push_back(now);
        name('!', now, level, "");
        last_kept = nullptr;
      }
      marks(old, now, level);
    }
  }

  std::string out_;
  std::string path_;
  const lysc_node* list_ = nullptr;
};

// The node that a path names, or null; whether there could be one is known from the other tree.
const lyd_node* node_at(const Tree& tree, std::string_view path) {
  if (path.empty()) return tree.raw();
  const auto found = find_statement(tree.schema().data(), tree.raw(), path);
  return found && is_configured(*found) ? *found : nullptr;
}

Level level_of(const lyd_node* node) {
  if (lyd_parent(node) == nullptr) return {};
  return level_of(lyd_parent(node)).below(curly_head(node));
}

}  // namespace

std::string compare(const Tree& before, const Tree& after, std::string_view path) {
  const lyd_node* old = node_at(before, path);
  const lyd_node* now = node_at(after, path);
  const lyd_node* there = now != nullptr ? now : old;
  if (there == nullptr || !is_inner(there->schema)) return {};
  Comparison comparison;
  comparison.below(there->schema, old, now, level_of(there));
  return comparison.take();
}

}  // namespace sluice::config
