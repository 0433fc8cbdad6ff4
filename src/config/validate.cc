#include "config/validate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/edit.h"

namespace sluice::config {
namespace {

// What follows `label` in quotes in libyang's description of a place.
std::string quoted_after(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) return {};
  const std::size_t from = text.find('"', at);
  if (from == std::string_view::npos) return {};
  // The path itself may hold quotes, in key predicates: it ends at the one before ',' or '.' or the end.
  std::size_t to = text.find("\",", from + 1);
  if (to == std::string_view::npos) to = text.rfind('"');
  return to == std::string_view::npos || to <= from ? std::string()
                                                    : std::string(text.substr(from + 1, to - from - 1));
}

const lyd_node* place_of(const lyd_node* data, std::string_view where) {
  lyd_node* match = nullptr;
  const std::string path = quoted_after(where, "ata location");
  if (!path.empty()) lyd_find_path(data, path.c_str(), 0, &match);
  return match;
}

std::string choice_words(const lysc_node* choice) {
  std::vector<std::string> names;
  const lysc_node* child = nullptr;
  while ((child = lys_getnext(child, choice, nullptr, 0)) != nullptr) {
    names.push_back(form_of(child).bare ? fmt::format("<{}>", child->name)
                                        : fmt::format("'{}'", written_name(child)));
  }
  return fmt::format("one of {}", fmt::join(names, ", "));
}

// What was found, as far as anybody reads it.
class Problems {
 public:
  void add(Error error) {
    const auto same = [&](const Error& one) {
      return one.path == error.path && one.message == error.message;
    };
    if (!full() && std::ranges::none_of(all_, same)) all_.push_back(std::move(error));
  }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] bool full() const { return all_.size() >= kMostProblems; }
  std::vector<Error> take() { return std::move(all_); }

 private:
  std::vector<Error> all_;
};

// libyang says where a mandatory statement is missing only in terms of the schema. So these are
// looked for first, in the data.
class MandatoryCheck {
 public:
  explicit MandatoryCheck(Problems& problems) : problems_(problems) {}

  // `data` may be null: a container without presence that is not there still demands its children.
  void run(const lysc_node* schema, const lyd_node* data) {
    if (problems_.full()) return;
    if (data != nullptr) words_.push_back(words_of(data));
    if (data == nullptr) words_.push_back({std::string(written_name(schema))});
    const lysc_node* child = nullptr;
    while ((child = lys_getnext(child, schema, nullptr, LYS_GETNEXT_WITHCHOICE)) != nullptr) {
      child->nodetype == LYS_CHOICE ? choice(child, data) : statement(child, data);
    }
    words_.pop_back();
  }

 private:
  void statement(const lysc_node* child, const lyd_node* data) {
    const std::vector<lyd_node*> found = data != nullptr ? instances(data, child) : std::vector<lyd_node*>();
    if (found.empty() && is_demanded(child)) {
      return missing(fmt::format("'{}'", written_name(child)), child->name);
    }
    if (!is_inner(child)) return;
    if (found.empty() && child->nodetype == LYS_CONTAINER && !is_presence(child)) return run(child, nullptr);
    for (const lyd_node* node : found) run(child, node);
  }

  static bool is_demanded(const lysc_node* child) {
    if (child->nodetype == LYS_LEAFLIST) return reinterpret_cast<const lysc_node_leaflist*>(child)->min > 0;
    if (child->nodetype == LYS_LIST) return reinterpret_cast<const lysc_node_list*>(child)->min > 0;
    return child->nodetype == LYS_LEAF && (child->flags & LYS_MAND_TRUE) != 0;
  }

  void choice(const lysc_node* one_of, const lyd_node* data) {
    bool is_there = false;
    const lysc_node* child = nullptr;
    while ((child = lys_getnext(child, one_of, nullptr, 0)) != nullptr) {
      for (const lyd_node* node : data != nullptr ? instances(data, child) : std::vector<lyd_node*>()) {
        is_there = true;
        if (is_inner(child)) run(child, node);
      }
    }
    if (!is_there && (one_of->flags & LYS_MAND_TRUE) != 0) missing(choice_words(one_of), {});
  }

  // `element`: the name of it, where it is a single one.
  void missing(const std::string& what, std::string element) {
    std::vector<std::string> all;
    for (std::size_t i = 1; i < words_.size(); ++i) all.insert(all.end(), words_[i].begin(), words_[i].end());
    problems_.add({"missing-element", fmt::format("{}", fmt::join(all, " ")),
                   fmt::format("missing mandatory statement: {}", what), std::move(element)});
  }

  Problems& problems_;
  std::vector<std::vector<std::string>> words_;  // the path, level by level, 'configuration' first
};

// The sentence of a condition, with the value that does not meet it.
std::string sentence_about(const lyd_node* node, std::string_view said) {
  if (!is_inner(node->schema) && !is_flag(node->schema)) return fmt::format("'{}': {}", value_of(node), said);
  return std::string(said);
}

std::string message_of(const ly_err_item& item, const lyd_node* node) {
  const std::string_view tag = item.apptag != nullptr ? item.apptag : "";
  const std::string_view said = item.msg != nullptr ? item.msg : "it is not valid";
  if (tag == "data-not-unique") return "another entry has the same value, which must be unique";
  if (node == nullptr) return std::string(said);
  if (said.starts_with("Too many")) return fmt::format("'{}' may be given only once", node->schema->name);
  return sentence_about(node, said);
}

// The statement that an operator would look for: a key or one of several values is its parent's.
std::string statement_path(const lyd_node* node) {
  if (node != nullptr && node->schema->nodetype == LYS_LEAFLIST) {
    return fmt::format("{} {}", path_of(node), value_of(node));
  }
  return node != nullptr ? path_of(node) : "configuration";
}

Error condition_error(const lyd_node* node, std::string message) {
  const bool missing = message.starts_with("missing");
  return {missing ? "missing-element" : "invalid-value", statement_path(node), std::move(message)};
}

// libyang ends at the first 'must' that does not hold; here all are asked, once it is known that one does
// not.
void check_conditions(const lyd_node* data, Problems& problems) {
  const lyd_node* node = nullptr;
  LYD_TREE_DFS_BEGIN(data, node) {
    const lysc_must* musts = lysc_node_musts(node->schema);
    for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(musts) && !problems.full(); ++i) {
      ly_bool holds = 0;
      const LY_ERR asked = lyd_eval_xpath3(node, node->schema->module, lyxp_get_expr(musts[i].cond),
                                           LY_VALUE_SCHEMA_RESOLVED, musts[i].prefixes, nullptr, &holds);
      if (asked != LY_SUCCESS || holds != 0 || musts[i].emsg == nullptr) continue;
      problems.add(condition_error(node, sentence_about(node, musts[i].emsg)));
    }
    LYD_TREE_DFS_END(data, node);
  }
}

}  // namespace

std::vector<Error> problems_of(const SchemaData& schema, lyd_node** data) {
  Problems problems;
  MandatoryCheck(problems).run(schema.root, *data);
  ly_err_clean(schema.context, nullptr);
  const bool valid = lyd_validate_all(data, nullptr, LYD_VALIDATE_PRESENT, nullptr) == LY_SUCCESS;
  if (valid) return problems.take();
  const ly_err_item* item = ly_err_last(schema.context);
  const lyd_node* node = item != nullptr && item->path != nullptr ? place_of(*data, item->path) : nullptr;
  std::optional<Error> first;
  if (item != nullptr) first = condition_error(node, message_of(*item, node));
  ly_err_clean(schema.context, nullptr);
  // What is missing is known better already.
  const bool is_mandatory = !problems.empty() && node == nullptr;
  check_conditions(*data, problems);
  // It is one of those, or something else: another entry with the same value, or too many.
  if (first && !is_mandatory) problems.add(std::move(*first));
  if (problems.empty()) problems.add({"operation-failed", "configuration", "it could not be validated"});
  return problems.take();
}

}  // namespace sluice::config
