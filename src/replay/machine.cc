#include "replay/machine.h"

#include "dataplane/port/eal.h"

namespace sluice::replay {
namespace {

constexpr std::uint32_t kBuffers = 16383;

}  // namespace

ReplayMachine::~ReplayMachine() {
  twins_.clear();
  port::free_pool(pool_);
}

Result<rte_mempool*> ReplayMachine::buffers() {
  if (pool_ == nullptr) {
    auto made = port::make_pool("replay", kBuffers);
    if (!made) return made.error();
    pool_ = *made;
  }
  return pool_;
}

Result<std::shared_ptr<port::TestPort>> ReplayMachine::make_port(const std::string& name,
                                                                 std::array<std::uint8_t, 6> mac) {
  const auto pool = buffers();
  if (!pool) return pool.error();
  auto made = port::TestPort::create({.name = name, .mac = mac}, *pool);
  if (!made) return made.error();
  return std::shared_ptr<port::TestPort>(std::move(*made));
}

// Devices and drivers do not matter; an Ethernet address is needed, whichever it is.
Result<std::shared_ptr<port::Port>> ReplayMachine::open(const port::PortOptions& options) {
  const std::array<std::uint8_t, 6> mac = {0x02, 0, 0, 0, 0, ++ports_made_};
  auto made = make_port(options.name, options.mac.value_or(mac));
  if (!made) return made.error();
  return std::shared_ptr<port::Port>(std::move(*made));
}

Status ReplayMachine::begin(std::uint16_t, OnRoutes) {
  return {};
}

Status ReplayMachine::apply(const host::Plan& plan) {
  plan_ = plan;
  for (const host::TwinPort& port : plan.ports) {
    auto made = make_port(port.name, port.mac);
    if (!made) return made.error();
    twins_[port.twin.value] = std::move(*made);
  }
  return {};
}

}  // namespace sluice::replay
