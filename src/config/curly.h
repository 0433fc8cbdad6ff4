// Pieces of the curly-brace form, for those who print single statements. Private to the room.
#pragma once

#include <libyang/libyang.h>

#include <string>
#include <vector>

namespace sluice::config {

// Neighbouring nodes that are written as one statement or block: the values of a leaf-list, the
// entries of a grouped list; else a single node.
using Run = std::vector<const lyd_node*>;

// The statement of a run in curly braces, ending with a line end. Entries of a grouped list without the
// block around them when `ungrouped`.
enum class Grouping { grouped, ungrouped };
std::string curly_statement(const Run& run, Grouping grouping);
// The line of what an operator wrote about a statement; empty: nothing.
std::string curly_comment(const lyd_node* node);
// Its first words, as they stand before '{' or ';'.
std::string curly_head(const lyd_node* node);

}  // namespace sluice::config
