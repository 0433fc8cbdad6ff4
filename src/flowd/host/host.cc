#include "flowd/host/host.h"

#include <fmt/format.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "dataplane/port/ring_port.h"
#include "dataplane/port/tap_device.h"
#include "flowd/host/mirror.h"
#include "flowd/host/netlink.h"
#include "flowd/host/twin_io.h"
#include "flowd/host/twin_settings.h"

namespace sluice::host {
namespace {

using snapshot::InterfaceAddress;

bool same(const InterfaceAddress& a, const InterfaceAddress& b) {
  return a.address == b.address && a.prefix_length == b.prefix_length;
}

bool contains(const std::vector<InterfaceAddress>& list, const InterfaceAddress& address) {
  return std::any_of(list.begin(), list.end(), [&](const auto& one) { return same(one, address); });
}

Error at(const std::string& where, const Error& error) {
  return Error{error.tag, error.path.empty() ? where : error.path, error.message};
}

}  // namespace

// All on the control thread. Holds what has been done in the kernel, so that apply() does the rest.
class Host::Impl {
 public:
  Impl(const HostOptions& options, Netlink netlink, std::shared_ptr<port::Doorbell> bell)
      : options_(options), netlink_(std::move(netlink)), bell_(std::move(bell)) {}

  ~Impl() {
    for (auto& [id, twin] : twins_) withdraw_proxies(twin);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Status start(Host::OnChange on_change) {
    if (Status removed = netlink_.remove_old_proxies(); !removed) return removed;
    Result<std::unique_ptr<TwinIo>> io = TwinIo::start(options_.pool, bell_);
    if (!io) return io.error();
    io_ = std::move(*io);
    Result<std::unique_ptr<Mirror>> mirror = Mirror::start(options_, std::move(on_change));
    if (!mirror) return mirror.error();
    mirror_ = std::move(*mirror);
    return {};
  }

  Status apply(const Plan& plan) {
    plan_ = plan;
    warnings_ = namespace_warnings();
    forget_lost();
    remove_what_is_gone(plan);
    for (const TwinPort& port : plan.ports) {
      if (Status done = apply_port(port); !done) return Error{at(port.name, done.error())};
    }
    return mirror_->set_plan(plan);
  }

  void repair() {
    const bool missing = std::ranges::any_of(plan_.ports, [](const TwinPort& port) {
      return std::ranges::any_of(port.units, [](const TwinUnit& unit) { return is_missing(unit); });
    });
    const bool lost = mirror_->take_link_changes() && forget_lost();
    if (!missing && !lost) return;
    const Plan plan = plan_;
    if (const Status done = apply(plan); !done) warnings_.push_back(done.error().text());
  }

  std::shared_ptr<port::Port> twin(PortId id) const {
    const auto found = twins_.find(id);
    return found == twins_.end() ? nullptr : found->second.ring;
  }

  void set_link(PortId port, bool up) {
    link_up_[port] = up;
    for (const auto& [id, twin] : twins_) {
      if (twin.wire != port) continue;
      twin.ring->set_link(up);
      io_->set_carrier(id, up);
    }
  }

  std::vector<std::string> pending() const {
    std::vector<std::string> sentences = warnings_;
    for (std::string& sentence : mirror_->pending()) sentences.push_back(std::move(sentence));
    return sentences;
  }

  Mirror& mirror() { return *mirror_; }

 private:
  // What stands in the kernel for a unit.
  struct Tap {
    std::string kernel_name;
    std::vector<InterfaceAddress> addresses;
    std::vector<packet::IpAddress> proxies;
  };
  struct Twin {
    PortId wire;
    std::string name;
    std::array<std::uint8_t, 6> mac{};
    std::shared_ptr<port::RingPort> ring;
    std::map<std::uint16_t, Tap> taps;  // by VLAN
  };

  static bool is_missing(const TwinUnit& unit) { return if_nametoindex(unit.kernel_name.c_str()) == 0; }

  static bool matches(const Twin& twin, const TwinPort& port) {
    return twin.wire == port.port && twin.name == port.name && twin.mac == port.mac;
  }

  static int index_of(const Tap& tap) { return static_cast<int>(if_nametoindex(tap.kernel_name.c_str())); }

  // Of a link that goes down the kernel drops what is IPv6 and all that it answers for, unannounced. Whether
  // any of it is missing; addresses that are will be put again.
  bool forget_lost() {
    std::vector<KernelAddress> addresses;
    std::vector<KernelProxy> proxies;
    Status read = netlink_.read_addresses(addresses);
    if (read) read = netlink_.read_proxies(proxies);
    if (!read) {
      warnings_.push_back(read.error().text());
      return false;
    }
    bool lost = false;
    for (auto& [id, twin] : twins_) {
      for (auto& [vlan, tap] : twin.taps) {
        const int link = index_of(tap);
        lost |= 0 < std::erase_if(tap.addresses, [&](const InterfaceAddress& address) {
                  return std::ranges::none_of(addresses, [&](const KernelAddress& one) {
                    return one.link == link && same({one.address, one.prefix_length}, address);
                  });
                });
        const auto answered = std::ranges::count(proxies, link, &KernelProxy::link);
        lost |= answered < static_cast<std::ptrdiff_t>(tap.proxies.size());
      }
    }
    return lost;
  }

  // All removals come before any addition, so that a name or an address can move.
  void remove_what_is_gone(const Plan& plan) {
    std::map<PortId, const TwinPort*> wanted;
    for (const TwinPort& port : plan.ports) wanted[port.twin] = &port;
    for (auto twin = twins_.begin(); twin != twins_.end();) {
      const auto kept = wanted.find(twin->first);
      if (kept == wanted.end() || !matches(twin->second, *kept->second)) {
        withdraw_proxies(twin->second);
        io_->remove_twin(twin->first);
        twin = twins_.erase(twin);
        continue;
      }
      remove_units(twin->first, twin->second, *kept->second);
      ++twin;
    }
  }

  void remove_units(PortId id, Twin& twin, const TwinPort& port) {
    for (auto entry = twin.taps.begin(); entry != twin.taps.end();) {
      auto& [vlan, tap] = *entry;
      const auto unit = std::find_if(port.units.begin(), port.units.end(), [&](const TwinUnit& one) {
        return one.vlan_id == entry->first && one.kernel_name == entry->second.kernel_name;
      });
      remove_proxies(tap, unit == port.units.end() ? std::vector<packet::IpAddress>() : unit->proxies);
      if (unit == port.units.end()) {
        io_->remove_tap(id, vlan);
        entry = twin.taps.erase(entry);
      } else {
        remove_addresses(tap, *unit);
        ++entry;
      }
    }
  }

  void remove_addresses(Tap& tap, const TwinUnit& unit) {
    const int link = index_of(tap);
    std::erase_if(tap.addresses, [&](const InterfaceAddress& address) {
      if (contains(unit.addresses, address)) return false;
      const Status removed = netlink_.remove_address(link, address);
      if (!removed) warnings_.push_back(removed.error().text());
      return removed.has_value();
    });
  }

  // But for those that are wanted.
  void remove_proxies(Tap& tap, const std::vector<packet::IpAddress>& wanted) {
    const int link = index_of(tap);
    std::vector<packet::IpAddress> gone;
    std::erase_if(tap.proxies, [&](const packet::IpAddress& address) {
      if (std::ranges::find(wanted, address) != wanted.end()) return false;
      const Status removed = netlink_.remove_proxy(link, address);
      if (!removed) warnings_.push_back(removed.error().text());
      if (removed) gone.push_back(address);
      return removed.has_value();
    });
    for (const packet::IpAddress& address : gone) {
      if (is_answered_for(address)) continue;  // by another unit
      const Status removed = netlink_.remove_proxy_route(address);
      if (!removed) warnings_.push_back(removed.error().text());
    }
  }

  bool is_answered_for(const packet::IpAddress& address) const {
    return std::ranges::any_of(twins_, [&](const auto& twin) {
      return std::ranges::any_of(twin.second.taps, [&](const auto& tap) {
        return std::ranges::find(tap.second.proxies, address) != tap.second.proxies.end();
      });
    });
  }

  void withdraw_proxies(Twin& twin) {
    for (auto& [vlan, tap] : twin.taps) remove_proxies(tap, {});
  }

  Status apply_port(const TwinPort& port) {
    const auto known = twins_.find(port.twin);
    if (known == twins_.end()) {
      if (Status made = make_twin(port); !made) return made;
    }
    Twin& twin = twins_.at(port.twin);
    for (const TwinUnit& unit : port.units) {
      if (Status done = apply_unit(twin, port, unit); !done) return Error{at(unit.kernel_name, done.error())};
    }
    return {};
  }

  Status make_twin(const TwinPort& port) {
    port::RingPortOptions ring_options;
    ring_options.name = port.name;
    ring_options.mac = port.mac;
    ring_options.queues = options_.queues;
    Result<std::unique_ptr<port::RingPort>> ring = port::RingPort::create(ring_options);
    if (!ring) return ring.error();
    Twin twin{port.port, port.name, port.mac, std::move(*ring), {}};
    twin.ring->set_doorbell(bell_);
    twin.ring->set_link(is_up(port.port));
    io_->add_twin(port.twin, twin.ring);
    twins_.emplace(port.twin, std::move(twin));
    return {};
  }

  Status apply_unit(Twin& twin, const TwinPort& port, const TwinUnit& unit) {
    if (twin.taps.contains(unit.vlan_id) && is_missing(unit)) {
      remove_proxies(twin.taps.at(unit.vlan_id), {});
      io_->remove_tap(port.twin, unit.vlan_id);
      twin.taps.erase(unit.vlan_id);
    }
    if (!twin.taps.contains(unit.vlan_id)) {
      if (Status made = make_tap(twin, port, unit); !made) return made;
    }
    for (std::string& refused : settle_twin(unit)) warnings_.push_back(std::move(refused));
    if (Status set = port::set_interface_mtu(unit.kernel_name, unit.mtu); !set) return set;
    if (Status set = port::set_interface_up(unit.kernel_name, unit.enabled); !set) return set;
    Tap& tap = twin.taps.at(unit.vlan_id);
    const int link = index_of(tap);
    for (const InterfaceAddress& address : unit.addresses) {
      if (contains(tap.addresses, address)) continue;
      if (Status added = netlink_.add_address(link, address); !added) return added;
      tap.addresses.push_back(address);
    }
    return answer_for(unit.proxies, link, tap);
  }

  // Those that stand already too: the route is not the unit's alone, and others may have removed it.
  Status answer_for(const std::vector<packet::IpAddress>& wanted, int link, Tap& tap) {
    if (wanted.empty()) return {};
    if (Status set = port::set_interface_up("lo", true); !set) return set;
    for (const packet::IpAddress& address : wanted) {
      if (Status added = netlink_.add_proxy(link, address); !added) return added;
      if (std::ranges::find(tap.proxies, address) == tap.proxies.end()) tap.proxies.push_back(address);
    }
    return {};
  }

  Status make_tap(Twin& twin, const TwinPort& port, const TwinUnit& unit) {
    port::TapOptions tap;
    tap.name = unit.kernel_name;
    tap.mac = port.mac;
    tap.mtu = unit.mtu;
    Result<std::vector<port::FileDescriptor>> descriptors = port::open_tap(tap);
    if (!descriptors) return descriptors.error();
    port::set_tap_carrier(descriptors->front().get(), is_up(port.port));
    if (Status added = io_->add_tap(port.twin, unit.vlan_id, std::move(descriptors->front())); !added)
      return added;
    twin.taps[unit.vlan_id] = Tap{unit.kernel_name, {}, {}};
    return {};
  }

  bool is_up(PortId port) const {
    const auto known = link_up_.find(port);
    return known == link_up_.end() || known->second;
  }

  const HostOptions options_;
  Netlink netlink_;
  std::shared_ptr<port::Doorbell> bell_;
  std::unique_ptr<TwinIo> io_;
  std::map<PortId, Twin> twins_;
  std::map<PortId, bool> link_up_;
  Plan plan_;  // what was asked for last
  std::vector<std::string> warnings_;
  std::unique_ptr<Mirror> mirror_;  // last: its thread ends first, while twins are still there
};

Host::Host(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Host::~Host() = default;

Result<std::unique_ptr<Host>> Host::open(const HostOptions& options, OnChange on_change) {
  if (geteuid() != 0) {
    return Error{"access-denied", "",
                 "interfaces and routes of the kernel take root (CAP_NET_ADMIN in the network namespace)"};
  }
  Result<Netlink> netlink = Netlink::open();
  if (!netlink) return netlink.error();
  auto impl = std::make_unique<Impl>(options, std::move(*netlink), std::make_shared<port::Doorbell>());
  if (Status started = impl->start(std::move(on_change)); !started) return started.error();
  return std::unique_ptr<Host>(new Host(std::move(impl)));
}

Status Host::apply(const Plan& plan) {
  return impl_->apply(plan);
}

void Host::repair() {
  impl_->repair();
}

std::shared_ptr<port::Port> Host::twin(PortId twin) const {
  return impl_->twin(twin);
}

void Host::set_link(PortId port, bool up) {
  impl_->set_link(port, up);
}

void Host::resolve(IflId ifl, const packet::IpAddress& address) {
  impl_->mirror().resolve(ifl, address);
}

route::Definition Host::routes() const {
  return impl_->mirror().routes();
}

std::vector<std::string> Host::pending() const {
  return impl_->pending();
}

}  // namespace sluice::host
