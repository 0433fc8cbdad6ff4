// TapPort: a TAP interface as a wire (private to the room): driver "tap". Frames are read and written
// by the worker itself. DPDK's own net_tap needs the multiq qdisc, which small kernels leave out.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/port/port.h"
#include "dataplane/port/tap_device.h"

namespace sluice::port {

class TapPort final : public Port {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Port>> open(const PortOptions& options, rte_mempool* pool);

  std::uint16_t receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;
  std::uint16_t transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] std::array<std::uint8_t, 6> mac() const noexcept override { return mac_; }
  // The kernel's end is up as long as the TAP exists.
  [[nodiscard]] bool link_up() const noexcept override { return !lost(); }
  [[nodiscard]] bool lost() const noexcept override;
  [[nodiscard]] PortStatistics statistics() const noexcept override;

 private:
  struct Counters {  // written by the queue's worker, read by any thread
    std::atomic<std::uint64_t> received_packets{0};
    std::atomic<std::uint64_t> received_bytes{0};
    std::atomic<std::uint64_t> transmitted_packets{0};
    std::atomic<std::uint64_t> transmitted_bytes{0};
    std::atomic<std::uint64_t> errors{0};
  };
  TapPort(const PortOptions& options, rte_mempool* pool)
      : name_(options.name), device_(options.device), pool_(pool) {}

  std::string name_;
  std::string device_;
  std::array<std::uint8_t, 6> mac_{};
  rte_mempool* pool_;
  std::vector<FileDescriptor> queues_;
  std::vector<Counters> counters_;
};

}  // namespace sluice::port
