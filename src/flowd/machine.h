// Machine: the devices and the kernel, as control uses them.
//
// Why a seam: control decides what to open and when; tests decide what there is. LinuxMachine is the
// real one (ports through DPDK, twins and routes by flowd/host); tests have one in memory.
// Threads: the control thread, any one at a time. on_routes (routes() has changed) is called on a thread of
// the machine's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataplane/packet/address.h"
#include "dataplane/packet/ids.h"
#include "dataplane/port/port.h"
#include "dataplane/route/route.h"
#include "flowd/host/host.h"

namespace sluice::flowd {

class Machine {
 public:
  using OnRoutes = std::function<void()>;

  virtual ~Machine() = default;

  // Opens a device. Nothing is received before a worker asks.
  [[nodiscard]] virtual Result<std::shared_ptr<port::Port>> open(const port::PortOptions& options) = 0;
  // Buffers for what workers make themselves.
  [[nodiscard]] virtual Result<rte_mempool*> buffers() = 0;

  // Once, before the first apply(): twins get a queue per worker.
  [[nodiscard]] virtual Status begin(std::uint16_t workers, OnRoutes on_routes) = 0;
  // The largest IP packet that twins carry; what they began with.
  [[nodiscard]] virtual std::uint16_t largest_twin_mtu() const = 0;
  // Makes the kernel look like the plan; what is known of routes then is routes().
  [[nodiscard]] virtual Status apply(const host::Plan& plan) = 0;
  // Makes again what others removed of the applied plan, or tries.
  virtual void repair() = 0;
  [[nodiscard]] virtual std::shared_ptr<port::Port> twin(PortId twin) const = 0;
  [[nodiscard]] virtual route::Definition routes() const = 0;
  // What the kernel could not do yet, a sentence each.
  [[nodiscard]] virtual std::vector<std::string> pending() const = 0;
  virtual void resolve(IflId ifl, const packet::IpAddress& address) = 0;
  virtual void set_link(PortId port, bool up) = 0;
};

}  // namespace sluice::flowd
