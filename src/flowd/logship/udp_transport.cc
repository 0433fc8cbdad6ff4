// UDP: a datagram for each record (RFC 5426), many with one system call.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "flowd/logship/socket.h"
#include "flowd/logship/transport.h"

namespace sluice::logship {
namespace {

constexpr std::size_t kBurst = 64;
constexpr std::uint64_t kRetryNs = kNsPerSecond;

class UdpTransport final : public Transport {
 public:
  UdpTransport(const UdpTarget& target, const TransportParts& parts)
      : endpoint_{.address = target.address, .port = target.port, .source = target.source},
        health_(parts.counters, parts.report) {}

  void send(Outbox& outbox, std::uint64_t now_ns) override;
  [[nodiscard]] Framing framing() const override { return Framing::datagram; }

 private:
  enum class Sent { some, later, never };

  Sent send_burst(Outbox& outbox);
  void down(const std::string& why, std::uint64_t now_ns) {
    health_.failed(why);
    socket_.close();
    retry_at_ns_ = now_ns + kRetryNs;
  }

  const Endpoint endpoint_;
  Health health_;
  Socket socket_;
  std::uint64_t retry_at_ns_ = 0;
};

void UdpTransport::send(Outbox& outbox, std::uint64_t now_ns) {
  if (!socket_.is_open()) {
    if (now_ns < retry_at_ns_) {
      return;
    }
    Result<Socket> made = connect_socket(endpoint_, SOCK_DGRAM);
    if (!made) {
      down(made.error().message, now_ns);
      return;
    }
    socket_ = std::move(*made);
    health_.up();
  }
  while (!outbox.empty()) {
    const Sent sent = send_burst(outbox);
    if (sent == Sent::never) {
      down(fmt::format("cannot send to {}: {}", endpoint_.text(), std::strerror(errno)), now_ns);
    }
    if (sent != Sent::some) {
      return;
    }
  }
}

UdpTransport::Sent UdpTransport::send_burst(Outbox& outbox) {
  std::array<mmsghdr, kBurst> messages{};
  std::array<iovec, kBurst> pieces{};
  const std::size_t count = std::min(outbox.records(), kBurst);
  char* const base = const_cast<char*>(outbox.unsent().data());
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = outbox.end_of(i);
    pieces[i] = {.iov_base = base + begin, .iov_len = end - begin};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    begin = end;
  }
  const int sent = ::sendmmsg(socket_.fd(), messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
  if (sent > 0) {
    outbox.mark_sent_and_arrived(outbox.end_of(static_cast<std::size_t>(sent) - 1));
    return Sent::some;
  }
  switch (errno) {
    case EAGAIN:
    case ENOBUFS:
      return Sent::later;
    case ECONNREFUSED:  // an ICMP error for an earlier datagram: it was lost, as UDP may
    case EINTR:
      return Sent::some;
    case EMSGSIZE:
      health_.lost(1);
      outbox.mark_sent_and_arrived(outbox.end_of(0));
      return Sent::some;
    default:
      return Sent::never;
  }
}

}  // namespace

std::unique_ptr<Transport> make_udp_transport(const UdpTarget& target, const TransportParts& parts) {
  return std::make_unique<UdpTransport>(target, parts);
}

}  // namespace sluice::logship
