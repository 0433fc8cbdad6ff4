#include "dataplane/packet/packet.h"

namespace sluice::packet {
namespace {

// With a key that repeats every 16 bits, each 16-bit word of the input meets the same key bits, and
// Toeplitz is linear: the hash of the whole is the hash of the words' exclusive or.
constexpr std::uint32_t kKeyWindow = 0x6d5a6d5a;

constexpr std::uint32_t toeplitz16(std::uint16_t word) {
  std::uint32_t hash = 0;
  for (int bit = 0; bit < 16; ++bit) {
    if ((word & (0x8000U >> bit)) != 0) {
      hash ^= (kKeyWindow << bit) | (bit == 0 ? 0 : kKeyWindow >> (32 - bit));
    }
  }
  return hash;
}

std::uint16_t fold_words(std::uint64_t words) noexcept {
  words ^= words >> 32;
  words ^= words >> 16;
  return static_cast<std::uint16_t>(words);
}

std::uint16_t port_words(std::uint8_t protocol_number, std::uint16_t source,
                         std::uint16_t destination) noexcept {
  return has_ports(protocol_number) ? static_cast<std::uint16_t>(source ^ destination) : std::uint16_t{0};
}

}  // namespace

std::uint32_t owner_hash(const Key4& key) noexcept {
  const std::uint16_t words = fold_words(key.source ^ key.destination) ^
                              port_words(key.protocol, key.source_port, key.destination_port);
  return toeplitz16(byte_swap(words));
}

std::uint32_t owner_hash(const Key6& key) noexcept {
  std::uint64_t words = 0;
  for (int i = 0; i < 4; ++i) {
    words ^= load<std::uint64_t>(reinterpret_cast<const std::uint8_t*>(&key) + 8 * i);
  }
  return toeplitz16(byte_swap(static_cast<std::uint16_t>(
      fold_words(words) ^ port_words(key.protocol, key.source_port, key.destination_port))));
}

}  // namespace sluice::packet
