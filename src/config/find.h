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

// The first of them, for what is about one statement; `last` is the token they end in. Brackets that named
// several are an error, whose path is "LINE:COLUMN". Not for none.
Result<lyd_node*> one_of(const std::vector<lyd_node*>& found, const Token& last);

// The same for a path given as text, which is the path of errors, too.
Result<lyd_node*> find_statement(const SchemaData& schema, lyd_node* root, std::string_view path);

}  // namespace sluice::config
