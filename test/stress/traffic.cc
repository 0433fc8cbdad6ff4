#include "traffic.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/wire.h"

namespace sluice::stress {
namespace {

using path::Datagram;
using path::Endpoint;
using path::Family;

using packet::protocol::kGre;
constexpr std::uint16_t kDenied = 9999;  // the destination port that firewall.cc denies
constexpr std::uint8_t kFin = 1;
constexpr std::uint8_t kSyn = 2;
constexpr std::uint8_t kRst = 4;
constexpr std::uint8_t kAck = 16;

std::uint32_t word_at(const Datagram& packet, std::size_t at) {
  return load_be<std::uint32_t>(&packet.transport[at]);
}
bool is_tcp(const Datagram& packet) {
  return packet.protocol == path::kTcp && packet.transport.size() >= 20;
}
std::uint8_t flags_of(const Datagram& packet) {
  return packet.transport[13];
}
std::uint32_t payload_of(const Datagram& packet) {
  return static_cast<std::uint32_t>(packet.transport.size() - 20);
}
// What the sender of `packet` will send next.
std::uint32_t end_of(const Datagram& packet) {
  return word_at(packet, 4) + payload_of(packet) + ((flags_of(packet) & (kSyn | kFin)) != 0 ? 1 : 0);
}
bool is_echo_request(const Datagram& packet) {
  const bool v4 = packet.family() == Family::inet;
  return packet.protocol == (v4 ? path::kIcmp : path::kIcmp6) && packet.transport[0] == (v4 ? 8 : 128);
}

// The transport of an answer, the way back.
Datagram tcp_back(const Datagram& packet, const char* flags, std::size_t payload = 0) {
  return path::tcp({packet.destination, packet.destination_port()}, {packet.source, packet.source_port()},
                   {.flags = flags,
                    .sequence = word_at(packet, 8),
                    .acknowledgement = end_of(packet),
                    .window = 64240,
                    .options = {},
                    .payload = payload});
}

std::optional<Datagram> server_answer(const Datagram& packet) {
  if (packet.protocol == path::kUdp && !packet.is_fragment()) {
    return path::udp({packet.destination, packet.destination_port()}, {packet.source, packet.source_port()},
                     8);
  }
  if (is_echo_request(packet)) {
    const std::uint32_t query = word_at(packet, 4);
    return path::echo_reply({packet.destination, 0}, {packet.source, 0},
                            static_cast<std::uint16_t>(query >> 16), static_cast<std::uint16_t>(query));
  }
  if (!is_tcp(packet) || (flags_of(packet) & kRst) != 0) {
    return std::nullopt;
  }
  if ((flags_of(packet) & kSyn) != 0) {
    return tcp_back(packet, "SA");
  }
  if ((flags_of(packet) & kFin) != 0) {
    return tcp_back(packet, "FA");
  }
  return payload_of(packet) != 0 ? std::optional(tcp_back(packet, "A")) : std::nullopt;
}

path::Mac host_mac(std::uint8_t last) {
  return {2, 0, 0, 0, 1, last};
}

enum class Network { inside, outside, elsewhere };

path::IpAddress host(Family family, Network network, std::uint32_t number) {
  struct Prefixes {
    const char* inet;
    const char* inet6;
  };
  static constexpr Prefixes kPrefixes[] = {
      {"192.0.2.", "2001:db8:192::"}, {"203.0.113.", "2001:db8:203::"}, {"198.51.100.", "2001:db8:198::"}};
  const Prefixes& prefixes = kPrefixes[static_cast<std::size_t>(network)];
  return path::address(family == Family::inet ? fmt::format("{}{}", prefixes.inet, number)
                                              : fmt::format("{}{:x}", prefixes.inet6, number));
}

}  // namespace

path::ReadFrame Side::read(const port::Frame& bytes) {
  path::ReadFrame frame = path::read_frame(bytes);
  EXPECT_EQ(frame.wrong, "");
  EXPECT_TRUE(frame.is_ip);
  return frame;
}

void Side::send(port::TestPort& port, const path::Mac& to, const Datagram& packet,
                std::uint16_t client_port) {
  const path::FrameHeader header{
      .destination = to, .source = host_mac(1), .vlan = 0, .ether_type = path::ether_type(packet.family())};
  if (port.inject(path::frame(header, packet.ip()), static_cast<std::uint16_t>(client_port % queues_))) {
    ++tally_.sent;
  }
}

void Clients::send(const Datagram& packet) {
  const bool ports = packet.protocol == path::kTcp || packet.protocol == path::kUdp;
  side_.send(side_.port(0), side_.port(0).mac(), packet, ports ? packet.source_port() : std::uint16_t{0});
}

void Clients::begin() {
  const std::uint32_t n = next_++;
  const Family family = n / 16 % 2 == 0 ? Family::inet : Family::inet6;
  const auto client_port = static_cast<std::uint16_t>(1024 + n % 60000);
  const Endpoint client{host(family, Network::inside, 10 + n % 40), client_port};
  const path::IpAddress server =
      host(family, n % 3 == 0 ? Network::elsewhere : Network::outside, 10 + n % 50);
  switch (n % 16) {
    case 0:
    case 1:
      return send(path::udp(client, {server, kDenied}));
    case 2:
      return send(path::echo_request(client, {server, 0}, static_cast<std::uint16_t>(n), 1));
    case 3:
      return send(path::echo_request(client, {host(family, Network::inside, 1), 0},
                                     static_cast<std::uint16_t>(n), 1));
    case 4:
      for (const Datagram& part : path::fragments(path::udp(client, {server, 7}, 64), 40, n)) {
        side_.send(side_.port(0), side_.port(0).mac(), part, static_cast<std::uint16_t>(n));
      }
      return;
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
      return send(path::udp(client, {server, 7}));
    default:
      return send(path::tcp(client, {server, 80}, {.flags = "S", .sequence = n, .options = {}}));
  }
}

void Clients::keep_alive() {
  for (std::uint32_t i = 0; i < kLasting; ++i) {
    for (const Family family : {Family::inet, Family::inet6}) {
      send(path::other(kGre, {host(family, Network::inside, 200 + i), 0},
                       {host(family, Network::outside, 200 + i), 0}, {0, 0, 8, 0}));
    }
  }
}

// A connection that was accepted says something and ends, most in good order.
void Clients::follow_up(const Datagram& from_server) {
  if (!is_tcp(from_server)) {
    return;
  }
  const std::uint8_t flags = flags_of(from_server);
  if ((flags & kSyn) != 0) {
    send(tcp_back(from_server, "PA", 20));
  } else if ((flags & kFin) != 0) {
    send(tcp_back(from_server, "A"));
  } else if ((flags & kAck) != 0) {
    send(tcp_back(from_server, from_server.destination_port() % 8 == 0 ? "RA" : "FA"));
  }
}

void Clients::answer() {
  side_.receive([this](port::TestPort&, const path::ReadFrame& frame) { follow_up(frame.datagram); });
}

void Clients::take() {
  side_.receive([](port::TestPort&, const path::ReadFrame&) {});
}

void Servers::answer() {
  wires_.receive([this](port::TestPort& port, const path::ReadFrame& frame) {
    if (const auto reply = server_answer(frame.datagram)) {
      wires_.send(port, port.mac(), *reply, frame.datagram.source_port());
    }
  });
  twins_.receive([this](port::TestPort& port, const path::ReadFrame& frame) {
    if (const auto reply = server_answer(frame.datagram)) {
      twins_.send(port, frame.header.source, *reply, 0);
    }
  });
}

void Servers::take() {
  wires_.receive([](port::TestPort&, const path::ReadFrame&) {});
  twins_.receive([](port::TestPort&, const path::ReadFrame&) {});
}

}  // namespace sluice::stress
