#include "cli/interrupt.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "mgd/doors/framing.h"

namespace sluice::cli {
namespace {

// A signal handler reaches nothing but statics.
std::atomic<int> watched_socket = -1;
std::atomic<bool> asks = false;
std::atomic<bool> signalled = false;
static_assert(std::atomic<int>::is_always_lock_free);

void end_what_is_watched() {
  const int socket = watched_socket;
  if (socket < 0) return;
  const int before = errno;
  if (asks) {
    (void)!::write(socket, doors::kInterruption.data(), doors::kInterruption.size());
  } else {
    ::shutdown(socket, SHUT_RDWR);
  }
  errno = before;
}

void on_signal(int) {
  signalled = true;
  end_what_is_watched();
}

void handle_with(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;  // without SA_RESTART: a read at the prompt returns
  ::sigaction(SIGINT, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
  handle_with(on_signal);
}

Interrupt::~Interrupt() {
  handle_with(SIG_DFL);
}

void Interrupt::watch(int socket, Means means) {
  asks = means == Means::ask;
  watched_socket = socket;
  if (signalled) end_what_is_watched();
}

void Interrupt::watch_nothing() {
  watched_socket = -1;
}

// The signal is let in only while it ends the waiting: one that came just before would not.
bool Interrupt::await_input(int file) {
  sigset_t interrupt, before;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &interrupt, &before);
  pollfd input{file, POLLIN, 0};
  while (!signalled && ::ppoll(&input, 1, nullptr, &before) < 0) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return !signalled;
}

bool Interrupt::taken() {
  return signalled.exchange(false);
}

}  // namespace sluice::cli
