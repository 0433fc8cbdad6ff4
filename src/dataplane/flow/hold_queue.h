// Packets that wait for a neighbour, and the neighbours that are asked for.
//
// A packet whose next hop the kernel has not resolved is held a short while instead of being lost.
// The worker asks the control thread (ResolveQueue), which asks the kernel; the answer comes as a
// new snapshot, upon which held packets are processed again from the start. Owner: the worker; ResolveQueue's
// consumer is the control thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "dataplane/packet/address.h"
#include "dataplane/packet/packet.h"

namespace sluice::flow {

class HoldQueue {
 public:
  static constexpr std::uint32_t kCapacity = 256;
  static constexpr std::uint64_t kPatienceNs = 3'000'000'000;  // three tries of ARP or ND, a second apart

  // Takes the packet's buffer; false when full. A packet that waited before keeps its deadline.
  [[nodiscard]] bool hold(const packet::Packet& packet, std::uint64_t now_ns) noexcept {
    if (count_ == kCapacity) {
      return false;
    }
    held_[count_] = packet;
    std::uint64_t& deadline = held_[count_].hold_deadline_ns;
    deadline = deadline == 0 ? now_ns + kPatienceNs : deadline;
    next_deadline_ns_ = count_ == 0 || deadline < next_deadline_ns_ ? deadline : next_deadline_ns_;
    ++count_;
    return true;
  }
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  [[nodiscard]] const packet::Packet& operator[](std::uint32_t i) const noexcept { return held_[i]; }
  void clear() noexcept { count_ = 0; }
  // The earliest deadline; the farthest future when empty.
  [[nodiscard]] std::uint64_t next_deadline_ns() const noexcept {
    return count_ == 0 ? ~std::uint64_t{0} : next_deadline_ns_;
  }

 private:
  std::array<packet::Packet, kCapacity> held_;
  std::uint32_t count_ = 0;
  std::uint64_t next_deadline_ns_ = 0;
};

// Single producer (the worker), single consumer (the control thread). Asking again for the same
// neighbour within a second costs nothing.
class ResolveQueue {
 public:
  struct Request {
    IflId ifl;
    packet::IpAddress address;
  };

  void ask(IflId ifl, const packet::IpAddress& address, std::uint32_t now_s) noexcept {
    std::uint32_t hash = ifl.value;
    for (const std::uint8_t byte : address.bytes) {
      hash = hash * 31 + byte;
    }
    Recent& recent = recent_[hash % recent_.size()];
    if (recent.second == now_s && recent.hash == hash) {
      return;
    }
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == kCapacity) {
      return;  // asked again by the next packet
    }
    recent = {hash, now_s};
    requests_[tail % kCapacity] = {ifl, address};
    tail_.store(tail + 1, std::memory_order_release);
  }

  [[nodiscard]] bool take(Request& out) noexcept {
    const std::uint32_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) {
      return false;
    }
    out = requests_[head % kCapacity];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

 private:
  static constexpr std::uint32_t kCapacity = 256;
  struct Recent {
    std::uint32_t hash = 0;
    std::uint32_t second = 0;
  };
  std::array<Request, kCapacity> requests_{};
  std::array<Recent, 64> recent_{};
  std::atomic<std::uint32_t> tail_{0};
  std::atomic<std::uint32_t> head_{0};
};

}  // namespace sluice::flow
