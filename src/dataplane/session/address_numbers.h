// AddressNumbers: numbers of 15 bits for the IPv4 addresses that sessions are translated to, so that a
// session's record has room for one.
//
// A public address serves many sessions, so the numbers in use are few, and the addresses that they stand for
// stay in the cache. Who owns it: a session table, and so its worker.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/packet/key.h"

namespace sluice::session {

class AddressNumbers {
 public:
  using Address = packet::V4::Address;  // wire order
  static constexpr std::uint32_t kMost = 1U << 15;

  // For at most `most` addresses at a time, and kMost.
  explicit AddressNumbers(std::uint32_t most);

  // The address's number, which one session more has now. Nothing when all numbers are others'.
  [[nodiscard]] std::optional<std::uint16_t> take(Address address) noexcept;
  // One session less. The last one's number is free for another address.
  void give_back(std::uint16_t number) noexcept;

  [[nodiscard]] Address operator[](std::uint16_t number) const noexcept { return addresses_[number]; }

 private:
  // Where the address stands in slots_, or would.
  [[nodiscard]] std::uint32_t slot_of(Address address) const noexcept;
  [[nodiscard]] std::uint32_t home_of(Address address) const noexcept;
  void close_gap(std::uint32_t gap) noexcept;

  std::vector<Address> addresses_;    // by number
  std::vector<std::uint32_t> users_;  // sessions, by number
  std::vector<std::uint16_t> free_;   // numbers, the next one last
  std::vector<std::uint16_t> slots_;  // number + 1, found by address with open addressing; 0: none. Half full
  std::uint32_t mask_ = 0;
};

}  // namespace sluice::session
