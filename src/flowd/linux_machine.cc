#include "flowd/linux_machine.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "dataplane/port/eal.h"

namespace sluice::flowd {
namespace {

constexpr std::uint32_t kBuffers = 32768;
constexpr std::uint16_t kFrameHeader = 18;       // Ethernet with a VLAN tag
constexpr std::uint16_t kUsualFrameSize = 2048;  // holds an MTU of 1500 many times over in headers
constexpr std::uint16_t kLargestFrameSize = 9728;

}  // namespace

LinuxMachine::~LinuxMachine() {
  host_.reset();
  kept_.clear();
  for (const Pool& pool : pools_) {
    port::free_pool(pool.memory);
  }
}

Result<LinuxMachine::Pool> LinuxMachine::pool_for(std::uint16_t mtu) {
  const auto wanted = static_cast<std::uint16_t>(mtu + kFrameHeader);
  if (wanted > kLargestFrameSize) {
    return Error{"invalid-value", "",
                 fmt::format("an MTU of {} is too large: at most {}", mtu, kLargestFrameSize - kFrameHeader)};
  }
  const auto fits = std::ranges::find_if(pools_, [&](const Pool& pool) { return pool.frame_size >= wanted; });
  if (fits != pools_.end()) {
    return *fits;
  }
  const std::uint16_t size = wanted <= kUsualFrameSize ? kUsualFrameSize : kLargestFrameSize;
  const std::uint32_t count = wanted <= kUsualFrameSize ? kBuffers : kBuffers / 2;
  auto made = port::make_pool("frames", count, size);
  if (!made) {
    return made.error();
  }
  pools_.push_back({.memory = *made, .frame_size = size});
  return pools_.back();
}

Result<std::shared_ptr<port::Port>> LinuxMachine::open(const port::PortOptions& options) {
  const auto pool = pool_for(options.mtu);
  if (!pool) {
    return pool.error();
  }
  if (auto kept = kept_.find(options)) {
    return kept;
  }
  auto opened = port::open_port(options, pool->memory);
  if (!opened) {
    return opened.error();
  }
  std::shared_ptr<port::Port> port(std::move(*opened));
  if (options.driver == "af_xdp") {
    kept_.keep(options, port);
  }
  return port;
}

Result<rte_mempool*> LinuxMachine::buffers() {
  const auto pool = pool_for(kUsualFrameSize - kFrameHeader);
  if (!pool) {
    return pool.error();
  }
  return pool->memory;
}

Status LinuxMachine::begin(std::uint16_t workers, OnRoutes on_routes) {
  // The largest pool there is: ports are open by now, so it holds what they carry.
  const auto usual = pool_for(kUsualFrameSize - kFrameHeader);
  if (!usual) {
    return usual.error();
  }
  const Pool& pool = *std::ranges::max_element(pools_, {}, &Pool::frame_size);
  auto host = host::Host::open({.pool = pool.memory, .queues = workers},
                               [heard = std::move(on_routes)](const route::Definition&) { heard(); });
  if (!host) {
    return host.error();
  }
  twin_frame_size_ = pool.frame_size;
  host_ = std::move(*host);
  return {};
}

std::uint16_t LinuxMachine::largest_twin_mtu() const {
  return static_cast<std::uint16_t>(twin_frame_size_ - kFrameHeader);
}

Status LinuxMachine::apply(const host::Plan& plan) {
  check(host_ != nullptr, "the machine was begun");
  return host_->apply(plan);
}

void LinuxMachine::repair() {
  host_->repair();
}
std::shared_ptr<port::Port> LinuxMachine::twin(PortId twin) const {
  return host_->twin(twin);
}
route::Definition LinuxMachine::routes() const {
  return host_->routes();
}
std::vector<std::string> LinuxMachine::pending() const {
  return host_->pending();
}
void LinuxMachine::resolve(IflId ifl, const packet::IpAddress& address) {
  host_->resolve(ifl, address);
}
void LinuxMachine::set_link(PortId port, bool up) {
  host_->set_link(port, up);
}

}  // namespace sluice::flowd
