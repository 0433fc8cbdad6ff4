// Packets as the path tests speak of them: built from facts, and read back with every check that a
// receiving host would make. Checksums are computed here in the plainest way, and share no code
// with the product.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/packet/address.h"

namespace sluice::path {

using Bytes = std::vector<std::uint8_t>;
using Mac = std::array<std::uint8_t, 6>;
using packet::Family;
using packet::IpAddress;

inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIcmp6 = 58;

// "10.0.0.1" or "2001:db8::1"; aborts on nonsense: it is a test's own text.
[[nodiscard]] IpAddress address(std::string_view text);
[[nodiscard]] std::string to_text(const Mac& mac);

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// One IP packet (or one fragment of one).
struct Datagram {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = kUdp;
  std::uint8_t hops = 64;       // TTL or hop limit
  Bytes transport;              // header and payload, checksum included
  Bytes options;                // IPv4 options, or IPv6 extension headers as they are on the wire
  std::uint8_t first_next = 0;  // IPv6 with `options`: next header of the fixed header
  // Fragments: offset in bytes.
  std::uint32_t identification = 0;
  std::uint32_t offset = 0;
  bool more_fragments = false;
  bool dont_fragment = false;

  [[nodiscard]] Family family() const { return source.family; }
  [[nodiscard]] bool is_fragment() const { return offset != 0 || more_fragments; }
  // From the IP header on.
  [[nodiscard]] Bytes ip() const;
  // Ports of the transport header, host order.
  [[nodiscard]] std::uint16_t source_port() const;
  [[nodiscard]] std::uint16_t destination_port() const;
  // Fixes the transport checksum after a change.
  Datagram& seal();
  // For failure messages: "tcp 10.0.1.10/40000 > 10.0.2.20/80 ttl 64, 40 bytes".
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Datagram&, const Datagram&) = default;
};
// The packet as it leaves the firewall, which is what others quote.
[[nodiscard]] inline Datagram forwarded(Datagram packet) {
  --packet.hops;
  return packet;
}

struct TcpFields {
  std::string flags = "A";  // of S A F R P U
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint16_t window = 64240;
  Bytes options;  // padded to words by the builder
  std::size_t payload = 0;
};
[[nodiscard]] Datagram tcp(const Endpoint& from, const Endpoint& to, const TcpFields& fields);
[[nodiscard]] Datagram udp(const Endpoint& from, const Endpoint& to, std::size_t payload = 16);
[[nodiscard]] Datagram udp(const Endpoint& from, const Endpoint& to, const Bytes& payload);
// Ports of the endpoints mean nothing here.
[[nodiscard]] Datagram echo_request(const Endpoint& from, const Endpoint& to, std::uint16_t identifier,
                                    std::uint16_t sequence, std::size_t payload = 8);
[[nodiscard]] Datagram echo_reply(const Endpoint& from, const Endpoint& to, std::uint16_t identifier,
                                  std::uint16_t sequence, std::size_t payload = 8);
[[nodiscard]] Datagram icmp(const Endpoint& from, const Endpoint& to, std::uint8_t type, std::uint8_t code,
                            std::uint32_t parameter, const Bytes& body);
[[nodiscard]] Datagram other(std::uint8_t protocol, const Endpoint& from, const Endpoint& to,
                             const Bytes& bytes);

// What an ICMP error says, in terms of both families.
enum class Complaint : std::uint8_t {
  no_route,
  prohibited,
  time_exceeded,
  too_big,
  port_unreachable,
};
// `about`: the packet as whoever complains saw it.
[[nodiscard]] Datagram complain(const IpAddress& from, const Datagram& about, Complaint what,
                                std::uint32_t mtu = 0);
// Whether `error` says this of `about`, and quotes it word for word.
[[nodiscard]] bool is_complaint(const Datagram& error, const Datagram& about, Complaint what,
                                std::uint32_t mtu = 0);

// Cuts a datagram: each piece but the last has `piece` bytes of data (a multiple of 8).
[[nodiscard]] std::vector<Datagram> fragments(const Datagram& whole, std::size_t piece,
                                              std::uint32_t identification);
// And puts it together again, whatever the order; aborts when pieces are missing.
[[nodiscard]] Datagram reassemble(std::vector<Datagram> pieces);

// --- Ethernet
struct FrameHeader {
  Mac destination{};
  Mac source{};
  std::uint16_t vlan = 0;  // 0: untagged
  std::uint16_t ether_type = 0;
  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};
[[nodiscard]] Bytes frame(const FrameHeader& header, const Bytes& content);
[[nodiscard]] std::uint16_t ether_type(Family family);

struct ReadFrame {
  FrameHeader header;
  Bytes content;  // after the Ethernet header
  bool is_ip = false;
  Datagram datagram;  // when is_ip
  std::string wrong;  // what a receiving host would object to; empty when sound
};
[[nodiscard]] ReadFrame read_frame(const Bytes& bytes);
// The IP packet at the front of `bytes`, and what is wrong with it.
[[nodiscard]] Datagram read_ip(const Bytes& bytes, std::string& wrong);

}  // namespace sluice::path
