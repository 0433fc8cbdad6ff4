// Session: where an operator or a script is, and what a command that succeeded does to that.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/runner.h"

namespace sluice::cli {

class Session {
 public:
  // Answers a question of yes or no; an empty line is the usual answer.
  enum class Usual { yes, no };
  using Ask = std::function<bool(const std::string& question, Usual usual)>;

  // Without `ask` nothing is asked: a script may leave as it wants, and what an operator has to confirm is
  // refused.
  explicit Session(Runner& runner, Ask ask = nullptr) : runner_(runner), ask_(std::move(ask)) {}

  // False: the command was refused, or could not be asked. `indent` is where the line begins on the screen.
  bool run(const std::string& line, std::size_t indent = 0);
  // The end of the input: out of configuration mode, or of the session.
  void end_input();
  // The end of a script: whoever reads what it says is told of changes that it leaves.
  void end_script();

  [[nodiscard]] const Place& place() const { return place_; }
  // A line for an operator in configuration mode, as the last answer said; empty: there is nothing to say.
  [[nodiscard]] const std::string& reminder() const { return reminder_; }
  // 'exit' or 'quit' was said.
  [[nodiscard]] bool over() const { return over_; }

 private:
  // False: a command that asks is not confirmed.
  [[nodiscard]] bool confirms(const std::string& question) const;
  void act(const doors::Action& action);
  void edit(const doors::Action& action);
  void leave(const doors::Action& action);
  [[nodiscard]] bool may_leave();
  void leave_configuration();

  Runner& runner_;
  Ask ask_;
  Place place_;
  std::string reminder_;
  std::vector<std::string> outer_;  // the statements that 'exit' goes back to
  bool alone_ = false;              // what is not committed is gone at the end
  bool over_ = false;
};

}  // namespace sluice::cli
