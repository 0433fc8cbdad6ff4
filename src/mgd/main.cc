// sluice-mgd: the management daemon. Loads the schema and the committed configuration, keeps flowd in
// agreement with it, and serves its socket until it is told to end.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <thread>

#include "base/version.h"
#include "mgd/keeper.h"
#include "mgd/service.h"

namespace {

using sluice::Status;

struct Options {
  std::string run_directory = "/run/sluice";
  std::string socket, flowd_socket;
  std::string state_directory = "/var/lib/sluice";
  std::string yang_directory = sluice::config::Schema::default_directory();
  std::string log_directory = "/var/log/sluice";
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("--run-dir", options.run_directory, "Folder of the daemons' sockets")
      ->envname("SLUICE_RUN_DIR")
      ->capture_default_str();
  app.add_option("--socket", options.socket, "Socket to serve (default: RUN-DIR/mgd.sock)");
  app.add_option("--flowd-socket", options.flowd_socket, "flowd's socket (default: RUN-DIR/flowd.sock)");
  app.add_option("--state-dir", options.state_directory, "Folder of the committed configuration")
      ->envname("SLUICE_STATE_DIR")
      ->capture_default_str();
  app.add_option("--log-dir", options.log_directory, "Folder of the audit log")
      ->envname("SLUICE_LOG_DIR")
      ->capture_default_str();
  app.add_option("--yang-dir", options.yang_directory, "Folder of the YANG modules")
      ->envname("SLUICE_YANG_DIR")
      ->capture_default_str();
  app.set_version_flag("--version", sluice::version_of("sluice-mgd"));
}

// Whoever is on this machine may ask; `system login` says what is answered.
constexpr unsigned kSocketMode = 0666;

// SIGTERM and SIGINT end the daemon; every thread started later inherits that they are blocked.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a client or a log reader that left is no reason to end
  return signals;
}

Status serve(const Options& options) {
  const sigset_t signals = block_signals();
  auto schema = sluice::config::Schema::load(options.yang_directory);
  if (!schema) return schema.error();
  auto rpcs = sluice::command::RpcSchema::load(options.yang_directory);
  if (!rpcs) return rpcs.error();
  auto grammar = sluice::command::Grammar::build(*rpcs, sluice::rpc::commands());
  if (!grammar) return grammar.error();
  auto store = sluice::storage::Store::open(options.state_directory);
  if (!store) return store.error();
  std::error_code made_by_someone_else;
  std::filesystem::create_directories(options.run_directory, made_by_someone_else);
  auto listener = sluice::doors::listen_at(options.socket, kSocketMode);
  if (!listener) return listener.error();

  const sluice::link::Flowd flowd = sluice::link::Flowd::at(options.flowd_socket);
  sluice::commit::Running running(*schema);
  std::filesystem::create_directories(options.log_directory, made_by_someone_else);
  sluice::audit::Log audit(std::filesystem::path(options.log_directory) / "audit",
                           [&running] { return running.host_name(); });
  sluice::alarm::Alarms alarms(sluice::commit::clock_unix_s, &audit);
  const sluice::commit::Parts parts{running, alarms, &*store, flowd, sluice::commit::clock_unix_s, &audit};
  sluice::commit::restore(parts, *schema);
  for (const sluice::alarm::Alarm& alarm : alarms.active()) {
    fmt::print(stderr, "sluice-mgd: {}\n", alarm.text);
  }
  sluice::mgd::ManagementService service(*schema, *rpcs, *grammar, parts);
  sluice::mgd::Keeper keeper(sluice::mgd::Watch(parts, service.candidates()));
  sluice::doors::Server server(std::move(*listener), service);
  std::thread serving([&server] { server.run(); });
  int signal = 0;
  sigwait(&signals, &signal);
  server.stop();
  serving.join();
  ::unlink(options.socket.c_str());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("sluice-mgd: Sluice's management daemon");
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  if (options.socket.empty()) options.socket = options.run_directory + "/mgd.sock";
  if (options.flowd_socket.empty()) options.flowd_socket = options.run_directory + "/flowd.sock";
  const Status served = serve(options);
  if (served) return 0;
  fmt::print(stderr, "sluice-mgd: {}\n", served.error().text());
  return 1;
}
