#include "flowd/logship/name_table.h"

#include <algorithm>

namespace sluice::logship {

std::string escaped(std::string_view text, Escape escape) {
  std::string out;
  for (const char c : text) {
    if (out.size() + 2 > kMaxName) {
      break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += '?';
      continue;
    }
    const bool quoted = escape != Escape::none && (c == '"' || c == '\\');
    if (quoted || (escape == Escape::structured && c == ']')) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

NameTable::NameTable(const std::vector<std::string>& names, std::string_view absent, std::string_view unknown,
                     Escape escape) {
  pieces_.reserve(names.size() + 1);
  for (const std::string& name : names) {
    add(name.empty() ? std::string(absent) : escaped(name, escape));
  }
  unknown_ = static_cast<std::uint32_t>(pieces_.size());
  add(unknown);
  text_.resize(text_.size() + kSlack);
}

void NameTable::add(std::string_view text) {
  pieces_.push_back(
      {.offset = static_cast<std::uint32_t>(text_.size()), .size = static_cast<std::uint32_t>(text.size())});
  text_.insert(text_.end(), text.begin(), text.end());
  longest_ = std::max(longest_, text.size());
}

}  // namespace sluice::logship
