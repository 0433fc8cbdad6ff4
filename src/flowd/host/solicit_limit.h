// How often the kernel may be asked to resolve: whatever packets arrive, the links are not flooded with
// ARP and neighbour solicitations (private to the room). Pure: time is handed in.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <utility>

#include "dataplane/packet/address.h"

namespace sluice::host {

class SolicitLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kPerAddress{1};
  static constexpr std::size_t kPerSecond = 1000;

  // Whether this address on this link may be asked for now; remembers that it was.
  [[nodiscard]] bool allow(int link, const packet::IpAddress& address, Time now) {
    if (now - window_ >= std::chrono::seconds(1)) {
      window_ = now;
      in_window_ = 0;
      std::erase_if(asked_, [&](const auto& entry) { return now - entry.second >= kPerAddress; });
    }
    if (in_window_ >= kPerSecond) return false;
    const auto [entry, fresh] = asked_.try_emplace({link, address}, now);
    if (!fresh && now - entry->second < kPerAddress) return false;
    entry->second = now;
    ++in_window_;
    return true;
  }

 private:
  Time window_{};
  std::size_t in_window_ = 0;
  std::map<std::pair<int, packet::IpAddress>, Time> asked_;
};

}  // namespace sluice::host
