// Interrupt: what Ctrl-C does at the prompt: it ends the command that runs, and never the program.
#pragma once

namespace sluice::cli {

// From construction to destruction SIGINT is caught. One at a time; the main thread's.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // The connection that SIGINT cuts, which ends the command running on it; -1: none.
  static void watch(int socket);
  // Waits until the file can be read. False: SIGINT came, before or meanwhile.
  static bool await_input(int file);
  // Whether SIGINT came since the last call.
  static bool taken();
};

}  // namespace sluice::cli
