// PortWatch: what only somebody who looks again and again can say of ports: since when their carrier is as it
// is, how often it changed, and how much traffic there is in a second.
//
// Owner: Control, whose thread looks about once a second. Any thread reads.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/clock.h"
#include "dataplane/port/port.h"

namespace sluice::flowd {

struct PortHistory {
  std::uint32_t flapped_unix_s = 0;  // 0: the carrier has not changed since it was first looked at
  std::uint64_t carrier_transitions = 0;
  std::uint64_t received_bps = 0, received_pps = 0;
  std::uint64_t transmitted_bps = 0, transmitted_pps = 0;
};

class PortWatch {
 public:
  // By PortId; null where there is none.
  void look(std::span<const std::shared_ptr<port::Port>> ports, const Now& now);
  [[nodiscard]] PortHistory history(PortId port) const;

 private:
  struct Watched {
    bool seen = false;
    bool up = false;
    std::uint64_t looked_ns = 0;
    port::PortStatistics counted;
    PortHistory history;
  };
  static void look_at(const port::Port& port, const Now& now, Watched& watched);

  mutable std::mutex mutex_;  // of the rest
  std::vector<Watched> watched_;
};

}  // namespace sluice::flowd
