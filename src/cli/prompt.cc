#include "cli/prompt.h"

#include <fmt/format.h>
#include <histedit.h>
#include <pwd.h>
#include <unistd.h>

#include <memory>

#include "cli/interrupt.h"

namespace sluice::cli {
namespace {

constexpr int kHistory = 1000;

std::string user_name() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

// `system host-name`, else the machine's.
std::string host_name(Runner& runner) {
  const auto statement = runner.ask("show configuration system host-name | display set");
  constexpr std::string_view kWords = "set system host-name ";
  if (statement && statement->starts_with(kWords)) {
    return statement->substr(kWords.size(), statement->find('\n') - kWords.size());
  }
  char name[256] = "sluice";
  ::gethostname(name, sizeof name - 1);
  return name;
}

// libedit asks for the prompt by a function that gets only its own handle.
char* prompt_of(EditLine* edit) {
  void* text = nullptr;
  el_get(edit, EL_CLIENTDATA, &text);
  return static_cast<std::string*>(text)->data();
}

struct EditEnd {
  void operator()(EditLine* edit) const { el_end(edit); }
};
struct HistoryEnd {
  void operator()(History* history) const { history_end(history); }
};

}  // namespace

int prompt_loop(Runner& runner) {
  const std::string user = user_name();
  std::string prompt = fmt::format("{}@{}> ", user, host_name(runner));
  const std::unique_ptr<History, HistoryEnd> past(history_init());
  HistEvent event;
  history(past.get(), &event, H_SETSIZE, kHistory);
  history(past.get(), &event, H_SETUNIQUE, 1);
  const std::unique_ptr<EditLine, EditEnd> edit(el_init("sluice", stdin, stdout, stderr));
  el_set(edit.get(), EL_CLIENTDATA, &prompt);
  el_set(edit.get(), EL_PROMPT, prompt_of);
  el_set(edit.get(), EL_EDITOR, "emacs");
  el_set(edit.get(), EL_HIST, ::history, past.get());
  el_set(edit.get(), EL_BIND, "^R", "em-inc-search-prev", nullptr);

  // While a line is edited Ctrl-C is a key that drops it; while a command runs it is a signal.
  el_set(edit.get(), EL_SETTY, "-d", "-isig", nullptr);
  el_set(edit.get(), EL_BIND, "^C", "em-kill-line", nullptr);
  const Interrupt interrupt;
  int length = 0;
  while (const char* typed = el_gets(edit.get(), &length)) {
    std::string line(typed, static_cast<std::size_t>(length));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    history(past.get(), &event, H_ENTER, typed);
    if (is_exit(line)) return 0;
    (void)runner.run(line, EchoCommand::no, prompt.size());
    (void)Interrupt::taken();
    if (line.starts_with("commit")) prompt = fmt::format("{}@{}> ", user, host_name(runner));
    fmt::print("\n");
  }
  fmt::print("\n");
  return 0;
}

}  // namespace sluice::cli
