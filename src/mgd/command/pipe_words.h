// The words behind '|' in a command.
#pragma once

#include <cstddef>
#include <span>

#include "mgd/command/command.h"
#include "mgd/command/token.h"

namespace sluice::command {

// What the answer of a command is: not every pipe goes with every answer.
struct Piped {
  bool configuration = false;
  bool compares = false;  // it can be compared with another configuration
};
// Reads "| match RE | display xml ..." into the command. On an error `position` is where it is;
// before, the end of the line.
Status parse_pipes(std::span<const Token> tokens, Piped piped, Command& command, std::size_t& position);

// What may be typed as `current` behind these tokens, of which the first is a '|'.
void suggest_pipes(std::span<const Token> tokens, const Token& current, Piped piped, Suggestions& result);

}  // namespace sluice::command
