// TCP (RFC 6587): one connection, made again when it breaks.
//
// A record leaves the outbox when the collector's kernel acknowledged its last byte, so a broken
// connection loses nothing that still fits the outbox; records that were on their way are sent
// again and may arrive twice (log-sequence tells).
#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "flowd/logship/socket.h"
#include "flowd/logship/transport.h"

namespace sluice::logship {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kFirstRetryNs = 250 * kMillisecond;
constexpr std::uint64_t kLongestRetryNs = 8'000 * kMillisecond;
constexpr std::uint64_t kConnectTimeoutNs = 10'000 * kMillisecond;
constexpr unsigned kUserTimeoutMs = 30'000;  // unacknowledged for so long: the connection is dead

class TcpTransport final : public Transport {
 public:
  TcpTransport(const TcpTarget& target, const TransportParts& parts)
      : endpoint_{.address = target.address, .port = target.port, .source = target.source},
        framing_(target.framing == TcpFraming::newline ? Framing::newline : Framing::octet_counting),
        health_(parts.counters, parts.report) {}

  void send(Outbox& outbox, std::uint64_t now_ns) override;
  [[nodiscard]] Framing framing() const override { return framing_; }

 private:
  enum class State { closed, connecting, connected };

  void connect(std::uint64_t now_ns);
  void finish_connecting(std::uint64_t now_ns);
  bool peer_closed();
  void transmit(Outbox& outbox, std::uint64_t now_ns);
  void acknowledge(Outbox& outbox);
  void down(const std::string& why, std::uint64_t now_ns);

  const Endpoint endpoint_;
  const Framing framing_;
  Health health_;
  Socket socket_;
  State state_ = State::closed;
  std::uint64_t connecting_since_ns_ = 0;
  std::uint64_t retry_at_ns_ = 0;
  std::uint64_t retry_after_ns_ = kFirstRetryNs;
};

void TcpTransport::send(Outbox& outbox, std::uint64_t now_ns) {
  if (state_ == State::closed && now_ns >= retry_at_ns_) {
    outbox.rewind();
    connect(now_ns);
  }
  if (state_ == State::connecting) {
    finish_connecting(now_ns);
  }
  if (state_ == State::connected) {
    transmit(outbox, now_ns);
  }
}

void TcpTransport::connect(std::uint64_t now_ns) {
  Result<Socket> made = connect_socket(endpoint_, SOCK_STREAM);
  if (!made) {
    down(made.error().message, now_ns);
    return;
  }
  socket_ = std::move(*made);
  const int on = 1;
  ::setsockopt(socket_.fd(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(socket_.fd(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof kUserTimeoutMs);
  state_ = State::connecting;
  connecting_since_ns_ = now_ns;
}

void TcpTransport::finish_connecting(std::uint64_t now_ns) {
  pollfd ready{.fd = socket_.fd(), .events = POLLOUT, .revents = 0};
  if (::poll(&ready, 1, 0) == 0) {
    if (now_ns - connecting_since_ns_ > kConnectTimeoutNs) {
      errno = ETIMEDOUT;
      down(fmt::format("cannot connect to {}: {}", endpoint_.text(), std::strerror(errno)), now_ns);
    }
    return;
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    down(fmt::format("cannot connect to {}: {}", endpoint_.text(), std::strerror(error)), now_ns);
    return;
  }
  state_ = State::connected;
  retry_after_ns_ = kFirstRetryNs;
  health_.up();
}

// Collectors say nothing; what they say is thrown away, and the end of it is the connection's.
bool TcpTransport::peer_closed() {
  std::array<char, 512> ignored;
  for (;;) {
    const ssize_t size = ::recv(socket_.fd(), ignored.data(), ignored.size(), MSG_DONTWAIT);
    if (size == 0) {
      errno = ECONNRESET;
      return true;
    }
    if (size < 0) {
      return errno != EAGAIN && errno != EINTR;
    }
  }
}

void TcpTransport::transmit(Outbox& outbox, std::uint64_t now_ns) {
  bool broken = peer_closed();
  while (!broken && !outbox.unsent().empty()) {
    const std::span<const char> bytes = outbox.unsent();
    const ssize_t sent = ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      outbox.mark_sent(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      break;
    } else {
      broken = errno != EINTR;
    }
  }
  const int why = errno;
  acknowledge(outbox);
  if (broken) {
    down(fmt::format("lost the connection to {}: {}", endpoint_.text(), std::strerror(why)), now_ns);
  }
}

void TcpTransport::acknowledge(Outbox& outbox) {
  int unacknowledged = 0;
  if (::ioctl(socket_.fd(), SIOCOUTQ, &unacknowledged) == 0) {
    const auto waiting = static_cast<std::size_t>(unacknowledged);
    if (outbox.in_flight() > waiting) {
      outbox.mark_arrived(outbox.in_flight() - waiting);
    }
  }
}

void TcpTransport::down(const std::string& why, std::uint64_t now_ns) {
  health_.failed(why);
  socket_.close();
  state_ = State::closed;
  retry_at_ns_ = now_ns + retry_after_ns_;
  retry_after_ns_ = std::min(2 * retry_after_ns_, kLongestRetryNs);
}

}  // namespace

std::unique_ptr<Transport> make_tcp_transport(const TcpTarget& target, const TransportParts& parts) {
  return std::make_unique<TcpTransport>(target, parts);
}

}  // namespace sluice::logship
