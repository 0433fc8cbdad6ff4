// A machine in memory: ports are rings, the kernel agrees with every plan, and its routes follow from the
// plan's addresses. For tests.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/wire.h"
#include "dataplane/port/eal.h"
#include "dataplane/port/test_port.h"
#include "flowd/machine.h"

namespace sluice::flowd {

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
  std::vector<packet::IpAddress> resolved;
  OnRoutes on_routes;

  [[nodiscard]] std::shared_ptr<port::TestPort> wire(const std::string& name) {
    return ports.at(name).lock();
  }

  Result<std::shared_ptr<port::Port>> open(const port::PortOptions& options) override {
    if (options.device == refuse_device || (options.device == refuse_once && !refuse_once.empty())) {
      refuse_once.clear();
      return Error{"operation-failed", "", "there is no device " + options.device};
    }
    const auto number = static_cast<std::uint8_t>(options.name.back());
    auto made = port::TestPort::create(
        {.name = options.name, .mac = {2, 0, 0, 0, 0, number}, .queues = options.workers}, pool_);
    if (!made) {
      return made.error();
    }
    std::shared_ptr<port::TestPort> opened = std::move(*made);
    ports[options.name] = opened;
    return std::shared_ptr<port::Port>(opened);
  }
  Result<rte_mempool*> buffers() override { return pool_; }

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
  std::shared_ptr<port::Port> twin(PortId twin) const override { return twins_.at(twin.value); }

  // Every unit's network is on link, with one neighbour for all of it; its own address is local.
  route::Definition routes() const override {
    route::Definition definition;
    definition.next_hops.emplace_back();
    for (const host::TwinPort& port : plans.back().ports) {
      for (const host::TwinUnit& unit : port.units) {
        add_routes(port, unit, definition);
      }
    }
    return definition;
  }
  std::vector<std::string> pending() const override { return {}; }
  void resolve(IflId, const packet::IpAddress& address) override { resolved.push_back(address); }
  void set_link(PortId, bool) override {}

 private:
  static void add_routes(const host::TwinPort& port, const host::TwinUnit& unit,
                         route::Definition& definition) {
    const auto add = [&](const packet::IpAddress& address, std::uint8_t length, route::NextHopKind kind) {
      route::NextHop next_hop;
      next_hop.kind = kind;
      next_hop.port = kind == route::NextHopKind::local ? port.twin : port.port;
      next_hop.ifl = kind == route::NextHopKind::local ? kLocalIfl : unit.ifl;
      next_hop.mtu = unit.mtu;
      next_hop.gateway.family = address.family;
      set_header(port.mac, next_hop);
      const std::string prefix = packet::to_string(address) + "/" + std::to_string(unsigned{length});
      definition.routes.push_back(
          {.prefix = *packet::parse_prefix(prefix),
           .next_hop = NextHopId{static_cast<std::uint16_t>(definition.next_hops.size())}});
      definition.next_hops.push_back(next_hop);
    };
    for (const snapshot::InterfaceAddress& address : unit.addresses) {
      add(address.address, address.prefix_length, route::NextHopKind::forward);
      add(address.address, static_cast<std::uint8_t>(address.address.bits()), route::NextHopKind::local);
    }
  }

  // From the port to the neighbour, or from the neighbour to the port's own kernel.
  static void set_header(const std::array<std::uint8_t, 6>& own, route::NextHop& next_hop) {
    static constexpr std::array<std::uint8_t, 6> kNeighbour{2, 0, 0, 0, 9, 9};
    const bool out = next_hop.kind == route::NextHopKind::forward;
    const bool v4 = next_hop.gateway.family == packet::Family::inet;
    std::uint8_t* header = next_hop.l2.data() + next_hop.l2.size() - next_hop.l2_length;
    std::ranges::copy(out ? kNeighbour : own, header);
    std::ranges::copy(out ? own : kNeighbour, header + 6);
    store_be<std::uint16_t>(header + 12, v4 ? 0x0800 : 0x86dd);
  }

  rte_mempool* pool_;
  std::uint16_t workers_ = 1;
  std::map<std::uint16_t, std::shared_ptr<port::TestPort>> twins_;
};

}  // namespace sluice::flowd
