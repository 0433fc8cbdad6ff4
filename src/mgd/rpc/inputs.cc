#include <algorithm>
#include <charconv>

#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

const command::Input* Inputs::find(std::string_view name) const {
  const auto at = std::ranges::find(inputs_, name, &command::Input::name);
  return at == inputs_.end() ? nullptr : &*at;
}

std::string_view Inputs::text(std::string_view name) const {
  const command::Input* input = find(name);
  return input != nullptr ? std::string_view(input->value) : std::string_view();
}

std::uint64_t Inputs::number(std::string_view name) const {
  const std::string_view value = text(name);
  std::uint64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child_named(const pugi::xml_node& parent, std::string_view name) {
  return parent.find_child([&](const pugi::xml_node& child) { return local_name(child) == name; });
}

pugi::xml_node Inputs::element(std::string_view name) const {
  return child_named(element_, name);
}

}  // namespace sluice::rpc
