#include "cli/pager.h"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "cli/screen.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kMore = "---(more)---";
constexpr int kCtrlC = 3;
constexpr int kBackspace = 8;
constexpr int kDelete = 127;

// While it lives keys come one by one.
class KeyMode {
 public:
  KeyMode() {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios mode = before_;
    mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
  }
  KeyMode(const KeyMode&) = delete;
  KeyMode& operator=(const KeyMode&) = delete;
  ~KeyMode() { ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_); }

 private:
  termios before_{};
};

int read_key() {
  unsigned char key = 0;
  ssize_t got = 0;
  do {
    got = ::read(STDIN_FILENO, &key, 1);
  } while (got < 0 && errno == EINTR);
  return got == 1 ? key : -1;
}

bool holds(std::string_view text, std::string_view pattern) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const auto same = [&](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), pattern.begin(), pattern.end(), same) != text.end();
}

}  // namespace

PagerTerminal real_terminal() {
  return {[](std::string_view text) {
            std::fwrite(text.data(), 1, text.size(), stdout);
            std::fflush(stdout);
          },
          read_key,
          [] { return std::make_shared<KeyMode>(); },
          {}};
}

bool Pager::write(std::string_view text) {
  while (!ended_ && !text.empty()) {
    const std::size_t end = text.find('\n');
    partial_ += text.substr(0, end);
    if (end == std::string_view::npos) break;
    if (!line(partial_)) ended_ = true;
    partial_.clear();
    text.remove_prefix(end + 1);
  }
  if (!gathered_.empty()) terminal_.write(gathered_);
  gathered_.clear();
  return !ended_;
}

void Pager::finish() {
  if (!ended_ && !pattern_.empty()) terminal_.write("Pattern not found: " + pattern_ + '\n');
  if (!ended_ && pattern_.empty() && !partial_.empty()) terminal_.write(partial_);
  partial_.clear();
}

bool Pager::line(std::string_view text) {
  if (!pattern_.empty() && !holds(text, pattern_)) return true;
  pattern_.clear();
  if (length_ > 0) {
    const std::size_t columns = columns_of(text);
    const std::size_t rows = width_ > 0 && columns > width_ ? (columns + width_ - 1) / width_ : 1;
    if (room_ < rows && !ask()) return false;
    if (!pattern_.empty() && !holds(text, pattern_)) return true;
    pattern_.clear();
    room_ -= std::min(room_, rows);
  }
  gathered_ += terminal_.paint ? terminal_.paint(text) : std::string(text);
  gathered_ += '\n';
  return true;
}

// Waits for the operator. False: enough.
bool Pager::ask() {
  if (!gathered_.empty()) terminal_.write(gathered_);
  gathered_.clear();
  const auto keys = terminal_.take_keys();
  while (true) {
    terminal_.write(kMore);
    const int key = terminal_.key();
    terminal_.write('\r' + std::string(kMore.size(), ' ') + '\r');
    switch (key) {
      case ' ':
        room_ = length_ - 1;
        return true;
      case '\r':
      case '\n':
        room_ = 1;
        return true;
      case '/':
        search();
        if (pattern_.empty()) continue;
        room_ = length_ - 1;
        return true;
      case 'q':
      case 'Q':
      case kCtrlC:
      case -1:
        terminal_.write("[abort]\n");
        return false;
      default:
        continue;
    }
  }
}

// Reads what to look for.
void Pager::search() {
  terminal_.write("/");
  for (int key = terminal_.key(); key != '\r' && key != '\n' && key >= 0; key = terminal_.key()) {
    if (key == kCtrlC) {
      pattern_.clear();
      break;
    }
    if (key == kBackspace || key == kDelete) {
      if (pattern_.empty()) break;
      pattern_.pop_back();
      terminal_.write("\b \b");
      continue;
    }
    pattern_ += static_cast<char>(key);
    terminal_.write(std::string(1, static_cast<char>(key)));
  }
  terminal_.write('\r' + std::string(pattern_.size() + 1, ' ') + '\r');
}

}  // namespace sluice::cli
