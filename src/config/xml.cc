// Tree -> XML as operators' tools know it.
#include <fmt/format.h>

#include "config/edit.h"
#include "config/text.h"

namespace sluice::config {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void element(std::string& out, const lyd_node* node, int indent) {
  const std::string blanks(static_cast<std::size_t>(indent), ' ');
  const std::string_view name = node->schema->name;
  const std::string_view mark = is_inactive(node) ? " inactive=\"inactive\"" : "";
  if (!is_inner(node->schema)) {
    out += is_flag(node->schema)
               ? fmt::format("{}<{}{}/>\n", blanks, name, mark)
               : fmt::format("{0}<{1}{2}>{3}</{1}>\n", blanks, name, mark, escaped(value_of(node)));
    return;
  }
  std::string below;
  for (const lyd_node* child = lyd_child(node); child != nullptr; child = child->next) {
    if (is_configured(child)) element(below, child, indent + 4);
  }
  out += below.empty() ? fmt::format("{}<{}{}/>\n", blanks, name, mark)
                       : fmt::format("{0}<{1}{2}>\n{3}{0}</{1}>\n", blanks, name, mark, below);
}

}  // namespace

std::string to_xml(const Node& node, int indent) {
  std::string out;
  if (node.raw() != nullptr) element(out, node.raw(), indent);
  return out;
}

}  // namespace sluice::config
