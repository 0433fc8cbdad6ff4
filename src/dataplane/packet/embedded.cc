#include "dataplane/packet/embedded.h"

#include <algorithm>
#include <array>

namespace sluice::packet {
namespace {

constexpr std::array<unsigned, 6> kLengths{96, 64, 56, 48, 40, 32};
constexpr unsigned kZeroByte = 8;

// Where the n-th byte of the IPv4 address is.
constexpr unsigned place(unsigned length, unsigned n) noexcept {
  const unsigned at = length / 8 + n;
  return length / 8 <= kZeroByte && at >= kZeroByte ? at + 1 : at;
}

struct Reserved {
  std::uint32_t address;  // host order
  unsigned length;
};
constexpr std::array<Reserved, 8> kPrivate{{{0x0a000000, 8},    // 10/8
                                            {0x64400000, 10},   // 100.64/10
                                            {0xa9fe0000, 16},   // 169.254/16
                                            {0xac100000, 12},   // 172.16/12
                                            {0xc0000000, 24},   // 192.0.0/24
                                            {0xc0a80000, 16},   // 192.168/16
                                            {0xc6120000, 15},   // 198.18/15
                                            {0xf0000000, 4}}};  // 240/4

}  // namespace

bool embeds(unsigned length) noexcept {
  return std::ranges::find(kLengths, length) != kLengths.end();
}

V4::Address embedded(const V6::Address& address, unsigned length) noexcept {
  std::array<std::uint8_t, 4> bytes;
  for (unsigned n = 0; n < bytes.size(); ++n) {
    bytes[n] = address[place(length, n)];
  }
  return load<V4::Address>(bytes.data());
}

V6::Address embed(const V6::Address& prefix, unsigned length, V4::Address address) noexcept {
  std::array<std::uint8_t, 4> bytes;
  store(bytes.data(), address);
  V6::Address made{};
  std::copy_n(prefix.begin(), length / 8, made.begin());
  for (unsigned n = 0; n < bytes.size(); ++n) {
    made[place(length, n)] = bytes[n];
  }
  return made;
}

unsigned length_before(const V6::Address& within, V4::Address address) noexcept {
  unsigned found = 0;
  for (const unsigned length : kLengths) {
    if (embed(within, length, address) == within) {
      return length;
    }
    if (found == 0 && embedded(within, length) == address) {
      found = length;  // with something after it
    }
  }
  return found;
}

bool is_well_known(const V6::Address& address) noexcept {
  static constexpr std::array<std::uint8_t, 12> kPrefix{0, 0x64, 0xff, 0x9b};
  return std::equal(kPrefix.begin(), kPrefix.end(), address.begin());
}

bool is_private(V4::Address address) noexcept {
  const std::uint32_t number = byte_swap(address);
  return std::ranges::any_of(kPrivate, [&](const Reserved& network) {
    return (number ^ network.address) >> (32 - network.length) == 0;
  });
}

}  // namespace sluice::packet
