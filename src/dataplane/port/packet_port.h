// PacketPort: a kernel interface through packet sockets (private to the room): driver "af_packet".
//
// One socket per queue; the kernel spreads flows over them. A burst is one system call each way. Not
// DPDK's net_af_packet, since that asks the kernel to reassemble IPv4 datagrams, which then do not fit the
// ring and arrive cut; a firewall wants the fragments.
//
// The kernel says which checksums a sender on this machine (over veth) has left to hardware: they are
// completed here. VLAN tags that the kernel has moved aside are put back.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/port/kernel_device.h"
#include "dataplane/port/port.h"
#include "dataplane/port/tap_device.h"

namespace sluice::port {

class PacketPort final : public Port {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Port>> open(const PortOptions& options, rte_mempool* pool);
  ~PacketPort() override;
  PacketPort(const PacketPort&) = delete;
  PacketPort& operator=(const PacketPort&) = delete;

  std::uint16_t receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;
  std::uint16_t transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] std::array<std::uint8_t, 6> mac() const noexcept override { return mac_; }
  [[nodiscard]] bool link_up() const noexcept override { return device_->running(); }
  [[nodiscard]] std::uint32_t speed_mbps() const noexcept override { return device_->speed_mbps(); }
  [[nodiscard]] bool lost() const noexcept override { return device_->lost(); }
  [[nodiscard]] PortStatistics statistics() const noexcept override;

 private:
  static constexpr std::uint16_t kBurst = 32;
  struct Queue;

  PacketPort(const PortOptions& options, std::unique_ptr<KernelDevice> device, rte_mempool* pool);
  [[nodiscard]] Status open_queue(const PortOptions& options, Queue& queue);

  std::string name_;
  std::array<std::uint8_t, 6> mac_;
  std::unique_ptr<KernelDevice> device_;
  rte_mempool* pool_;
  std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace sluice::port
