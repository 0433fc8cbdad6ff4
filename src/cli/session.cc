#include "cli/session.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <utility>

#include "cli/interrupt.h"

namespace sluice::cli {
namespace {

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

bool Session::run(const std::string& line, std::size_t indent) {
  if (is_exit(line) && !place_.configuring) {  // also when nobody answers
    over_ = true;
    return true;
  }
  Ran ran = runner_.run(line, place_, indent);
  if (!ran.question.empty()) {
    if (!confirms(ran.question)) return ask_ != nullptr;
    ran = runner_.run_confirmed(line, place_, indent);
  }
  (void)Interrupt::taken();
  if (place_.configuring && runner_.lost_configuration()) {
    fmt::print("Exiting configuration mode{}\n", alone_ ? "; uncommitted changes are lost" : "");
    place_ = {};
    outer_.clear();
  }
  reminder_.clear();
  for (const doors::Action& action : ran.actions) act(action);
  return ran.good;
}

bool Session::confirms(const std::string& question) const {
  if (ask_) return ask_(question, Usual::no);
  std::fflush(stdout);
  fmt::print(stderr, "error: only an operator at a terminal can answer this: {}\n", question);
  return false;
}

void Session::end_input() {
  if (place_.configuring) {
    leave_configuration();
  } else {
    over_ = true;
  }
}

void Session::end_script() {
  if (place_.configuring) (void)may_leave();
}

void Session::act(const doors::Action& action) {
  if (action.name == "set-cli-screen-length") {
    runner_.screen().set_length(number(action.input("screen-length")));
    fmt::print("Screen length set to {}\n", action.input("screen-length"));
  } else if (action.name == "set-cli-screen-width") {
    runner_.screen().set_width(number(action.input("screen-width")));
    fmt::print("Screen width set to {}\n", action.input("screen-width"));
  } else if (action.name == "confirm-commit") {
    reminder_ =
        fmt::format("# commit confirmed will be rolled back in {} minutes\n", action.input("minutes"));
  } else if (action.name == "open-configuration") {
    alone_ = action.has("exclusive") || action.has("private");
    runner_.begin_configuration(alone_ ? Runner::Candidate::own : Runner::Candidate::shared);
    place_ = {true, ""};
  } else if (action.name == "exit-cli") {
    over_ = true;
  } else if (action.name == "exit-configuration") {
    leave(action);
  } else if (action.name == "commit-changes") {
    // What waits for its time is not to be edited meanwhile.
    if (action.has("and-quit") || action.has("at")) leave_configuration();
  } else {
    edit(action);
  }
}

// 'up' and 'top' leave the way by which one came.
void Session::edit(const doors::Action& action) {
  if (action.name == "edit-statement") {
    outer_.push_back(place_.edit);
  } else {
    outer_.clear();
  }
  place_.edit = action.input("edit");
}

void Session::leave(const doors::Action& action) {
  if (action.has("all") || place_.edit.empty()) {
    if (may_leave()) leave_configuration();
    return;
  }
  place_.edit = outer_.empty() ? std::string() : std::exchange(outer_.back(), {});
  if (!outer_.empty()) outer_.pop_back();
  (void)runner_.complete("", place_);  // the daemon tells other editors where one stands
}

// The shared candidate waits for whoever edits next, but an operator may have forgotten to commit.
bool Session::may_leave() {
  const auto difference = runner_.ask("show | compare", {true, ""});
  if (!difference || difference->empty()) return true;
  constexpr const char* kChanged = "The configuration has been changed but not committed\n";
  if (!ask_) {
    std::fflush(stdout);
    fmt::print(stderr, kChanged);
    return true;
  }
  fmt::print(kChanged);
  return ask_(alone_ ? "Discard uncommitted changes?" : "Exit with uncommitted changes?", Usual::yes);
}

void Session::leave_configuration() {
  runner_.end_configuration();
  place_ = {};
  outer_.clear();
  fmt::print("Exiting configuration mode\n");
}

}  // namespace sluice::cli
