#include "dataplane/session/timer_wheel.h"

#include <algorithm>

#include "base/prefetch.h"

namespace sluice::session {

// Stale entries of sessions that ended early stay until their tick: room for half as many again.
TimerWheel::TimerWheel(std::size_t entries) : chunks_((entries + entries / 2) / kPerChunk + 2 * kTicks) {}

std::uint32_t TimerWheel::tick_for(std::uint32_t deadline, std::uint32_t now) const noexcept {
  const auto ahead = static_cast<std::int32_t>(deadline - now);
  const std::uint32_t wanted =
      now + static_cast<std::uint32_t>(std::clamp(ahead, 1, static_cast<int>(kHorizon)));
  // When visiting lags behind, never lap the wheel, not even with the tick after this one.
  constexpr std::uint32_t kFarthest = kTicks - 2;
  if (started_ && static_cast<std::int32_t>(wanted - current_) > static_cast<std::int32_t>(kFarthest)) {
    return current_ + kFarthest;
  }
  return wanted;
}

std::uint32_t TimerWheel::take_chunk() noexcept {
  if (free_head_ != kNoChunk) {
    const std::uint32_t chunk = free_head_;
    free_head_ = chunks_[chunk].next;
    return chunk;
  }
  return chunks_used_ < chunks_.size() ? chunks_used_++ : kNoChunk;
}

bool TimerWheel::arm(std::uint32_t slot, std::uint32_t tick) noexcept {
  if (!started_) {
    current_ = tick - std::min(tick, kHorizon);
    started_ = true;
  }
  Tick& list = ticks_[tick % kTicks];
  if (list.head == kNoChunk || list.fill == kPerChunk) {
    const std::uint32_t chunk = take_chunk();
    if (chunk == kNoChunk) {
      return false;
    }
    chunks_[chunk].next = list.head;
    list.head = chunk;
    list.fill = 0;
  }
  chunks_[list.head].slots[list.fill++] = slot;
  ++outstanding_;
  return true;
}

std::uint32_t TimerWheel::pop(Tick& tick, std::array<std::uint32_t, kPerChunk>& out) noexcept {
  const std::uint32_t chunk = tick.head;
  const std::uint32_t count = tick.fill;
  std::copy_n(chunks_[chunk].slots, count, out.begin());
  tick.head = chunks_[chunk].next;
  tick.fill = tick.head == kNoChunk ? 0 : kPerChunk;
  chunks_[chunk].next = free_head_;
  free_head_ = chunk;
  outstanding_ -= count;
  if (tick.head != kNoChunk) {
    prefetch(&chunks_[tick.head]);
  }
  return count;
}

}  // namespace sluice::session
