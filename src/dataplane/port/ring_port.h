// RingPort: a port whose wire is memory.
//
// What: two lock-free rings per queue. The worker uses it as any Port; whoever is at the other end
// takes what the worker transmitted and gives what it shall receive: flowd's host part (twins in the
// kernel) and the test port. Why: a worker's loop then makes no system call for the host path.
//
// Threads: per queue, one thread at the worker's end and one at the other end. A full ring refuses
// the frames (transmit and give return fewer) and the caller keeps them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/port/port.h"

struct rte_ring;

namespace sluice::port {

struct RingPortOptions {
  std::string name;
  std::array<std::uint8_t, 6> mac{};
  std::uint16_t queues = 1;
  std::uint32_t depth = 1024;  // frames each way; a power of two
};

// Wakes a sleeping reader through a file descriptor that it polls. Costs a system call only when
// the reader really sleeps.
class Doorbell {
 public:
  Doorbell();
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  // Reader: about to sleep. It must look at its rings once more between arm() and the sleep.
  void arm() noexcept;
  // Reader: awake again.
  void disarm() noexcept;
  // Writer: something is there.
  void ring() noexcept;

 private:
  int fd_ = -1;
  std::atomic<bool> armed_{false};
};

class RingPort final : public Port {
 public:
  [[nodiscard]] static Result<std::unique_ptr<RingPort>> create(const RingPortOptions& options);
  ~RingPort() override;
  RingPort(const RingPort&) = delete;
  RingPort& operator=(const RingPort&) = delete;

  // The worker's end.
  std::uint16_t receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;
  std::uint16_t transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;

  // The other end.
  std::uint16_t take(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept;
  std::uint16_t give(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept;
  // Rung when the worker transmits; null: nobody sleeps. Set before the port is used.
  void set_doorbell(std::shared_ptr<Doorbell> doorbell) { doorbell_ = std::move(doorbell); }
  void set_link(bool up) noexcept { link_up_.store(up, std::memory_order_relaxed); }

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] std::array<std::uint8_t, 6> mac() const noexcept override { return mac_; }
  [[nodiscard]] bool link_up() const noexcept override { return link_up_.load(std::memory_order_relaxed); }
  [[nodiscard]] PortStatistics statistics() const noexcept override;
  [[nodiscard]] std::uint16_t queues() const noexcept { return static_cast<std::uint16_t>(queues_.size()); }

 private:
  struct Queue;
  RingPort(const RingPortOptions& options);

  std::string name_;
  std::array<std::uint8_t, 6> mac_;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::shared_ptr<Doorbell> doorbell_;
  std::atomic<bool> link_up_{true};
};

}  // namespace sluice::port
