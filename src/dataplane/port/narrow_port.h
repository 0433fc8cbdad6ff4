// NarrowPort: a device with fewer queues than there are workers (private to the room).
//
// Queue q of the device stays worker q's. A worker beyond them receives nothing from the wire (others
// hand on to it what is its own), and what it transmits goes through a lock-free ring to the worker that
// has the queue, which sends it when it next receives.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dataplane/port/port.h"

struct rte_ring;

namespace sluice::port {

class NarrowPort final : public Port {
 public:
  // `queues`: those of the device.
  [[nodiscard]] static Result<std::unique_ptr<Port>> wrap(std::unique_ptr<Port> device, std::uint16_t queues);
  ~NarrowPort() override;
  NarrowPort(const NarrowPort&) = delete;
  NarrowPort& operator=(const NarrowPort&) = delete;

  std::uint16_t receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;
  std::uint16_t transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;
  [[nodiscard]] const std::string& name() const noexcept override { return device_->name(); }
  [[nodiscard]] std::array<std::uint8_t, 6> mac() const noexcept override { return device_->mac(); }
  [[nodiscard]] bool link_up() const noexcept override { return device_->link_up(); }
  [[nodiscard]] std::uint32_t speed_mbps() const noexcept override { return device_->speed_mbps(); }
  [[nodiscard]] bool lost() const noexcept override { return device_->lost(); }
  [[nodiscard]] PortStatistics statistics() const noexcept override;

 private:
  explicit NarrowPort(std::unique_ptr<Port> device);
  void send_for_others(std::uint16_t queue) noexcept;

  struct Outside;
  std::unique_ptr<Port> device_;
  std::vector<std::unique_ptr<Outside>> outside_;  // by the device's queue
};

}  // namespace sluice::port
