// What is not for everybody, hidden: in a tree, and in what somebody typed.
#include <algorithm>

#include "config/edit.h"
#include "config/text.h"

namespace sluice::config {
namespace {

void hide_secrets(lyd_node* parent) {
  for (lyd_node* child = lyd_child(parent); child != nullptr; child = child->next) {
    if (is_inner(child->schema)) {
      hide_secrets(child);
    } else if (form_of(child->schema).secret) {
      lyd_change_term(child, std::string(kHiddenSecret).c_str());
    }
  }
}

std::string without_values_of(const std::string& leaf, std::string_view words) {
  const std::string name = leaf + ' ';
  std::string out;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t found = words.find(name, at);
    if (found == std::string_view::npos) {
      out += words.substr(at);
      break;
    }
    out += words.substr(at, found + name.size() - at);
    out += kHiddenSecret;
    const std::size_t value = words.find_first_not_of(' ', found + name.size());
    if (value == std::string_view::npos) break;
    const bool quoted = words[value] == '"';
    const std::size_t end = quoted ? words.find('"', value + 1) : words.find(' ', value);
    if (end == std::string_view::npos) break;
    at = quoted ? end + 1 : end;
  }
  return out;
}

}  // namespace

Tree without_secrets(const Tree& tree) {
  Tree shown = tree.copy();
  hide_secrets(shown.raw());
  return shown;
}

std::string without_secrets(const Schema& schema, std::string_view words) {
  std::string shown(words);
  for (const std::string& leaf : schema.data().secret_leaves) shown = without_values_of(leaf, shown);
  return shown;
}

}  // namespace sluice::config
