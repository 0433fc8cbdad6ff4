#include "cli/shell.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <iostream>

#include "cli/interrupt.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kHistoryFile = "/.sluice_history";

std::string user_name() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

std::string history_file() {
  const char* home = std::getenv("HOME");
  return home != nullptr ? std::string(home).append(kHistoryFile) : std::string();
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// What a script's line or the shell's does to the seat. True: the seat is left.
bool do_action(const doors::Action& action, Screen& screen) {
  if (action.name == "set-cli-screen-length") {
    screen.set_length(number(action.input("screen-length")));
    fmt::print("Screen length set to {}\n", action.input("screen-length"));
  } else if (action.name == "set-cli-screen-width") {
    screen.set_width(number(action.input("screen-width")));
    fmt::print("Screen width set to {}\n", action.input("screen-width"));
  }
  return action.name == "exit-cli";
}

}  // namespace

Shell::Shell(Runner& runner)
    : runner_(runner),
      user_(user_name()),
      editor_(history_file(), [this](Key key, std::string_view line, std::size_t indent) {
        return complete(key, line, indent);
      }) {
  learn_host_name();
}

Completed Shell::complete(Key key, std::string_view line, std::size_t indent) {
  Completed done = cli::complete(key, line, runner_.complete(line, place_), indent);
  if (key != Key::space || done.insert.empty()) return done;
  // A blank ends a word: what is wrong with it is told now.
  const std::string next = std::string(line.substr(0, line.size() - done.drop)) + done.insert;
  const doors::Suggestions found = runner_.complete(next, place_);
  if (found.refusals.empty() || !found.refusals.front().position) return done;
  return {0, "", pointed_at(found.refusals.front(), line, indent)};
}

// `system host-name`, else the machine's.
void Shell::learn_host_name() {
  const auto statement = runner_.ask("show configuration system host-name | display set");
  constexpr std::string_view kWords = "set system host-name ";
  if (statement && statement->starts_with(kWords)) {
    host_ = statement->substr(kWords.size(), statement->find('\n') - kWords.size());
    return;
  }
  char name[256] = "sluice";
  ::gethostname(name, sizeof name - 1);
  host_ = name;
}

std::string Shell::prompt() const {
  return fmt::format("{}@{}{} ", user_, host_, place_.configuring ? '#' : '>');
}

int Shell::run() {
  const Interrupt interrupt;
  while (!ending_) {
    const auto line = editor_.read("", prompt());
    if (!line) {
      fmt::print("\n");
      return 0;
    }
    if (is_blank(*line)) continue;
    editor_.remember(*line);
    run_line(*line);
  }
  return 0;
}

void Shell::run_line(const std::string& line) {
  if (is_exit(line)) {  // also when nobody answers
    ending_ = true;
    return;
  }
  const Ran ran = runner_.run(line, place_, prompt().size());
  (void)Interrupt::taken();
  for (const doors::Action& action : ran.actions) act(action);
  if (line.starts_with("commit")) learn_host_name();
  if (!ending_) fmt::print("\n");
}

void Shell::act(const doors::Action& action) {
  if (do_action(action, runner_.screen())) ending_ = true;
}

int run_script(Runner& runner) {
  bool good = true;
  for (std::string line; std::getline(std::cin, line);) {
    if (is_blank(line)) continue;
    if (is_exit(line)) break;
    const Ran ran = runner.run(line, {});
    good = ran.good && good;
    for (const doors::Action& action : ran.actions) {
      if (do_action(action, runner.screen())) return good ? 0 : 1;
    }
  }
  return good ? 0 : 1;
}

}  // namespace sluice::cli
