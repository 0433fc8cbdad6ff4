// Integers in wire order (big endian), and unaligned loads and stores.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace sluice {

static_assert(std::endian::native == std::endian::little, "Sluice runs on little-endian machines");

constexpr std::uint16_t byte_swap(std::uint16_t v) {
  return __builtin_bswap16(v);
}
constexpr std::uint32_t byte_swap(std::uint32_t v) {
  return __builtin_bswap32(v);
}
constexpr std::uint64_t byte_swap(std::uint64_t v) {
  return __builtin_bswap64(v);
}

// A value kept in the order it has on the wire. Comparing for equality needs no conversion.
template <class T>
struct BigEndian {
  T raw{};

  static constexpr BigEndian from_host(T v) { return BigEndian{byte_swap(v)}; }
  [[nodiscard]] constexpr T host() const { return byte_swap(raw); }
  friend constexpr bool operator==(BigEndian, BigEndian) = default;
};

using Be16 = BigEndian<std::uint16_t>;
using Be32 = BigEndian<std::uint32_t>;

template <class T>
[[nodiscard]] inline T load(const void* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class T>
inline void store(void* to, T value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

// Loads a big-endian field as a host integer.
template <class T>
[[nodiscard]] inline T load_be(const void* from) noexcept {
  return byte_swap(load<T>(from));
}

template <class T>
inline void store_be(void* to, T host_value) noexcept {
  store<T>(to, byte_swap(host_value));
}

}  // namespace sluice
