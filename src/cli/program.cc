#include "cli/program.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

extern char** environ;

namespace sluice::cli {
namespace {

// A program begins as a shell would start it: what the command line does about signals is its own affair.
class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

// A terminal sends SIGINT to the program as well; others may send it to this process alone.
int status_of(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) ::kill(process, SIGINT);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<int> run_program(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::fflush(stdout);
  pid_t process = 0;
  std::signal(SIGCHLD, SIG_DFL);  // who started this one may ignore it, and then no end is told
  const Attributes attributes;
  const int failure =
      ::posix_spawnp(&process, arguments[0], nullptr, attributes.get(), arguments.data(), environ);
  if (failure == ENOENT) {
    return Error{"operation-failed", "", fmt::format("the program '{}' is not installed", words.front())};
  }
  if (failure != 0) {
    return Error{"operation-failed", "",
                 fmt::format("the program '{}' cannot be run: {}", words.front(), std::strerror(failure))};
  }
  return status_of(process);
}

}  // namespace sluice::cli
