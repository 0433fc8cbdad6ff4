// What the UDP and TCP transports share: a socket towards a collector.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "dataplane/packet/address.h"

namespace sluice::logship {

// Owns a file descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() { close(); }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) {
      ::close(fd_);
      fd_ = -1;
    }
  }

 private:
  int fd_ = -1;
};

struct Endpoint {
  packet::IpAddress address;
  std::uint16_t port = 0;
  std::optional<packet::IpAddress> source;

  // "192.0.2.99 port 514"
  [[nodiscard]] std::string text() const;
};

// A non-blocking socket of `type` (SOCK_DGRAM, SOCK_STREAM), bound to the source address if there is
// one, connected or, for TCP, connecting. The error's message is a sentence without a full stop.
[[nodiscard]] Result<Socket> connect_socket(const Endpoint& endpoint, int type);

}  // namespace sluice::logship
