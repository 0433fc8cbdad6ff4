// Idleness: how long a worker without work may sleep.
//
// First it looks again at once, then it sleeps longer the longer nothing comes: an idle firewall leaves its
// cores to others, and what comes after silence waits for a quarter of a millisecond at most. With `system
// flow polling busy` it never sleeps. Owner and thread: the worker's.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sluice::flowd {

class Idleness {
 public:
  static constexpr std::uint32_t kLongestNs = 256'000;

  void worked() { turns_ = 0; }
  // Nothing was done in a turn: for how long to sleep before the next. 0: look again at once.
  [[nodiscard]] std::uint32_t rest_ns(bool busy) {
    if (busy) {
      return 0;
    }
    if (turns_ < kSpinTurns + kTurnsPerStep * kSteps) {
      ++turns_;
    }
    if (turns_ <= kSpinTurns) {
      return 0;
    }
    return std::min(kShortestNs << ((turns_ - kSpinTurns) / kTurnsPerStep), kLongestNs);
  }

 private:
  static constexpr std::uint32_t kSpinTurns = 512;
  static constexpr std::uint32_t kTurnsPerStep = 16;
  static constexpr std::uint32_t kSteps = 7;
  static constexpr std::uint32_t kShortestNs = kLongestNs >> kSteps;
  std::uint32_t turns_ = 0;
};

}  // namespace sluice::flowd
