// TestPort: a port in memory, for tests, benchmarks and replay. Frames are injected and collected by
// the thread that steps the worker; there are no threads, devices or privileges.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/port/ring_port.h"

namespace sluice::port {

using Frame = std::vector<std::uint8_t>;

class TestPort final : public Port {
 public:
  // Frames that are injected come from `pool`, which must outlive the port.
  [[nodiscard]] static Result<std::unique_ptr<TestPort>> create(const RingPortOptions& options,
                                                                rte_mempool* pool);

  // The worker will receive this frame, in several buffers when it does not fit one. False when the ring or
  // the pool is exhausted, or the frame longer than 65535 bytes.
  [[nodiscard]] bool inject(std::span<const std::uint8_t> bytes, std::uint16_t queue = 0);
  // Everything that the worker transmitted, oldest first; the buffers are freed.
  [[nodiscard]] std::vector<Frame> collect(std::uint16_t queue = 0);
  // The other end itself, for callers that keep buffers (benchmarks).
  [[nodiscard]] RingPort& wire() noexcept { return *ring_; }

  std::uint16_t receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override {
    return ring_->receive(queue, frames, count);
  }
  std::uint16_t transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override {
    return ring_->transmit(queue, frames, count);
  }
  [[nodiscard]] const std::string& name() const noexcept override { return ring_->name(); }
  [[nodiscard]] std::array<std::uint8_t, 6> mac() const noexcept override { return ring_->mac(); }
  [[nodiscard]] bool link_up() const noexcept override { return ring_->link_up(); }
  [[nodiscard]] bool lost() const noexcept override { return lost_; }
  // As if its device had been removed.
  void lose() noexcept { lost_ = true; }
  [[nodiscard]] PortStatistics statistics() const noexcept override { return ring_->statistics(); }

 private:
  TestPort(std::unique_ptr<RingPort> ring, rte_mempool* pool) : ring_(std::move(ring)), pool_(pool) {}
  std::unique_ptr<RingPort> ring_;
  rte_mempool* pool_;
  bool lost_ = false;
};

}  // namespace sluice::port
