// Capture: the packets of a capture file, one after the other.
//
// What: reads pcap and pcapng (libpcap does both, any byte order and precision) and takes each frame
// apart down to its IP packet. The link layer of a capture says nothing about this firewall's ports, so
// only what matters of it is kept: the VLAN, the sender's Ethernet address, and the group that the frame went
// to if it went to one.
//
// Packets that the capture cut short (snap length) are filled up with zeros to the length that they had:
// payloads do not matter here, lengths do. Those of which the transport header is missing cannot be judged,
// and say so.
//
// Threads: one.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataplane/packet/address.h"

struct pcap;

namespace sluice::replay {

// One frame of the file.
struct Captured {
  enum class Kind : std::uint8_t {
    ip,         // `packet` is an IP packet, whole or filled up
    other,      // ARP, LLDP, ...: nothing that a session could be made of
    too_short,  // cut before the end of the transport header
    too_large,  // more than kLargestPacket
  };
  Kind kind = Kind::other;
  bool filled_up = false;
  std::uint64_t unix_ns = 0;
  std::optional<std::uint16_t> vlan;  // of the innermost tag; a mere priority tag (VLAN 0) is none
  std::array<std::uint8_t, 6> sender{};
  std::optional<std::array<std::uint8_t, 6>> group;  // the Ethernet multicast or broadcast address it went to
  packet::Family family = packet::Family::inet;
  // From the IP header on. Valid until the next one is read.
  std::vector<std::uint8_t> packet;

  [[nodiscard]] packet::IpAddress source() const;
  [[nodiscard]] packet::IpAddress destination() const;
};

class Capture {
 public:
  // Frames are at most 65535 bytes here, and 18 of them are the Ethernet header with its tag.
  static constexpr std::uint32_t kLargestPacket = 65535 - 18;

  // "-" is standard input. Fails with a sentence when it is no capture, or of a link type that is not read.
  [[nodiscard]] static Result<Capture> open(const std::string& path);

  // The next frame; false at the end, and an error when the file is damaged there.
  [[nodiscard]] Result<bool> next(Captured& captured);

  // "Ethernet"
  [[nodiscard]] const std::string& link() const { return link_; }

 private:
  struct Close {
    void operator()(pcap* handle) const;
  };
  Capture(std::string path, std::unique_ptr<pcap, Close> handle, int link_type, std::string link);

  std::string path_;
  std::unique_ptr<pcap, Close> handle_;
  int link_type_ = 0;
  std::string link_;
  std::uint64_t frames_ = 0;
};

}  // namespace sluice::replay
