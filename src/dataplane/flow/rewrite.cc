#include <algorithm>
#include <bit>

#include "dataplane/flow/steps.h"
#include "dataplane/packet/checksum.h"

namespace sluice::flow {
namespace {

using packet::Family;
using packet::Kind;
using packet::Packet;
using packet::V4;
using packet::V6;
namespace protocol = packet::protocol;

// Where a protocol keeps its checksum, and whether that covers addresses.
struct ChecksumPlace {
  unsigned at = 0;
  bool pseudo = false;
  bool optional = false;    // zero: there is none
  bool never_zero = false;  // zero as a sum is sent as its other form, all ones (RFC 768, RFC 3828 3.1)
};

template <class F>
ChecksumPlace checksum_place(std::uint8_t number) noexcept {
  switch (number) {
    case protocol::kTcp:
      return {.at = 16, .pseudo = true};
    case protocol::kUdp:
      return {.at = 6, .pseudo = true, .optional = true, .never_zero = true};
    case protocol::kUdpLite:
      return {.at = 6, .pseudo = true, .never_zero = true};
    case protocol::kDccp:
      return {.at = 6, .pseudo = true};
    case protocol::kIcmp:
      return {.at = 2};
    case protocol::kIcmp6:
      return {.at = 2, .pseudo = true};
    default:  // SCTP's is over the packet alone, whose ports are kept; others have none that we change
      return {};
  }
}

void correct_at(std::uint8_t* field, const ChecksumPlace& place, std::uint32_t deltas) noexcept {
  const auto before = load<std::uint16_t>(field);
  if (place.optional && before == 0) {
    return;
  }
  const std::uint16_t after = packet::correct(before, deltas);
  store(field, place.never_zero && after == 0 ? std::uint16_t{0xffff} : after);
}

// Writes the key's addresses, and corrects the header. What changed, as a sum of differences.
template <class F>
std::uint16_t write_addresses(std::uint8_t* ip, const typename F::Key& key) noexcept {
  constexpr bool kV4 = F::kFamily == Family::inet;
  std::uint8_t* at = ip + (kV4 ? 12 : 8);
  const std::uint64_t before = packet::sum_bytes(at, 2 * sizeof(key.source));
  store(at, key.source);
  store(at + sizeof(key.source), key.destination);
  const std::uint16_t change = packet::delta(before, packet::sum_bytes(at, 2 * sizeof(key.source)));
  if constexpr (kV4) {
    store(ip + 10, packet::correct(load<std::uint16_t>(ip + 10), change));
  }
  return change;
}

// The same for ports, or the identifier of an ICMP query.
template <class F>
std::uint16_t write_ports(const Packet& packet, const typename F::Key& key) noexcept {
  std::uint8_t* transport = packet.transport();
  if (packet::has_ports(packet.protocol)) {
    const std::uint32_t ports = key.source_port | (std::uint32_t{key.destination_port} << 16);
    const auto before = load<std::uint32_t>(transport);
    store(transport, ports);
    return packet::delta(before, ports);
  }
  if (!packet::has_identifier(packet)) {
    return 0;
  }
  const std::uint16_t identifier = packet::is_icmp_answer(packet) ? key.destination_port : key.source_port;
  const auto before = load<std::uint16_t>(transport + 4);
  store(transport + 4, identifier);
  return packet::delta(before, identifier);
}

// RFC 1624: checksums follow from what changed, so one that was wrong stays wrong. `room`: readable bytes of
// the transport header; of a packet that an error quotes there need not be all.
template <class F>
void write_key(const Packet& packet, unsigned room, const typename F::Key& key) noexcept {
  const std::uint16_t addresses = write_addresses<F>(packet.l3, key);
  const std::uint16_t ports = write_ports<F>(packet, key);
  const ChecksumPlace place = checksum_place<F>(packet.protocol);
  if (place.at != 0 && place.at + 2 <= room) {
    correct_at(packet.transport() + place.at, place, ports + (place.pseudo ? addresses : 0U));
  }
}

// The sum of the 32-bit words in it.
[[gnu::always_inline]] inline std::uint64_t words_of(std::uint64_t bits) noexcept {
  return (bits & 0xffffffff) + (bits >> 32);
}

// What a sum gains when eight bytes change.
[[gnu::always_inline]] inline std::uint64_t gain(std::uint64_t before, std::uint64_t after) noexcept {
  return words_of(~before) + words_of(after);
}

// Writes the addresses of a tuple. What their sum gains.
[[gnu::always_inline]] inline std::uint64_t write_addresses_of(std::uint8_t* ip,
                                                               packet::Words4 leaving) noexcept {
  const std::uint64_t before = load<std::uint64_t>(ip + 12);
  const auto after = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_srli_si128(leaving.bits, 4)));
  store(ip + 12, after);
  const std::uint64_t gained = gain(before, after);
  store(ip + 10, packet::correct(load<std::uint16_t>(ip + 10), gained));
  return gained;
}

[[gnu::always_inline]] inline std::uint64_t write_addresses_of(std::uint8_t* ip,
                                                               const packet::Words6& leaving) noexcept {
  std::uint64_t gained = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint8_t* const at = ip + 8 + 8 * i;
    gained += gain(load<std::uint64_t>(at), leaving[i]);
    store(at, leaving[i]);
  }
  return gained;
}

[[nodiscard]] inline std::uint32_t ports_of(packet::Words4 leaving) noexcept {
  return static_cast<std::uint32_t>(_mm_extract_epi32(leaving.bits, 3));
}
[[nodiscard]] inline std::uint32_t ports_of(const packet::Words6& leaving) noexcept {
  return static_cast<std::uint32_t>(leaving[4]);
}

// From `at` to the end of what can be read of the packet.
unsigned readable_from(const Packet& packet, const std::uint8_t* at) noexcept {
  return std::min<unsigned>(packet.contiguous, packet.ip_length) - static_cast<unsigned>(at - packet.l3);
}

}  // namespace

template <class F>
void rewrite(Packet& packet, const typename F::Key& leaving) noexcept {
  write_key<F>(packet, readable_from(packet, packet.transport()), leaving);
}
template void rewrite<V4>(Packet&, const V4::Key&) noexcept;
template void rewrite<V6>(Packet&, const V6::Key&) noexcept;

template <class F, Kind kind>
void rewrite_ported(Packet& packet, packet::WordsArgument<typename F::Key> leaving) noexcept {
  constexpr bool kTcp = kind == Kind::tcp;
  constexpr std::size_t kChecksum = kTcp ? 16 : 6;
  const bool usual = packet.protocol == (kTcp ? protocol::kTcp : protocol::kUdp);
  if (!usual || packet.l4 + kChecksum + 2 > packet.contiguous) [[unlikely]] {
    rewrite<F>(packet, std::bit_cast<typename F::Key>(leaving));
    return;
  }
  std::uint8_t* const transport = packet.transport();
  const auto ports_before = load<std::uint32_t>(transport);
  const auto checksum = load<std::uint16_t>(transport + kChecksum);
  const std::uint32_t ports = ports_of(leaving);
  store(transport, ports);
  const std::uint64_t gained = write_addresses_of(packet.l3, leaving) + ports + std::uint32_t{~ports_before};
  const std::uint16_t corrected = packet::correct(checksum, gained);
  if (kTcp || checksum != 0) [[likely]] {
    store(transport + kChecksum, !kTcp && corrected == 0 ? std::uint16_t{0xffff} : corrected);
  }
}
template void rewrite_ported<V4, Kind::tcp>(Packet&, packet::Words4) noexcept;
template void rewrite_ported<V4, Kind::udp>(Packet&, packet::Words4) noexcept;
template void rewrite_ported<V6, Kind::tcp>(Packet&, const packet::Words6&) noexcept;
template void rewrite_ported<V6, Kind::udp>(Packet&, const packet::Words6&) noexcept;

// RFC 5508 REQ-4 and REQ-5. What is quoted is shown to its sender as he sent it. An error from behind a
// translated address seems to come from that address, whoever there sent it.
template <class F>
void rewrite_error(Packet& packet, const typename F::Key& arrived, const typename F::Key& expected) noexcept {
  Packet inner;
  if (!packet::quoted<F>(packet, inner)) {
    return;
  }
  const unsigned room = readable_from(packet, inner.transport());
  const std::size_t changing =
      inner.l4 + std::min<std::size_t>(room, 20);  // no header that changes is longer
  const std::uint64_t before = packet::sum_bytes(inner.l3, changing);
  write_key<F>(inner, room, expected);
  const std::uint16_t change = packet::delta(before, packet::sum_bytes(inner.l3, changing));

  typename F::Key outer;
  outer.source = arrived.source == expected.destination ? source_of<F>(packet) : expected.destination;
  outer.destination = expected.source;
  const std::uint16_t addresses = write_addresses<F>(packet.l3, outer);
  const ChecksumPlace place = checksum_place<F>(packet.protocol);
  correct_at(packet.transport() + place.at, place, change + (place.pseudo ? addresses : 0U));
}
template void rewrite_error<V4>(Packet&, const V4::Key&, const V4::Key&) noexcept;
template void rewrite_error<V6>(Packet&, const V6::Key&, const V6::Key&) noexcept;

}  // namespace sluice::flow
