#include "base/suggestion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sluice {
namespace {

using Kind = Suggestion::Kind;

struct Named {
  Kind kind;
  std::string_view name;
};
constexpr std::array<Named, 4> kKinds{
    {{Kind::word, "word"}, {Kind::name, "name"}, {Kind::placeholder, "placeholder"}, {Kind::file, "file"}}};

}  // namespace

ByBlank by_blank(const std::vector<Suggestion>& items, std::string_view typed) {
  std::string_view word;
  std::size_t words = 0;
  bool own_name = false, own_value = false;
  for (const Suggestion& item : items) {
    own_name = own_name || item.kind == Kind::name || item.kind == Kind::file;
    own_value = own_value || item.kind == Kind::placeholder;
    if (item.kind != Kind::word) continue;
    if (item.text == typed) return {false, typed};
    word = item.text;
    ++words;
  }
  if (words == 1 && !own_name) return {false, word};
  return {words > 1 && !own_name && !own_value, typed};
}

std::string listing(const std::vector<Suggestion>& items) {
  std::string text = "Possible completions:\n";
  for (const Suggestion& item : items) {
    std::string one = fmt::format("{} {:<20} {}", item.mark, item.text, item.help);
    // A long name pushes its description on.
    if (item.text.size() > 20) one = fmt::format("{} {}  {}", item.mark, item.text, item.help);
    text += one.substr(0, one.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

std::string ambiguous_text(std::string_view word, const std::vector<Suggestion>& items) {
  std::string text = fmt::format("'{}' is ambiguous.\n{}", word, listing(items));
  text.pop_back();
  return text;
}

std::string_view name_of(Suggestion::Kind kind) {
  return std::ranges::find(kKinds, kind, &Named::kind)->name;
}

Suggestion::Kind suggestion_kind(std::string_view name) {
  const auto* at = std::ranges::find(kKinds, name, &Named::name);
  return at == kKinds.end() ? Kind::placeholder : at->kind;
}

}  // namespace sluice
