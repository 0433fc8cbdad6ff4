// sluice-netconf: what sshd runs as its subsystem "netconf": a pipe between the SSH channel and sluice-mgd.
//
// The management daemon speaks NETCONF itself, so nothing is read here. Who asks is the user whom sshd has
// let in: this process runs as that user, and the daemon takes that from the kernel. What it cannot know is
// the SSH connection, which is said in a message before the client's first.
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/version.h"
#include "base/xml_text.h"
#include "mgd/doors/framing.h"
#include "mgd/doors/socket.h"

namespace {

bool write_all(int to, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(to, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

// Until one side ends.
void copy(int from, int to) {
  std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || !write_all(to, buffer.data(), static_cast<std::size_t>(got))) return;
  }
}

std::string connection_message() {
  std::string message;
  if (const char* connection = std::getenv("SSH_CONNECTION")) {
    message = "<from";
    sluice::append_xml_attribute(message, "ssh-connection", connection);
    message += "/>";
    message += sluice::doors::kEndOfMessage;
  }
  return message;
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
  if (!daemon->write_all(connection_message())) return 1;
  // Two threads, because neither direction may wait for the other. When the client has said its last the
  // daemon still answers; when the daemon has hung up, the client's side is over too, whatever it is waiting
  // for.
  std::thread([socket = daemon->fd()] {
    copy(STDIN_FILENO, socket);
    ::shutdown(socket, SHUT_WR);
  }).detach();
  copy(daemon->fd(), STDOUT_FILENO);
  std::_Exit(0);
}
