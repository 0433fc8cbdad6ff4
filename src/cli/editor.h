// Editor: the line that an operator types: keys, history, and what completion does to it. By libedit.
#pragma once

#include <histedit.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/completer.h"

namespace sluice::cli {

// What is said while a line is typed, by somebody else than who types.
struct Said {
  std::string text;   // whole lines; empty: nothing to show
  bool ends = false;  // no more lines are wanted
};
struct Outside {
  std::function<int()> fd;  // readable when there is something to hear; -1: there will be nothing
  std::function<Said()> hear;
};

// One at a time, on the terminal; the main thread's.
class Editor {
 public:
  // What a key does to what stands before the cursor. `indent` is the column where the line begins.
  using Complete = std::function<Completed(Key key, std::string_view line, std::size_t indent)>;

  // The history is read from `history_file` and kept there; empty: it is not kept.
  Editor(std::string history_file, Complete complete, Outside outside);
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  // `banner` is printed above the prompt, also after a list of completions. Nullopt: the end of the input.
  std::optional<std::string> read(const std::string& banner, const std::string& prompt);
  // A word or sentence without completion or history.
  std::optional<std::string> read_plain(const std::string& prompt);
  void remember(const std::string& line);

 private:
  struct End {
    void operator()(EditLine* edit) const { el_end(edit); }
    void operator()(History* history) const { history_end(history); }
  };
  static Editor& of(EditLine* edit);
  static char* prompt_of(EditLine* edit);
  template <Key key>
  static unsigned char on_key(EditLine* edit, int typed);
  static int next_char(EditLine* edit, wchar_t* typed);
  // False: no more keys are wanted.
  bool await_key();
  unsigned char press(Key key, char typed);
  void bind_keys();
  unsigned char end_line();
  void leave_line(bool with_mark);

  std::string history_file_;
  Complete complete_;
  Outside outside_;
  std::string banner_, prompt_;
  bool plain_ = false;
  std::unique_ptr<History, End> history_;
  std::unique_ptr<EditLine, End> edit_;
};

}  // namespace sluice::cli
