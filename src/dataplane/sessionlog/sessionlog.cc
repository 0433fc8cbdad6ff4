#include "dataplane/sessionlog/sessionlog.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace sluice::sessionlog {

EventRing::EventRing(std::uint32_t capacity) : mask_(capacity - 1), events_(new Event[capacity]) {
  check(std::has_single_bit(capacity), "an event ring's capacity is a power of two");
}

Event* EventRing::reserve() noexcept {
  ++sequence_;
  const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  if (tail - cached_head_ > mask_) {
    cached_head_ = head_.load(std::memory_order_acquire);
    if (tail - cached_head_ > mask_) {
      ++lost_since_;
      lost_total_.store(lost_total_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      return nullptr;
    }
  }
  Event* event = &events_[tail & mask_];
  event->sequence = sequence_;
  event->lost_before = lost_since_;
  lost_since_ = 0;
  return event;
}

void EventRing::commit() noexcept {
  tail_.store(tail_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

std::span<const Event> EventRing::peek() const noexcept {
  const std::uint64_t head = head_.load(std::memory_order_relaxed);
  const std::uint64_t tail = tail_.load(std::memory_order_acquire);
  const std::uint64_t until_wrap = mask_ + 1 - (head & mask_);
  return {&events_[head & mask_], static_cast<std::size_t>(std::min(tail - head, until_wrap))};
}

void EventRing::release(std::size_t count) noexcept {
  head_.store(head_.load(std::memory_order_relaxed) + count, std::memory_order_release);
}

}  // namespace sluice::sessionlog
