// The addresses of a pool, by position: ranges in the order in which they were configured.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/match/address_set.h"
#include "dataplane/packet/key.h"

namespace sluice::nat {

// An address as a number, so that ranges can be counted.
using AddressNumber = unsigned __int128;

[[nodiscard]] inline AddressNumber number_of(std::uint32_t wire_order) noexcept {
  return byte_swap(wire_order);
}
[[nodiscard]] inline AddressNumber number_of(const std::array<std::uint8_t, 16>& bytes) noexcept {
  return (AddressNumber{load_be<std::uint64_t>(bytes.data())} << 64) |
         load_be<std::uint64_t>(bytes.data() + 8);
}
[[nodiscard]] inline AddressNumber number_of(const packet::IpAddress& address) noexcept {
  return address.family == packet::Family::inet ? number_of(load<std::uint32_t>(address.bytes.data()))
                                                : number_of(address.bytes);
}
template <class Address>
[[nodiscard]] inline Address address_of(AddressNumber number) noexcept {
  if constexpr (sizeof(Address) == 4) {
    return byte_swap(static_cast<std::uint32_t>(number));
  } else {
    Address bytes;
    store_be(bytes.data(), static_cast<std::uint64_t>(number >> 64));
    store_be(bytes.data() + 8, static_cast<std::uint64_t>(number));
    return bytes;
  }
}

class AddressList {
 public:
  static constexpr std::uint64_t kMost = std::uint64_t{1} << 32;  // addresses that are told apart

  AddressList() = default;
  explicit AddressList(const std::vector<match::AddressRange>& ranges);

  [[nodiscard]] packet::Family family() const noexcept { return family_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  template <class Address>
  [[nodiscard]] Address at(std::uint64_t position) const noexcept {
    return address_of<Address>(number_at(position));
  }
  [[nodiscard]] packet::IpAddress address(std::uint64_t position) const noexcept {
    return family_ == packet::Family::inet ? packet::to_address(at<std::uint32_t>(position))
                                           : packet::to_address(at<std::array<std::uint8_t, 16>>(position));
  }

 private:
  struct Part {
    AddressNumber low = 0;
    std::uint64_t count = 0;
  };
  [[nodiscard]] AddressNumber number_at(std::uint64_t position) const noexcept;

  std::vector<Part> parts_;
  std::uint64_t size_ = 0;
  packet::Family family_ = packet::Family::inet;
};

}  // namespace sluice::nat
