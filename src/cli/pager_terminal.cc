#include "cli/pager_terminal.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace sluice::cli {
namespace {

// While it lives keys come one by one.
class KeyMode {
 public:
  KeyMode() {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios mode = before_;
    mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
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

}  // namespace sluice::cli
