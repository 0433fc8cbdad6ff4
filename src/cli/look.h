// Look: what only a terminal gets: colours, and a line that says how far a long command is.
//
// Nothing of it reaches a pipe or a file. NO_COLOR (https://no-color.org) and TERM=dumb turn colours off.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::cli {

enum class Colour { red, green, yellow };

// Whether what is written to this descriptor is seen by somebody who sees colours.
bool has_colours(int descriptor);
std::string coloured(std::string_view text, Colour colour);
// A line of a difference: what came and what went.
std::string coloured_difference(std::string_view line);

// "Scanned 2,500,000 of 10,000,000 sessions (25%)"
std::string progress_text(std::uint64_t scanned, std::uint64_t total);

// Drawn over and over on the terminal's last line, and gone when it is cleared.
class ProgressLine {
 public:
  ProgressLine() = default;
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { clear(); }

  void show(std::uint64_t scanned, std::uint64_t total);
  void clear();

 private:
  std::size_t drawn_ = 0;  // columns
};

}  // namespace sluice::cli
