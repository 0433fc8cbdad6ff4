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

  // What SIGINT does to the connection, to end the command that runs on it.
  enum class Means {
    cut,
    ask,  // the daemon to end it; the connection goes on
  };
  // One that came since the last command ends this one at once.
  static void watch(int socket, Means means);
  static void watch_nothing();
  // Waits until the file can be read. False: SIGINT came, before or meanwhile.
  static bool await_input(int file);
  // Whether SIGINT came since the last call.
  static bool taken();
};

}  // namespace sluice::cli
