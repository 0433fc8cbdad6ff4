// A machine in memory: ports are rings, the kernel agrees with every plan, and its routes follow from the
// plan's addresses. For tests.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/wire.h"
#include "dataplane/port/eal.h"
#include "dataplane/port/test_port.h"
#include "flowd/machine.h"

namespace sluice::flowd {

// A zone on each of two ports; nothing is permitted.
inline constexpr std::string_view kTwoPorts = R"(
set system ports ge-0/0/0 device veth0
set system ports ge-0/0/1 device veth1
set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.1/24
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set security zones security-zone untrust interfaces ge-0/0/0.0
set security zones security-zone trust interfaces ge-0/0/1.0
)";

class TestMachine final : public Machine {
 public:
  TestMachine() : pool_(*port::make_pool("test", 4095)) {}
  ~TestMachine() override {
    ports.clear();
    twins_.clear();
    port::free_pool(pool_);
  }
  TestMachine(const TestMachine&) = delete;
  TestMachine& operator=(const TestMachine&) = delete;

  // What a test looks at and turns.
  std::map<std::string, std::weak_ptr<port::TestPort>> ports;  // by name, those that are open
  std::vector<host::Plan> plans;                               // all that were applied
  std::string refuse_device;                                   // open() fails for it
  std::string refuse_once;                                     // and once for this one
  bool refuse_plan = false;                                    // the next apply() fails
  std::uint16_t largest_mtu = 65535;                           // of twins
  std::vector<packet::IpAddress> resolved;
  OnRoutes on_routes;
  int repairs = 0;
  std::vector<port::PortOptions> openings;  // what open() was asked for

  [[nodiscard]] std::shared_ptr<port::TestPort> wire(const std::string& name) {
    return ports.at(name).lock();
  }

  Result<std::shared_ptr<port::Port>> open(const port::PortOptions& options) override {
    if (options.device == refuse_device || (options.device == refuse_once && !refuse_once.empty())) {
      refuse_once.clear();
      return Error{"operation-failed", "", "there is no device " + options.device};
    }
    openings.push_back(options);
    const auto number = static_cast<std::uint8_t>(options.name.back());
    auto made = port::TestPort::create(
        {.name = options.name,
         .mac = options.mac.value_or(std::array<std::uint8_t, 6>{2, 0, 0, 0, 0, number}),
         .queues = options.workers},
        pool_);
    if (!made) {
      return made.error();
    }
    std::shared_ptr<port::TestPort> opened = std::move(*made);
    ports[options.name] = opened;
    return std::shared_ptr<port::Port>(opened);
  }
  Result<rte_mempool*> buffers() override { return pool_; }
  std::uint16_t largest_twin_mtu() const override { return largest_mtu; }

  Status begin(std::uint16_t workers, OnRoutes heard) override {
    workers_ = workers;
    on_routes = std::move(heard);
    return {};
  }
  Status apply(const host::Plan& plan) override {
    plans.push_back(plan);
    if (std::exchange(refuse_plan, false)) {
      return Error{"operation-failed", "interfaces ge-0/0/0", "the kernel does not want it"};
    }
    for (const host::TwinPort& port : plan.ports) {
      if (twins_[port.twin.value] == nullptr) {
        twins_[port.twin.value] = std::move(
            port::TestPort::create({.name = port.name, .mac = port.mac, .queues = workers_}, pool_).value());
      }
    }
    return {};
  }
  void repair() override { ++repairs; }
  std::shared_ptr<port::Port> twin(PortId twin) const override { return twins_.at(twin.value); }

  route::Definition routes() const override {
    const std::lock_guard lock(mutex_);
    return other_routes_ ? *other_routes_ : host::settled_routes(plans.back(), 0);
  }
  // The kernel has these from now on, or again those that follow from the plan. Any thread.
  void set_routes(std::optional<route::Definition> routes) {
    const std::lock_guard lock(mutex_);
    other_routes_ = std::move(routes);
  }
  std::vector<std::string> pending() const override { return {}; }
  void resolve(IflId, const packet::IpAddress& address) override { resolved.push_back(address); }
  void set_link(PortId, bool) override {}

 private:
  mutable std::mutex mutex_;  // guards other_routes_
  std::optional<route::Definition> other_routes_;
  rte_mempool* pool_;
  std::uint16_t workers_ = 1;
  std::map<std::uint16_t, std::shared_ptr<port::TestPort>> twins_;
};

}  // namespace sluice::flowd
