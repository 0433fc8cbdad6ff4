#include "cli/shell.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <istream>

#include "base/machine.h"
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

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// Lines of a script that say something to its reader alone.
bool is_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first != std::string_view::npos && line[first] == '#';
}

}  // namespace

Shell::Shell(Runner& runner)
    : runner_(runner),
      session_(runner,
               [this](const std::string& question, Session::Usual usual) { return agrees(question, usual); }),
      user_(user_name()),
      editor_(
          history_file(),
          [this](Key key, std::string_view line, std::size_t indent) { return complete(key, line, indent); },
          {[this] { return runner_.hearing(session_.place()); }, [this] { return hear(); }}) {
  learn_host_name();
}

Completed Shell::complete(Key key, std::string_view line, std::size_t indent) {
  // Of a blank behind a blank nobody needs to be asked.
  const bool new_word = line.empty() || line.back() == ' ';
  const Margins margins{indent, runner_.screen().width()};
  if (key == Key::space && new_word) return cli::complete(key, line, {line.size(), {}, {}}, margins);
  const auto how = key == Key::space ? Runner::Completion::ends_word : Runner::Completion::goes_on;
  return cli::complete(key, line, runner_.complete(line, session_.place(), how), margins);
}

Said Shell::hear() {
  Said said;
  for (const doors::Notice& notice : runner_.hear(session_.place())) {
    said.text += notice.text + "\n";
    said.ends = said.ends || notice.ends;
  }
  ended_ = ended_ || said.ends;
  return said;
}

// The firewall's. While its daemon never answered, the machine's.
void Shell::learn_host_name() {
  if (auto name = runner_.host_name()) host_ = std::move(*name);
  if (host_.empty()) host_ = machine_name();
  learnt_at_ = runner_.connections();
}

std::string Shell::prompt() const {
  return fmt::format("{}@{}{} ", user_, host_, session_.place().configuring ? '#' : '>');
}

std::string Shell::banner() const {
  const Place& place = session_.place();
  if (!place.configuring) return {};
  return session_.reminder() + (place.edit.empty() ? "[edit]\n" : fmt::format("[edit {}]\n", place.edit));
}

int Shell::run() {
  const Interrupt interrupt;
  fmt::print("{}", runner_.alarms());
  while (!session_.over()) {
    if (session_.place().configuring) fmt::print("\n");
    const auto line = editor_.read(banner(), prompt());
    if (ended_) break;
    if (!line) {
      fmt::print("\n");
      session_.end_input();
      continue;
    }
    if (is_blank(*line)) continue;
    editor_.remember(*line);
    run_line(*line);
  }
  return 0;
}

void Shell::run_line(const std::string& line) {
  const bool commits = line.starts_with("com");  // no other word begins so
  session_.run(line, prompt().size());
  if (commits || runner_.connections() != learnt_at_) learn_host_name();
  if (!session_.over() && !session_.place().configuring) fmt::print("\n");
}

// Only the last line of the question stands before the answer.
bool Shell::agrees(const std::string& question, Session::Usual usual) {
  const std::size_t last = question.rfind('\n') + 1;  // npos + 1: there is one line
  fmt::print("{}", question.substr(0, last));
  std::fflush(stdout);
  const bool usually = usual == Session::Usual::yes;
  while (true) {
    const auto answer =
        editor_.read_plain(fmt::format("{} [yes,no] ({}) ", question.substr(last), usually ? "yes" : "no"));
    if (!answer || answer->empty()) return usually;
    if (std::string_view("yes").starts_with(*answer)) return true;
    if (std::string_view("no").starts_with(*answer)) return false;
  }
}

std::string one_a_line(std::string_view commands) {
  std::string lines(commands);
  bool quoted = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (quoted && lines[i] == '\\') {
      ++i;
    } else if (lines[i] == '"') {
      quoted = !quoted;
    } else if (lines[i] == ';' && !quoted) {
      lines[i] = '\n';
    }
  }
  return lines;
}

int run_script(Runner& runner, std::istream& lines) {
  Session session(runner);
  bool good = true;
  for (std::string line; !session.over() && std::getline(lines, line);) {
    if (!is_blank(line) && !is_comment(line)) good = session.run(line) && good;
  }
  session.end_script();
  return good ? 0 : 1;
}

}  // namespace sluice::cli
