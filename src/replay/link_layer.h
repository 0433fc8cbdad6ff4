// Private to the room: what is in front of the IP packet of a captured frame.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sluice::replay {

struct LinkHeader {
  std::size_t length = 0;  // bytes before the IP header
  std::uint16_t ether_type = 0;
  std::optional<std::uint16_t> vlan;
  std::array<std::uint8_t, 6> sender{};
  std::optional<std::array<std::uint8_t, 6>> group;  // an Ethernet multicast or broadcast address it went to
};

// The name of a libpcap link type (DLT_*) that is read; empty for any other.
[[nodiscard]] std::string_view link_name(int link_type);

// Nothing when the frame is too short to have one.
[[nodiscard]] std::optional<LinkHeader> read_link_header(int link_type, std::span<const std::uint8_t> frame);

}  // namespace sluice::replay
