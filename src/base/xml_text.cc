#include "base/xml_text.h"

#include <algorithm>
#include <array>

namespace sluice {
namespace {

struct Entity {
  std::string_view name;
  char character;
};
constexpr Entity kEntities[] = {
    {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};

// What stands for a character that is replaced.
std::string_view replacement(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return "?";
  }
}

// By character, because long lists pass through here byte for byte.
constexpr auto kReplaced = [] {
  std::array<bool, 256> replaced{};
  for (unsigned c = 0; c < 0x20; ++c) replaced[c] = c != '\n' && c != '\t';
  for (const unsigned char c : {'&', '<', '>', '"'}) replaced[c] = true;
  return replaced;
}();

}  // namespace

void append_xml_text(std::string& out, std::string_view text) {
  const auto replaced = [](char c) { return kReplaced[static_cast<unsigned char>(c)]; };
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if(text, replaced) - text.begin());
    out += text.substr(0, plain);
    if (plain == text.size()) return;
    out += replacement(text[plain]);
    text.remove_prefix(plain + 1);
  }
}

void append_xml_attribute(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "=\"";
  append_xml_text(out, value);
  out += '"';
}

std::string from_xml_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = text.find('&');
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    std::size_t used = 1;
    char character = '&';
    for (const Entity& entity : kEntities) {
      if (text.starts_with(entity.name)) {
        used = entity.name.size();
        character = entity.character;
      }
    }
    out += character;
    text.remove_prefix(used);
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

}  // namespace sluice
