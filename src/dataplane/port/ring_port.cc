#include "dataplane/port/ring_port.h"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace sluice::port {
namespace {

// Written by one thread, read by any.
struct Counter {
  std::atomic<std::uint64_t> packets{0};
  std::atomic<std::uint64_t> bytes{0};

  void add(std::uint64_t more_packets, std::uint64_t more_bytes) noexcept {
    packets.store(packets.load(std::memory_order_relaxed) + more_packets, std::memory_order_relaxed);
    bytes.store(bytes.load(std::memory_order_relaxed) + more_bytes, std::memory_order_relaxed);
  }
};

std::uint64_t total_bytes(rte_mbuf* const* frames, unsigned count) noexcept {
  std::uint64_t bytes = 0;
  for (unsigned i = 0; i < count; ++i) bytes += rte_pktmbuf_pkt_len(frames[i]);
  return bytes;
}

rte_ring* make_ring(const std::string& name, std::uint32_t depth) {
  static std::atomic<unsigned> serial{0};
  const std::string unique = fmt::format("{:.12}_{}", name, serial.fetch_add(1));
  return rte_ring_create(unique.c_str(), depth, SOCKET_ID_ANY,
                         RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
}

void empty_and_free(rte_ring* ring) {
  if (ring == nullptr) return;
  void* frame = nullptr;
  while (rte_ring_sc_dequeue(ring, &frame) == 0) rte_pktmbuf_free(static_cast<rte_mbuf*>(frame));
  rte_ring_free(ring);
}

}  // namespace

Doorbell::Doorbell() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  check(fd_ >= 0, "eventfd");
}

Doorbell::~Doorbell() {
  close(fd_);
}

// arm() and ring() each write one thing and then read what the other wrote; both are sequentially
// consistent, so at least one of them sees the other and no wake-up is lost.
void Doorbell::arm() noexcept {
  armed_.store(true, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void Doorbell::disarm() noexcept {
  armed_.store(false, std::memory_order_seq_cst);
  // A writer may have rung, or be about to: a ring that comes later wakes the reader once for nothing.
  std::uint64_t rings = 0;
  [[maybe_unused]] const auto size = read(fd_, &rings, sizeof rings);
}

void Doorbell::ring() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!armed_.load(std::memory_order_relaxed)) return;
  if (armed_.exchange(false, std::memory_order_seq_cst)) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto size = write(fd_, &one, sizeof one);
  }
}

struct RingPort::Queue {
  rte_ring* to_worker = nullptr;
  rte_ring* from_worker = nullptr;
  Counter received;
  Counter transmitted;
  std::atomic<std::uint64_t> missed{0};  // given, but the ring was full; written by the other end

  ~Queue() {
    empty_and_free(to_worker);
    empty_and_free(from_worker);
  }
};

RingPort::RingPort(const RingPortOptions& options) : name_(options.name), mac_(options.mac) {}

RingPort::~RingPort() = default;

Result<std::unique_ptr<RingPort>> RingPort::create(const RingPortOptions& options) {
  std::unique_ptr<RingPort> port(new RingPort(options));
  for (unsigned i = 0; i < options.queues; ++i) {
    auto queue = std::make_unique<Queue>();
    queue->to_worker = make_ring(options.name, options.depth);
    queue->from_worker = make_ring(options.name, options.depth);
    if (queue->to_worker == nullptr || queue->from_worker == nullptr) {
      return Error{"resource-denied", options.name,
                   fmt::format("no ring of {} frames: {}", options.depth, rte_strerror(rte_errno))};
    }
    port->queues_.push_back(std::move(queue));
  }
  return port;
}

std::uint16_t RingPort::receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept {
  Queue& q = *queues_[queue];
  const unsigned n = rte_ring_sc_dequeue_burst(q.to_worker, reinterpret_cast<void**>(frames), count, nullptr);
  if (n != 0) q.received.add(n, total_bytes(frames, n));
  return static_cast<std::uint16_t>(n);
}

std::uint16_t RingPort::transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept {
  Queue& q = *queues_[queue];
  std::uint16_t sent = 0;
  while (sent < count) {
    // Once they have left, frames belong to the other end: how long they are is asked before.
    std::array<std::uint32_t, 64> lengths;
    const auto some = static_cast<std::uint16_t>(std::min<std::size_t>(count - sent, lengths.size()));
    for (std::uint16_t i = 0; i < some; ++i) lengths[i] = rte_pktmbuf_pkt_len(frames[sent + i]);
    const unsigned taken = rte_ring_sp_enqueue_burst(
        q.from_worker, reinterpret_cast<void* const*>(frames + sent), some, nullptr);
    q.transmitted.add(taken, std::accumulate(lengths.begin(), lengths.begin() + taken, std::uint64_t{0}));
    sent = static_cast<std::uint16_t>(sent + taken);
    if (taken < some) break;
  }
  if (sent != 0 && doorbell_) doorbell_->ring();
  return sent;
}

std::uint16_t RingPort::take(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept {
  return static_cast<std::uint16_t>(rte_ring_sc_dequeue_burst(
      queues_[queue]->from_worker, reinterpret_cast<void**>(frames), count, nullptr));
}

std::uint16_t RingPort::give(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept {
  Queue& q = *queues_[queue];
  const unsigned n =
      rte_ring_sp_enqueue_burst(q.to_worker, reinterpret_cast<void* const*>(frames), count, nullptr);
  if (n < count) q.missed.fetch_add(count - n, std::memory_order_relaxed);
  return static_cast<std::uint16_t>(n);
}

PortStatistics RingPort::statistics() const noexcept {
  PortStatistics sum;
  for (const auto& queue : queues_) {
    sum.received_packets += queue->received.packets.load(std::memory_order_relaxed);
    sum.received_bytes += queue->received.bytes.load(std::memory_order_relaxed);
    sum.transmitted_packets += queue->transmitted.packets.load(std::memory_order_relaxed);
    sum.transmitted_bytes += queue->transmitted.bytes.load(std::memory_order_relaxed);
    sum.missed += queue->missed.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace sluice::port
