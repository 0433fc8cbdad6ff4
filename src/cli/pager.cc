#include "cli/pager.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/screen.h"

namespace sluice::cli {
namespace {

constexpr int control(char letter) {
  return letter - 'a' + 1;
}
constexpr int kBackspace = 8;
constexpr int kEscape = 27;
constexpr int kDelete = 127;

constexpr std::string_view kKeys =
    "Keys at ---(more)---:\n"
    "  Space, Ctrl-F                 the next screen\n"
    "  Enter, k, Down                the next line\n"
    "  d, Tab                        the next half of a screen\n"
    "  G, Ctrl-E                     the end\n"
    "  N                             all that is left, without pauses\n"
    "  b, Ctrl-B                     the screen before\n"
    "  j, Up                         the line before\n"
    "  u, Ctrl-U                     the half of a screen before\n"
    "  g, Ctrl-A                     the beginning, as far as it is kept\n"
    "  /TEXT, ?TEXT                  looks for TEXT, forward or backward\n"
    "  n                             looks for it again\n"
    "  mTEXT, eTEXT                  only lines with TEXT, or without it, from here on\n"
    "  c                             all lines again\n"
    "  H                             waits at the end, too\n"
    "  h                             this list\n"
    "  q, Ctrl-C                     enough\n";

}  // namespace

bool Pager::write(std::string_view text) {
  while (!ended_ && !text.empty()) {
    const std::size_t end = text.find('\n');
    partial_ += text.substr(0, end);
    if (end == std::string_view::npos) break;
    kept_.add(std::move(partial_));
    partial_.clear();
    ended_ = !advance();
    text.remove_prefix(end + 1);
  }
  flush();
  return !ended_;
}

void Pager::finish() {
  if (ended_) return;
  complete_ = true;
  if (searches_) terminal_.write("Pattern not found: " + pattern_ + '\n');
  searches_ = false;
  if (skips_) {
    next_ = back(kept_.end(), page());
    room_ = page();
  }
  skips_ = false;
  ended_ = !advance();
  while (!ended_ && holds_) ended_ = !(ask() && advance());
  if (!ended_) gathered_ += partial_;
  flush();
  ended_ = true;
}

void Pager::flush() {
  if (!gathered_.empty()) terminal_.write(gathered_);
  gathered_.clear();
}

std::size_t Pager::rows_of(std::string_view line) const {
  const std::size_t columns = columns_of(line);
  return width_ > 0 && columns > width_ ? (columns + width_ - 1) / width_ : 1;
}

std::size_t Pager::back(std::size_t from, std::size_t rows) const {
  std::size_t line = from;
  for (std::size_t left = rows; line > kept_.first() && left > 0; --line) {
    if (is_left_out(kept_[line - 1])) continue;
    const std::size_t needed = rows_of(kept_[line - 1]);
    if (needed > left && left < rows) break;
    left -= std::min(left, needed);
  }
  return line;
}

bool Pager::is_left_out(std::string_view line) const {
  return !only_.empty() && holds_text(line, only_) == except_;
}

bool Pager::advance() {
  while (next_ < kept_.end()) {
    const std::string& line = kept_[next_];
    searches_ = searches_ && !holds_text(line, pattern_);
    if (searches_ || skips_ || is_left_out(line)) {
      ++next_;
      continue;
    }
    if (length_ > 0) {
      const std::size_t rows = std::min(rows_of(line), page());
      if (room_ < rows) {
        if (!ask()) return false;
        continue;  // somewhere else, perhaps
      }
      room_ -= rows;
    }
    gathered_ += terminal_.paint ? terminal_.paint(line) : line;
    gathered_ += '\n';
    ++next_;
  }
  return true;
}

// What is still to come nobody knows; of a whole text, how much of it was shown.
std::string Pager::prompt() const {
  if (!complete_) return "---(more)---";
  const std::size_t percent = kept_.end() == 0 ? 100 : next_ * 100 / kept_.end();
  return fmt::format("---({}more {}%)---", holds_ ? "*" : "", percent);
}

// Waits for the operator. False: enough.
bool Pager::ask() {
  flush();
  const auto keys = terminal_.take_keys();
  Obeyed obeyed = Obeyed::stays;
  while (obeyed == Obeyed::stays) {
    const std::string shown = prompt();
    terminal_.write(shown);
    const int key = terminal_.key();
    terminal_.write('\r' + std::string(shown.size(), ' ') + '\r');
    obeyed = obey(key);
  }
  if (obeyed == Obeyed::enough) terminal_.write("[abort]\n");
  return obeyed == Obeyed::goes_on;
}

// The keys of Junos.
Pager::Obeyed Pager::obey(int key) {
  const std::size_t half = std::max<std::size_t>(page() / 2, 1);
  switch (key) {
    case ' ':
    case control('f'):
      return forward(page());
    case '\r':
    case '\n':
    case 'k':
    case control('n'):
      return forward(1);
    case 'd':
    case '\t':
    case control('d'):
    case control('x'):
      return forward(half);
    case 'G':
    case control('e'):
      skips_ = !complete_;
      return skips_ ? Obeyed::goes_on : show_from(back(kept_.end(), page()));
    case 'N':
      length_ = 0;
      return Obeyed::goes_on;
    case 'b':
    case control('b'):
      return backward(page());
    case 'j':
    case kBackspace:
    case control('p'):
      return backward(1);
    case 'u':
    case control('u'):
    case control('y'):
      return backward(half);
    case 'g':
    case control('a'):
      return show_from(kept_.first());
    case '/':
      pattern_ = typed('/');
      return search();
    case 'n':
      return search();
    case '?':
      pattern_ = typed('?');
      return search_back();
    case 'm':
    case 'M':
      return leave_out(false);
    case 'e':
    case 'E':
      return leave_out(true);
    case 'c':
    case 'C':
      only_.clear();
      return Obeyed::stays;
    case 'H':
      holds_ = true;
      return Obeyed::stays;
    case 'h':
      terminal_.write(kKeys);
      return Obeyed::stays;
    case kEscape:
      return escape();
    case 'q':
    case 'Q':
    case control('c'):
    case control('k'):
    case -1:
      return Obeyed::enough;
    default:
      return Obeyed::stays;
  }
}

// Behind the end there is nothing to wait for.
Pager::Obeyed Pager::forward(std::size_t rows) {
  if (at_end()) holds_ = false;
  room_ = rows;
  return Obeyed::goes_on;
}

// The screen begins so many rows before where it does now.
Pager::Obeyed Pager::backward(std::size_t rows) {
  return show_from(back(back(next_, page()), rows));
}

Pager::Obeyed Pager::show_from(std::size_t line) {
  next_ = line;
  room_ = page();
  return Obeyed::goes_on;
}

Pager::Obeyed Pager::search() {
  if (pattern_.empty()) return Obeyed::stays;
  searches_ = true;
  room_ = page();
  return Obeyed::goes_on;
}

// Among the lines before those on the screen.
Pager::Obeyed Pager::search_back() {
  if (pattern_.empty()) return Obeyed::stays;
  for (std::size_t line = back(next_, page()); line > kept_.first(); --line) {
    if (holds_text(kept_[line - 1], pattern_)) return show_from(line - 1);
  }
  terminal_.write("Pattern not found: " + pattern_ + '\n');
  return Obeyed::stays;
}

Pager::Obeyed Pager::leave_out(bool what_matches) {
  only_ = typed(what_matches ? 'e' : 'm');
  except_ = what_matches;
  return only_.empty() ? Obeyed::stays : forward(page());
}

// Up and Down are three characters.
Pager::Obeyed Pager::escape() {
  const int introducer = terminal_.key();
  if (introducer != '[' && introducer != 'O') return Obeyed::stays;
  const int arrow = terminal_.key();
  if (arrow == 'A') return backward(1);
  return arrow == 'B' ? forward(1) : Obeyed::stays;
}

std::string Pager::typed(char mark) {
  std::string text;
  terminal_.write(std::string(1, mark));
  int key = terminal_.key();
  for (; key != '\r' && key != '\n' && key >= 0 && key != control('c'); key = terminal_.key()) {
    if (key != kBackspace && key != kDelete) {
      text += static_cast<char>(key);
      terminal_.write(std::string(1, static_cast<char>(key)));
      continue;
    }
    if (text.empty()) break;
    text.pop_back();
    terminal_.write("\b \b");
  }
  terminal_.write('\r' + std::string(text.size() + 1, ' ') + '\r');
  return key == control('c') ? std::string() : text;
}

}  // namespace sluice::cli
