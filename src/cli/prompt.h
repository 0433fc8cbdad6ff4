// The prompt: line editing and history by libedit around a Runner.
#pragma once

#include "cli/runner.h"

namespace sluice::cli {

// Until exit, quit or the end of input. Answers the exit status.
int prompt_loop(Runner& runner);

}  // namespace sluice::cli
