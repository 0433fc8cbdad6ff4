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

// The words before the last one, and that.
struct Halves {
  std::string path, last;
  std::size_t at = 0;  // where the last one begins
};
Halves halves_of(std::string_view words) {
  const std::size_t end = words.find_last_not_of(' ');
  const std::size_t blank = words.rfind(' ', end);
  const std::size_t at = blank == std::string_view::npos ? 0 : blank + 1;
  std::string last(words.substr(at, end == std::string_view::npos ? end : end + 1 - at));
  if (last.size() > 1 && last.front() == '"' && last.back() == '"') last = last.substr(1, last.size() - 2);
  return {std::string(words.substr(0, at)), std::move(last), at};
}

// The names and words that stand at a place of the tree and match, as they must be typed.
std::vector<std::string> matching(const config::Tree& tree, const std::string& path,
                                  const re2::RE2& expression) {
  std::vector<std::string> found;
  for (const Suggestion& item : config::suggest(tree, path, config::Purpose::find).items) {
    if (!stands_for_value(item) && re2::RE2::PartialMatch(item.text, expression)) found.push_back(item.text);
  }
  return found;
}

}  // namespace

// What matches is shown before anything is deleted.
Status wildcard_delete(const Inputs& inputs, const Context& context, Sink& sink) {
  auto candidates = candidates_of(context);
  if (!candidates) return candidates.error();
  const Halves halves = halves_of(inputs.text("statement"));
  const re2::RE2 expression(halves.last, options());
  if (auto good = check_expression(expression, fmt::format("statement:{}", halves.at)); !good) return good;
  const std::string above = context.edit == nullptr || context.edit->empty() ? "" : *context.edit + ' ';
  const config::SharedTree tree = (*candidates)->tree(context.caller.session);
  const std::vector<std::string> found = matching(*tree, above + halves.path, expression);
  if (found.empty()) {
    return Error{"data-missing", fmt::format("statement:{}", halves.at),
                 fmt::format("nothing that is configured there matches '{}'", halves.last)};
  }
  std::string shown, commands;
  for (const std::string& name : found) {
    shown += fmt::format("  matched: {}\n", name);
    commands += fmt::format("delete {}{}{}\n", above, halves.path, name);
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
