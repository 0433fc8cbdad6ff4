// Sessions of which one end is translated: their record alone says what their packets are and become.
//
// `translated_end` (record.h) stands in for the initiator's address and port, or for those it sends to. What
// arrives on a wing and what leaves from it are then bytes of the record's key and of that end in an order
// that wing and side decide: two shuffles, and no branch. IPv4 only: the ends of IPv6 do not fit.
#pragma once

#include <smmintrin.h>

#include <array>
#include <cstdint>
#include <optional>

#include "dataplane/packet/key.h"
#include "dataplane/session/address_numbers.h"
#include "dataplane/session/record.h"

namespace sluice::session {

// Which of the initiator's ends is translated.
enum class Side : std::uint8_t { source, destination };

namespace translated {

// Where each byte of a tuple comes from: 0 to 15, the key's; 16 and more, those of the new end.
using Origins = std::array<std::uint8_t, 16>;
inline constexpr std::uint8_t kNew = 16;

inline constexpr Origins kAsItIs{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// What wing 0's packets leave as. The new end has its address first, then its port.
[[nodiscard]] constexpr Origins replaced(Side side) {
  Origins origins = kAsItIs;
  const std::size_t address = side == Side::source ? 4 : 8;
  const std::size_t port = side == Side::source ? 12 : 14;
  for (std::uint8_t i = 0; i < 4; ++i) origins[address + i] = kNew + i;
  for (std::uint8_t i = 0; i < 2; ++i) origins[port + i] = kNew + 4 + i;
  return origins;
}

// The answer, in the far zone, which stands behind the new end's port.
[[nodiscard]] constexpr Origins mirrored(const Origins& of) {
  return {of[0], of[1], kNew + 6, kNew + 7, of[8],  of[9],  of[10], of[11],
          of[4], of[5], of[6],    of[7],    of[14], of[15], of[12], of[13]};
}

struct alignas(16) Shuffle {
  std::array<std::uint8_t, 16> key;
  std::array<std::uint8_t, 16> end;
};

[[nodiscard]] constexpr Shuffle shuffle_of(const Origins& origins) {
  constexpr std::uint8_t kZero = 0x80;
  Shuffle shuffle{};
  for (std::size_t i = 0; i < origins.size(); ++i) {
    shuffle.key[i] = origins[i] < kNew ? origins[i] : kZero;
    shuffle.end[i] = origins[i] < kNew ? kZero : static_cast<std::uint8_t>(origins[i] - kNew);
  }
  return shuffle;
}

// By wing, then by side.
inline constexpr std::array<Shuffle, 4> kArriving{shuffle_of(kAsItIs), shuffle_of(kAsItIs),
                                                  shuffle_of(mirrored(replaced(Side::source))),
                                                  shuffle_of(mirrored(replaced(Side::destination)))};
inline constexpr std::array<Shuffle, 4> kLeaving{
    shuffle_of(replaced(Side::source)), shuffle_of(replaced(Side::destination)),
    shuffle_of(mirrored(kAsItIs)), shuffle_of(mirrored(kAsItIs))};

// An end that takes the place of another, and wing 1's zone.
[[nodiscard]] inline __m128i new_end(packet::V4::Address address, std::uint16_t port,
                                     std::uint16_t far_zone) noexcept {
  const std::uint64_t bits = address | (std::uint64_t{port} << 32) | (std::uint64_t{far_zone} << 48);
  return _mm_cvtsi64_si128(static_cast<std::int64_t>(bits));
}

[[nodiscard]] inline packet::Words4 apply(const Shuffle& shuffle, const packet::Key4& key,
                                          __m128i end) noexcept {
  const auto load = [](const void* from) { return _mm_load_si128(static_cast<const __m128i*>(from)); };
  return {_mm_or_si128(_mm_shuffle_epi8(load(&key), load(shuffle.key.data())),
                       _mm_shuffle_epi8(end, load(shuffle.end.data())))};
}

// What the record says of packets of a wing, when its session has such an end.
[[nodiscard]] inline packet::Words4 tuple(const std::array<Shuffle, 4>& by_wing_and_side,
                                          const Record<packet::V4>& record, unsigned wing,
                                          const AddressNumbers& numbers) noexcept {
  const TranslatedEnd& end = record.translated_end;
  const unsigned side = end.number_and_side & 1U;
  return apply(by_wing_and_side[wing * 2 + side], record.key,
               new_end(numbers[end.number_and_side >> 1U], end.port, record.far_zone));
}

// The one end of a session that is translated, and what it becomes.
struct NewEnd {
  Side side;
  packet::V4::Address address;
  std::uint16_t port;  // wire order
};
// Nothing when both ends are, or when the two wings' keys are also of different kinds of ICMP queries.
[[nodiscard]] std::optional<NewEnd> only_new_end(const packet::Key4& near, const packet::Key4& far) noexcept;

}  // namespace translated
}  // namespace sluice::session
