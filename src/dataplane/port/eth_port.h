// EthPort: a device of DPDK (private to the room; others open one by open_port()).
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "dataplane/port/kernel_device.h"
#include "dataplane/port/port.h"

namespace sluice::port {

class EthPort final : public Port {
 public:
  // Probes `devargs` ("net_af_xdp0,iface=eth1,..."), configures the queues and starts the device.
  // `device` is the kernel interface behind it, if there is one. Fewer queues than `options` wants
  // when the device has fewer: queues() says.
  [[nodiscard]] static Result<std::unique_ptr<EthPort>> open(const PortOptions& options,
                                                             const std::string& devargs,
                                                             std::unique_ptr<KernelDevice> device,
                                                             rte_mempool* pool);
  ~EthPort() override;
  EthPort(const EthPort&) = delete;
  EthPort& operator=(const EthPort&) = delete;

  [[nodiscard]] std::uint16_t queues() const noexcept { return queues_; }

  std::uint16_t receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;
  std::uint16_t transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] std::array<std::uint8_t, 6> mac() const noexcept override { return mac_; }
  [[nodiscard]] bool link_up() const noexcept override;
  [[nodiscard]] std::uint32_t speed_mbps() const noexcept override;
  [[nodiscard]] bool lost() const noexcept override { return device_ != nullptr && device_->lost(); }
  [[nodiscard]] PortStatistics statistics() const noexcept override;

 private:
  EthPort(std::string name, std::uint16_t id, std::unique_ptr<KernelDevice> device)
      : name_(std::move(name)), id_(id), device_(std::move(device)) {}
  [[nodiscard]] Status start(const PortOptions& options, rte_mempool* pool);
  [[nodiscard]] Status set_up_queues(const PortOptions& options, rte_mempool* pool) const;
  // Has a device of several queues deliver flows to the workers that own them.
  void spread_flows(std::uint16_t table_size) const;
  void take_mac(const std::optional<std::array<std::uint8_t, 6>>& wanted);

  std::string name_;
  std::uint16_t id_;  // DPDK's
  std::uint16_t queues_ = 1;
  bool gathers_ = false;  // the driver sends frames that lie in several buffers
  std::atomic<std::uint64_t> refused_{0};
  std::array<std::uint8_t, 6> mac_{};
  std::unique_ptr<KernelDevice> device_;
};

}  // namespace sluice::port
