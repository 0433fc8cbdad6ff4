#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "config/suggester.h"

// Statements that have to do with a text.
namespace sluice::config {
namespace {

// What an operator types for this statement, with what stands for its keys or value.
std::string typed_for(const lysc_node* node) {
  const Form& form = form_of(node);
  std::string words(first_word(node));
  const auto append = [&words](std::string_view word) { (words += words.empty() ? "" : " ") += word; };
  for (std::size_t i = 0; i < form.keys.size(); ++i) {
    if (i > 0 && !form.key_words.empty()) append(form.key_words[i]);
    append(fmt::format("<{}>", form.keys[i]->name));
  }
  if (!is_inner(node) && !is_flag(node)) append(fmt::format("<{}>", node->name));
  return words;
}

void look(const lysc_node* at, const std::string& above, std::string_view text,
          std::vector<Statement>& found) {
  for (const lysc_node* child : form_of(at).children) {
    const std::string own = typed_for(child);
    const std::string help = child->dsc != nullptr ? child->dsc : "";
    const std::string words = fmt::format("{}{}{}", above, above.empty() ? "" : " ", own);
    if (holds_text(own, text) || holds_text(help, text)) found.push_back({words, help});
    look(child, words, text, found);
  }
}

}  // namespace

std::vector<Statement> apropos(const Schema& schema, std::string_view place, std::string_view text) {
  const Tree nothing(schema);
  Suggester suggester(nothing, Purpose::write);
  Tokens tokens(place, Syntax::commands);
  while (tokens.advance() && tokens.current().kind == TokenKind::word) {
    if (!suggester.word(tokens.current())) return {};
  }
  std::vector<Statement> found;
  if (suggester.place() != nullptr) look(suggester.place(), "", text, found);
  return found;
}

}  // namespace sluice::config
