// Pager: shows a text of any length a page at a time while it arrives.
//
// It keeps the newest lines up to a bound, to go back to, so a list of a million sessions costs little; while
// it waits for a key nobody reads the reply, and so the daemons wait, too. When the operator has seen enough,
// write() says so. Its keys are those that Junos has at "---(more)---"; 'h' lists them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/kept_lines.h"
#include "cli/pager_terminal.h"

namespace sluice::cli {

class Pager {
 public:
  // `length` lines and `width` columns; a length of 0 never waits.
  Pager(PagerTerminal terminal, std::size_t length, std::size_t width)
      : terminal_(std::move(terminal)), length_(length), width_(width), room_(page()) {}

  // False: the operator has seen enough.
  bool write(std::string_view text);
  // The text has ended: what is left is shown, and an operator who holds its end may go back.
  void finish();

 private:
  // What a key does. 'stays': it is asked again.
  enum class Obeyed { stays, goes_on, enough };

  [[nodiscard]] std::size_t page() const { return length_ > 1 ? length_ - 1 : 1; }
  [[nodiscard]] std::size_t rows_of(std::string_view line) const;
  // The line from which on so many rows lead up to `from`.
  [[nodiscard]] std::size_t back(std::size_t from, std::size_t rows) const;
  [[nodiscard]] bool is_left_out(std::string_view line) const;
  // Shows what there is, page by page. False: the operator has seen enough.
  bool advance();
  bool ask();
  Obeyed obey(int key);
  Obeyed forward(std::size_t rows);
  Obeyed backward(std::size_t rows);
  Obeyed show_from(std::size_t line);
  Obeyed search();
  Obeyed search_back();
  Obeyed leave_out(bool what_matches);
  Obeyed escape();
  [[nodiscard]] bool at_end() const { return complete_ && next_ == kept_.end(); }
  [[nodiscard]] std::string prompt() const;
  void flush();
  // What is typed behind `mark`; empty: nothing, or it was taken back.
  std::string typed(char mark);

  PagerTerminal terminal_;
  std::size_t length_, width_;
  std::size_t room_;  // rows until it waits
  KeptLines kept_;
  std::size_t next_ = 0;   // the line to be shown next
  std::string partial_;    // a line whose end has not come
  std::string gathered_;   // lines to be written together
  std::string pattern_;    // what was looked for last
  bool searches_ = false;  // lines are skipped until one holds the pattern
  std::string only_;       // only lines are shown that hold this, or that do not; empty: all are
  bool except_ = false;
  bool skips_ = false;     // to the end
  bool holds_ = false;     // waits at the end, too
  bool complete_ = false;  // all of the text is there
  bool ended_ = false;
};

}  // namespace sluice::cli
