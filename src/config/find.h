// Finds what a row of words names in an existing tree. Private to the room.
#pragma once

#include <libyang/libyang.h>

#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/form.h"
#include "config/token.h"

namespace sluice::config {

// Reads words up to the end of the statement and answers the nodes they name: several for a
// leaf-list, a grouped list or a joined container named without a value. The Error's path is
// "LINE:COLUMN" of the word that names nothing.
Result<std::vector<lyd_node*>> find_statements(const SchemaData& schema, lyd_node* root, Tokens& tokens);

// The first of them, for a path given as text.
Result<lyd_node*> find_statement(const SchemaData& schema, lyd_node* root, std::string_view path);

}  // namespace sluice::config
