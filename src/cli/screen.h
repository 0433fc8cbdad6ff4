// Screen: the terminal's size, as the operator set it or as it is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::cli {

class Screen {
 public:
  // `set cli screen-length | screen-width`; 0: no limit.
  void set_length(std::size_t lines) { length_ = lines; }
  void set_width(std::size_t columns) { width_ = columns; }

  // 0: no limit.
  [[nodiscard]] std::size_t length() const;
  [[nodiscard]] std::size_t width() const;

 private:
  std::optional<std::size_t> length_, width_;
};

// The text with line ends instead of blanks where one of its lines would be longer than `width`; 0: as it is.
std::string wrapped(std::string_view text, std::size_t width);

// How many columns UTF-8 text takes, counting every character as one.
std::size_t columns_of(std::string_view text);

}  // namespace sluice::cli
