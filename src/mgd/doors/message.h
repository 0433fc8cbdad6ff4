// A NETCONF message as XML: what is not well-formed, or would cost more than a message may, is refused.
#pragma once

#include <pugixml.hpp>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::doors {

// The tag of an error that is a question of yes or no: a command that the operator confirms is done.
inline constexpr std::string_view kUnconfirmed = "unconfirmed";

// The action by which the command line runs a program of the machine; its inputs are the words, in order.
inline constexpr std::string_view kRunProgram = "run-program";

// Enough for a configuration of some hundred thousand statements, and bounds what its tree needs.
inline constexpr std::size_t kMostMarks = 4'000'000;  // '<' and '='
// Configuration is not half as deep, and those who read a message may call themselves for each level.
inline constexpr std::size_t kDeepest = 128;

// Parses into `document`, which keeps pointing into `message`. There are no entities but XML's own five, as
// document types are refused.
Status read_message(std::string& message, pugi::xml_document& document);

// An element's name without its prefix; the first child with such a name, and the first that is an element.
std::string_view local_name(const pugi::xml_node& node);
pugi::xml_node child_named(const pugi::xml_node& parent, std::string_view name);
pugi::xml_node first_element(const pugi::xml_node& parent);

}  // namespace sluice::doors
