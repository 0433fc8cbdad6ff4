#include "dataplane/worker/mailbox.h"

#include <bit>

#include "base/check.h"

namespace sluice::worker {

Mailbox::Mailbox(std::uint32_t capacity) : mask_(capacity - 1), requests_(new Request[capacity]) {
  check(std::has_single_bit(capacity), "a mailbox's capacity is a power of two");
}

bool Mailbox::post(const Request& request) noexcept {
  const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  if (tail - head_.load(std::memory_order_acquire) > mask_) {
    return false;
  }
  requests_[tail & mask_] = request;
  tail_.store(tail + 1, std::memory_order_release);
  return true;
}

}  // namespace sluice::worker
