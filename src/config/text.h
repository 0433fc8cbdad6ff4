// Text, XML and JSON forms of a Tree. See config.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/tree.h"

namespace pugi {
class xml_node;
}

namespace sluice::config {

// Whether 'replace:' before a statement, and replace="replace" on an element, empty what they name. As in
// Junos only who says so obeys them ('load replace'); for others the statement is one like all.
enum class ReplaceMarks { ignored, obeyed };

// How a text is read.
struct Reading {
  std::string_view filename = {};   // only names the source in errors
  std::string_view edit_path = {};  // the statement below which the text is meant, in the operator's words
  // Statements that the schema does not know are left out and noted here, and what was deactivated because of
  // that; null: they are an error, which names all of them.
  std::vector<Error>* unsupported = nullptr;
  // Commands that delete what is not there do nothing, and are noted here; null: they are an error.
  std::vector<Error>* missing = nullptr;
  ReplaceMarks replace_marks = ReplaceMarks::ignored;
};

// Reads a configuration: curly braces, or configuration-mode commands when the first word is one. Checks
// names, types and ranges; Tree::validate() checks the rest. Any bytes are safe to pass.
Result<Tree> parse_text(const Schema& schema, std::string_view text, std::string_view filename);
Result<Tree> parse_text(const Schema& schema, std::string_view text, const Reading& how);

// Adds statements in curly braces to a tree. On an error the tree is left as it was.
Status apply_text(Tree& tree, std::string_view text, const Reading& how);

// Obeys configuration-mode commands, one a line: set, delete, activate, deactivate, rename, copy, insert,
// annotate; edit, top and exit say below which statement the following are meant. On an error the tree is
// left as it was.
Status apply_commands(Tree& tree, std::string_view text, std::string_view filename);
Status apply_commands(Tree& tree, std::string_view text, const Reading& how);

// The words of one command as they are read, each written as it must be and a blank between them, whatever
// blanks, quotes and comments were typed: for those who compare commands.
std::string plain_words(std::string_view words);

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

// The same as it is displayed to operators and taken from their tools: without the names of modules.
std::string to_display_json(const Tree& tree);
Result<Tree> from_display_json(const Schema& schema, std::string_view json);

// What becomes of an element that says no operation of its own.
enum class XmlOperation { merge, replace, create, deletion, removal, none };

// Obeys the elements below <configuration>, each with the operation that it says (operation="delete", or as
// Junos writes it delete="delete"). On an error the tree is left as it was. What is not known and marks to
// replace are treated as `how` says.
Status apply_xml(Tree& tree, const pugi::xml_node& configuration, XmlOperation default_operation,
                 const Reading& how = {});

// A copy in which every secret is replaced by kHiddenSecret, as those see it who may not see secrets.
inline constexpr std::string_view kHiddenSecret = "/* SECRET-DATA */";
Tree without_secrets(const Tree& tree);
// The same of a command or a sentence that quotes one: the value behind the name of a secret statement.
std::string without_secrets(const Schema& schema, std::string_view words);

// The part of a tree that the elements below <configuration> name, as a subtree filter (RFC 6241); all of it
// when there are none.
Tree select(const Tree& tree, const pugi::xml_node& configuration);
// The part that an XPath expression names, with what is around it. An Error: it is not well-formed, names
// something else than statements, or would cost too much (xpath_guard.h).
Result<Tree> select_xpath(const Tree& tree, std::string_view expression);

}  // namespace sluice::config
