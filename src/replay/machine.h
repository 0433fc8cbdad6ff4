// ReplayMachine: a machine in memory for flowd's Control. Ports are rings that the player fills and
// empties; there is no kernel, so its routes are what the plan says, with every neighbour known
// (host::settled_routes).
//
// Threads: one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/port/test_port.h"
#include "flowd/machine.h"

namespace sluice::replay {

class ReplayMachine final : public flowd::Machine {
 public:
  ReplayMachine() = default;
  ~ReplayMachine() override;
  ReplayMachine(const ReplayMachine&) = delete;
  ReplayMachine& operator=(const ReplayMachine&) = delete;

  Result<std::shared_ptr<port::Port>> open(const port::PortOptions& options) override;
  Result<rte_mempool*> buffers() override;
  Status begin(std::uint16_t workers, OnRoutes on_routes) override;
  [[nodiscard]] std::uint16_t largest_twin_mtu() const override { return 65535; }
  Status apply(const host::Plan& plan) override;
  void repair() override {}
  [[nodiscard]] std::shared_ptr<port::Port> twin(PortId twin) const override { return twins_.at(twin.value); }
  [[nodiscard]] route::Definition routes() const override { return host::settled_routes(plan_, 0); }
  [[nodiscard]] std::vector<std::string> pending() const override { return {}; }
  void resolve(IflId, const packet::IpAddress&) override {}
  void set_link(PortId, bool) override {}

 private:
  [[nodiscard]] Result<std::shared_ptr<port::TestPort>> make_port(const std::string& name,
                                                                  std::array<std::uint8_t, 6> mac);

  rte_mempool* pool_ = nullptr;
  host::Plan plan_;
  std::map<std::uint16_t, std::shared_ptr<port::TestPort>> twins_;  // by PortId
  std::uint8_t ports_made_ = 0;
};

}  // namespace sluice::replay
