// Numbers of IP and ICMP that several rooms need.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::packet {

inline constexpr std::uint8_t kDontFragment = 0x40;  // of byte 6 of an IPv4 header
inline constexpr std::uint32_t kLeastMtu6 = 1280;    // RFC 8200 5; no ICMPv6 error is longer (RFC 4443 2.4)
inline constexpr std::uint8_t kTooBig6 = 2;          // ICMPv6 type of "packet too big"
inline constexpr std::size_t kIcmpHeader = 8;        // bytes
inline constexpr std::size_t kL2Room = 20;           // as much as any Ethernet header that is written

}  // namespace sluice::packet
