#include "cli/editor.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cwchar>

#include "cli/screen.h"

namespace sluice::cli {
namespace {

constexpr int kHistory = 1000;

std::string_view before_cursor(EditLine* edit) {
  const LineInfo* line = el_line(edit);
  return {line->buffer, static_cast<std::size_t>(line->cursor - line->buffer)};
}

bool at_end(EditLine* edit) {
  const LineInfo* line = el_line(edit);
  return line->cursor == line->lastchar;
}

bool in_quotes(std::string_view line) {
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (inside && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      inside = !inside;
    }
  }
  return inside;
}

}  // namespace

Editor::Editor(std::string history_file, Complete complete, Outside outside)
    : history_file_(std::move(history_file)),
      complete_(std::move(complete)),
      outside_(std::move(outside)),
      history_(history_init()),
      edit_(el_init("sluice", stdin, stdout, stderr)) {
  HistEvent event;
  history(history_.get(), &event, H_SETSIZE, kHistory);
  history(history_.get(), &event, H_SETUNIQUE, 1);
  if (!history_file_.empty()) history(history_.get(), &event, H_LOAD, history_file_.c_str());
  EditLine* edit = edit_.get();
  el_set(edit, EL_CLIENTDATA, this);
  el_set(edit, EL_PROMPT, prompt_of);
  el_set(edit, EL_EDITOR, "emacs");
  el_set(edit, EL_HIST, ::history, history_.get());
  el_set(edit, EL_SIGNAL, 0);
  el_set(edit, EL_GETCFN, next_char);
  bind_keys();
}

void Editor::bind_keys() {
  EditLine* edit = edit_.get();
  el_set(edit, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  // While a line is edited Ctrl-C is a key that drops it; while a command runs it is a signal.
  el_set(edit, EL_SETTY, "-d", "-isig", nullptr);
  el_set(edit, EL_BIND, "^C", "em-kill-line", nullptr);
  el_set(edit, EL_BIND, "^X", "em-kill-line", nullptr);
  el_set(edit, EL_BIND, "^W", "ed-delete-prev-word", nullptr);
  el_set(edit, EL_ADDFN, "sluice-help", "list what may come next", on_key<Key::help>);
  el_set(edit, EL_ADDFN, "sluice-space", "complete a word", on_key<Key::space>);
  el_set(edit, EL_ADDFN, "sluice-tab", "complete a word or a name", on_key<Key::tab>);
  el_set(edit, EL_ADDFN, "sluice-enter", "complete a word and run", on_key<Key::enter>);
  el_set(edit, EL_BIND, "?", "sluice-help", nullptr);
  el_set(edit, EL_BIND, " ", "sluice-space", nullptr);
  el_set(edit, EL_BIND, "\t", "sluice-tab", nullptr);
  el_set(edit, EL_BIND, "\n", "sluice-enter", nullptr);
  el_set(edit, EL_BIND, "\r", "sluice-enter", nullptr);
}

// libedit calls back with nothing but its own handle.
Editor& Editor::of(EditLine* edit) {
  void* self = nullptr;
  el_get(edit, EL_CLIENTDATA, &self);
  return *static_cast<Editor*>(self);
}

char* Editor::prompt_of(EditLine* edit) {
  return of(edit).prompt_.data();
}

// Waits for a key, and shows meanwhile what is said. The line is drawn again below it.
bool Editor::await_key() {
  while (true) {
    std::array<pollfd, 2> awaited{{{STDIN_FILENO, POLLIN, 0}, {outside_.fd(), POLLIN, 0}}};
    const int found = ::poll(awaited.data(), awaited.size(), -1);
    if (found < 0 && errno != EINTR) return true;  // reading tells what is wrong
    if (found > 0 && awaited[0].revents != 0) return true;
    if (found <= 0) continue;
    const Said said = outside_.hear();
    if (said.text.empty()) continue;
    leave_line(false);
    fmt::print("{}", said.text);
    std::fflush(stdout);
    if (said.ends) return false;
    fmt::print("{}", banner_);
    std::fflush(stdout);
    el_set(edit_.get(), EL_REFRESH, nullptr);
  }
}

// As libedit's own: 1, or 0 at the end of the input. Bytes that are no character are left out.
int Editor::next_char(EditLine* edit, wchar_t* typed) {
  if (!of(edit).await_key()) return 0;
  std::mbstate_t state{};
  while (true) {
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return 0;
    const std::size_t length = std::mbrtowc(typed, &byte, 1, &state);
    if (length == static_cast<std::size_t>(-2)) continue;
    if (length != static_cast<std::size_t>(-1)) return 1;
    state = {};
  }
}

template <Key key>
unsigned char Editor::on_key(EditLine* edit, int typed) {
  return of(edit).press(key, static_cast<char>(typed));
}

unsigned char Editor::press(Key key, char typed) {
  EditLine* edit = edit_.get();
  const std::string line(before_cursor(edit));
  const auto as_typed = [&]() -> unsigned char {
    if (key == Key::enter) return end_line();
    const char text[] = {typed, '\0'};
    return el_insertstr(edit, text) == 0 ? CC_REFRESH : CC_ERROR;
  };
  if (plain_ || in_quotes(line) || (key == Key::enter && !at_end(edit))) return as_typed();
  const Completed done = complete_(key, line, columns_of(prompt_));
  if (done.drop > 0) {
    // libedit counts characters.
    const std::string_view dropped = std::string_view(line).substr(line.size() - done.drop);
    el_deletestr(edit, static_cast<int>(columns_of(dropped)));
  }
  if (!done.insert.empty() && el_insertstr(edit, done.insert.c_str()) != 0) return CC_ERROR;
  if (key == Key::enter) {
    fmt::print("{}", done.insert);  // the line is not drawn again
    return end_line();
  }
  if (done.shown.empty()) return CC_REFRESH;
  leave_line(key == Key::help && at_end(edit));
  fmt::print("{}{}", done.shown, banner_);
  // libedit goes up from where it left the cursor before it draws the line again.
  const std::size_t rows =
      (columns_of(prompt_) + columns_of(line)) / std::max<std::size_t>(Screen().width(), 1);
  fmt::print("{}", std::string(rows, '\n'));
  std::fflush(stdout);
  return CC_REDISPLAY;
}

// A line without its line feed would be taken for the end of the input.
unsigned char Editor::end_line() {
  leave_line(false);
  const LineInfo* line = el_line(edit_.get());
  const std::string_view behind(line->cursor, static_cast<std::size_t>(line->lastchar - line->cursor));
  el_cursor(edit_.get(), static_cast<int>(columns_of(behind)));
  return el_insertstr(edit_.get(), "\n") == 0 ? CC_NEWLINE : CC_ERROR;
}

// Moves below the line, however many rows it takes.
void Editor::leave_line(bool with_mark) {
  const LineInfo* line = el_line(edit_.get());
  const auto columns = [](const char* from, const char* to) {
    return columns_of({from, static_cast<std::size_t>(to - from)});
  };
  const std::size_t width = std::max<std::size_t>(Screen().width(), 1);
  const std::size_t prompt = columns_of(prompt_);
  const std::size_t cursor_row = (prompt + columns(line->buffer, line->cursor)) / width;
  const std::size_t last_row = (prompt + columns(line->buffer, line->lastchar)) / width;
  fmt::print("{}{}", with_mark ? "?" : "", std::string(last_row - cursor_row + 1, '\n'));
}

std::optional<std::string> Editor::read(const std::string& banner, const std::string& prompt) {
  banner_ = banner;
  prompt_ = prompt;
  fmt::print("{}", banner_);
  std::fflush(stdout);
  // el_gets() shows the prompt first and only then takes the echo from the terminal: what is typed in between
  // would show twice.
  el_set(edit_.get(), EL_PREP_TERM, 1);
  int length = 0;
  const char* typed = el_gets(edit_.get(), &length);
  if (typed == nullptr) return std::nullopt;
  std::string line(typed, static_cast<std::size_t>(length));
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

std::optional<std::string> Editor::read_plain(const std::string& prompt) {
  plain_ = true;
  auto line = read("", prompt);
  plain_ = false;
  return line;
}

void Editor::remember(const std::string& line) {
  HistEvent event;
  history(history_.get(), &event, H_ENTER, (line + '\n').c_str());
  if (history_file_.empty()) return;
  const mode_t mask = ::umask(077);
  history(history_.get(), &event, H_SAVE, history_file_.c_str());
  ::umask(mask);
}

}  // namespace sluice::cli
