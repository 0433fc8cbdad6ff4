// Text, XML and JSON forms of a Tree. See config.h.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/tree.h"

namespace sluice::config {

// Reads a configuration: curly braces, or set commands when the first word is set, delete,
// deactivate or activate. Checks names, types and ranges; Tree::validate() checks the rest.
// `filename` only names the source in errors. Any bytes are safe to pass.
Result<Tree> parse_text(const Schema& schema, std::string_view text, std::string_view filename);

// Applies set, delete, deactivate and activate commands, one a line, to a tree. On an error the
// tree is left as it was.
Status apply_commands(Tree& tree, std::string_view text, std::string_view filename);

// Curly braces: four spaces a level, schema order, the operator's order in lists. Empty when
// nothing is configured below `node`. Of a list entry or container it is what stands inside its braces.
std::string to_curly(const Node& node);
// One set command a line (and deactivate for what is inactive), complete from the top.
std::string to_set(const Node& node);
// <configuration>...</configuration> as operators' tools know it: no namespaces,
// inactive="inactive". `indent` is the number of blanks before the outermost element.
std::string to_xml(const Node& node, int indent = 0);

// RFC 7951 JSON, for the way between the daemons; from_json refuses what the schema does not know.
std::string to_json(const Tree& tree);
Result<Tree> from_json(const Schema& schema, std::string_view json);

}  // namespace sluice::config
