// sluice-netconf: what sshd runs as its subsystem "netconf": a pipe between the SSH channel and sluice-mgd.
//
// The management daemon speaks NETCONF itself, so nothing is read here. Who asks is the user whom sshd has
// let in: this process runs as that user, and the daemon takes that from the kernel. What it cannot know is
// the SSH connection, which is said in a message before the client's first byte, without one too: as the
// daemon takes no second word on it, the client can say none.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/version.h"
#include "base/xml_text.h"
#include "mgd/doors/framing.h"
#include "mgd/doors/socket.h"

namespace {

using sluice::doors::Socket;

// Until one side ends.
void copy(const Socket& from, const Socket& to) {
  std::string bytes;
  while (from.read_some(bytes) && to.write_all(bytes)) bytes.clear();
}

std::string connection_message() {
  std::string message = "<from";
  if (const char* connection = std::getenv("SSH_CONNECTION")) {
    sluice::append_xml_attribute(message, "ssh-connection", connection);
  }
  return message.append("/>").append(sluice::doors::kEndOfMessage);
}

}  // namespace

int main(int argc, char** argv) {
  std::string run_directory = "/run/sluice";
  std::string path;
  CLI::App app("sluice-netconf: NETCONF for sshd, as its subsystem");
  app.add_option("--run-dir", run_directory, "Folder of the daemons' sockets")->envname("SLUICE_RUN_DIR");
  app.add_option("--socket", path, "sluice-mgd's socket (default: RUN-DIR/mgd.sock)");
  app.set_version_flag("--version", sluice::version_of("sluice-netconf"));
  CLI11_PARSE(app, argc, argv);
  if (path.empty()) path = run_directory + "/mgd.sock";

  std::signal(SIGPIPE, SIG_IGN);
  const auto daemon = sluice::doors::connect_to(path);
  if (!daemon) {
    fmt::print(stderr, "sluice-netconf: {}\n", daemon.error().text());
    return 1;
  }
  // Who was turned away finds the reason in what the daemon said.
  (void)daemon->write_all(connection_message());
  // Two threads, because neither direction may wait for the other. When the client has said its last the
  // daemon still answers; when the daemon has hung up, the client's side is over too, whatever it is waiting
  // for.
  const Socket from_client(STDIN_FILENO);
  const Socket to_client(STDOUT_FILENO);
  std::thread([&] {
    copy(from_client, *daemon);
    daemon->end_writing();
  }).detach();
  copy(*daemon, to_client);
  std::_Exit(0);
}
