#include "flowd/logship/put.h"

#include <arpa/inet.h>

#include <bit>

#include "base/wire.h"

namespace sluice::logship {
namespace {

struct Run {
  unsigned first = 8;
  unsigned count = 0;
};

// The longest run of at least two zero groups, the first of several (RFC 5952 section 4.2).
Run longest_zero_run(const std::array<std::uint16_t, 8>& groups) noexcept {
  Run best{.first = 8, .count = 1};
  Run run{.first = 0, .count = 0};
  for (unsigned i = 0; i < 8; ++i) {
    if (groups[i] != 0) {
      run = {.first = i + 1, .count = 0};
    } else if (++run.count > best.count) {
      best = run;
    }
  }
  return best;
}

char* put_group(char* at, std::uint16_t group) noexcept {
  static constexpr char kHex[] = "0123456789abcdef";
  const int width = group == 0 ? 1 : (std::bit_width(group) + 3) / 4;
  for (int shift = 4 * (width - 1); shift >= 0; shift -= 4) {
    *at++ = kHex[(static_cast<unsigned>(group) >> static_cast<unsigned>(shift)) & 0xFU];
  }
  return at;
}

}  // namespace

char* put_ipv6(char* at, const std::uint8_t* address) noexcept {
  if (load<std::uint64_t>(address) == 0) [[unlikely]] {
    // Loopback, unspecified and the forms with an embedded IPv4 address.
    inet_ntop(AF_INET6, address, at, INET6_ADDRSTRLEN);
    return at + std::strlen(at);
  }
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) {
    groups[i] = load_be<std::uint16_t>(address + 2 * i);
  }
  const Run zeros = longest_zero_run(groups);
  for (unsigned i = 0; i < 8; ++i) {
    if (i == zeros.first) {
      *at++ = ':';
      *at++ = ':';
      i += zeros.count - 1;
      continue;
    }
    if (i != 0 && i != zeros.first + zeros.count) {
      *at++ = ':';
    }
    at = put_group(at, groups[i]);
  }
  return at;
}

}  // namespace sluice::logship
