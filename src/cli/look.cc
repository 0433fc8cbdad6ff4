#include "cli/look.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace sluice::cli {
namespace {

std::string grouped(std::uint64_t number) {
  std::string digits = fmt::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

}  // namespace

bool has_colours(int descriptor) {
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool wanted = refused == nullptr || *refused == '\0';
  const bool able = terminal != nullptr && std::string_view(terminal) != "dumb";
  return wanted && able && ::isatty(descriptor) != 0;
}

std::string coloured(std::string_view text, Colour colour) {
  const int code = colour == Colour::red ? 31 : colour == Colour::green ? 32 : 33;
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string coloured_difference(std::string_view line) {
  if (line.starts_with('+')) return coloured(line, Colour::green);
  if (line.starts_with('-')) return coloured(line, Colour::red);
  return line.starts_with('!') ? coloured(line, Colour::yellow) : std::string(line);
}

std::string progress_text(std::uint64_t scanned, std::uint64_t total) {
  const std::uint64_t percent = total == 0 ? 0 : std::min<std::uint64_t>(scanned * 100 / total, 100);
  return fmt::format("Scanned {} of {} sessions ({}%)", grouped(scanned), grouped(total), percent);
}

void ProgressLine::show(std::uint64_t scanned, std::uint64_t total) {
  const std::string text = progress_text(scanned, total);
  fmt::print("\r{:<{}}", text, drawn_);
  std::fflush(stdout);
  drawn_ = text.size();
}

void ProgressLine::clear() {
  if (drawn_ == 0) return;
  fmt::print("\r{:<{}}\r", "", drawn_);
  std::fflush(stdout);
  drawn_ = 0;
}

}  // namespace sluice::cli
