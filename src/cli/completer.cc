#include "cli/completer.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/screen.h"

namespace sluice::cli {
namespace {

using doors::Suggestion;
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
                   std::size_t indent) {
  // One blank is enough; at the beginning none is needed.
  if (word.empty()) return line.empty() || line.back() == ' ' ? Completed() : Completed{0, " ", ""};
  const std::vector<std::string_view> words = texts(found, false);
  const bool value = offers(found, Kind::name) || offers(found, Kind::placeholder);
  if (std::ranges::find(words, word) != words.end()) return {0, " ", ""};
  if (words.size() == 1 && !offers(found, Kind::name)) return replaced(word, words.front(), " ");
  if (words.size() > 1 && !value) {
    const doors::Refusal ambiguous{{"", "", fmt::format("'{}' is ambiguous.", word)}, found.position};
    return {0, "", pointed_at(ambiguous, line, indent) + list_of(found)};
  }
  return {0, " ", ""};
}

Completed by_tab(std::string_view word, const doors::Suggestions& found) {
  const std::vector<std::string_view> all = texts(found, true);
  if (all.empty() || (word.empty() && (all.size() > 1 || offers(found, Kind::placeholder)))) {
    return {0, "", list_of(found)};
  }
  if (all.size() == 1) return replaced(word, all.front(), " ");
  const std::string_view common = common_beginning(all);
  if (common.size() > word.size()) return replaced(word, common, "");
  return {0, "", list_of(found)};
}

}  // namespace

Completed complete(Key key, std::string_view line, const doors::Suggestions& found, std::size_t indent) {
  const std::string_view word = line.substr(std::min(found.position, line.size()));
  if (key == Key::enter) {
    const std::vector<std::string_view> words = texts(found, false);
    const bool one =
        found.refusals.empty() && !word.empty() && words.size() == 1 && !offers(found, Kind::name);
    return one ? Completed{0, std::string(words.front().substr(word.size())), ""} : Completed();
  }
  if (!found.refusals.empty()) {
    // Nobody to ask is no reason not to type.
    if (key == Key::space && !found.refusals.front().position) return {0, " ", ""};
    return {0, "", pointed_at(found.refusals.front(), line, indent)};
  }
  if (key == Key::help) return {0, "", list_of(found)};
  return key == Key::space ? by_space(line, word, found, indent) : by_tab(word, found);
}

std::string list_of(const doors::Suggestions& found) {
  if (found.items.empty()) return "No valid completions\n";
  std::string text = "Possible completions:\n";
  for (const Suggestion& item : found.items) {
    std::string one = fmt::format("{} {:<20} {}", item.mark, item.text, item.help);
    // A long name pushes its description on.
    if (item.text.size() > 20) one = fmt::format("{} {}  {}", item.mark, item.text, item.help);
    text += one.substr(0, one.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

std::string pointed_at(const doors::Refusal& refusal, std::string_view line, std::size_t indent) {
  std::string text;
  if (refusal.position) {
    const std::size_t column = columns_of(line.substr(0, std::min(*refusal.position, line.size())));
    text = std::string(indent + column, ' ') + "^\n";
  }
  return text + wrapped(refusal.error.text(), Screen().width()) + '\n';
}

}  // namespace sluice::cli
