#include "cli/completer.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "cli/look.h"
#include "cli/screen.h"

namespace sluice::cli {
namespace {

using Kind = Suggestion::Kind;

std::vector<std::string_view> texts(const doors::Suggestions& found, bool with_names) {
  std::vector<std::string_view> all;
  for (const Suggestion& item : found.items) {
    if (item.kind == Kind::word || (with_names && item.kind == Kind::name)) all.push_back(item.text);
  }
  return all;
}

bool offers(const doors::Suggestions& found, Kind kind) {
  return std::ranges::find(found.items, kind, &Suggestion::kind) != found.items.end();
}

std::string_view common_beginning(const std::vector<std::string_view>& all) {
  std::string_view common = all.front();
  for (const std::string_view text : all) {
    const auto [end, unused] = std::ranges::mismatch(common, text);
    common = common.substr(0, static_cast<std::size_t>(end - common.begin()));
  }
  return common;
}

Completed replaced(std::string_view word, std::string_view by, std::string_view behind) {
  return {word.size(), std::string(by).append(behind), ""};
}

Completed by_space(std::string_view line, std::string_view word, const doors::Suggestions& found,
                   Margins margins) {
  // One blank is enough; at the beginning none is needed.
  if (word.empty()) return line.empty() || line.back() == ' ' ? Completed() : Completed{0, " ", ""};
  const ByBlank made = by_blank(found.items, word);
  if (made.ambiguous) {
    return {0, "", pointed_at({{"", "", ambiguous_text(word, found.items)}, found.position}, line, margins)};
  }
  return made.word == word ? Completed{0, " ", ""} : replaced(word, made.word, " ");
}

Completed by_tab(std::string_view word, const doors::Suggestions& found) {
  const std::vector<std::string_view> all = texts(found, true);
  const bool own_value = offers(found, Kind::placeholder) || offers(found, Kind::file);
  if (all.empty() || (word.empty() && (all.size() > 1 || own_value))) return {0, "", list_of(found)};
  // What is in a folder follows its name.
  if (all.size() == 1) return replaced(word, all.front(), all.front().ends_with('/') ? "" : " ");
  const std::string_view common = common_beginning(all);
  if (common.size() > word.size()) return replaced(word, common, "");
  return {0, "", list_of(found)};
}

}  // namespace

Completed complete(Key key, std::string_view line, const doors::Suggestions& found, Margins margins) {
  const std::string_view word = line.substr(std::min(found.position, line.size()));
  if (key == Key::enter) {
    const bool may = found.refusals.empty() && !word.empty();
    const ByBlank made = may ? by_blank(found.items, word) : ByBlank{false, word};
    return {0, std::string(made.word.substr(word.size())), ""};
  }
  if (!found.refusals.empty()) {
    // Nobody to ask is no reason not to type.
    if (key == Key::space && !found.refusals.front().position) return {0, " ", ""};
    return {0, "", pointed_at(found.refusals.front(), line, margins)};
  }
  if (key == Key::help) return {0, "", list_of(found)};
  return key == Key::space ? by_space(line, word, found, margins) : by_tab(word, found);
}

std::string list_of(const doors::Suggestions& found) {
  return found.items.empty() ? "No valid completions\n" : listing(found.items);
}

std::string pointed_at(const doors::Refusal& refusal, std::string_view line, Margins margins) {
  std::string text;
  if (refusal.position) {
    const std::size_t column = columns_of(line.substr(0, std::min(*refusal.position, line.size())));
    text = std::string(margins.indent + column, ' ') + "^\n";
  }
  const std::string said = wrapped(refusal.error.text(), margins.width);
  return text + (has_colours(STDOUT_FILENO) ? coloured(said, Colour::red) : said) + '\n';
}

}  // namespace sluice::cli
