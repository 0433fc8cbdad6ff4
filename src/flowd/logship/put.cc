#include "flowd/logship/put.h"

#include <arpa/inet.h>

#include <bit>

#include "base/wire.h"

namespace sluice::logship {
namespace {

// "00" to "ff".
constexpr std::array<std::uint16_t, 256> kHexPairs = [] {
  constexpr char kHex[] = "0123456789abcdef";
  std::array<std::uint16_t, 256> pairs{};
  for (unsigned i = 0; i < 256; ++i) {
    pairs[i] = static_cast<std::uint16_t>(static_cast<unsigned>(kHex[i / 16]) |
                                          static_cast<unsigned>(kHex[i % 16]) << 8U);
  }
  return pairs;
}();

// A group without its leading zeros.
char* put_group(char* at, std::uint16_t group) noexcept {
  const std::uint32_t digits = kHexPairs[group >> 8U] | std::uint32_t{kHexPairs[group & 0xFFU]} << 16U;
  const auto zeros = static_cast<unsigned>(std::countl_zero(static_cast<std::uint16_t>(group | 1U))) / 4;
  store<std::uint32_t>(at, digits >> (8 * zeros));
  return at + 4 - zeros;
}

struct Run {
  unsigned first = 8;  // 8: there is none
  unsigned count = 0;
};

// The longest run of at least two zero groups, the first of several (RFC 5952 section 4.2). Bit i of
// `zero` is group i.
Run longest_run(unsigned zero) noexcept {
  // After n rounds a bit is set where a run of at least n + 1 begins.
  Run run;
  for (unsigned starts = zero & zero >> 1U, count = 2; starts != 0; starts &= zero >> count, ++count) {
    run = {.first = static_cast<unsigned>(std::countr_zero(starts)), .count = count};
  }
  return run;
}

}  // namespace

char* put_ipv6(char* at, const std::uint8_t* address) noexcept {
  if (load<std::uint64_t>(address) == 0) [[unlikely]] {
    // Loopback, unspecified and the forms with an embedded IPv4 address.
    inet_ntop(AF_INET6, address, at, INET6_ADDRSTRLEN);
    return at + std::strlen(at);
  }
  std::array<std::uint16_t, 8> groups{};
  unsigned zero = 0;
  for (unsigned i = 0; i < 8; ++i) {
    groups[i] = load_be<std::uint16_t>(address + 2 * i);
    zero |= static_cast<unsigned>(groups[i] == 0) << i;
  }
  const Run run = longest_run(zero);
  for (unsigned i = 0; i < run.first; ++i) {
    at = put_group(at, groups[i]);
    *at++ = ':';
  }
  if (run.count == 0) {
    return at - 1;
  }
  if (run.first == 0) {
    *at++ = ':';
  }
  *at++ = ':';
  for (unsigned i = run.first + run.count; i < 8; ++i) {
    at = put_group(at, groups[i]);
    *at++ = ':';
  }
  // The colon after the last group goes, but not that of "::".
  return run.first + run.count == 8 ? at : at - 1;
}

}  // namespace sluice::logship
