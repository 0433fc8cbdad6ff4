// sluice: the operator's command line. With a command it runs it and ends; without one, on a
// terminal, it prompts; otherwise it reads commands from its input, a line each.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <clocale>
#include <iostream>
#include <sstream>

#include "base/version.h"
#include "cli/shell.h"

int main(int argc, char** argv) {
  // What is typed, and how wide it is, in the configuration's encoding, whatever the terminal's user has set.
  (void)std::setlocale(LC_CTYPE, "C.UTF-8");
  std::string run_directory = "/run/sluice";
  std::string socket, script;
  std::vector<std::string> words;
  CLI::App app("sluice: the command line of the Sluice firewall");
  app.add_option("--run-dir", run_directory, "Folder of the daemons' sockets")->envname("SLUICE_RUN_DIR");
  app.add_option("--socket", socket, "sluice-mgd's socket (default: RUN-DIR/mgd.sock)");
  app.add_option("-c", script, "Run this command, or several with ';' between them");
  app.add_option("command", words, "Command to run, such as: show security flow session");
  app.set_version_flag("--version", sluice::version_of("sluice"));
  app.positionals_at_end();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : 1;
  }
  if (socket.empty()) socket = run_directory + "/mgd.sock";
  std::string command;
  for (const std::string& word : words) command += (command.empty() ? "" : " ") + word;

  using sluice::cli::Runner;
  using sluice::cli::Seat;
  if (script.empty() && command.empty() && ::isatty(STDIN_FILENO) != 0) {
    Runner runner(socket, Seat::shell);
    return sluice::cli::Shell(runner).run();
  }
  Runner runner(socket, Seat::script);
  if (!command.empty()) return runner.run(command, {}).good ? 0 : 1;
  if (script.empty()) return sluice::cli::run_script(runner, std::cin);
  std::istringstream lines(sluice::cli::one_a_line(script));
  return sluice::cli::run_script(runner, lines);
}
