#include "base/clock.h"

#include <ctime>

namespace sluice {
namespace {

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
  Now now = at_unix(origin + ns);
  now.ns = ns;
  return now;
}

}  // namespace sluice
