// Internet checksums (RFC 1071) and their incremental correction (RFC 1624, equation 3).
//
// Sums are over words as they are loaded: one's complement addition does not care for byte order.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/wire.h"

namespace sluice::packet {

// Halves added twice: in the upper half then stands their sum, with the carry of the lower one, which comes
// round. Zero only for zero.
[[nodiscard]] inline std::uint16_t fold(std::uint64_t sum) noexcept {
  const auto half = static_cast<std::uint32_t>((sum + std::rotl(sum, 32)) >> 32);
  return static_cast<std::uint16_t>((half + std::rotl(half, 16)) >> 16);
}

// The plain sum of `length` bytes, not complemented.
[[nodiscard]] std::uint64_t sum_bytes(const std::uint8_t* data, std::size_t length) noexcept;

// The one's complement sum of the 20 bytes of an IPv4 header without options, in 64 bits.
[[nodiscard]] inline std::uint64_t sum_header4(const std::uint8_t* ip) noexcept {
  const auto low = load<std::uint64_t>(ip);
  std::uint64_t sum = low + load<std::uint64_t>(ip + 8);
  sum += sum < low ? 1 : 0;  // the carry comes round
  const std::uint64_t whole = sum + load<std::uint32_t>(ip + 16);
  return whole + (whole < sum ? 1 : 0);
}

// RFC 1812 5.2.2. A header's first byte is not zero, so its sum is a multiple of 65535 only when its words
// add up to "all ones".
[[nodiscard]] inline bool header_checksum_ok(const std::uint8_t* ip, unsigned length) noexcept {
  const std::uint64_t sum = sum_header4(ip);
  if (length > 20) [[unlikely]] {
    return (fold(sum) + sum_bytes(ip + 20, length - 20)) % 0xffff == 0;
  }
  return sum % 0xffff == 0;
}

// What to add to a complemented checksum when `before` becomes `after`.
[[nodiscard]] inline std::uint16_t delta(std::uint64_t sum_before, std::uint64_t sum_after) noexcept {
  return fold(std::uint64_t{static_cast<std::uint16_t>(~fold(sum_before))} + fold(sum_after));
}

// The field's new value, given the sum of deltas.
[[nodiscard]] inline std::uint16_t correct(std::uint16_t checksum, std::uint64_t deltas) noexcept {
  return static_cast<std::uint16_t>(~fold(deltas + static_cast<std::uint16_t>(~checksum)));
}

// Sum of the pseudo header of a transport checksum (RFC 793, RFC 8200 8.1).
[[nodiscard]] std::uint64_t pseudo_sum(const std::uint8_t* ip, std::uint8_t protocol,
                                       std::uint16_t length) noexcept;

}  // namespace sluice::packet
