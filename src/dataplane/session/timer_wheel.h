// Timer wheel: which sessions to look at in which second.
//
// Entries are slots in chunks of one cache line, chained per second of the wheel. Arming is O(1) and
// nothing is ever searched or removed: an entry that no longer counts is recognised by its visitor
// (Cold::timer_tick) and lapses. Timeouts beyond the horizon are armed at the horizon and re-armed
// when they get there. One thread only (the owner worker); no allocation after construction.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/pages.h"

namespace sluice::session {

class TimerWheel {
 public:
  static constexpr std::uint32_t kTicks = 128;
  // The farthest ahead that an entry is armed.
  static constexpr std::uint32_t kHorizon = 64;
  static constexpr unsigned kPerChunk = 15;

  // Room for about `entries` outstanding at a time.
  explicit TimerWheel(std::size_t entries);

  // The tick at which an entry for `deadline` is placed, seen from `now`. The tick after it may be taken
  // instead.
  [[nodiscard]] std::uint32_t tick_for(std::uint32_t deadline, std::uint32_t now) const noexcept;
  // False when out of chunks: the caller must find the session some other way.
  [[nodiscard]] bool arm(std::uint32_t slot, std::uint32_t tick) noexcept;

  // Visits due entries, at least one chunk and at most about `budget` entries:
  // visit(span of slots, tick). The visitor may arm. Returns how many entries were visited.
  template <class Visit>
  std::uint32_t advance(std::uint32_t now, std::uint32_t budget, Visit visit);

  [[nodiscard]] std::uint64_t outstanding() const noexcept { return outstanding_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return chunks_used_ * sizeof(Chunk); }

 private:
  static constexpr std::uint32_t kNoChunk = 0xffffffff;
  struct alignas(64) Chunk {
    std::uint32_t next;
    std::uint32_t slots[kPerChunk];
  };
  struct Tick {
    std::uint32_t head = kNoChunk;
    std::uint32_t fill = 0;  // entries in the head chunk; those behind it are full
  };

  [[nodiscard]] std::uint32_t take_chunk() noexcept;
  // Unlinks the head chunk of the tick into `out`; returns how many slots it had.
  std::uint32_t pop(Tick& tick, std::array<std::uint32_t, kPerChunk>& out) noexcept;

  std::array<Tick, kTicks> ticks_{};
  PageArray<Chunk> chunks_;
  std::uint32_t free_head_ = kNoChunk;
  std::uint32_t chunks_used_ = 0;  // chunks handed out at least once
  std::uint64_t outstanding_ = 0;
  std::uint32_t current_ = 0;  // the next tick to visit
  bool started_ = false;
};

template <class Visit>
std::uint32_t TimerWheel::advance(std::uint32_t now, std::uint32_t budget, Visit visit) {
  if (!started_ || outstanding_ == 0) {
    current_ = now;
    started_ = true;
  }
  std::uint32_t visited = 0;
  std::array<std::uint32_t, kPerChunk> slots;
  while (static_cast<std::int32_t>(now - current_) >= 0) {
    Tick& tick = ticks_[current_ % kTicks];
    while (tick.head != kNoChunk) {
      if (visited >= budget) {
        return visited;
      }
      const std::uint32_t count = pop(tick, slots);
      visited += count;
      visit(std::span<const std::uint32_t>(slots.data(), count), current_);
    }
    ++current_;
  }
  return visited;
}

}  // namespace sluice::session
