// LinuxMachine: devices through DPDK, the kernel through flowd/host. Needs EAL started, and root in its
// network namespace.
#pragma once

#include <memory>
#include <vector>

#include "flowd/kept_ports.h"
#include "flowd/machine.h"

namespace sluice::flowd {

class LinuxMachine final : public Machine {
 public:
  LinuxMachine() = default;
  ~LinuxMachine() override;
  LinuxMachine(const LinuxMachine&) = delete;
  LinuxMachine& operator=(const LinuxMachine&) = delete;

  [[nodiscard]] Result<std::shared_ptr<port::Port>> open(const port::PortOptions& options) override;
  [[nodiscard]] Result<rte_mempool*> buffers() override;
  [[nodiscard]] Status begin(std::uint16_t workers, OnRoutes on_routes) override;
  [[nodiscard]] std::uint16_t largest_twin_mtu() const override;
  [[nodiscard]] Status apply(const host::Plan& plan) override;
  void repair() override;
  [[nodiscard]] std::shared_ptr<port::Port> twin(PortId twin) const override;
  [[nodiscard]] route::Definition routes() const override;
  [[nodiscard]] std::vector<std::string> pending() const override;
  void resolve(IflId ifl, const packet::IpAddress& address) override;
  void set_link(PortId port, bool up) override;

 private:
  struct Pool {
    rte_mempool* memory = nullptr;
    std::uint16_t frame_size = 0;
  };
  // Buffers for frames of such packets; made when none of what there is fits.
  [[nodiscard]] Result<Pool> pool_for(std::uint16_t mtu);

  std::vector<Pool> pools_;
  KeptPorts kept_;
  std::uint16_t twin_frame_size_ = 0;
  std::unique_ptr<host::Host> host_;
};

}  // namespace sluice::flowd
