#include "mgd/doors/socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::doors {
namespace {

Error failed(const std::string& path, std::string_view what) {
  return {"operation-failed", path, fmt::format("{}: {}", what, std::strerror(errno))};
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Error{"invalid-value", path,
                 fmt::format("a socket's path has at most {} characters", sizeof address.sun_path - 1)};
  }
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Of the other end, as the kernel knows it.
std::optional<ucred> credentials_of(const Socket& socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  const bool known = ::getsockopt(socket.fd(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0;
  return known ? std::optional(credentials) : std::nullopt;
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

int Socket::release() {
  return std::exchange(fd_, -1);
}

void Socket::close() {
  if (fd_ >= 0) ::close(release());
}

void Socket::shut_down() const {
  ::shutdown(fd_, SHUT_RDWR);
}

void Socket::end_writing() const {
  ::shutdown(fd_, SHUT_WR);
}

bool Socket::write_all(std::string_view bytes) const {
  while (!bytes.empty()) {
    ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == ENOTSOCK) sent = ::write(fd_, bytes.data(), bytes.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Socket::write_all(std::string_view bytes, int ask_every_ms, const std::function<bool()>& patient) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (sent > 0 || errno == EINTR) continue;
    pollfd state{fd_, POLLOUT, 0};
    if (::poll(&state, 1, ask_every_ms) == 0 && !patient()) return false;
  }
  return true;
}

bool Socket::read_some(std::string& bytes) const {
  char buffer[64 * 1024];
  ssize_t got = 0;
  do {
    got = ::read(fd_, buffer, sizeof buffer);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  bytes.append(buffer, static_cast<std::size_t>(got));
  return true;
}

// It gets its name last: who sees it may connect.
Result<Socket> listen_at(const std::string& path, unsigned mode) {
  const std::string unborn = path + '~';
  auto address = address_of(unborn);
  if (!address) return address.error();
  if (connect_to(path)) return Error{"in-use", path, "another sluice-mgd answers on this socket"};
  ::unlink(unborn.c_str());
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return failed(path, "no socket");
  if (::bind(socket.fd(), generic(*address), sizeof *address) != 0) return failed(path, "cannot be made");
  if (::chmod(unborn.c_str(), mode) != 0) return failed(path, "its mode cannot be set");
  if (::listen(socket.fd(), SOMAXCONN) != 0) return failed(path, "cannot be listened on");
  if (::rename(unborn.c_str(), path.c_str()) != 0) return failed(path, "cannot be made");
  return socket;
}

Result<Socket> connect_to(const std::string& path) {
  auto address = address_of(path);
  if (!address) return address.error();
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return failed(path, "no socket");
  if (::connect(socket.fd(), generic(*address), sizeof *address) != 0) {
    return failed(path, "the management process (sluice-mgd) does not answer");
  }
  return socket;
}

unsigned uid_of(const Socket& socket) {
  const auto credentials = credentials_of(socket);
  return credentials ? credentials->uid : static_cast<unsigned>(-1);
}

Result<Peer> peer_of(const Socket& socket) {
  const auto credentials = credentials_of(socket);
  if (!credentials) return failed("", "the caller cannot be identified");
  Peer peer;
  peer.uid = credentials->uid;
  peer.pid = credentials->pid;
  peer.user = std::to_string(peer.uid);
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16 * 1024);
  if (::getpwuid_r(peer.uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    peer.user = found->pw_name;
  }
  return peer;
}

}  // namespace sluice::doors
