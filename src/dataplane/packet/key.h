// Keys: what a packet is looked up by, laid out as the packet has it on the wire.
//
// An IPv4 key is bytes 8 to 23 of the packet (TTL and checksum masked out, the zone in the checksum's
// place), so building one is a load and a mask, comparing two is one vector compare, and writing one
// back translates a packet. Ports of protocols without any are zero.
//
// An ICMP query has its identifier and sequence there, its answer the same exchanged. `icmp` says which query
// it is and whether the end with the lower address asks: both are alike in a query and its answer, so
// mirroring need not touch it, and a query that comes back with its numbers exchanged is not taken for the
// answer. What is no query has type and code in place of the destination port.
//
// V4 and V6 are the two families by which the session table and the flow are templates.
#pragma once

#include <smmintrin.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/wire.h"
#include "dataplane/packet/address.h"
#include "dataplane/packet/ids.h"

namespace sluice::packet {

struct alignas(16) Key4 {
  std::uint8_t icmp = 0;
  std::uint8_t protocol = 0;
  std::uint16_t zone = 0;
  std::uint32_t source = 0;       // wire order
  std::uint32_t destination = 0;  // wire order
  std::uint16_t source_port = 0;  // wire order
  std::uint16_t destination_port = 0;

  friend bool operator==(const Key4& a, const Key4& b) noexcept {
    return ((load<std::uint64_t>(&a) ^ load<std::uint64_t>(&b)) |
            (load<std::uint64_t>(&a.destination) ^ load<std::uint64_t>(&b.destination))) == 0;
  }
};
static_assert(sizeof(Key4) == 16);

struct alignas(8) Key6 {
  std::array<std::uint8_t, 16> source{};
  std::array<std::uint8_t, 16> destination{};
  std::uint16_t source_port = 0;  // wire order
  std::uint16_t destination_port = 0;
  std::uint16_t zone = 0;
  std::uint8_t protocol = 0;
  std::uint8_t icmp = 0;

  friend bool operator==(const Key6& a, const Key6& b) noexcept {
    std::uint64_t difference = 0;
    for (int i = 0; i < 5; ++i) {
      difference |= load<std::uint64_t>(reinterpret_cast<const std::uint8_t*>(&a) + 8 * i) ^
                    load<std::uint64_t>(reinterpret_cast<const std::uint8_t*>(&b) + 8 * i);
    }
    return difference == 0;
  }
};
static_assert(sizeof(Key6) == 40);

// A key as it lies in registers, so that it can be built, hashed and stored without leaving them: a wide load
// of what narrow stores just wrote would stall.
struct Words4 {
  __m128i bits;
  friend bool operator==(const Words4& a, const Words4& b) noexcept {
    const __m128i difference = _mm_xor_si128(a.bits, b.bits);
    return _mm_testz_si128(difference, difference) != 0;
  }
};
using Words6 = std::array<std::uint64_t, sizeof(Key6) / 8>;
template <class Key>
using Words = std::conditional_t<std::is_same_v<Key, Key4>, Words4, Words6>;
// As functions take it: in a register if there is one for it.
template <class Key>
using WordsArgument = std::conditional_t<std::is_same_v<Key, Key4>, Words4, const Words6&>;

// The key of a packet of a protocol with ports, in a few wide loads: `ip` is its header without options, and
// the transport header follows. `zone` is the zone where Key4 has it, and nothing else.
[[nodiscard]] inline Words4 ported_words4(const std::uint8_t* ip, __m128i zone) noexcept {
  const __m128i counts = _mm_setr_epi32(0x0000ff00, -1, -1, -1);  // neither TTL nor checksum
  const __m128i header = _mm_loadu_si128(reinterpret_cast<const __m128i*>(ip + 8));
  return {_mm_or_si128(_mm_and_si128(header, counts), zone)};
}
[[nodiscard]] inline __m128i zone_bits4(ZoneId zone) noexcept {
  return _mm_cvtsi32_si128(zone.value << 16);
}

[[nodiscard]] inline Words6 ported_words6(const std::uint8_t* ip, const std::uint8_t* ports, ZoneId zone,
                                          std::uint8_t protocol) noexcept {
  return {load<std::uint64_t>(ip + 8), load<std::uint64_t>(ip + 16), load<std::uint64_t>(ip + 24),
          load<std::uint64_t>(ip + 32),
          load<std::uint32_t>(ports) | (std::uint64_t{zone.value} << 32) | (std::uint64_t{protocol} << 48)};
}

// The key of the answer: addresses and ports exchanged, expected in another zone.
[[nodiscard]] inline Words4 mirror(const Words4& w, std::uint16_t zone) noexcept {
  const __m128i exchanged = _mm_setr_epi8(0, 1, -1, -1, 8, 9, 10, 11, 4, 5, 6, 7, 14, 15, 12, 13);
  return {_mm_insert_epi16(_mm_shuffle_epi8(w.bits, exchanged), zone, 1)};
}

[[nodiscard]] inline Words6 mirror(const Words6& w, std::uint16_t zone) noexcept {
  constexpr std::uint64_t kProtocol = 0xffff000000000000;
  const std::uint64_t ports = std::rotl(static_cast<std::uint32_t>(w[4]), 16);
  return {w[2], w[3], w[0], w[1], ports | (std::uint64_t{zone} << 32) | (w[4] & kProtocol)};
}

template <class Key>
[[nodiscard]] inline Key mirror(const Key& key, ZoneId zone) noexcept {
  return std::bit_cast<Key>(mirror(std::bit_cast<Words<Key>>(key), zone.value));
}

// How a key stands to one that is held: the same, or its answer as it comes from `far`. Asked for every
// packet, so both are found without a branch.
struct Likeness {
  std::uint32_t same;  // 1 or 0, and words: as bytes the two would share a register
  std::uint32_t answer;
};

[[nodiscard]] inline std::uint32_t all_zero(__m128i bits) noexcept {
  return static_cast<std::uint32_t>(_mm_testz_si128(bits, bits));
}

[[nodiscard]] inline Likeness compare(const Key4& wanted, const Key4& held, std::uint16_t far) noexcept {
  const __m128i a = _mm_load_si128(reinterpret_cast<const __m128i*>(&wanted));
  const __m128i b = _mm_load_si128(reinterpret_cast<const __m128i*>(&held));
  const __m128i same_bits = _mm_xor_si128(a, b);
  const __m128i answer_bits = _mm_xor_si128(a, mirror({b}, far).bits);
  return {.same = all_zero(same_bits), .answer = all_zero(answer_bits)};
}

[[nodiscard]] inline Likeness compare(const Key6& wanted, const Key6& held, std::uint16_t far) noexcept {
  const auto half = [](const Key6& key, std::size_t at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(&key) + at);
  };
  const __m128i source = half(wanted, 0);
  const __m128i destination = half(wanted, 1);
  const auto tail = load<std::uint64_t>(&wanted.source_port);
  const auto held_tail = load<std::uint64_t>(&held.source_port);
  constexpr std::uint64_t kProtocol = 0xffff000000000000;
  const std::uint64_t answer_tail = std::rotl(static_cast<std::uint32_t>(held_tail), 16) |
                                    (std::uint64_t{far} << 32) | (held_tail & kProtocol);
  __m128i same = _mm_cvtsi64_si128(static_cast<std::int64_t>(tail ^ held_tail));
  same = _mm_or_si128(same, _mm_xor_si128(source, half(held, 0)));
  same = _mm_or_si128(same, _mm_xor_si128(destination, half(held, 1)));
  __m128i answer = _mm_cvtsi64_si128(static_cast<std::int64_t>(tail ^ answer_tail));
  answer = _mm_or_si128(answer, _mm_xor_si128(source, half(held, 1)));
  answer = _mm_or_si128(answer, _mm_xor_si128(destination, half(held, 0)));
  return {.same = all_zero(same), .answer = all_zero(answer)};
}

// Secret per process: flows cannot be chosen to collide.
struct HashSecret {
  std::array<std::uint64_t, 3> words{};
};

// One 64x64->128 multiplication of the keyed halves, folded.
[[nodiscard]] inline std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) noexcept {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// The hash of a flow: the same for a key and for its mirror in whatever zone, so that one entry of an index
// leads packets of both directions to their session. Each end (address, port, protocol) is keyed by the
// same secret, and multiplication does not care which comes first.
[[nodiscard]] inline std::uint64_t hash(const Words4& w, const HashSecret& secret) noexcept {
  // Two ends of eight bytes: address, port, protocol, and what says which ICMP query it is.
  const __m128i ends = _mm_setr_epi8(4, 5, 6, 7, 12, 13, 1, 0, 8, 9, 10, 11, 14, 15, 1, 0);
  const __m128i keyed = _mm_xor_si128(_mm_shuffle_epi8(w.bits, ends),
                                      _mm_set1_epi64x(static_cast<std::int64_t>(secret.words[0])));
  return fold_multiply(static_cast<std::uint64_t>(_mm_cvtsi128_si64(keyed)),
                       static_cast<std::uint64_t>(_mm_extract_epi64(keyed, 1)));
}

[[nodiscard]] inline std::uint64_t hash(const Words6& w, const HashSecret& secret) noexcept {
  const std::uint64_t keyed = ((w[4] >> 48) << 16) ^ secret.words[2];
  const std::uint64_t source =
      fold_multiply(w[0] ^ secret.words[0], w[1] ^ secret.words[1]) ^ (w[4] & 0xffff);
  const std::uint64_t destination =
      fold_multiply(w[2] ^ secret.words[0], w[3] ^ secret.words[1]) ^ ((w[4] >> 16) & 0xffff);
  return fold_multiply(source ^ keyed, destination ^ keyed);
}

template <class Key>
[[nodiscard]] inline std::uint64_t hash(const Key& key, const HashSecret& secret) noexcept {
  return hash(std::bit_cast<Words<Key>>(key), secret);
}

struct V4 {
  static constexpr Family kFamily = Family::inet;
  static constexpr std::size_t kHeaderLength = 20;
  using Key = Key4;
  using Address = std::uint32_t;
};
struct V6 {
  static constexpr Family kFamily = Family::inet6;
  static constexpr std::size_t kHeaderLength = 40;
  using Key = Key6;
  using Address = std::array<std::uint8_t, 16>;
};

// An IPv4 address in its IPv6 form, ::ffff:a.b.c.d (RFC 4291 2.5.5.2). Keys of IPv6 have one where a session
// between the families (translate64.h) has its IPv4 side. No packet has: on the wire such addresses are
// refused (RFC 4942 2.2), so whoever meets one here may take it for what it stands for.
[[nodiscard]] inline bool is_mapped(const V6::Address& address) noexcept {
  constexpr std::uint32_t kMark = 0xffff0000;  // as loaded
  return load<std::uint64_t>(address.data()) == 0 && load<std::uint32_t>(address.data() + 8) == kMark;
}
[[nodiscard]] constexpr bool is_mapped(V4::Address /*wire_order*/) noexcept {
  return false;
}
[[nodiscard]] inline V6::Address to_mapped(V4::Address wire_order) noexcept {
  V6::Address mapped{};
  mapped[10] = mapped[11] = 0xff;
  store(mapped.data() + 12, wire_order);
  return mapped;
}
[[nodiscard]] inline V4::Address from_mapped(const V6::Address& mapped) noexcept {
  return load<V4::Address>(mapped.data() + 12);
}

[[nodiscard]] inline IpAddress to_address(V4::Address wire_order) noexcept {
  IpAddress address;
  store(address.bytes.data(), wire_order);
  return address;
}
[[nodiscard]] inline IpAddress to_address(const V6::Address& bytes) noexcept {
  return is_mapped(bytes) ? to_address(from_mapped(bytes))
                          : IpAddress{.family = Family::inet6, .bytes = bytes};
}

}  // namespace sluice::packet
