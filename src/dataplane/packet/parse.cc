#include <utility>

#include "dataplane/packet/checksum.h"
#include "dataplane/packet/packet.h"

namespace sluice::packet {
namespace {

constexpr std::uint64_t kGroupBit = 1;  // first bit on the wire, lowest of the first byte

constexpr std::array<ProtocolTraits, 256> make_traits() {
  std::array<ProtocolTraits, 256> traits{};
  traits[protocol::kIcmp] = {.minimum = 8};
  traits[protocol::kTcp] = {.minimum = 20, .kind = Kind::tcp, .ports = true, .plain = true};
  traits[protocol::kUdp] = {.minimum = 8, .kind = Kind::udp, .ports = true, .plain = true};
  traits[protocol::kDccp] = {.minimum = 12, .kind = Kind::udp, .ports = true, .plain = true};
  traits[protocol::kGre] = {.minimum = 4};
  traits[protocol::kEsp] = {.minimum = 8};
  traits[protocol::kAh] = {.minimum = 12};
  traits[protocol::kIcmp6] = {.minimum = 8};
  traits[protocol::kSctp] = {.minimum = 12, .kind = Kind::udp, .ports = true, .plain = true};
  traits[protocol::kUdpLite] = {.minimum = 8, .kind = Kind::udp, .ports = true, .plain = true};
  return traits;
}

constexpr PlainProtocol plain_protocol(Family family, std::size_t number, const ProtocolTraits& traits) {
  constexpr std::uint64_t kEthernet = 14;
  if (!traits.plain) {
    return {};
  }
  const unsigned ip_header = family == Family::inet ? V4::kHeaderLength : V6::kHeaderLength;
  return {.facts = number | (static_cast<std::uint64_t>(traits.kind) << 8) |
                   (static_cast<std::uint64_t>(family) << 16) | (kEthernet << 32),
          .shortest = static_cast<std::int32_t>(ip_header + traits.minimum)};
}

// Every element is assigned: g++ 12 loses the default of some that are not.
constexpr PlainProtocols make_plain_protocols(Family family) {
  PlainProtocols plain{};
  const std::array<ProtocolTraits, 256> traits = make_traits();
  for (std::size_t number = 0; number < plain.size(); ++number) {
    plain[number] = plain_protocol(family, number, traits[number]);
  }
  return plain;
}

}  // namespace

constinit const std::array<ProtocolTraits, 256> kProtocolTraits = make_traits();
constinit const PlainProtocols kPlainProtocols4 = make_plain_protocols(Family::inet);
constinit const PlainProtocols kPlainProtocols6 = make_plain_protocols(Family::inet6);

namespace {

Kind malformed(Packet& packet, DropReason reason) noexcept {
  packet.reason = reason;
  return packet.kind = Kind::malformed;
}

// A kind of ICMP query. Bytes 4 and 5 are alike in both messages: its identifier, or, of node information
// (RFC 4620), what is asked.
struct QueryKind {
  Family family;
  std::uint8_t question;
  std::uint8_t answer;
  bool numbered;  // bytes 6 and 7 too: a sequence number
  bool identified = true;
};
constexpr QueryKind kQueryKinds[] = {
    {.family = Family::inet, .question = 8, .answer = 0, .numbered = true},       // echo, RFC 792
    {.family = Family::inet, .question = 13, .answer = 14, .numbered = true},     // timestamp
    {.family = Family::inet, .question = 15, .answer = 16, .numbered = true},     // information
    {.family = Family::inet, .question = 17, .answer = 18, .numbered = true},     // address mask, RFC 950
    {.family = Family::inet, .question = 42, .answer = 43, .numbered = false},    // extended echo, RFC 8335
    {.family = Family::inet6, .question = 128, .answer = 129, .numbered = true},  // echo, RFC 4443
    {.family = Family::inet6,
     .question = 139,
     .answer = 140,
     .numbered = false,
     .identified = false},                                                          // node information
    {.family = Family::inet6, .question = 144, .answer = 145, .numbered = false},   // home agents, RFC 6275
    {.family = Family::inet6, .question = 146, .answer = 147, .numbered = false},   // mobile prefixes
    {.family = Family::inet6, .question = 160, .answer = 161, .numbered = false}};  // extended echo

// What an ICMP message is half of; null: it is no query's.
const QueryKind* query_of(Family family, std::uint8_t type) noexcept {
  for (const QueryKind& kind : kQueryKinds) {
    if (kind.family == family && (kind.question == type || kind.answer == type)) {
      return &kind;
    }
  }
  return nullptr;
}

// A query's number in keys: its question's type, in seven bits. Never 0.
constexpr unsigned first_question(Family family) {
  return family == Family::inet ? 0 : 127;
}

bool is_error_type(Family family, std::uint8_t type) noexcept {
  if (family == Family::inet6) {
    return type >= 1 && type <= 4;  // RFC 4443 2.1; other error types are unassigned
  }
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;  // RFC 792
}

bool is_neighbor_discovery(std::uint8_t type) noexcept {
  return type >= 133 && type <= 137;
}  // RFC 4861

Kind classify_icmp(Packet& packet) noexcept {
  const std::uint8_t type = packet.transport()[0];
  if (packet.family == Family::inet6 && is_neighbor_discovery(type)) {
    return packet.kind = Kind::host_only;
  }
  return packet.kind = is_error_type(packet.family, type) ? Kind::icmp_error : Kind::other;
}

// Common end of both families: protocol and offset of the transport header are known.
Kind classify_transport(Packet& packet) noexcept {
  const ProtocolTraits& traits = kProtocolTraits[packet.protocol];
  const unsigned needed = packet.l4 + traits.minimum;
  if (needed > packet.ip_length || needed > packet.contiguous) [[unlikely]] {
    return malformed(packet, DropReason::l4_header_truncated);
  }
  if (is_icmp(packet)) {
    return classify_icmp(packet);
  }
  return packet.kind = traits.kind;
}

// RFC 791 options: only their soundness and source routing concern us here.
Kind check_ipv4_options(Packet& packet, unsigned header_length) noexcept {
  constexpr std::uint8_t kEnd = 0, kNop = 1, kLooseRoute = 131, kStrictRoute = 137;
  for (unsigned at = 20; at < header_length;) {
    const std::uint8_t option = packet.l3[at];
    if (option == kEnd) {
      break;
    }
    if (option == kLooseRoute || option == kStrictRoute) {
      return malformed(packet, DropReason::ip_source_route);
    }
    const unsigned length = option == kNop ? 1 : (at + 1 < header_length ? packet.l3[at + 1] : 0);
    if (length == 0 || (option != kNop && length < 2) || at + length > header_length) {
      return malformed(packet, DropReason::ip_header_invalid);
    }
    at += length;
  }
  return Kind::other;
}

Kind parse_ipv4(Packet& packet, std::uint16_t available) noexcept {
  packet.family = Family::inet;
  if (available < 20 || packet.contiguous < 20) [[unlikely]] {
    return malformed(packet, DropReason::ip_header_invalid);
  }
  const std::uint8_t* ip = packet.l3;
  const unsigned header_length = (ip[0] & 0x0fU) * 4;
  const auto total = load_be<std::uint16_t>(ip + 2);
  if ((ip[0] >> 4) != 4 || header_length < 20 || total < header_length || total > available ||
      header_length > packet.contiguous) [[unlikely]] {
    return malformed(packet, DropReason::ip_header_invalid);
  }
  if (!header_checksum_ok(ip, header_length)) [[unlikely]] {
    return malformed(packet, DropReason::ip_checksum_wrong);
  }
  packet.ip_length = total;
  packet.l4 = static_cast<std::uint16_t>(header_length);
  packet.protocol = ip[9];
  if (header_length > 20 && check_ipv4_options(packet, header_length) == Kind::malformed) [[unlikely]] {
    return Kind::malformed;
  }
  constexpr std::uint16_t kMoreOrOffset = 0x3fff;
  if ((load_be<std::uint16_t>(ip + 6) & kMoreOrOffset) != 0) [[unlikely]] {
    return packet.kind = Kind::fragment;
  }
  return classify_transport(packet);
}

// A fragment header of a whole datagram (RFC 6946) is an extension header like any other.
bool is_atomic_fragment(const std::uint8_t* header) noexcept {
  constexpr std::uint16_t kOffsetOrMore = 0xfff9;
  return (load_be<std::uint16_t>(header + 2) & kOffsetOrMore) == 0;
}

// Walks the extension headers of RFC 8200 up to the first that is not one.
Kind walk_extensions(Packet& packet, std::uint8_t next) noexcept {
  unsigned at = 40;
  const unsigned end = packet.ip_length < packet.contiguous ? packet.ip_length : packet.contiguous;
  while (next == protocol::kHopByHop || next == protocol::kRouting || next == protocol::kDestinationOptions ||
         next == protocol::kFragment) {
    if (at + 8 > end) {
      return malformed(packet, DropReason::l4_header_truncated);
    }
    if (next == protocol::kFragment) {
      if (!is_atomic_fragment(packet.l3 + at)) {
        break;
      }
      next = packet.l3[at];
      at += 8;
      continue;
    }
    constexpr std::uint8_t kRouteType0 = 0;  // deprecated by RFC 5095
    if (next == protocol::kRouting && packet.l3[at + 2] == kRouteType0 && packet.l3[at + 3] != 0) {
      return malformed(packet, DropReason::ip_source_route);
    }
    next = packet.l3[at];
    at += (packet.l3[at + 1] + 1U) * 8;
  }
  if (at > end) {
    return malformed(packet, DropReason::l4_header_truncated);
  }
  packet.l4 = static_cast<std::uint16_t>(at);
  packet.protocol = next;
  return next == protocol::kFragment ? packet.kind = Kind::fragment : classify_transport(packet);
}

Kind parse_ipv6(Packet& packet, std::uint16_t available) noexcept {
  packet.family = Family::inet6;
  if (available < 40 || packet.contiguous < 40) [[unlikely]] {
    return malformed(packet, DropReason::ip_header_invalid);
  }
  const std::uint8_t* ip = packet.l3;
  const unsigned total = 40U + load_be<std::uint16_t>(ip + 4);
  if ((ip[0] >> 4) != 6 || total > available) [[unlikely]] {
    return malformed(packet, DropReason::ip_header_invalid);
  }
  packet.ip_length = static_cast<std::uint16_t>(total);
  packet.l4 = 40;
  packet.protocol = ip[6];
  switch (packet.protocol) {
    case protocol::kHopByHop:
    case protocol::kRouting:
    case protocol::kFragment:
    case protocol::kDestinationOptions:
      return walk_extensions(packet, packet.protocol);
    default:
      return classify_transport(packet);
  }
}

// What an ICMP message is known by: see key.h.
template <class Key>
void put_icmp(Key& key, const Packet& packet) noexcept {
  const std::uint8_t* transport = packet.transport();
  const QueryKind* query = query_of(packet.family, transport[0]);
  const bool answer = query != nullptr && query->answer == transport[0];
  const unsigned number = query == nullptr ? 0 : query->question - first_question(packet.family);
  const bool lower_asks = (key.source < key.destination) != answer;
  key.icmp = static_cast<std::uint8_t>((number << 1U) | (lower_asks ? 1U : 0U));
  if (query == nullptr) {
    key.destination_port = load<std::uint16_t>(transport);
    return;
  }
  key.source_port = load<std::uint16_t>(transport + 4);
  key.destination_port = query->numbered ? load<std::uint16_t>(transport + 6) : std::uint16_t{0};
  if (answer) {
    std::swap(key.source_port, key.destination_port);
  }
}

// Everything but the addresses, which are there.
template <class Key>
void complete(Key& key, const Packet& packet) noexcept {
  key.protocol = packet.protocol;
  key.zone = packet.zone.value;
  if (kProtocolTraits[packet.protocol].ports) {
    key.source_port = load<std::uint16_t>(packet.transport());
    key.destination_port = load<std::uint16_t>(packet.transport() + 2);
  } else if (is_icmp(packet)) {
    put_icmp(key, packet);
  }
}

}  // namespace

Kind parse_ip(Packet& packet, std::uint16_t available) noexcept {
  packet.reason = DropReason::none;
  return packet.family == Family::inet ? parse_ipv4(packet, available) : parse_ipv6(packet, available);
}

Kind parse(const Ingress& ingress, const Frame& frame, Packet& packet) noexcept {
  packet.port = ingress.port;
  packet.reason = DropReason::none;
  packet.ifl = kNoIfl;
  packet.l2_length = 14;
  if (frame.contiguous < 18) [[unlikely]] {  // shorter than any IP packet in a frame
    packet.to_group = false;
    return malformed(packet, DropReason::frame_too_short);
  }
  auto ether = load_be<std::uint16_t>(frame.data + 12);
  std::uint16_t vlan = 0;
  if (ether == kEtherVlan) {
    vlan = load_be<std::uint16_t>(frame.data + 14) & 0x0fff;
    ether = load_be<std::uint16_t>(frame.data + 16);
    packet.l2_length = 18;
  }
  packet.l3 = frame.data + packet.l2_length;
  packet.contiguous = static_cast<std::uint16_t>(frame.contiguous - packet.l2_length);
  const auto available = static_cast<std::uint16_t>(frame.length - packet.l2_length);

  const std::uint64_t destination = load<std::uint64_t>(frame.data) & kMacMask;
  packet.to_group = (destination & kGroupBit) != 0;
  if (destination != ingress.mac && !packet.to_group && !ingress.from_host) [[unlikely]] {
    return malformed(packet, DropReason::not_for_us);
  }
  packet.ifl = ingress.ifl_by_vlan[vlan];
  packet.zone = ingress.zone_by_ifl[packet.ifl.value];
  if (packet.ifl == kNoIfl || ingress.enabled_by_ifl[packet.ifl.value] == 0) [[unlikely]] {
    return malformed(packet, DropReason::interface_unknown);
  }
  if (ether == kEtherIpv4) [[likely]] {
    return parse_ipv4(packet, available);
  }
  return ether == kEtherIpv6 ? parse_ipv6(packet, available) : packet.kind = Kind::host_only;
}

Key4 key4_of(const Packet& packet) noexcept {
  Key4 key;
  key.source = load<std::uint32_t>(packet.l3 + 12);
  key.destination = load<std::uint32_t>(packet.l3 + 16);
  complete(key, packet);
  return key;
}

Key6 key6_of(const Packet& packet) noexcept {
  Key6 key;
  std::memcpy(key.source.data(), packet.l3 + 8, 32);
  complete(key, packet);
  return key;
}

bool has_identifier(const Packet& packet) noexcept {
  if (!is_icmp(packet)) {
    return false;
  }
  const QueryKind* query = query_of(packet.family, packet.transport()[0]);
  return query != nullptr && query->identified;
}

bool has_identifier(Family family, std::uint8_t icmp) noexcept {
  const unsigned number = icmp >> 1U;
  if (number == 0) {
    return false;
  }
  const QueryKind* query = query_of(family, static_cast<std::uint8_t>(number + first_question(family)));
  return query != nullptr && query->identified;
}

bool is_icmp_answer(const Packet& packet) noexcept {
  if (!is_icmp(packet)) {
    return false;
  }
  const QueryKind* query = query_of(packet.family, packet.transport()[0]);
  return query != nullptr && query->answer == packet.transport()[0];
}

namespace {

// Past the extension headers of a quoted IPv6 packet: sets `protocol` and `l4`. False when the transport
// header is not in the quote, or never was in the packet: a later fragment.
bool skip_quoted_extensions(Packet& inner, unsigned room) noexcept {
  unsigned at = V6::kHeaderLength;
  std::uint8_t next = inner.l3[6];
  while (next == protocol::kHopByHop || next == protocol::kRouting || next == protocol::kDestinationOptions ||
         next == protocol::kFragment) {
    constexpr std::uint16_t kOffset = 0xfff8;
    const bool inside = at + 8 <= room;
    if (!inside ||
        (next == protocol::kFragment && (load_be<std::uint16_t>(inner.l3 + at + 2) & kOffset) != 0)) {
      return false;
    }
    const unsigned words = next == protocol::kFragment ? 1U : inner.l3[at + 1] + 1U;
    next = inner.l3[at];
    at += words * 8;
  }
  inner.protocol = next;
  inner.l4 = static_cast<std::uint16_t>(at);
  return at <= room;
}

}  // namespace

template <class F>
bool quoted(const Packet& packet, Packet& inner) noexcept {
  constexpr unsigned kErrorHeader = 8;
  const unsigned room = packet.contiguous < packet.ip_length ? packet.contiguous : packet.ip_length;
  const unsigned inner_at = packet.l4 + kErrorHeader;
  if (inner_at + F::kHeaderLength + 8 > room) {
    return false;
  }
  inner.l3 = packet.l3 + inner_at;
  inner.family = F::kFamily;
  inner.zone = packet.zone;
  constexpr bool v4 = F::kFamily == Family::inet;
  if ((inner.l3[0] >> 4) != (v4 ? 4 : 6)) {
    return false;
  }
  if constexpr (v4) {
    inner.l4 = static_cast<std::uint16_t>((inner.l3[0] & 0x0fU) * 4);
    inner.protocol = inner.l3[9];
  } else if (!skip_quoted_extensions(inner, room - inner_at)) {
    return false;
  }
  if (inner.l4 < F::kHeaderLength || inner_at + inner.l4 + 8U > room) {
    return false;
  }
  constexpr std::uint16_t kOffset = 0x1fff;
  // A later fragment: what follows its header is no transport header.
  return !v4 || (load_be<std::uint16_t>(inner.l3 + 6) & kOffset) == 0;
}
template bool quoted<V4>(const Packet&, Packet&) noexcept;
template bool quoted<V6>(const Packet&, Packet&) noexcept;

template <class F>
bool quoted_key(const Packet& packet, typename F::Key& key) noexcept {
  Packet inner;
  if (!quoted<F>(packet, inner)) {
    return false;
  }
  key = mirror(key_of<F>(inner), packet.zone);
  return true;
}
template bool quoted_key<V4>(const Packet&, Key4&) noexcept;
template bool quoted_key<V6>(const Packet&, Key6&) noexcept;

bool is_icmp_error(const Packet& packet) noexcept {
  return is_icmp(packet) && packet.l4 < packet.contiguous &&
         is_error_type(packet.family, packet.transport()[0]);
}

std::uint16_t policy_port(const Packet& packet) noexcept {
  const std::uint8_t* transport = packet.transport();
  if (is_icmp(packet)) {
    return load_be<std::uint16_t>(transport);
  }
  return kProtocolTraits[packet.protocol].ports ? load_be<std::uint16_t>(transport + 2) : std::uint16_t{0};
}

template <class F>
std::uint16_t policy_port(const typename F::Key& key) noexcept {
  const unsigned query = key.icmp >> 1U;
  if (!is_icmp(F::kFamily, key.protocol) || query == 0) {
    return byte_swap(key.destination_port);
  }
  return static_cast<std::uint16_t>((query + first_question(F::kFamily)) << 8U);
}
template std::uint16_t policy_port<V4>(const Key4&) noexcept;
template std::uint16_t policy_port<V6>(const Key6&) noexcept;

bool has_ports(std::uint8_t protocol_number) noexcept {
  return kProtocolTraits[protocol_number].ports;
}

}  // namespace sluice::packet
