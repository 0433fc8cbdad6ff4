#include "cli/runner.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <pugixml.hpp>
#include <span>
#include <sstream>
#include <utility>

#include "cli/files.h"
#include "cli/interrupt.h"
#include "cli/look.h"
#include "cli/pager.h"
#include "cli/program.h"
#include "cli/ssh_connection.h"
#include "mgd/doors/message.h"

namespace sluice::cli {
namespace {

// Up to a pipe; a word in quotes is one.
std::vector<std::string> words_of(std::string_view line) {
  std::istringstream in{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; in >> std::quoted(word) && word != "|";) words.push_back(word);
  return words;
}

// Words may be shortened; one letter would not say which.
bool stands_for(std::string_view typed, std::string_view word) {
  return typed.size() > 1 && word.starts_with(typed);
}

// An operational command behind 'run' in configuration mode.
bool is_run(std::string_view line) {
  const std::vector<std::string> words = words_of(line);
  return !words.empty() && stands_for(words.front(), "run");
}

// How many words stand before the command itself: 'top', 'up', 'up 2'.
std::size_t words_of_way(const std::vector<std::string>& words) {
  if (words.empty() || (!stands_for(words[0], "top") && !stands_for(words[0], "up"))) return 0;
  const bool counted = words.size() > 1 && words[1].find_first_not_of("0123456789") == std::string::npos;
  return counted ? 2 : 1;
}

// `load ACTION FILE`, whose options may stand before the file.
std::string loaded_file(const std::vector<std::string>& words) {
  const std::size_t command = words_of_way(words);
  if (words.size() <= command || !stands_for(words[command], "load")) return {};
  const auto is_option = [](std::string_view word) {
    return stands_for(word, "relative") || stands_for(word, "ignore-unsupported");
  };
  const auto behind = std::span(words).subspan(std::min(command + 2, words.size()));
  const auto file = std::ranges::find_if_not(behind, is_option);
  return file == behind.end() ? std::string() : *file;
}

// The file that a command names and that goes with it; empty: none.
std::string named_file(std::string_view line, const Place& place) {
  const std::vector<std::string> words = words_of(line);
  if (place.configuring) return loaded_file(words);
  const bool commit = words.size() > 1 && stands_for(words[0], "commit");
  const bool only_check = words.size() == 2 && words[1] == "check";  // mgd says what is missing
  return commit && !only_check ? words.back() : std::string();
}

// What is typed up to ^D, which ends this text and not the input. Ctrl-C takes it back.
Result<std::string> typed_text() {
  (void)Interrupt::taken();
  fmt::print("[Type ^D at a new line to end input]\n");
  std::fflush(stdout);
  if (::isatty(STDIN_FILENO) == 0) {  // the rest of a script
    std::ostringstream text;
    text << std::cin.rdbuf();
    std::cin.clear();
    return std::move(text).str();
  }
  std::string text;
  char piece[4096];
  while (Interrupt::await_input(STDIN_FILENO)) {
    const ssize_t got = ::read(STDIN_FILENO, piece, sizeof(piece));
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{"operation-failed", "", fmt::format("the terminal: {}", std::strerror(errno))};
    text.append(piece, static_cast<std::size_t>(got));
  }
  return Error{"operation-failed", "", "interrupted; nothing was loaded"};
}

// Such a file is read here, with the operator's own rights and from the operator's own folder.
Result<std::vector<doors::Attachment>> attachments_of(std::string_view line, const Place& place) {
  const std::string name = named_file(line, place);
  if (name.empty()) return std::vector<doors::Attachment>();
  if (place.configuring && name == "terminal") {
    auto typed = typed_text();
    if (!typed) return typed.error();
    return std::vector<doors::Attachment>{{name, std::move(*typed)}};
  }
  std::ostringstream text;
  std::ifstream in(name, std::ios::binary);
  if (in) text << in.rdbuf();
  // An empty file sets the stream's fail bit, which is no error.
  if (!in.is_open() || in.bad()) {
    return Error{"invalid-value", name, fmt::format("the file cannot be read: {}", std::strerror(errno))};
  }
  return std::vector<doors::Attachment>{{name, std::move(text).str()}};
}

constexpr std::string_view kError = "error: ", kWarning = "warning: ";

// A problem of the configuration, which the commit that fails by it then sums up.
std::string problem_text(const Error& problem) {
  return fmt::format("{}\n  '{}'\n    {}", problem.path, problem.element, problem.message);
}

void say(const Error& error, const Screen& screen, std::string_view severity = kError) {
  const bool own_words = error.message.starts_with("syntax error") ||
                         error.message.starts_with("unknown command") ||
                         error.message.find("' is ambiguous.\n") != std::string::npos;
  const bool problem = error.path.starts_with("[edit") && !error.element.empty();
  std::string text = problem ? problem_text(error) : (own_words ? "" : std::string(severity)) + error.text();
  if (::isatty(STDERR_FILENO) != 0) text = wrapped(text, screen.width());
  const Colour colour = severity == kWarning ? Colour::yellow : Colour::red;
  fmt::print(stderr, "{}\n", has_colours(STDERR_FILENO) ? coloured(text, colour) : text);
}

// Shows a text where the command said: on the screen, in pages, or in a file.
class Display : public doors::Listener {
 public:
  // What becomes of a text that nobody wants any more: the connection that brings it is cut, or kept and the
  // rest is skipped.
  enum class Unwanted { cut, skip };
  Display(Seat seat, const Screen& screen, Unwanted unwanted, int connection)
      : seat_(seat), screen_(screen), unwanted_(unwanted), connection_(connection) {}
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;
  ~Display() override { std::fflush(stdout); }

  // Before that, what an interrupt says would be part of the request.
  void asked() override {
    if (unwanted_ == Unwanted::skip) Interrupt::watch(connection_, Interrupt::Means::ask);
  }

  bool begin(const doors::OutputHead& head) override {
    progress_.clear();
    if (!head.file.empty()) return open(head) || unwanted_ == Unwanted::skip;
    const bool terminal = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
    const bool paged = seat_ == Seat::shell && terminal && head.paged && screen_.length() > 0;
    const bool painted = head.difference && has_colours(STDOUT_FILENO);
    if (!paged && !painted) return true;
    PagerTerminal shown = real_terminal();
    if (painted) shown.paint = coloured_difference;
    pager_.emplace(std::move(shown), paged ? screen_.length() : 0, screen_.width());
    return true;
  }

  void progress(std::uint64_t scanned, std::uint64_t total) override { progress_.show(scanned, total); }

  bool text(std::string_view piece) override {
    if (unwanted_ == Unwanted::cut) return take(piece);
    skipping_ = skipping_ || Interrupt::taken() || !take(piece);
    return true;
  }

  // Ends the last page, or a file, and says so as Junos does. An Error: not all of the text is in it.
  Status finish() {
    progress_.clear();
    if (pager_) pager_->finish();
    if (!file_.is_open()) return error_ ? Status(*error_) : Status();
    file_.close();
    if (file_.fail()) (void)fail("cannot be written");
    if (skipping_ && !error_) {
      error_ = Error{"operation-failed", name_, "interrupted; the file has not all of the output"};
    }
    if (error_) return *error_;
    fmt::print("Wrote {} lines of output to '{}'\n", lines_, name_);
    return {};
  }

 private:
  bool take(std::string_view piece) {
    if (error_) return false;
    if (pager_) return pager_->write(piece);
    if (!file_.is_open()) return std::fwrite(piece.data(), 1, piece.size(), stdout) == piece.size();
    for (const char c : piece) lines_ += c == '\n' ? 1 : 0;
    if (file_.write(piece.data(), static_cast<std::streamsize>(piece.size()))) return true;
    return fail("cannot be written");
  }
  bool open(const doors::OutputHead& head) {
    name_ = head.file;
    file_.open(head.file, head.append ? std::ios::binary | std::ios::app : std::ios::binary);
    return file_.is_open() || fail("cannot be opened");
  }
  bool fail(std::string_view what) {
    error_ = Error{"operation-failed", name_, fmt::format("the file {}: {}", what, std::strerror(errno))};
    return false;
  }

  Seat seat_;
  const Screen& screen_;
  Unwanted unwanted_;
  int connection_;
  bool skipping_ = false;
  std::optional<Pager> pager_;
  ProgressLine progress_;
  std::string name_;
  std::ofstream file_;
  std::size_t lines_ = 0;
  std::optional<Error> error_;
};

class Text : public doors::Listener {
 public:
  bool begin(const doors::OutputHead&) override { return true; }
  bool text(std::string_view piece) override {
    all_ += piece;
    return true;
  }
  std::string take() { return std::move(all_); }

 private:
  std::string all_;
};

}  // namespace

bool is_exit(std::string_view line) {
  const std::vector<std::string> words = words_of(line);
  return words.size() == 1 && (words.front() == "exit" || words.front() == "quit");
}

Status Runner::reach() {
  if (client_ && client_->alive()) return {};
  // A session that was idle is not missed: whoever asks has it again.
  restarted_ = restarted_ || (client_ && !client_->told_to_end());
  client_.reset();
  auto client = doors::Client::connect(socket_);
  if (!client) return client.error();
  client_.emplace(std::move(*client));
  ++connections_;
  return {};
}

bool Runner::connect() {
  return told(reach());
}

int Runner::hearing(const Place& place) const {
  const std::optional<doors::Client>& client = place.configuring ? configuration_ : client_;
  return client && !client->over() ? client->socket() : -1;
}

std::vector<doors::Notice> Runner::hear(const Place& place) {
  std::optional<doors::Client>& client = client_at(place);
  return client ? client->take_notices() : std::vector<doors::Notice>();
}

Ran Runner::run(const std::string& line, const Place& place, std::size_t indent) {
  auto files = attachments_of(line, place);
  if (!files) {
    say(files.error(), screen_);
    return {};
  }
  return run(doors::Line{line, place.configuring, place.edit, std::move(*files)}, place, indent);
}

Ran Runner::run_confirmed(const std::string& line, const Place& place, std::size_t indent) {
  doors::Line asked{line, place.configuring, place.edit};
  asked.confirmed = true;
  return run(std::move(asked), place, indent);
}

Ran Runner::run(doors::Line asked, const Place& place, std::size_t indent) {
  const bool configuring = place.configuring && !is_run(asked.text);
  if (configuring ? !connect_configuration() : !connect()) return {};
  std::optional<doors::Client>& client = configuring ? configuration_ : client_;
  const std::string connection = ssh_connection();
  Display display(seat_, screen_, configuring ? Display::Unwanted::skip : Display::Unwanted::cut,
                  client->socket());
  if (!configuring) Interrupt::watch(client->socket(), Interrupt::Means::cut);
  asked.ssh_connection = connection;
  asked.watched = ::isatty(STDOUT_FILENO) != 0;
  if (const std::size_t length = screen_.length(); length > 1) asked.rows = length - 1;
  auto answer = client->command(asked, display);
  Interrupt::watch_nothing();
  const Status written = display.finish();
  if (!written) say(written.error(), screen_);
  if (!answer || answer->stopped) {
    // What is left of the answer is not read; the next command connects again.
    configuring ? drop_configuration() : client.reset();
    if (!answer && !Interrupt::taken()) say(answer.error(), screen_);
    return {answer.has_value() && written.has_value(), {}, {}};
  }
  Ran ran{written.has_value(), std::move(answer->actions), {}};
  for (const doors::Refusal& refusal : answer->refusals) {
    if (refusal.error.tag == doors::kUnconfirmed) {
      ran.question = refusal.error.message;
      continue;
    }
    show(refusal, asked.text, indent);
    ran.good = ran.good && refusal.warning;
  }
  ran.good = run_programs(ran.actions) && ran.good;
  return ran;
}

bool Runner::run_programs(std::vector<doors::Action>& actions) const {
  bool good = true;
  std::erase_if(actions, [&](const doors::Action& action) {
    if (action.name != doors::kRunProgram) return false;
    good = run_one(action) && good;
    return true;
  });
  return good;
}

// Ctrl-C ends the program and not the shell; a script ends with it, as with any other.
bool Runner::run_one(const doors::Action& action) const {
  std::vector<std::string> words;
  for (const auto& [name, word] : action.inputs) words.push_back(word);
  std::optional<Interrupt> catching;
  if (seat_ == Seat::script) catching.emplace();
  const auto status = run_program(words);
  const bool interrupted = Interrupt::taken();
  catching.reset();
  if (interrupted && seat_ == Seat::script) ::raise(SIGINT);
  if (!status) say(status.error(), screen_);
  return status && *status == 0;
}

void Runner::begin_configuration(Candidate candidate) {
  candidate_ = candidate;
  lost_ = false;
  configuration_ = std::exchange(client_, std::nullopt);
}

void Runner::drop_configuration() {
  configuration_.reset();
  restarted_ = true;
  lost_ = candidate_ == Candidate::own;
}

Status Runner::reach_configuration() {
  if (configuration_ && configuration_->alive()) return {};
  if (configuration_) drop_configuration();
  if (lost_) {
    return Error{"operation-failed", "", "the management process (sluice-mgd) was restarted"};
  }
  if (auto reached = reach(); !reached) return reached;
  if (auto opened = client_->order("<open-configuration/>"); !opened) {
    lost_ = true;  // it is not to be had any more
    return opened;
  }
  begin_configuration(Candidate::shared);
  return {};
}

bool Runner::connect_configuration() {
  return told(reach_configuration());
}

bool Runner::told(const Status& reached) {
  if (!reached) {
    say(reached.error(), screen_);
    return false;
  }
  if (restarted_) {
    say({"", "", "the management process (sluice-mgd) was restarted; connected again"}, screen_, kWarning);
  }
  restarted_ = false;
  return true;
}

void Runner::end_configuration() {
  if (configuration_) (void)configuration_->order("<close-configuration/>");
  configuration_.reset();
}

std::optional<std::string> Runner::ask(std::string_view line, const Place& place) {
  if (!place.configuring && !connect()) return std::nullopt;
  std::optional<doors::Client>& client = client_at(place);
  if (!client) return std::nullopt;
  Text text;
  const auto answer = client->command({line, place.configuring}, text);
  if (!answer) client.reset();
  if (!answer) return std::nullopt;
  for (const doors::Refusal& refusal : answer->refusals) {
    if (!refusal.warning) return std::nullopt;
  }
  return text.take();
}

std::optional<std::string> Runner::element(const std::string& request, const char* path) {
  if (!reach()) return std::nullopt;
  const auto reply = client_->rpc(request);
  pugi::xml_document document;
  if (!reply || !document.load_buffer(reply->data(), reply->size())) return std::nullopt;
  const pugi::xml_node found = document.document_element().first_element_by_path(path);
  return found ? std::optional<std::string>(found.text().get()) : std::nullopt;
}

std::optional<std::string> Runner::host_name() {
  return element("<get-system-information/>", "system-information/host-name");
}

std::string Runner::alarms() {
  const std::string request = "get-system-alarm-information";
  if (!element(fmt::format("<{}/>", request), "alarm-information/alarm-summary/active-alarm-count"))
    return {};
  return element(fmt::format("<{} format=\"text\"/>", request), "output").value_or("");
}

doors::Suggestions Runner::complete(std::string_view line, const Place& place, Completion how) {
  const Status reached = place.configuring ? reach_configuration() : reach();
  if (!reached) return {0, {}, {{reached.error(), std::nullopt}}};
  doors::Line asked{line, place.configuring, place.edit};
  asked.ends_word = how == Completion::ends_word;
  auto found = (place.configuring ? configuration_ : client_)->complete(asked);
  if (found) {
    add_files(*found, line);
    return std::move(*found);
  }
  place.configuring ? drop_configuration() : client_.reset();
  return {0, {}, {{found.error(), std::nullopt}}};
}

void Runner::show(const doors::Refusal& refusal, std::string_view line, std::size_t indent) const {
  std::fflush(stdout);
  if (refusal.position) {
    if (seat_ == Seat::script) fmt::print(stderr, "{}\n", line);
    const std::size_t column = columns_of(line.substr(0, std::min(*refusal.position, line.size())));
    fmt::print(stderr, "{:>{}}\n", "^", indent + column + 1);
  }
  say(refusal.error, screen_, refusal.warning ? kWarning : kError);
}

}  // namespace sluice::cli
