// Tree -> set commands.
#include <fmt/format.h>

#include "config/edit.h"
#include "config/text.h"
#include "config/token.h"

namespace sluice::config {
namespace {

class CommandPrinter {
 public:
  // `path` are the words down to the parent, written as they must be read, with a blank after each.
  void below(const lyd_node* parent, const std::string& path) {
    for (const lyd_node* child = lyd_child_no_keys(parent); child != nullptr; child = child->next) {
      if (is_configured(child)) statement(child, path);
    }
  }

  void statement(const lyd_node* node, const std::string& path) {
    std::string words = path;
    if (form_of(node->schema).bare) {
      words += written_value(node) + ' ';
    } else {
      for (const std::string& word : words_of(node)) words += written(word) + ' ';
    }
    if (is_inner(node->schema)) {
      const std::size_t before = out_.size();
      below(node, words);
      const bool says_itself = node->schema->nodetype == LYS_LIST || is_presence(node->schema);
      if (out_.size() == before && says_itself) line("set ", words);
    } else {
      const bool value_is_unsaid = !is_flag(node->schema) && !form_of(node->schema).bare;
      const std::string value = value_is_unsaid ? written(value_of(node)) + ' ' : std::string();
      line("set ", words + value);
      if (node->schema->nodetype == LYS_LEAFLIST) words += value;
    }
    if (is_inactive(node)) line("deactivate ", words);
  }

  std::string take() { return std::move(out_); }

 private:
  void line(std::string_view verb, std::string_view words) {
    out_ += verb;
    out_ += words.substr(0, words.size() - 1);
    out_ += '\n';
  }

  std::string out_;
};

std::string path_above(const lyd_node* node) {
  if (node == nullptr || node->parent == nullptr) return {};
  std::string path = path_above(lyd_parent(node));
  for (const std::string& word : words_of(node)) path += written(word) + ' ';
  return path;
}

}  // namespace

std::string to_set(const Node& node) {
  if (!node) return {};
  CommandPrinter printer;
  if (node.raw()->parent == nullptr) {
    printer.below(node.raw(), "");
  } else if (node.whole_list()) {
    const lyd_node* parent = lyd_parent(node.raw());
    for (const lyd_node* entry : instances(parent, node.schema()))
      printer.statement(entry, path_above(parent));
  } else {
    printer.statement(node.raw(), path_above(lyd_parent(node.raw())));
  }
  return printer.take();
}

}  // namespace sluice::config
