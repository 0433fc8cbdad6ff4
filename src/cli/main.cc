// sluice: the operator's command line. With a command it runs it and ends; without one, on a
// terminal, it prompts; otherwise it reads commands from its input, a line each.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "base/version.h"
#include "cli/prompt.h"
#include "cli/runner.h"

namespace {

using sluice::cli::Runner;

int run_input(Runner& runner) {
  bool good = true;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (sluice::cli::is_exit(line)) break;
    good = runner.run(line, sluice::cli::EchoCommand::yes) && good;
  }
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::string run_directory = "/run/sluice";
  std::string socket, script;
  std::vector<std::string> words;
  CLI::App app("sluice: the command line of the Sluice firewall");
  app.add_option("--run-dir", run_directory, "Folder of the daemons' sockets")->envname("SLUICE_RUN_DIR");
  app.add_option("--socket", socket, "sluice-mgd's socket (default: RUN-DIR/mgd.sock)");
  app.add_option("-c", script, "Run this command");
  app.add_option("command", words, "Command to run, such as: show security flow session");
  app.set_version_flag("--version", sluice::version_of("sluice"));
  app.positionals_at_end();
  CLI11_PARSE(app, argc, argv);
  if (socket.empty()) socket = run_directory + "/mgd.sock";
  for (const std::string& word : words) script += (script.empty() ? "" : " ") + word;

  Runner runner(socket);
  if (!script.empty()) return runner.run(script, sluice::cli::EchoCommand::yes) ? 0 : 1;
  if (::isatty(STDIN_FILENO) != 0) return sluice::cli::prompt_loop(runner);
  return run_input(runner);
}
