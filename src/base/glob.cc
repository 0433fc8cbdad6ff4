#include "base/glob.h"

namespace sluice {
namespace {

// The part of a pattern that stands for one character: how long it is, and whether `c` is meant.
struct One {
  std::size_t length = 1;
  bool meant = false;
};

One one_of(std::string_view pattern, char c) {
  if (pattern.front() != '[') return {1, pattern.front() == '?' || pattern.front() == c};
  const bool excluding = pattern.substr(1).starts_with('!') || pattern.substr(1).starts_with('^');
  const std::size_t from = excluding ? 2 : 1;
  const std::size_t end = pattern.find(']', from + 1);  // a ']' that comes first is one of the set
  if (end == std::string_view::npos) return {1, c == '['};
  bool found = false;
  for (std::size_t i = from; i < end; ++i) {
    if (i + 2 < end && pattern[i + 1] == '-') {
      found = found || (pattern[i] <= c && c <= pattern[i + 2]);
      i += 2;
    } else {
      found = found || pattern[i] == c;
    }
  }
  return {end + 1, found != excluding};
}

}  // namespace

// Only the last '*' is ever tried anew: what an earlier one could take instead, it can take too.
bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::size_t after_star = std::string_view::npos, taken_to = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      taken_to = t;
      continue;
    }
    const One one = p < pattern.size() ? one_of(pattern.substr(p), text[t]) : One();
    if (one.meant) {
      p += one.length;
      ++t;
    } else if (after_star != std::string_view::npos) {
      p = after_star;
      t = ++taken_to;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool is_glob(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

}  // namespace sluice
