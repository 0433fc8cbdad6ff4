// Shell: the operator's seat: prompts, runs what is typed and does what belongs to the seat itself.
#pragma once

#include <string>

#include "cli/editor.h"
#include "cli/runner.h"

namespace sluice::cli {

class Shell {
 public:
  explicit Shell(Runner& runner);

  // Until exit, quit or the end of the input. Answers the exit status.
  int run();

 private:
  Completed complete(Key key, std::string_view line, std::size_t indent);
  void run_line(const std::string& line);
  void act(const doors::Action& action);
  void learn_host_name();
  [[nodiscard]] std::string prompt() const;

  Runner& runner_;
  Place place_;
  std::string user_, host_;
  bool ending_ = false;
  Editor editor_;
};

// Commands from the input, a line each, as a script has them. Answers the exit status: 0 when none was
// refused.
int run_script(Runner& runner);

}  // namespace sluice::cli
