#include "cli/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace sluice::cli {
namespace {

constexpr std::size_t kLength = 24;
constexpr std::size_t kWidth = 80;

winsize terminal_size() {
  winsize size{};
  ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
  return size;
}

}  // namespace

std::size_t Screen::length() const {
  if (length_) return *length_;
  const winsize size = terminal_size();
  return size.ws_row > 0 ? size.ws_row : kLength;
}

std::size_t Screen::width() const {
  if (width_) return *width_;
  const winsize size = terminal_size();
  return size.ws_col > 0 ? size.ws_col : kWidth;
}

namespace {

std::string wrapped_line(std::string_view text, std::size_t width) {
  std::string result;
  while (width > 0 && text.size() > width) {
    const std::size_t end = text.rfind(' ', width);
    if (end == std::string_view::npos || end == 0) break;
    result.append(text.substr(0, end)) += '\n';
    text.remove_prefix(end + 1);
  }
  return result.append(text);
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t width) {
  std::string result;
  while (true) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    result += wrapped_line(text.substr(0, end), width);
    if (end == text.size()) return result;
    result += '\n';
    text.remove_prefix(end + 1);
  }
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace sluice::cli
