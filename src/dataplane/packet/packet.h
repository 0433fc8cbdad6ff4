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
#include <cstddef>
#include <cstdint>

#include "dataplane/packet/checksum.h"
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
inline constexpr std::uint8_t kDestinationOptions = 60;
inline constexpr std::uint8_t kSctp = 132;
inline constexpr std::uint8_t kUdpLite = 136;
}  // namespace protocol

// Whether it is the ICMP of the family.
[[nodiscard]] constexpr bool is_icmp(Family family, std::uint8_t number) noexcept {
  return number == (family == Family::inet ? protocol::kIcmp : protocol::kIcmp6);
}

// One cache line. Fields that parsing sets together stand together.
struct alignas(64) Packet {
  void* buffer = nullptr;      // the port's buffer; only its owner looks inside
  std::uint8_t* l3 = nullptr;  // IP header

  std::uint16_t ip_length = 0;   // the whole IP packet
  std::uint16_t contiguous = 0;  // bytes readable from l3 on (less than ip_length when reassembled)
  std::uint16_t l4 = 0;          // offset of the transport header from l3
  std::uint16_t headroom = 0;    // writable bytes before l3

  PortId port;  // where it was received
  IflId ifl;
  ZoneId zone;
  std::uint16_t egress_mtu = 0;  // forwarded, but as fragments of so many bytes; 0: in one piece

  std::uint8_t protocol = 0;
  Kind kind = Kind::malformed;
  Family family = Family::inet;
  DropReason reason = DropReason::none;
  std::uint8_t l2_length = 14;  // as received, and, once forwarded, as it will be sent
  bool to_group = false;        // Ethernet multicast or broadcast
  bool untouched = false;       // forwarded as it came, Ethernet header and all
  bool reassembled = false;     // was made of fragments, so may be sent as fragments

  std::uint64_t hold_deadline_ns = 0;  // waiting for a neighbour until then; 0: has not waited
  Verdict verdict;
  bool settled = false;  // another worker found that this one owns it; the worker's, parsing leaves it alone

  // Forwarded, in one piece and one segment, with the Ethernet header of its next hop. One branch for all.
  [[nodiscard]] bool leaves_whole() const noexcept {
    static_assert(Action::forward == Action{} && sizeof(Action) == 1);
    const auto apart = static_cast<unsigned>(load<std::uint16_t>(&untouched));  // or reassembled
    return (static_cast<unsigned>(verdict.action) | egress_mtu | apart) == 0;
  }

  [[nodiscard]] std::uint8_t* transport() const noexcept { return l3 + l4; }
  [[nodiscard]] std::uint16_t transport_length() const noexcept {
    return static_cast<std::uint16_t>(ip_length - l4);
  }
};
static_assert(sizeof(Packet) == 64 && offsetof(Packet, reassembled) == offsetof(Packet, untouched) + 1);

// What parse_plain() must know of a port: where untagged packets arrive, as Packet has it, and the port's
// address in the high six bytes. Until there is such a place it takes nothing: no frame's address looks like
// this.
struct PlainIngress {
  std::uint64_t place = 0;
  std::uint64_t mac = 1;

  [[nodiscard]] ZoneId zone() const noexcept { return ZoneId{static_cast<std::uint16_t>(place >> 32)}; }
};

// What parse() must know of the port a frame came from. Built per snapshot.
struct Ingress {
  PortId port;
  std::uint64_t mac = 0;               // in the low six bytes, as loaded from a frame
  const IflId* ifl_by_vlan = nullptr;  // 4096 entries
  const ZoneId* zone_by_ifl = nullptr;
  const std::uint8_t* enabled_by_ifl = nullptr;
  bool from_host = false;  // a twin: everything is the firewall's own traffic
  PlainIngress plain = {};

  // The untagged unit exists and is enabled.
  void admit_plain(IflId ifl, ZoneId zone) noexcept {
    plain = {.place = port.value | (std::uint64_t{ifl.value} << 16) | (std::uint64_t{zone.value} << 32),
             .mac = mac << 16};
  }
};

// A frame in memory.
struct Frame {
  std::uint8_t* data = nullptr;
  std::uint16_t contiguous = 0;
  std::uint16_t length = 0;
};

// What the transport header of a protocol must have.
struct ProtocolTraits {
  std::uint8_t minimum = 0;  // bytes
  Kind kind = Kind::other;
  bool ports = false;
  bool plain = false;  // needs no second look: parse_plain() may take it
};
extern const std::array<ProtocolTraits, 256> kProtocolTraits;

// What parsing a plain packet of a protocol says at once.
struct PlainProtocol {
  std::uint64_t facts = 0;  // Packet's bytes from `protocol` to `reassembled`
  std::int32_t shortest =
      0x7fffffff;  // IP packet, with whole headers; as it is, one that needs a second look
};
using PlainProtocols = std::array<PlainProtocol, 256>;
extern const PlainProtocols kPlainProtocols4;
extern const PlainProtocols kPlainProtocols6;

// Fills `packet` but its buffer, verdict and `settled`. Never reads outside the frame.
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

// For a packet of kind icmp_error: the packet that it quotes. Only l3, l4, protocol, family and zone are set.
// False when the quote has no transport header's first eight bytes.
template <class F>
[[nodiscard]] bool quoted(const Packet& packet, Packet& inner) noexcept;

// For a packet of kind icmp_error: the key that the quoted packet's *answers* have when they arrive in
// the zone of `packet`, i.e. the wing on which this error travels. False when the quote is unusable.
template <class F>
[[nodiscard]] bool quoted_key(const Packet& packet, typename F::Key& key) noexcept;

[[nodiscard]] inline bool is_icmp(const Packet& packet) noexcept {
  return is_icmp(packet.family, packet.protocol);
}

// Whether the packet is an ICMP error, of some session or of none.
[[nodiscard]] bool is_icmp_error(const Packet& packet) noexcept;

// Whether it is an ICMP query with an identifier, or the answer to one.
[[nodiscard]] bool has_identifier(const Packet& packet) noexcept;
// The same by what keys have of a message of ICMP (key.h).
[[nodiscard]] bool has_identifier(Family family, std::uint8_t icmp) noexcept;

// Whether it answers an ICMP query.
[[nodiscard]] bool is_icmp_answer(const Packet& packet) noexcept;

// ICMP type and code as policies see them: type * 256 + code; for other protocols the destination port.
[[nodiscard]] std::uint16_t policy_port(const Packet& packet) noexcept;
// The same of the packet that a session began with, by its key; of an ICMP query without its code.
template <class F>
[[nodiscard]] std::uint16_t policy_port(const typename F::Key& key) noexcept;

// Whether sessions of this protocol are told apart by ports.
[[nodiscard]] bool has_ports(std::uint8_t protocol) noexcept;

// The symmetric Toeplitz hash by which a flow's owner is found: what a NIC computes with the key
// 6d5a repeated over addresses, and ports for protocols that have them. Both directions agree.
[[nodiscard]] std::uint32_t owner_hash(const Key4& key) noexcept;
[[nodiscard]] std::uint32_t owner_hash(const Key6& key) noexcept;

// As a NIC's redirection table deals hashes out.
inline constexpr std::uint32_t kOwnerClasses = 128;
[[nodiscard]] inline std::uint16_t worker_of(std::uint32_t owner_hash, std::uint16_t workers) noexcept {
  return static_cast<std::uint16_t>(owner_hash % kOwnerClasses % workers);
}

inline constexpr std::uint16_t kEtherIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherIpv6 = 0x86dd;
inline constexpr std::uint16_t kEtherVlan = 0x8100;
inline constexpr std::uint64_t kMacMask = 0x0000ffffffffffffULL;

// EtherType, version and header length of a plain frame, as loaded from byte 12; and which bits count.
template <class F>
inline constexpr std::uint32_t kPlainFront = F::kFamily == Family::inet ? 0x450008U : 0x60dd86U;
template <class F>
inline constexpr std::uint32_t kPlainFrontMask = F::kFamily == Family::inet ? 0xffffffU : 0xf0ffffU;

// Neither a fragment nor damaged.
[[nodiscard]] inline bool plain_header4(const std::uint8_t* ip) noexcept {
  constexpr std::uint16_t kMoreOrOffset = 0xff3f;  // of the field as loaded
  return (load<std::uint16_t>(ip + 6) & kMoreOrOffset) == 0 && header_checksum_ok(ip, 20);
}

// The case that nearly all packets are: untagged, to us, without options, extension headers or fragments, TCP
// or another protocol with ports. Fills `packet` but its buffer, headroom, verdict and `settled`, and gives
// the words of its key. Anything else: false, and parse() must look. `frame` has `length` readable bytes.
template <class F>
[[nodiscard]] inline bool parse_plain(const PlainIngress& ingress, std::uint8_t* frame, unsigned length,
                                      Packet& packet, Words<typename F::Key>& words) noexcept {
  constexpr unsigned kEthernet = 14;
  constexpr unsigned kShortest = kEthernet + F::kHeaderLength + 8;  // with the shortest header that has ports
  constexpr bool kV4 = F::kFamily == Family::inet;
  const bool ours = length >= kShortest && (load<std::uint64_t>(frame) << 16) == ingress.mac &&
                    (load<std::uint32_t>(frame + 12) & kPlainFrontMask<F>) == kPlainFront<F>;
  if (!ours) [[unlikely]] {
    return false;
  }
  std::uint8_t* ip = frame + kEthernet;
  const std::uint8_t number = ip[kV4 ? 9 : 6];
  const int total = kV4 ? load_be<std::uint16_t>(ip + 2) : 40 + load_be<std::uint16_t>(ip + 4);
  const int available = static_cast<int>(length - kEthernet);
  const PlainProtocol& known = (kV4 ? kPlainProtocols4 : kPlainProtocols6)[number];
  if (((available - total) | (total - known.shortest)) < 0) [[unlikely]] {  // one branch for both
    return false;
  }
  // Everything is read before anything is written: the compiler must assume that they overlap.
  if constexpr (kV4) {
    if (!plain_header4(ip)) [[unlikely]] {
      return false;
    }
    words = ported_words4(ip, zone_bits4(ingress.zone()));
  } else {
    words = ported_words6(ip, ip + F::kHeaderLength, ingress.zone(), number);
  }
  packet.l3 = ip;
  packet.ip_length = static_cast<std::uint16_t>(total);
  packet.contiguous = static_cast<std::uint16_t>(available);
  packet.l4 = F::kHeaderLength;
  static_assert(offsetof(Packet, egress_mtu) == offsetof(Packet, port) + 6);
  static_assert(offsetof(Packet, reassembled) == offsetof(Packet, protocol) + 7);
  store(&packet.port, ingress.place);
  store(&packet.protocol, known.facts);
  return true;
}

}  // namespace sluice::packet
