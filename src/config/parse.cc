#include <fmt/format.h>

#include "config/text.h"
#include "config/token.h"
#include "config/walker.h"

namespace sluice::config {
namespace {

// Commands when the first word is one; an empty text is an empty configuration.
Syntax syntax_of(std::string_view text) {
  Tokens tokens(text, Syntax::curly);
  if (!tokens.advance() || tokens.current().kind != TokenKind::word || tokens.current().quoted)
    return Syntax::curly;
  for (const std::string_view verb : {"set", "delete", "deactivate", "activate"}) {
    if (tokens.current().text == verb) return Syntax::commands;
  }
  return Syntax::curly;
}

}  // namespace

Result<Tree> parse_text(const Schema& schema, std::string_view text, std::string_view filename) {
  Tree tree(schema);
  auto read = Walker(schema.data(), tree.raw(), text, syntax_of(text), filename).run();
  if (!read) return read.error();
  return tree;
}

Status apply_commands(Tree& tree, std::string_view text, std::string_view filename) {
  Tree changed = tree.copy();
  auto read = Walker(tree.schema().data(), changed.raw(), text, Syntax::commands, filename).run();
  if (!read) return read;
  tree = std::move(changed);
  return {};
}

}  // namespace sluice::config
