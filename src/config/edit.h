// Small edits and look-ups of libyang data that the room's files share. Private to the room.
#pragma once

#include <libyang/libyang.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/form.h"

namespace sluice::config {

// The first child with this schema node; for lists and leaf-lists the first instance.
lyd_node* first_child(const lyd_node* parent, const lysc_node* schema);
// All instances, in order.
std::vector<lyd_node*> instances(const lyd_node* parent, const lysc_node* schema);
// The entry with these canonical keys, or the leaf-list value, or null.
lyd_node* find_entry(const lyd_node* parent, const lysc_node* list, const std::vector<std::string>& keys);
lyd_node* find_value(const lyd_node* parent, const lysc_node* leaf_list, const std::string& value);

// A key as an XPath literal: one that passed check_value() holds no quotes of both kinds.
std::string literal(const std::string& value);

// What an XPath expression finds.
struct FreeSet {
  void operator()(ly_set* set) const { ly_set_free(set, nullptr); }
};
using NodeSet = std::unique_ptr<ly_set, FreeSet>;

// Finds or makes. Values and keys must have passed check_value().
lyd_node* ensure_container(lyd_node* parent, const lysc_node* schema);
lyd_node* ensure_entry(lyd_node* parent, const lysc_node* list, const std::vector<std::string>& keys);
lyd_node* ensure_value(lyd_node* parent, const lysc_node* leaf_list, const std::string& value);
// Sets a leaf, replacing its value.
lyd_node* set_leaf(lyd_node* parent, const lysc_node* schema, const std::string& value);

// The canonical value of a leaf, leaf-list or key, or an Error whose message says what is allowed.
// `text` is a token's: is_text() holds for it.
Result<std::string> check_value(const SchemaData& schema, const lysc_node* node, std::string_view text);
// "a number 6 to 1800", "one of tcp, udp": for error messages.
std::string allowed_values(const lysc_node* node);

// Children of `parent` that exclude `schema` because they are in another case of the same choice.
std::vector<lyd_node*> excluded_by(const lyd_node* parent, const lysc_node* schema);

bool is_inactive(const lyd_node* node);
void set_inactive(const SchemaData& schema, lyd_node* node);
void clear_inactive(lyd_node* node);

// A statement at `node` or below it is left out: the entry around it that means something else without it is
// deactivated. Answers that entry; null: there is none.
lyd_node* deactivate_whole(const SchemaData& schema, lyd_node* node);
// What is told of it, besides the statement at `place` that was left out.
Error deactivated(const lyd_node* whole, const std::string& place);
inline constexpr std::string_view kDeactivated = "deactivated";  // its tag
// The same of a statement that is left out as nothing of what it holds was taken; its place is the caller's
// to say. Nothing where it can stand: it is invisible, is deactivated with what is around it, or holds
// something.
std::optional<Error> hollow(const lyd_node* node);
inline constexpr std::string_view kHollow = "hollow";  // its tag

// What an operator wrote about a statement; empty: nothing, and setting that removes it.
std::string comment_of(const lyd_node* node);
// Whether a text can stand between '/*' and '*/'; set_comment() takes no other that came from outside.
Status check_comment(std::string_view text);
void set_comment(const SchemaData& schema, lyd_node* node, const std::string& text);

// What a rename or copy takes along: everything below the keys, and the marks.
void take_along(const SchemaData& schema, const lyd_node* from, lyd_node* to);

// The node of `parent`, which may be null, that is the same statement as `node`: same leaf, entry or value.
lyd_node* counterpart(const lyd_node* parent, const lyd_node* node);

// Whether the statements below that are on both sides stand in another order.
bool is_reordered(const lyd_node* before, const lyd_node* after);

// Where a statement was read, "LINE:COLUMN"; empty when not from a text. The first place stays: a block
// may be opened again.
void set_place(lyd_node* node, int line, int column);
std::string place_of(const lyd_node* node);

// Whether a node is something that an operator wrote: not a default, not an empty container
// without presence.
bool is_configured(const lyd_node* node);

inline std::string_view value_of(const lyd_node* node) {
  const char* value = lyd_get_value(node);
  return value != nullptr ? value : std::string_view();
}

// The value of a leaf as it must be written: in quotes too when it would be read as a sibling's name.
std::string written_value(const lyd_node* node);

// The words of one node as in a path, and of a node and everything above it.
std::vector<std::string> words_of(const lyd_node* node);
std::string path_of(const lyd_node* node);

}  // namespace sluice::config
