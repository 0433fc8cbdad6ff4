// Shell: the operator's seat: prompts, runs what is typed and does what belongs to the seat itself.
#pragma once

#include <iosfwd>
#include <string>

#include "cli/editor.h"
#include "cli/runner.h"
#include "cli/session.h"

namespace sluice::cli {

class Shell {
 public:
  explicit Shell(Runner& runner);

  // Until exit, quit or the end of the input. Answers the exit status.
  int run();

 private:
  Completed complete(Key key, std::string_view line, std::size_t indent);
  void run_line(const std::string& line);
  [[nodiscard]] bool agrees(const std::string& question, Session::Usual usual);
  // What the daemon says while a line is typed.
  Said hear();
  void learn_host_name();
  [[nodiscard]] std::string banner() const;
  [[nodiscard]] std::string prompt() const;

  Runner& runner_;
  Session session_;
  std::string user_, host_;
  unsigned learnt_at_ = 0;  // the connection by which host_ was learnt
  bool ended_ = false;      // the daemon ended the session, and said so
  Editor editor_;
};

// Commands, a line each, as a script has them. Answers the exit status: 0 when none was refused.
int run_script(Runner& runner, std::istream& lines);
// "configure; set ...; commit" a line each; a ';' in quotes is none.
std::string one_a_line(std::string_view commands);

}  // namespace sluice::cli
