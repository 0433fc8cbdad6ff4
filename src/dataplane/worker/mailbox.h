// Mailbox: what the control thread asks a worker to do with sessions it owns.
//
// The control thread never touches a session. It finds slots by reading, and posts requests that
// name the slot and the version it saw; the owner does the work within its budget, and leaves a slot
// alone whose version has changed since. Single producer (the control thread), single consumer (the worker).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "dataplane/packet/address.h"
#include "dataplane/packet/ids.h"
#include "dataplane/session/close_reason.h"
#include "dataplane/session/record.h"

namespace sluice::worker {

struct Request {
  enum class Kind : std::uint8_t {
    end,      // end the session, for `reason`
    reroute,  // wing's next hop is now `next_hop`; kNoNextHop: the route is gone
    keep,     // the session's policy is now `policy` (policy-rematch extensive)
  };
  Kind kind = Kind::end;
  packet::Family family = packet::Family::inet;
  session::CloseReason reason = session::CloseReason::cli;
  std::uint8_t wing = 0;
  session::Handle session;
  NextHopId next_hop;
  PolicyId policy;
};

class Mailbox {
 public:
  explicit Mailbox(std::uint32_t capacity);

  // Control thread. False when full: try again when the worker has moved.
  [[nodiscard]] bool post(const Request& request) noexcept;
  // Control thread. Requests posted, and requests that the worker has dealt with; equal: all done.
  [[nodiscard]] std::uint64_t posted() const noexcept { return tail_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t handled() const noexcept { return head_.load(std::memory_order_acquire); }
  // Control thread. Sessions that `end` requests really ended.
  [[nodiscard]] std::uint64_t ended() const noexcept { return ended_.load(std::memory_order_acquire); }

  // Worker. Hands up to `budget` requests to handle(const Request&, const Request* soon), which answers
  // whether a session was ended; `soon` is a request a few places ahead, for prefetching, or null.
  template <class Handle>
  std::uint32_t drain(std::uint32_t budget, Handle handle) noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint64_t waiting = tail_.load(std::memory_order_acquire) - head;
    const auto count = static_cast<std::uint32_t>(waiting < budget ? waiting : budget);
    std::uint64_t ended = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const Request* soon = i + kAhead < waiting ? &requests_[(head + i + kAhead) & mask_] : nullptr;
      ended += handle(requests_[(head + i) & mask_], soon) ? 1 : 0;
    }
    ended_.store(ended_.load(std::memory_order_relaxed) + ended, std::memory_order_release);
    head_.store(head + count, std::memory_order_release);
    return count;
  }

 private:
  static constexpr std::uint32_t kAhead = 8;
  const std::uint32_t mask_;
  std::unique_ptr<Request[]> requests_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::atomic<std::uint64_t> ended_{0};
};

}  // namespace sluice::worker
