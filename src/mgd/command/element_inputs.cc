#include "mgd/command/element_inputs.h"

#include <string>
#include <utility>

#include "mgd/doors/message.h"

namespace sluice::command {

std::vector<Input> inputs_of(const pugi::xml_node& element, const Rpc& schema) {
  std::vector<Input> given;
  for (const pugi::xml_attribute& attribute : element.attributes()) {
    if (schema.find(attribute.name()) != nullptr) given.push_back({attribute.name(), attribute.value(), 0});
  }
  for (const pugi::xml_node& input : element) {
    if (input.type() != pugi::node_element) continue;
    // More than there are: one is not known or given twice, and the rest is not worth its memory.
    if (given.size() > schema.parameters.size()) break;
    std::string leaf(doors::local_name(input));
    // Junos takes the words of an enumeration as elements of their own: <summary/>.
    const auto [parameter, value] = schema.named(leaf);
    if (parameter != nullptr) leaf = parameter->name;
    std::string text;
    if (value != nullptr) {
      text = *value;
    } else if (parameter != nullptr && parameter->container) {
      text = doors::local_name(doors::first_element(input));
    } else if (parameter == nullptr || !parameter->element) {
      text = input.text().get();
    }
    given.push_back({std::move(leaf), std::move(text), 0});
  }
  return given;
}

}  // namespace sluice::command
