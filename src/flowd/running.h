// Running: what flowd works with now, as one immutable value.
//
// A commit or a change of routes makes a new one; whoever holds the old one may read it to its end. The ports
// are Control's and may be closed meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dataplane/port/port.h"
#include "dataplane/snapshot/snapshot.h"
#include "flowd/compile/compile.h"

namespace sluice::flowd {

struct Running {
  std::uint32_t generation = 0;
  std::shared_ptr<const std::string> configuration_json;
  compile::SystemOptions system;
  std::shared_ptr<const host::Plan> plan;
  std::vector<compile::WirePort> wires;
  snapshot::Snapshot snapshot;
  logship::LogOptions log;
  // By PortId: wires and twins; empty where there is none, or none any more.
  std::vector<std::weak_ptr<port::Port>> ports;
};

// A pointer that one thread replaces and any thread reads.
template <class T>
class Published {
 public:
  [[nodiscard]] std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void set(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    value_.swap(value);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace sluice::flowd
