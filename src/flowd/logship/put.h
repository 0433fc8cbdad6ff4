// Printing without branches that matter: the primitives of the formatter's hot loop.
//
// All write at `at` and return the end. They may scribble up to kSlack bytes past what they return,
// and read up to kSlack bytes past a text: buffers and texts are allocated that much larger, which
// lets a copy be whole vector registers instead of a call.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice::logship {

inline constexpr std::size_t kSlack = 32;

[[gnu::always_inline]] inline char* put_text(char* at, const char* text, std::size_t size) noexcept {
  std::size_t copied = 0;
  do {
    std::memcpy(at + copied, text + copied, kSlack);
    copied += kSlack;
  } while (copied < size);
  return at + size;
}

// Eight decimal digits, the first in the lowest byte, of a value below 100'000'000: halves, quarters
// and eighths of the number are divided at the same time.
[[gnu::always_inline]] inline std::uint64_t eight_digits(std::uint32_t value) noexcept {
  const std::uint64_t fours = value / 10'000 | std::uint64_t{value % 10'000} << 32U;
  // x * 10486 >> 20 is x / 100 below 10'000; x * 103 >> 10 is x / 10 below 100.
  const std::uint64_t hundreds = (fours * 10'486 >> 20U) & 0x0000'007F'0000'007F;
  const std::uint64_t pairs = hundreds | (fours - 100 * hundreds) << 16U;
  const std::uint64_t tens = (pairs * 103 >> 10U) & 0x000F'000F'000F'000F;
  return tens | (pairs - 10 * tens) << 8U;
}
inline constexpr std::uint64_t kAsciiZeros = 0x3030'3030'3030'3030;

// The last `digits` (at most 8) decimal digits of a value below 100'000'000, leading zeros included.
[[gnu::always_inline]] inline char* put_digits(char* at, std::uint32_t value, unsigned digits) noexcept {
  const std::uint64_t text = (eight_digits(value) | kAsciiZeros) >> (8 * (8 - digits));
  std::memcpy(at, &text, sizeof text);
  return at + digits;
}

// Below 100'000'000, without a branch: leading zeros are shifted out.
[[gnu::always_inline]] inline char* put_small_number(char* at, std::uint32_t value) noexcept {
  const std::uint64_t digits = eight_digits(value);
  const auto zero_bits = static_cast<unsigned>(std::countr_zero(digits | std::uint64_t{1} << 56U)) & ~7U;
  const std::uint64_t text = (digits | kAsciiZeros) >> zero_bits;
  std::memcpy(at, &text, sizeof text);
  return at + 8 - zero_bits / 8;
}

[[gnu::always_inline]] inline char* put_number(char* at, std::uint64_t value) noexcept {
  constexpr std::uint64_t kPart = 100'000'000;
  if (value < kPart) [[likely]] {
    return put_small_number(at, static_cast<std::uint32_t>(value));
  }
  const std::uint64_t high = value / kPart;
  if (high < kPart) {
    at = put_small_number(at, static_cast<std::uint32_t>(high));
  } else {
    at = put_small_number(at, static_cast<std::uint32_t>(high / kPart));
    at = put_digits(at, static_cast<std::uint32_t>(high % kPart), 8);
  }
  return put_digits(at, static_cast<std::uint32_t>(value % kPart), 8);
}

// "192." and so on: an IPv4 address is four of these less one dot.
struct Octet {
  char text[4];
};
inline constexpr std::array<Octet, 256> kOctets = [] {
  std::array<Octet, 256> octets{};
  for (unsigned i = 0; i < 256; ++i) {
    unsigned at = 0;
    auto* text = octets[i].text;
    if (i >= 100) {
      text[at++] = static_cast<char>('0' + i / 100);
    }
    if (i >= 10) {
      text[at++] = static_cast<char>('0' + i / 10 % 10);
    }
    text[at++] = static_cast<char>('0' + i % 10);
    text[at] = '.';
  }
  return octets;
}();

[[gnu::always_inline]] inline char* put_octet(char* at, std::uint8_t octet) noexcept {
  std::memcpy(at, kOctets[octet].text, 4);
  return at + 2 + static_cast<int>(octet >= 10) + static_cast<int>(octet >= 100);
}

[[gnu::always_inline]] inline char* put_ipv4(char* at, const std::uint8_t* address) noexcept {
  at = put_octet(at, address[0]);
  at = put_octet(at, address[1]);
  at = put_octet(at, address[2]);
  return put_octet(at, address[3]) - 1;
}

// RFC 5952, as packet::to_string prints it.
char* put_ipv6(char* at, const std::uint8_t* address) noexcept;

}  // namespace sluice::logship
