#include "flowd/logship/outbox.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace sluice::logship {
namespace {

// Shorter records than any message has; bounds the table of ends.
constexpr std::size_t kShortestRecord = 64;

}  // namespace

Outbox::Outbox(std::size_t capacity) : capacity_(capacity), buffer_(new char[capacity]) {
  ends_.reserve(capacity / kShortestRecord + 1);
}

char* Outbox::reserve(std::size_t size) noexcept {
  // Moving what waits costs its size: worth it only when that makes much room.
  if (tail_ + size > capacity_ && start_ >= capacity_ / 4) {
    compact();
  }
  const bool fits = tail_ + size <= capacity_ && ends_.size() < ends_.capacity();
  return fits ? buffer_.get() + tail_ : nullptr;
}

void Outbox::commit(const char* end) noexcept {
  tail_ = static_cast<std::size_t>(end - buffer_.get());
  check(tail_ <= capacity_, "a log record fits the room that was reserved for it");
  ends_.push_back(static_cast<std::uint32_t>(tail_));
}

std::span<const char> Outbox::unsent_records(std::size_t limit) const noexcept {
  check(at_record_start(), "whole records are sent from a record's start");
  if (empty()) {
    return {};
  }
  auto end =
      std::upper_bound(ends_.begin() + static_cast<std::ptrdiff_t>(first_), ends_.end(), start_ + limit);
  if (end != ends_.begin() + static_cast<std::ptrdiff_t>(first_)) {
    --end;
  }
  return {buffer_.get() + start_, *end - start_};
}

void Outbox::mark_arrived(std::size_t bytes) noexcept {
  arrived_ += bytes;
  check(arrived_ <= sent_ && sent_ <= tail_, "only sent bytes arrive");
  bytes_out_ += bytes;
  if (arrived_ == tail_) {
    records_out_ += records();
    ends_.clear();
    first_ = start_ = arrived_ = sent_ = tail_ = 0;
    return;
  }
  while (ends_[first_] <= arrived_) {
    start_ = ends_[first_++];
    ++records_out_;
  }
}

void Outbox::compact() noexcept {
  std::memmove(buffer_.get(), buffer_.get() + start_, tail_ - start_);
  ends_.erase(ends_.begin(), ends_.begin() + static_cast<std::ptrdiff_t>(first_));
  for (std::uint32_t& end : ends_) {
    end -= static_cast<std::uint32_t>(start_);
  }
  arrived_ -= start_;
  sent_ -= start_;
  tail_ -= start_;
  first_ = start_ = 0;
}

}  // namespace sluice::logship
