// Packet: a frame, parsed once.
//
// parse() finds the IP header and the transport header, checks that they are sound, and builds the
// key under which a session would know the packet. Everything after it uses these facts and looks
// at no length field again. Who owns it: the worker's burst. Thread: the worker.
//
// Kinds: the fast path has one loop per kind, so that no branch depends on the protocol of the
// packet before it.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/packet/ids.h"
#include "dataplane/packet/key.h"
#include "dataplane/packet/verdict.h"

namespace sluice::packet {

enum class Kind : std::uint8_t {
  tcp,
  udp,         // also UDP-Lite, DCCP and SCTP: ports, and no state of ours beyond them
  other,       // ICMP echo and other queries, ESP, AH, GRE and every other protocol
  icmp_error,  // quotes a packet of some session
  fragment,    // to be reassembled first
  host_only,   // not IP, or neighbour discovery: between the wire and its twin, no session
  malformed,   // `reason` says how
};

namespace protocol {
inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kDccp = 33;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kFragment = 44;
inline constexpr std::uint8_t kGre = 47;
inline constexpr std::uint8_t kEsp = 50;
inline constexpr std::uint8_t kAh = 51;
inline constexpr std::uint8_t kIcmp6 = 58;
inline constexpr std::uint8_t kNoNext = 59;
inline constexpr std::uint8_t kDestinationOptions = 60;
inline constexpr std::uint8_t kSctp = 132;
inline constexpr std::uint8_t kUdpLite = 136;
}  // namespace protocol

struct Packet {
  void* buffer = nullptr;        // the port's buffer; only its owner looks inside
  std::uint8_t* l3 = nullptr;    // IP header
  std::uint16_t ip_length = 0;   // the whole IP packet
  std::uint16_t contiguous = 0;  // bytes readable from l3 on (less than ip_length when reassembled)
  std::uint16_t l4 = 0;          // offset of the transport header from l3
  std::uint8_t protocol = 0;
  Kind kind = Kind::malformed;
  Family family = Family::inet;
  DropReason reason = DropReason::none;
  bool to_group = false;         // Ethernet multicast or broadcast
  std::uint8_t l2_length = 14;   // as received, and, once forwarded, as it will be sent
  bool untouched = false;        // forwarded as it came, Ethernet header and all
  bool reassembled = false;      // was made of fragments, so may be sent as fragments
  bool fragment_to_mtu = false;  // forwarded, but as fragments of `egress_mtu`
  std::uint16_t headroom = 0;    // writable bytes before l3
  std::uint16_t egress_mtu = 0;
  std::uint64_t hold_deadline_ns = 0;  // waiting for a neighbour until then; 0: has not waited
  PortId port;                         // where it was received
  IflId ifl;
  ZoneId zone;
  Verdict verdict;

  [[nodiscard]] std::uint8_t* transport() const noexcept { return l3 + l4; }
  [[nodiscard]] std::uint16_t transport_length() const noexcept {
    return static_cast<std::uint16_t>(ip_length - l4);
  }
};

// What parse() must know of the port a frame came from. Built per snapshot.
struct Ingress {
  PortId port;
  std::uint64_t mac = 0;               // in the low six bytes, as loaded from a frame
  const IflId* ifl_by_vlan = nullptr;  // 4096 entries
  const ZoneId* zone_by_ifl = nullptr;
  const std::uint8_t* enabled_by_ifl = nullptr;
  bool from_host = false;  // a twin: everything is the firewall's own traffic
};

// A frame in memory.
struct Frame {
  std::uint8_t* data = nullptr;
  std::uint16_t contiguous = 0;
  std::uint16_t length = 0;
};

// Fills `packet` but its buffer and verdict. Never reads outside the frame.
Kind parse(const Ingress& ingress, const Frame& frame, Packet& packet) noexcept;

// The same from the IP header on, for reassembled packets. packet.l3, contiguous, port, ifl and zone
// are set; `available` is the number of bytes from l3 to the end.
Kind parse_ip(Packet& packet, std::uint16_t available) noexcept;

// The key of a parsed packet of kind tcp, udp or other.
[[nodiscard]] Key4 key4_of(const Packet& packet) noexcept;
[[nodiscard]] Key6 key6_of(const Packet& packet) noexcept;
template <class F>
[[nodiscard]] inline typename F::Key key_of(const Packet& packet) noexcept {
  if constexpr (F::kFamily == Family::inet) {
    return key4_of(packet);
  } else {
    return key6_of(packet);
  }
}

// For a packet of kind icmp_error: the key that the quoted packet's *answers* have when they arrive in
// the zone of `packet`, i.e. the wing on which this error travels. False when the quote is unusable.
template <class F>
[[nodiscard]] bool quoted_key(const Packet& packet, typename F::Key& key) noexcept;

// ICMP type and code as policies see them: type * 256 + code; for other protocols the destination port.
[[nodiscard]] std::uint16_t policy_port(const Packet& packet) noexcept;

// Whether sessions of this protocol are told apart by ports.
[[nodiscard]] bool has_ports(std::uint8_t protocol) noexcept;

// The symmetric Toeplitz hash by which a flow's owner is found: what a NIC computes with the key
// 6d5a repeated over addresses, and ports for protocols that have them. Both directions agree.
[[nodiscard]] std::uint32_t owner_hash(const Key4& key) noexcept;
[[nodiscard]] std::uint32_t owner_hash(const Key6& key) noexcept;

}  // namespace sluice::packet
