// Between the families: packets of one made into packets of the other (RFC 7915), and the keys by which such
// sessions are known (NAT64, RFC 6146).
//
// Why keys of IPv6: a session has two wings, and here each is of another family. Both are written as keys of
// IPv6, the IPv4 wing's addresses in their IPv6 form (is_mapped), its ICMP as ICMPv6. So one table, one
// record and one index hold such a session like any other, and no other packet pays for it.
//
// What changes of a packet: the IP header, which is made anew right before the transport header. Options and
// extension headers are left out, as the RFC wants. Ports or the identifier come from the key that the packet
// leaves by. Checksums follow from what changed (RFC 1624): one that was wrong stays wrong. TCP, UDP and echo
// are translated, and errors about them; other protocols are not (RFC 6146 1.1).
//
// Errors: what they quote is translated as well. Extensions of RFC 4884 are not told from what is quoted.
//
// Thread: the worker that has the packet. Nothing here drops or counts.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/packet/packet.h"

namespace sluice::packet {

// By how much an IPv6 header is longer.
inline constexpr std::uint32_t kHeaderDifference = V6::kHeaderLength - V4::kHeaderLength;

// The key of the same packet or answer among IPv6 keys, and back. Of ICMP only echo has one; the key of
// anything else is no session's.
[[nodiscard]] Key6 across(const Key4& key) noexcept;
[[nodiscard]] Key4 across(const Key6& key) noexcept;

// Whether packets of such a key are translated at all: TCP, UDP, echo.
[[nodiscard]] bool has_translation(const Key6& key) noexcept;

// The worker hash of the packets of a key of IPv6, by the addresses that they have on the wire.
[[nodiscard]] std::uint32_t owner_hash_on_wire(const Key6& key) noexcept;
[[nodiscard]] inline std::uint32_t owner_hash_on_wire(const Key4& key) noexcept {
  return owner_hash(key);
}

// How long the packet will be in the other family.
[[nodiscard]] std::uint32_t length_across(const Packet& packet) noexcept;

// Why the packet cannot be made one of the other family as it is; none: it can.
[[nodiscard]] DropReason hindrance_across(const Packet& packet) noexcept;
// Where in a packet of IPv6 a Routing header says that it has not been everywhere it is to go (its Segments
// Left): then it is not at its destination yet. Nothing: there is no such header, or its packet is of IPv4.
[[nodiscard]] std::optional<std::uint16_t> segments_left(const Packet& packet) noexcept;

// What an IPv4 header says of fragments where the packet had none.
struct Datagram4 {
  bool dont_fragment = false;
  std::uint16_t identification = 0;
};

// Makes the packet, which is of the other family and has no hindrance, one of F: with the addresses and ports
// of `leaving`. It has as many hops left as before. `header`: for IPv4.
template <class F>
void become(Packet& packet, const typename F::Key& leaving, const Datagram4& header) noexcept;

// What an ICMP message begins with, but for its checksum.
struct IcmpWords {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t parameter = 0;  // host order
};

// What the error (of kind icmp_error) says in the words of the other family; nothing when that has none.
// `most`: no packet that is longer passes, whatever the error says of that.
[[nodiscard]] std::optional<IcmpWords> error_across(const Packet& packet, std::uint16_t most) noexcept;

// Makes the error one of F that says `words`. It comes from `from` and goes to whoever sent what is quoted:
// `sent` is the key of that packet as its sender sent it. False: it stays as it is, being too short or too
// long.
template <class F>
[[nodiscard]] bool become_error(Packet& packet, const IcmpWords& words, const typename F::Address& from,
                                const typename F::Key& sent, const Datagram4& header) noexcept;

}  // namespace sluice::packet
