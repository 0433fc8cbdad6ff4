#include "base/clock.h"

#include <ctime>

namespace sluice {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

std::uint64_t read_ns(clockid_t id) {
  timespec ts{};
  clock_gettime(id, &ts);
  return static_cast<std::uint64_t>(ts.tv_sec) * kNsPerSecond + static_cast<std::uint64_t>(ts.tv_nsec);
}

// Unix time at monotonic zero, read once: stored seconds must never step when the wall clock is set.
std::uint64_t unix_origin_ns() {
  static const std::uint64_t origin = read_ns(CLOCK_REALTIME) - read_ns(CLOCK_MONOTONIC);
  return origin;
}

}  // namespace

Now read_clock() {
  const std::uint64_t origin = unix_origin_ns();
  const std::uint64_t ns = read_ns(CLOCK_MONOTONIC);
  const std::uint64_t wall = origin + ns;
  return Now{.ns = ns,
             .unix_s = static_cast<std::uint32_t>(wall / kNsPerSecond),
             .unix_fraction_ns = static_cast<std::uint32_t>(wall % kNsPerSecond)};
}

}  // namespace sluice
