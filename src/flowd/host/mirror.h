// Mirror: the kernel's routes, addresses, links and neighbours as a route::Definition, kept true by a
// thread of its own; and the static routes of the configuration, kept in the kernel (private to the
// room). Announcements only say what kind of thing changed; after a short while, in which more may
// come, that kind is read again whole. Reading a large table takes long, so it pauses four times as long
// as the last reading took.
//
// Threads: public functions on the control thread; `on_change` on the Mirror's, without its lock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "dataplane/port/tap_device.h"
#include "flowd/host/host.h"
#include "flowd/host/netlink.h"
#include "flowd/host/picture.h"
#include "flowd/host/solicit_limit.h"

namespace sluice::host {

class Mirror {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Mirror>> start(const HostOptions& options,
                                                             Host::OnChange on_change);
  ~Mirror();
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  // The twins are there. Installs and removes static routes, and reads everything.
  [[nodiscard]] Status set_plan(const Plan& plan);
  void resolve(IflId ifl, const packet::IpAddress& address);
  [[nodiscard]] route::Definition routes() const;
  [[nodiscard]] std::vector<std::string> pending() const;
  // Whether a link changed since it was asked last.
  [[nodiscard]] bool take_link_changes();

 private:
  using Clock = std::chrono::steady_clock;

  Mirror(const HostOptions& options, Host::OnChange on_change, Netlink netlink, ChangeSocket changes)
      : options_(options),
        on_change_(std::move(on_change)),
        netlink_(std::move(netlink)),
        changes_(std::move(changes)) {}

  void run();
  // How long the thread may sleep: until gathered changes are due, or stale neighbours.
  [[nodiscard]] int sleep_ms() const;
  void deliver();

  // With the lock held.
  [[nodiscard]] Status refresh(unsigned what);
  void withdraw_routes(const Plan& next);
  [[nodiscard]] bool restore_routes();
  [[nodiscard]] bool is_installed(const StaticRoute& route) const;
  void note_stale();
  void probe_stale();

  const HostOptions options_;
  const Host::OnChange on_change_;
  port::FileDescriptor wake_;

  mutable std::mutex mutex_;  // guards all below, up to the thread's own
  Netlink netlink_;
  KernelState state_;
  Plan plan_;
  Picture picture_;
  route::Definition definition_;
  std::vector<std::string> problems_;
  SolicitLimit limit_;
  std::map<std::pair<int, packet::IpAddress>, Clock::time_point> stale_since_;
  Clock::duration last_reading_{};
  bool links_changed_ = false;
  bool stop_ = false;

  // The thread's own.
  ChangeSocket changes_;
  unsigned gathered_ = kNothing;
  Clock::time_point due_{};
  route::Definition delivered_;
  std::thread thread_;
};

}  // namespace sluice::host
