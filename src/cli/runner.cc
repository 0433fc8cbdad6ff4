#include "cli/runner.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iomanip>
#include <sstream>

#include "cli/interrupt.h"
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
  const bool own_words = error.message.starts_with("syntax error");
  fmt::print(stderr, "{}{}\n", own_words ? "" : "error: ", error.text());
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

bool is_exit(std::string_view line) {
  const std::vector<std::string> words = words_of(line);
  return words.size() == 1 && (words.front() == "exit" || words.front() == "quit");
}

bool Runner::connect() {
  if (client_) return true;
  auto client = doors::Client::connect(socket_);
  if (!client) {
    say(client.error());
    return false;
  }
  client_.emplace(std::move(*client));
  return true;
}

bool Runner::run(std::string_view line, EchoCommand echo, std::size_t prompt_width) {
  const auto files = attachments_of(line);
  if (!files) {
    say(files.error());
    return false;
  }
  if (!connect()) return false;
  Interrupt::watch(client_->socket());
  const auto refusals = client_->command(line, *files, ssh_connection(), print);
  Interrupt::watch(-1);
  std::fflush(stdout);
  if (!refusals) {
    client_.reset();  // the next command connects again
    if (!Interrupt::taken()) say(refusals.error());
    return false;
  }
  for (const doors::Refusal& refusal : *refusals) show(refusal, line, echo, prompt_width);
  return refusals->empty();
}

std::optional<std::string> Runner::ask(std::string_view line) {
  if (!connect()) return std::nullopt;
  std::string text;
  const auto refusals = client_->command(line, {}, {}, [&](std::string_view piece) { text += piece; });
  if (!refusals) client_.reset();
  if (!refusals || !refusals->empty()) return std::nullopt;
  return text;
}

void Runner::show(const doors::Refusal& refusal, std::string_view line, EchoCommand echo,
                  std::size_t prompt_width) const {
  if (refusal.position) {
    if (echo == EchoCommand::yes) fmt::print(stderr, "{}\n", line);
    fmt::print(stderr, "{:>{}}\n", "^", prompt_width + *refusal.position + 1);
  }
  say(refusal.error);
}

}  // namespace sluice::cli
