#include <fmt/format.h>
#include <re2/re2.h>

#include "mgd/rpc/configuration.h"
#include "mgd/rpc/configuration_mode.h"
#include "mgd/rpc/handlers.h"

// wildcard delete, replace pattern.
namespace sluice::rpc {
namespace {

using render::Sink;

// RE2, because an operator writes it.
re2::RE2::Options options() {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_posix_syntax(true);
  options.set_longest_match(true);
  return options;
}

Status check_expression(const re2::RE2& expression, std::string place) {
  if (expression.ok()) return {};
  return Error{"invalid-value", std::move(place),
               fmt::format("not a regular expression ({})", expression.error())};
}

// The statements that stand at a place of the tree and match, as they must be typed.
std::vector<std::string> matching(const config::Tree& tree, const std::string& path,
                                  const re2::RE2& expression) {
  std::vector<std::string> found;
  for (const Suggestion& item : config::suggest(tree, path, config::Purpose::find).items) {
    if (stands_for_value(item) || !re2::RE2::PartialMatch(item.text, expression)) continue;
    if (tree.find(path + item.text)) found.push_back(item.text);  // not a word that is no statement alone
  }
  return found;
}

}  // namespace

// What matches is shown before anything is deleted.
Status wildcard_delete(const Inputs& inputs, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  const std::string_view statement = inputs.text("statement");
  const auto last = config::last_word(statement);
  if (!last) {
    return Error{"malformed-message", "statement:0",
                 "syntax error, words and a regular expression are expected"};
  }
  const std::string place = fmt::format("statement:{}", last->position);
  const re2::RE2 expression(last->text, options());
  if (auto good = check_expression(expression, place); !good) return good;
  std::string above = context.edit == nullptr || context.edit->empty() ? "" : *context.edit + ' ';
  if (last->position != 0) above += config::plain_words(statement.substr(0, last->position)) + ' ';
  const config::SharedTree tree = (*candidates)->tree(context.caller.session);
  const std::vector<std::string> found = matching(*tree, above, expression);
  if (found.empty()) {
    return Error{"data-missing", place,
                 fmt::format("nothing that is configured there matches '{}'", last->text)};
  }
  std::string shown, commands;
  for (const std::string& name : found) {
    shown += fmt::format("  matched: {}\n", name);
    commands += fmt::format("delete {}{}\n", above, name);
  }
  if (!context.confirmed) {
    return Error{std::string(doors::kUnconfirmed), "",
                 fmt::format("{}Delete {} object{}?", shown, found.size(), found.size() == 1 ? "" : "s")};
  }
  return load_configuration(Inputs({{"action", "set"}, {"configuration-set", commands}}), context, sink);
}

Status replace_pattern(const Inputs& inputs, const Context& context, Sink&) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  const re2::RE2 expression{std::string(inputs.text("pattern")), options()};
  if (auto good = check_expression(expression, "pattern"); !good) return good;
  const std::string with(inputs.text("with"));
  std::string why;
  if (!expression.CheckRewriteString(with, &why)) return Error{"invalid-value", "with", why};
  std::uint64_t left = inputs.has("upto") ? inputs.number("upto") : std::uint64_t(-1);
  const auto replaced = [&](std::string_view text) -> std::optional<std::string> {
    std::string made(text);
    if (left == 0 || re2::RE2::GlobalReplace(&made, expression, with) == 0) return std::nullopt;
    --left;
    return made;
  };
  const std::string_view edit =
      context.edit != nullptr ? std::string_view(*context.edit) : std::string_view();
  return (*candidates)->edit(context.caller.session, [&](config::Tree& tree) {
    return config::rewrite(tree, edit, replaced);
  });
}

}  // namespace sluice::rpc
