// Pager: shows a text of any length a page at a time while it arrives.
//
// It holds no more than one line, so a list of a million sessions costs nothing; while it waits for a key
// nobody reads the reply, and so the daemons wait, too. When the operator has seen enough, write() says so.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::cli {

// Where a Pager writes and what the operator presses.
struct PagerTerminal {
  std::function<void(std::string_view)> write;
  std::function<int()> key;  // -1: there will be none
  // While what it gives lives, keys come one by one and are not echoed.
  std::function<std::shared_ptr<void>()> take_keys;
  // What a line looks like; empty: as it is.
  std::function<std::string(std::string_view line)> paint = {};
};

// The terminal that the program has; Ctrl-C is a key there while keys are taken.
PagerTerminal real_terminal();

class Pager {
 public:
  // `length` lines and `width` columns; a length of 0 never waits.
  Pager(PagerTerminal terminal, std::size_t length, std::size_t width)
      : terminal_(std::move(terminal)), length_(length), width_(width), room_(length > 0 ? length - 1 : 0) {}

  // False: the operator has seen enough.
  bool write(std::string_view text);
  // What is left of the text, a line without an end.
  void finish();

 private:
  bool line(std::string_view text);
  bool ask();
  void search();

  PagerTerminal terminal_;
  std::size_t length_, width_;
  std::size_t room_;      // rows until it waits
  std::string partial_;   // a line whose end has not come
  std::string pattern_;   // lines are skipped until one holds it; empty: none are
  std::string gathered_;  // lines to be written together
  bool ended_ = false;
};

}  // namespace sluice::cli
