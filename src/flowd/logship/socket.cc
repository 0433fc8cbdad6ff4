#include "flowd/logship/socket.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/wire.h"

namespace sluice::logship {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  SocketAddress(const packet::IpAddress& address, std::uint16_t port) {
    if (address.family == packet::Family::inet) {
      auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
      v4->sin_family = AF_INET;
      v4->sin_port = byte_swap(port);
      std::memcpy(&v4->sin_addr, address.bytes.data(), sizeof v4->sin_addr);
      size = sizeof *v4;
    } else {
      auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
      v6->sin6_family = AF_INET6;
      v6->sin6_port = byte_swap(port);
      std::memcpy(&v6->sin6_addr, address.bytes.data(), sizeof v6->sin6_addr);
      size = sizeof *v6;
    }
  }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Error failure(const std::string& what) {
  return Error{.tag = "operation-failed", .path = "", .message = what + ": " + std::strerror(errno)};
}

}  // namespace

std::string Endpoint::text() const {
  return fmt::format("{} port {}", packet::to_string(address), port);
}

Result<Socket> connect_socket(const Endpoint& endpoint, int type) {
  const int family = endpoint.address.family == packet::Family::inet ? AF_INET : AF_INET6;
  Socket socket(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) {
    return failure("cannot make a socket");
  }
  if (endpoint.source) {
    const SocketAddress source(*endpoint.source, 0);
    if (::bind(socket.fd(), source.get(), source.size) != 0) {
      return failure("cannot use source-address " + packet::to_string(*endpoint.source));
    }
  }
  const SocketAddress target(endpoint.address, endpoint.port);
  if (::connect(socket.fd(), target.get(), target.size) != 0 && errno != EINPROGRESS) {
    return failure("cannot connect to " + endpoint.text());
  }
  return socket;
}

}  // namespace sluice::logship
