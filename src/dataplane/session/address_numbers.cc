#include "dataplane/session/address_numbers.h"

#include <algorithm>
#include <bit>

namespace sluice::session {

AddressNumbers::AddressNumbers(std::uint32_t most) {
  const std::uint32_t count = std::min(most, kMost);
  const std::uint32_t slots = std::bit_ceil(2 * count + 1);
  addresses_.resize(count);
  users_.resize(count);
  slots_.resize(slots);
  mask_ = slots - 1;
  for (std::uint32_t number = count; number != 0; --number) {
    free_.push_back(static_cast<std::uint16_t>(number - 1));
  }
}

// Public addresses are the operator's: nobody chooses them to collide.
std::uint32_t AddressNumbers::home_of(Address address) const noexcept {
  return static_cast<std::uint32_t>((address * 0x9e3779b97f4a7c15ULL) >> 32) & mask_;
}

std::uint32_t AddressNumbers::slot_of(Address address) const noexcept {
  std::uint32_t slot = home_of(address);
  while (slots_[slot] != 0 && addresses_[slots_[slot] - 1U] != address) {
    slot = (slot + 1) & mask_;
  }
  return slot;
}

std::optional<std::uint16_t> AddressNumbers::take(Address address) noexcept {
  const std::uint32_t slot = slot_of(address);
  if (slots_[slot] != 0) {
    const auto number = static_cast<std::uint16_t>(slots_[slot] - 1U);
    ++users_[number];
    return number;
  }
  if (free_.empty()) {
    return std::nullopt;
  }
  const std::uint16_t number = free_.back();
  free_.pop_back();
  addresses_[number] = address;
  users_[number] = 1;
  slots_[slot] = static_cast<std::uint16_t>(number + 1U);
  return number;
}

void AddressNumbers::give_back(std::uint16_t number) noexcept {
  if (--users_[number] != 0) {
    return;
  }
  close_gap(slot_of(addresses_[number]));
  free_.push_back(number);
}

// Those that stand behind the gap because their place was taken move up.
void AddressNumbers::close_gap(std::uint32_t gap) noexcept {
  for (std::uint32_t slot = (gap + 1) & mask_; slots_[slot] != 0; slot = (slot + 1) & mask_) {
    const std::uint32_t home = home_of(addresses_[slots_[slot] - 1U]);
    if (((slot - home) & mask_) >= ((slot - gap) & mask_)) {
      slots_[gap] = slots_[slot];
      gap = slot;
    }
  }
  slots_[gap] = 0;
}

}  // namespace sluice::session
