// Asks for memory before it is needed. Not by __builtin_prefetch alone: g++ 12 takes a function that does
// nothing else for one without effects, and drops the calls of it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice {

enum class Cache : std::uint8_t { first, second };  // the nearest that is to have the line

// The cache line of this address, whatever it is: no address is a fault.
template <Cache cache = Cache::first>
[[gnu::always_inline]] inline void prefetch(const void* address) noexcept {
  __builtin_prefetch(address, 0, cache == Cache::first ? 3 : 2);
  asm volatile("");  // an effect
}

// A line that will be written.
[[gnu::always_inline]] inline void prefetch_to_write(const void* address) noexcept {
  __builtin_prefetch(address, 1, 3);
  asm volatile("");
}

}  // namespace sluice
