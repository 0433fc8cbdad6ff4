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

pugi::xml_node Inputs::element(std::string_view name) const {
  return child_named(element_, name);
}

}  // namespace sluice::rpc
