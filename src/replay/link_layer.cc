#include "replay/link_layer.h"

#include <pcap/dlt.h>

#include <algorithm>

#include "base/wire.h"
#include "dataplane/packet/packet.h"

namespace sluice::replay {
namespace {

using Bytes = std::span<const std::uint8_t>;
using packet::kEtherIpv4;
using packet::kEtherIpv6;

constexpr std::uint16_t kServiceTag = 0x88a8;  // IEEE 802.1ad
constexpr std::uint16_t kOldServiceTag = 0x9100;
constexpr std::size_t kEthernetLength = 14;
constexpr std::size_t kTagLength = 4;

// Linux's cooked headers call a frame to a broadcast address 1, and to a multicast address 2; which, they do
// not say.
std::optional<std::array<std::uint8_t, 6>> group_of(unsigned packet_type) {
  constexpr std::array<std::uint8_t, 6> kBroadcast = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  return packet_type == 1 || packet_type == 2 ? std::optional(kBroadcast) : std::nullopt;
}

std::optional<LinkHeader> read_ethernet(Bytes frame) {
  if (frame.size() < kEthernetLength) return std::nullopt;
  LinkHeader header;
  if ((frame[0] & 1) != 0) std::copy_n(frame.begin(), 6, header.group.emplace().begin());
  std::copy_n(&frame[6], 6, header.sender.begin());
  header.ether_type = load_be<std::uint16_t>(&frame[12]);
  header.length = kEthernetLength;
  const auto tagged = [&] {
    return header.ether_type == packet::kEtherVlan || header.ether_type == kServiceTag ||
           header.ether_type == kOldServiceTag;
  };
  while (tagged()) {
    if (frame.size() < header.length + kTagLength) return std::nullopt;
    const std::uint16_t vlan = load_be<std::uint16_t>(&frame[header.length]) & 0x0fff;
    header.vlan = vlan != 0 ? std::optional(vlan) : std::nullopt;
    header.ether_type = load_be<std::uint16_t>(&frame[header.length + 2]);
    header.length += kTagLength;
  }
  return header;
}

// DLT_LINUX_SLL: type of packet, type and length of the address, address, protocol.
std::optional<LinkHeader> read_cooked(Bytes frame) {
  constexpr std::size_t kLength = 16;
  if (frame.size() < kLength) return std::nullopt;
  LinkHeader header;
  header.length = kLength;
  header.group = group_of(load_be<std::uint16_t>(&frame[0]));
  header.ether_type = load_be<std::uint16_t>(&frame[14]);
  return header;
}

// DLT_LINUX_SLL2: protocol, interface, ARPHRD type, type of packet, address.
std::optional<LinkHeader> read_cooked2(Bytes frame) {
  constexpr std::size_t kLength = 20;
  if (frame.size() < kLength) return std::nullopt;
  LinkHeader header;
  header.length = kLength;
  header.group = group_of(frame[10]);
  header.ether_type = load_be<std::uint16_t>(&frame[0]);
  return header;
}

// No header, or the four bytes of BSD's loopback: the IP version says the family.
std::optional<LinkHeader> read_bare(Bytes frame, std::size_t length) {
  if (frame.size() <= length) return std::nullopt;
  LinkHeader header;
  header.length = length;
  const unsigned version = frame[length] >> 4;
  header.ether_type = version == 4 ? kEtherIpv4 : version == 6 ? kEtherIpv6 : std::uint16_t{0};
  return header;
}

constexpr std::size_t kLoopbackLength = 4;

}  // namespace

std::string_view link_name(int link_type) {
  switch (link_type) {
    case DLT_EN10MB:
      return "Ethernet";
    case DLT_LINUX_SLL:
    case DLT_LINUX_SLL2:
      return "Linux cooked";
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return "raw IP";
    case DLT_NULL:
    case DLT_LOOP:
      return "loopback";
    default:
      return "";
  }
}

std::optional<LinkHeader> read_link_header(int link_type, Bytes frame) {
  switch (link_type) {
    case DLT_EN10MB:
      return read_ethernet(frame);
    case DLT_LINUX_SLL:
      return read_cooked(frame);
    case DLT_LINUX_SLL2:
      return read_cooked2(frame);
    case DLT_NULL:
    case DLT_LOOP:
      return read_bare(frame, kLoopbackLength);
    default:
      return read_bare(frame, 0);
  }
}

}  // namespace sluice::replay
