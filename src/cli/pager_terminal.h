// PagerTerminal: where a Pager writes and what the operator presses.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::cli {

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

}  // namespace sluice::cli
