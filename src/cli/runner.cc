#include "cli/runner.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iomanip>
#include <sstream>

#include "cli/interrupt.h"
#include "cli/pager.h"
#include "cli/ssh_connection.h"

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

// A commit reads its file here, with the operator's own rights and from the operator's own folder.
Result<std::vector<doors::Attachment>> attachments_of(std::string_view line) {
  const std::vector<std::string> words = words_of(line);
  std::vector<doors::Attachment> files;
  if (words.size() < 2 || !stands_for(words.front(), "commit")) return files;
  const std::string& name = words.back();
  if (words.size() == 2 && name == "check") return files;  // mgd says what is missing
  std::ifstream in(name, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  // An empty file sets the stream's fail bit, which is no error.
  if (!in.is_open() || in.bad()) {
    return Error{"invalid-value", name, fmt::format("the file cannot be read: {}", std::strerror(errno))};
  }
  files.push_back({name, std::move(text).str()});
  return files;
}

void say(const Error& error) {
  const bool own_words =
      error.message.starts_with("syntax error") || error.message.starts_with("unknown command");
  const std::string text = (own_words ? "" : "error: ") + error.text();
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  fmt::print(stderr, "{}\n", terminal ? wrapped(text, Screen().width()) : text);
}

// Shows a text where the command said: on the screen, in pages, or in a file.
class Display : public doors::Listener {
 public:
  Display(Seat seat, const Screen& screen) : seat_(seat), screen_(screen) {}
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;
  ~Display() override {
    if (pager_) pager_->finish();
    std::fflush(stdout);
  }

  bool begin(const doors::OutputHead& head) override {
    if (!head.file.empty()) return open(head);
    const bool terminal = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
    if (seat_ == Seat::shell && terminal && head.paged && screen_.length() > 0) {
      pager_.emplace(real_terminal(), screen_.length(), screen_.width());
    }
    return true;
  }

  bool text(std::string_view piece) override {
    if (pager_) return pager_->write(piece);
    if (!file_.is_open()) return std::fwrite(piece.data(), 1, piece.size(), stdout) == piece.size();
    for (const char c : piece) lines_ += c == '\n' ? 1 : 0;
    if (file_.write(piece.data(), static_cast<std::streamsize>(piece.size()))) return true;
    return fail("cannot be written");
  }

  // Of a file: whether all of it is there. Says so, as Junos does.
  bool finish(const Error*& error) {
    if (file_.is_open()) {
      file_.close();
      if (!file_.fail() && !error_) {
        fmt::print("Wrote {} lines of output to '{}'\n", lines_, name_);
      } else if (!error_) {
        (void)fail("cannot be written");
      }
    }
    error = error_ ? &*error_ : nullptr;
    return !error_;
  }

 private:
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
  std::optional<Pager> pager_;
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
  restarted_ = restarted_ || client_.has_value();
  client_.reset();
  auto client = doors::Client::connect(socket_);
  if (!client) return client.error();
  client_.emplace(std::move(*client));
  return {};
}

bool Runner::connect() {
  if (const Status reached = reach(); !reached) {
    say(reached.error());
    return false;
  }
  if (restarted_) {
    fmt::print(stderr, "warning: the management process (sluice-mgd) was restarted; connected again\n");
  }
  restarted_ = false;
  return true;
}

Ran Runner::run(const std::string& line, const Place& place, std::size_t indent) {
  auto files = attachments_of(line);
  if (!files) {
    say(files.error());
    return {};
  }
  if (!connect()) return {};
  const std::string connection = ssh_connection();
  const doors::Line asked{line, place.configuring, place.edit, std::move(*files), connection};
  Display display(seat_, screen_);
  Interrupt::watch(client_->socket());
  auto answer = client_->command(asked, display);
  Interrupt::watch(-1);
  const Error* unwritten = nullptr;
  const bool written = display.finish(unwritten);
  if (!written) say(*unwritten);
  if (!answer || answer->stopped) {
    client_.reset();  // what is left of the answer is not read; the next command connects again
    if (!answer && !Interrupt::taken()) say(answer.error());
    return {answer.has_value() && written, {}};
  }
  for (const doors::Refusal& refusal : answer->refusals) show(refusal, line, indent);
  return {answer->refusals.empty() && written, std::move(answer->actions)};
}

std::optional<std::string> Runner::ask(std::string_view line) {
  if (!connect()) return std::nullopt;
  Text text;
  const auto answer = client_->command({line}, text);
  if (!answer) client_.reset();
  if (!answer || !answer->refusals.empty()) return std::nullopt;
  return text.take();
}

doors::Suggestions Runner::complete(std::string_view line, const Place& place) {
  if (const Status reached = reach(); !reached) return {0, {}, {{reached.error(), std::nullopt}}};
  auto found = client_->complete({line, place.configuring, place.edit});
  if (found) return std::move(*found);
  client_.reset();
  return {0, {}, {{found.error(), std::nullopt}}};
}

void Runner::show(const doors::Refusal& refusal, std::string_view line, std::size_t indent) const {
  std::fflush(stdout);
  if (refusal.position) {
    if (seat_ == Seat::script) fmt::print(stderr, "{}\n", line);
    const std::size_t column = columns_of(line.substr(0, std::min(*refusal.position, line.size())));
    fmt::print(stderr, "{:>{}}\n", "^", indent + column + 1);
  }
  say(refusal.error);
}

}  // namespace sluice::cli
