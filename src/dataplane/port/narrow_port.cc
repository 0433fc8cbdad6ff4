#include "dataplane/port/narrow_port.h"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <array>
#include <atomic>

namespace sluice::port {
namespace {

constexpr unsigned kDepth = 1024;
constexpr std::uint16_t kBurst = 32;

}  // namespace

// What workers without a queue want sent. `refused` is the queue owner's to write.
struct NarrowPort::Outside {
  rte_ring* ring = nullptr;
  std::atomic<std::uint64_t> refused{0};

  ~Outside() {
    if (ring == nullptr) return;
    void* frame = nullptr;
    while (rte_ring_dequeue(ring, &frame) == 0) rte_pktmbuf_free(static_cast<rte_mbuf*>(frame));
    rte_ring_free(ring);
  }
};

NarrowPort::NarrowPort(std::unique_ptr<Port> device) : device_(std::move(device)) {}

NarrowPort::~NarrowPort() = default;

Result<std::unique_ptr<Port>> NarrowPort::wrap(std::unique_ptr<Port> device, std::uint16_t queues) {
  static std::atomic<unsigned> serial{0};
  std::unique_ptr<NarrowPort> port(new NarrowPort(std::move(device)));
  for (unsigned i = 0; i < queues; ++i) {
    auto outside = std::make_unique<Outside>();
    // Relaxed tail: a worker that loses its core in the middle does not hold up the others.
    outside->ring = rte_ring_create(fmt::format("narrow_{}", serial.fetch_add(1)).c_str(), kDepth,
                                    SOCKET_ID_ANY, RING_F_MP_RTS_ENQ | RING_F_SC_DEQ);
    if (outside->ring == nullptr) {
      return Error{"resource-denied", port->name(),
                   fmt::format("no ring of {} frames: {}", kDepth, rte_strerror(rte_errno))};
    }
    port->outside_.push_back(std::move(outside));
  }
  return std::unique_ptr<Port>(std::move(port));
}

void NarrowPort::send_for_others(std::uint16_t queue) noexcept {
  Outside& outside = *outside_[queue];
  std::array<rte_mbuf*, kBurst> frames;
  const unsigned count =
      rte_ring_sc_dequeue_burst(outside.ring, reinterpret_cast<void**>(frames.data()), kBurst, nullptr);
  if (count == 0) return;
  const std::uint16_t sent = device_->transmit(queue, frames.data(), static_cast<std::uint16_t>(count));
  for (unsigned i = sent; i < count; ++i) rte_pktmbuf_free(frames[i]);
  outside.refused.store(outside.refused.load(std::memory_order_relaxed) + count - sent,
                        std::memory_order_relaxed);
}

std::uint16_t NarrowPort::receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept {
  if (queue >= outside_.size()) return 0;
  send_for_others(queue);
  return device_->receive(queue, frames, count);
}

std::uint16_t NarrowPort::transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept {
  if (queue < outside_.size()) return device_->transmit(queue, frames, count);
  rte_ring* ring = outside_[queue % outside_.size()]->ring;
  return static_cast<std::uint16_t>(
      rte_ring_enqueue_burst(ring, reinterpret_cast<void* const*>(frames), count, nullptr));
}

PortStatistics NarrowPort::statistics() const noexcept {
  PortStatistics sum = device_->statistics();
  for (const auto& outside : outside_)
    sum.transmit_errors += outside->refused.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace sluice::port
