#include <fmt/format.h>

#include "config/edit.h"
#include "config/edit_commands.h"
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
  return is_edit_command(tokens.current().text) ? Syntax::commands : Syntax::curly;
}

// Many mistakes as one error, a line each.
Error gathered(const std::vector<Error>& errors) {
  if (errors.size() == 1) return errors.front();
  constexpr std::size_t kShown = 1000;
  std::string message = fmt::format("{} statements are not supported", errors.size());
  for (std::size_t i = 0; i < std::min(kShown, errors.size()); ++i) message += "\n    " + errors[i].text();
  if (errors.size() > kShown) message += "\n    ...";
  return {errors.front().tag, errors.front().path, std::move(message)};
}

// `read` gets the list for what is not known. Without a list of the caller's, such statements are an error,
// which names all of them.
template <class Read>
Status reading(std::vector<Error>* unsupported, Read read) {
  std::vector<Error> own;
  std::vector<Error>& unknown = unsupported != nullptr ? *unsupported : own;
  if (auto done = read(&unknown); !done) return done;
  // Nothing is kept at all.
  std::erase_if(own, [](const Error& note) { return note.tag == kDeactivated || note.tag == kHollow; });
  return own.empty() ? Status() : Status(gathered(own));
}

Status read_into(Tree& tree, std::string_view text, Syntax syntax, const Reading& how) {
  return reading(how.unsupported, [&](std::vector<Error>* unknown) -> Status {
    if (syntax == Syntax::curly && how.edit_path.empty()) {
      Walker walker(tree.schema().data(), tree.raw(), Tokens(text, Syntax::curly), Syntax::curly,
                    how.filename, unknown);
      walker.treat(how.replace_marks);
      return walker.run();
    }
    EditCommands commands(tree.schema().data(), tree.raw(), text, how.filename, unknown);
    commands.note_missing(how.missing);
    if (auto begun = commands.begin_at(how.edit_path); !begun) return begun;
    return syntax == Syntax::commands ? commands.run() : commands.run_curly(text, how.replace_marks);
  });
}

}  // namespace

std::string plain_words(std::string_view words) {
  Tokens tokens(words, Syntax::commands);
  std::string plain;
  while (tokens.advance()) {
    const Token& token = tokens.current();
    if (token.kind == TokenKind::end_of_text || token.kind == TokenKind::end_of_statement) return plain;
    if (!plain.empty()) plain += ' ';
    plain += token.kind == TokenKind::word ? written(token.text) : token.text;
  }
  return std::string(words);  // nobody can obey these
}

Result<Tree> parse_text(const Schema& schema, std::string_view text, std::string_view filename) {
  return parse_text(schema, text, Reading{.filename = filename});
}

Result<Tree> parse_text(const Schema& schema, std::string_view text, const Reading& how) {
  Tree tree(schema);
  if (auto read = read_into(tree, text, syntax_of(text), how); !read) return read.error();
  return tree;
}

Status apply_text(Tree& tree, std::string_view text, const Reading& how) {
  Tree changed = tree.copy();
  if (auto read = read_into(changed, text, Syntax::curly, how); !read) return read;
  tree = std::move(changed);
  return {};
}

Status apply_commands(Tree& tree, std::string_view text, std::string_view filename) {
  return apply_commands(tree, text, Reading{.filename = filename});
}

Status apply_commands(Tree& tree, std::string_view text, const Reading& how) {
  Tree changed = tree.copy();
  if (auto read = read_into(changed, text, Syntax::commands, how); !read) return read;
  tree = std::move(changed);
  return {};
}

}  // namespace sluice::config
