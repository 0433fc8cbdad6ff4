// Programs of the machine that a command stands for.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::cli {

// Runs a program, looked up in PATH, with the operator's own rights and terminal, and waits for its end: its
// exit status, or 128 and the signal that ended it. SIGINT, which the caller has to catch (Interrupt), is the
// program's. An Error: it cannot be run.
Result<int> run_program(const std::vector<std::string>& words);

}  // namespace sluice::cli
