// Time as the data plane sees it: handed in, never read. Whoever drives a worker (the poll loop,
// a test, a replayed capture) decides what time it is.
#pragma once

#include <cstdint>

namespace sluice {

inline constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

struct Now {
  // Monotonic; the origin is arbitrary.
  std::uint64_t ns = 0;
  // Whole seconds of the Unix epoch that belong to `ns`: what sessions store and show.
  std::uint32_t unix_s = 0;
  // And the nanoseconds past that second, for log records.
  std::uint32_t unix_fraction_ns = 0;
};

// Where `ns` itself counts from the Unix epoch: captures, replay.
[[nodiscard]] constexpr Now at_unix(std::uint64_t unix_ns) noexcept {
  return {.ns = unix_ns,
          .unix_s = static_cast<std::uint32_t>(unix_ns / kNsPerSecond),
          .unix_fraction_ns = static_cast<std::uint32_t>(unix_ns % kNsPerSecond)};
}

// The machine's own clock. Thread: any.
[[nodiscard]] Now read_clock();

}  // namespace sluice
