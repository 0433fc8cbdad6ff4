// The inputs of an rpc that came by its own name, as XML.
#pragma once

#include <pugixml.hpp>

#include <vector>

#include "mgd/command/command.h"

namespace sluice::command {

// As they came; Grammar::check_inputs() says what is wrong with them. Attributes are inputs too where the rpc
// has such an input
// (<load-configuration action="merge">); others are XML's or the display's.
std::vector<Input> inputs_of(const pugi::xml_node& element, const Rpc& schema);

}  // namespace sluice::command
