// Private to the nat room: from a public address to its ports.
#pragma once

#include <vector>

#include "dataplane/nat/nat.h"

namespace sluice::nat {

// Open addressing; at most half full.
class PlaceIndex {
 public:
  PlaceIndex() = default;
  explicit PlaceIndex(std::vector<Table::Place> places) : places_(std::move(places)) {
    std::size_t size = 2;
    while (size < 2 * places_.size()) size *= 2;
    slots_.assign(size, 0);
    for (std::size_t i = 0; i < places_.size(); ++i) {
      std::size_t at = slot_of(places_[i].space->address());
      while (slots_[at] != 0) at = (at + 1) % slots_.size();
      slots_[at] = static_cast<std::uint32_t>(i + 1);
    }
  }

  [[nodiscard]] const Table::Place* find(const packet::IpAddress& address) const noexcept {
    for (std::size_t at = places_.empty() ? 0 : slot_of(address); !places_.empty() && slots_[at] != 0;
         at = (at + 1) % slots_.size()) {
      const Table::Place& place = places_[slots_[at] - 1];
      if (place.space->address() == address) return &place;
    }
    return nullptr;
  }

 private:
  [[nodiscard]] std::size_t slot_of(const packet::IpAddress& address) const noexcept {
    const std::uint64_t hash =
        packet::fold_multiply(load<std::uint64_t>(address.bytes.data()) ^ 0x9e3779b97f4a7c15,
                              load<std::uint64_t>(address.bytes.data() + 8) ^ 0xe7037ed1a0b428db);
    return hash & (slots_.size() - 1);
  }

  std::vector<Table::Place> places_;
  std::vector<std::uint32_t> slots_;  // index in places_ + 1; 0: free
};

}  // namespace sluice::nat
