#include "dataplane/packet/translate64.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/packet/ip.h"
#include "dataplane/packet/mbuf_fragments.h"

namespace sluice::packet {
namespace {

constexpr std::uint8_t kEcho4 = 8;
constexpr std::uint8_t kEchoReply4 = 0;
constexpr std::uint8_t kEcho6 = 128;
constexpr std::uint8_t kEchoReply6 = 129;
constexpr std::uint32_t kLongest = 65535;  // of packets here
constexpr std::size_t kChanging = 20;      // of a transport header: none that changes is longer

// An echo's number in the keys of a family (parse.cc).
constexpr std::uint8_t kEchoNumber4 = kEcho4;
constexpr std::uint8_t kEchoNumber6 = kEcho6 - 127;

template <class F>
struct Other;
template <>
struct Other<V4> {
  using Type = V6;
};
template <>
struct Other<V6> {
  using Type = V4;
};

// The same protocol in the other family.
std::uint8_t sister(std::uint8_t protocol_number) noexcept {
  switch (protocol_number) {
    case protocol::kIcmp:
      return protocol::kIcmp6;
    case protocol::kIcmp6:
      return protocol::kIcmp;
    default:
      return protocol_number;
  }
}

// An echo's `icmp` says by the order of the addresses which end asks, and the order may be another now.
template <class From, class To>
std::uint8_t asker(const From& from, const To& to, std::uint8_t number) noexcept {
  const bool source_asks = ((from.icmp & 1U) != 0) == (from.source < from.destination);
  const bool lower_asks = source_asks == (to.source < to.destination);
  return static_cast<std::uint8_t>((number << 1U) | (lower_asks ? 1U : 0U));
}

template <class From, class To>
void put_common(const From& from, To& to) noexcept {
  to.source_port = from.source_port;
  to.destination_port = from.destination_port;
  to.zone = from.zone;
  to.protocol = from.protocol;
}

// What headers of both families say.
struct Network {
  std::uint8_t traffic_class = 0;
  std::uint8_t hops = 0;
};

template <class F>
Network network_of(const std::uint8_t* ip) noexcept {
  if constexpr (F::kFamily == Family::inet) {
    return {.traffic_class = ip[1], .hops = ip[8]};
  } else {
    return {.traffic_class = static_cast<std::uint8_t>(load_be<std::uint16_t>(ip) >> 4), .hops = ip[7]};
  }
}

// Bytes after the transport header's beginning, as the IP header has them.
template <class F>
std::uint32_t stated_length(const std::uint8_t* ip, std::uint16_t l4) noexcept {
  const std::uint32_t whole =
      F::kFamily == Family::inet ? load_be<std::uint16_t>(ip + 2) : 40U + load_be<std::uint16_t>(ip + 4);
  return whole < l4 ? 0 : whole - l4;
}

// What a transport header's checksum covers besides itself.
std::uint64_t covered(const std::uint8_t* ip, std::uint8_t protocol_number, std::uint16_t length) noexcept {
  return protocol_number == protocol::kIcmp ? 0 : pseudo_sum(ip, protocol_number, length);
}

// A header with these addresses in front of `length` bytes.
template <class F>
void write_header(std::uint8_t* ip, const typename F::Address& source, const typename F::Address& destination,
                  std::uint8_t protocol_number, std::uint16_t length, const Network& network,
                  const Datagram4& header) noexcept {
  if constexpr (F::kFamily == Family::inet) {
    ip[0] = 0x45;
    ip[1] = network.traffic_class;
    store_be(ip + 2, static_cast<std::uint16_t>(V4::kHeaderLength + length));
    store_be(ip + 4, header.identification);
    store_be(ip + 6,
             header.dont_fragment ? static_cast<std::uint16_t>(kDontFragment << 8) : std::uint16_t{0});
    ip[8] = network.hops;
    ip[9] = protocol_number;
    store(ip + 10, std::uint16_t{0});
    store(ip + 12, source);
    store(ip + 16, destination);
    store(ip + 10, static_cast<std::uint16_t>(~fold(sum_header4(ip))));
  } else {
    store_be(ip, (std::uint32_t{6} << 28) | (std::uint32_t{network.traffic_class} << 20));
    store_be(ip + 4, length);
    ip[6] = protocol_number;
    ip[7] = network.hops;
    store(ip + 8, source);
    store(ip + 24, destination);
  }
}

std::size_t checksum_at(std::uint8_t protocol_number) noexcept {
  switch (protocol_number) {
    case protocol::kTcp:
      return 16;
    case protocol::kUdp:
      return 6;
    default:
      return 2;
  }
}

std::uint8_t echo_across(std::uint8_t type) noexcept {
  switch (type) {
    case kEcho4:
      return kEcho6;
    case kEchoReply4:
      return kEchoReply6;
    case kEcho6:
      return kEcho4;
    default:
      return kEchoReply4;
  }
}

bool is_reply(std::uint8_t type) noexcept {
  return type == kEchoReply4 || type == kEchoReply6;
}

// Ports, or type and identifier. What changed, as a sum of differences.
template <class Key>
std::uint16_t write_ends(std::uint8_t* transport, std::uint8_t protocol_number, const Key& key) noexcept {
  const bool echo = protocol_number == protocol::kIcmp || protocol_number == protocol::kIcmp6;
  std::uint8_t* const end = transport + (echo ? 4 : 2);
  const std::uint64_t before = std::uint64_t{load<std::uint16_t>(transport)} + load<std::uint16_t>(end);
  if (echo) {
    store(end, is_reply(transport[0]) ? key.destination_port : key.source_port);
    transport[0] = echo_across(transport[0]);
  } else {
    store(transport, key.source_port);
    store(end, key.destination_port);
  }
  return delta(before, std::uint64_t{load<std::uint16_t>(transport)} + load<std::uint16_t>(end));
}

// The transport header, of which `room` bytes are there, of a packet with another IP header now. `change`: of
// what the checksum covers besides.
template <class Key>
void write_transport(std::uint8_t* transport, unsigned room, std::uint8_t protocol_number, const Key& key,
                     std::uint16_t change) noexcept {
  const std::uint32_t changes = std::uint32_t{write_ends(transport, protocol_number, key)} + change;
  const std::size_t at = checksum_at(protocol_number);
  if (at + 2 > room) {
    return;  // a quote need not have it
  }
  const auto before = load<std::uint16_t>(transport + at);
  const bool udp = protocol_number == protocol::kUdp;
  if (udp && before == 0) {
    return;
  }
  const std::uint16_t after = correct(before, changes);
  store(transport + at, udp && after == 0 ? std::uint16_t{0xffff} : after);
}

bool lacks_checksum(const Packet& packet) noexcept {
  return packet.protocol == protocol::kUdp && load<std::uint16_t>(packet.transport() + 6) == 0;
}

// RFC 7915 4.5: IPv6 wants one (RFC 8200 8.1).
void compute_udp_checksum(const Packet& packet) noexcept {
  const auto length = load_be<std::uint16_t>(packet.transport() + 4);
  const std::uint64_t sum = sum_of(packet, packet.l4, length) + pseudo_sum(packet.l3, protocol::kUdp, length);
  const auto checksum = static_cast<std::uint16_t>(~fold(sum));
  store(packet.transport() + 6, checksum == 0 ? std::uint16_t{0xffff} : checksum);
}

bool udp_length_fits(const Packet& packet) noexcept {
  const auto length = load_be<std::uint16_t>(packet.transport() + 4);
  return length >= 8 && length <= packet.transport_length();
}

// The IP header begins at `ip`, before the transport header's `length` bytes, from now on.
template <class F>
void begin_at(Packet& packet, std::uint8_t* ip, std::uint16_t length) noexcept {
  const auto moved = static_cast<std::int32_t>(packet.l3 - ip);
  packet.l3 = ip;
  packet.headroom = static_cast<std::uint16_t>(packet.headroom - moved);
  packet.contiguous = static_cast<std::uint16_t>(packet.contiguous + moved);
  packet.l4 = F::kHeaderLength;
  packet.ip_length = static_cast<std::uint16_t>(F::kHeaderLength + length);
  packet.protocol = sister(packet.protocol);
  packet.family = F::kFamily;
}

}  // namespace

Key6 across(const Key4& key) noexcept {
  Key6 made;
  put_common(key, made);
  made.source = to_mapped(key.source);
  made.destination = to_mapped(key.destination);
  if (key.protocol == protocol::kIcmp && key.icmp >> 1U == kEchoNumber4) {
    made.protocol = protocol::kIcmp6;
    made.icmp = asker(key, made, kEchoNumber6);
  }
  return made;
}

Key4 across(const Key6& key) noexcept {
  Key4 made;
  put_common(key, made);
  made.source = from_mapped(key.source);
  made.destination = from_mapped(key.destination);
  if (key.protocol == protocol::kIcmp6) {
    made.protocol = protocol::kIcmp;
    made.icmp = asker(key, made, kEchoNumber4);
  }
  return made;
}

bool has_translation(const Key6& key) noexcept {
  return key.protocol == protocol::kTcp || key.protocol == protocol::kUdp ||
         (key.protocol == protocol::kIcmp6 && key.icmp >> 1U == kEchoNumber6);
}

std::uint32_t owner_hash_on_wire(const Key6& key) noexcept {
  return is_mapped(key.destination) ? owner_hash(across(key)) : owner_hash(key);
}

std::uint32_t length_across(const Packet& packet) noexcept {
  const std::size_t header = packet.family == Family::inet ? V6::kHeaderLength : V4::kHeaderLength;
  return static_cast<std::uint32_t>(header + packet.transport_length());
}

// parse() has walked these headers, so that they are whole and end at the transport's.
std::optional<std::uint16_t> segments_left(const Packet& packet) noexcept {
  if (packet.family == Family::inet) {
    return std::nullopt;
  }
  std::uint8_t next = packet.l3[6];
  for (std::uint16_t at = V6::kHeaderLength; at < packet.l4;) {
    constexpr std::uint16_t kSegmentsLeft = 3;
    if (next == protocol::kRouting && packet.l3[at + kSegmentsLeft] != 0) {
      return static_cast<std::uint16_t>(at + kSegmentsLeft);
    }
    const unsigned words = next == protocol::kFragment ? 1 : packet.l3[at + 1] + 1U;
    next = packet.l3[at];
    at = static_cast<std::uint16_t>(at + 8 * words);
  }
  return std::nullopt;
}

DropReason hindrance_across(const Packet& packet) noexcept {
  if (packet.family == Family::inet6) {
    return segments_left(packet) ? DropReason::ip_source_route : DropReason::none;
  }
  if (lacks_checksum(packet) && !udp_length_fits(packet)) {
    return DropReason::l4_header_truncated;
  }
  if (length_across(packet) > kLongest) {
    return DropReason::fragmentation_needed;
  }
  return packet.headroom + packet.l4 < V6::kHeaderLength + kL2Room ? DropReason::no_buffer : DropReason::none;
}

template <class F>
void become(Packet& packet, const typename F::Key& leaving, const Datagram4& header) noexcept {
  const Network network = network_of<typename Other<F>::Type>(packet.l3);
  const std::uint16_t length = packet.transport_length();
  const std::uint64_t before = covered(packet.l3, packet.protocol, length);
  begin_at<F>(packet, packet.transport() - F::kHeaderLength, length);
  write_header<F>(packet.l3, leaving.source, leaving.destination, packet.protocol, length, network, header);
  const std::uint16_t change = delta(before, covered(packet.l3, packet.protocol, length));
  write_transport(packet.transport(), length, packet.protocol, leaving, change);
  if (F::kFamily == Family::inet6 && lacks_checksum(packet)) {
    compute_udp_checksum(packet);
  }
}
template void become<V4>(Packet&, const Key4&, const Datagram4&) noexcept;
template void become<V6>(Packet&, const Key6&, const Datagram4&) noexcept;

// --- errors

namespace {

constexpr std::uint8_t kUnreachable4 = 3;
constexpr std::uint8_t kTimeExceeded4 = 11;
constexpr std::uint8_t kParameterProblem4 = 12;
constexpr std::uint8_t kUnreachable6 = 1;
constexpr std::uint8_t kTimeExceeded6 = 3;
constexpr std::uint8_t kParameterProblem6 = 4;

std::optional<IcmpWords> unreachable(std::uint8_t type, std::optional<std::uint8_t> code) noexcept {
  return code ? std::optional(IcmpWords{.type = type, .code = *code}) : std::nullopt;
}

// A router that knows nothing of RFC 1191 does not say how much passes: the next lower of the usual sizes
// (its section 7).
std::uint32_t plateau_below(std::uint32_t length) noexcept {
  for (const std::uint32_t size : {32000U, 17914U, 8166U, 4352U, 2002U, 1492U, 1006U, 508U, 296U}) {
    if (size < length) {
      return size;
    }
  }
  return 68;
}

// RFC 7915 4.2, figure 3: the octet of the IPv6 header that says what this one of the IPv4 header did.
std::optional<IcmpWords> pointer_to_inet6(std::uint8_t pointer) noexcept {
  static constexpr std::uint8_t kNone = 0xff;
  static constexpr std::array<std::uint8_t, 20> kPointers{
      0, 1, 4, 4, kNone, kNone, kNone, kNone, 7, 6, kNone, kNone, 8, 8, 8, 8, 24, 24, 24, 24};
  if (pointer >= kPointers.size() || kPointers[pointer] == kNone) {
    return std::nullopt;
  }
  return IcmpWords{.type = kParameterProblem6, .code = 0, .parameter = kPointers[pointer]};
}

// RFC 7915 5.2, figure 6, the other way round.
std::optional<std::uint8_t> pointer_to_inet(std::uint32_t pointer) noexcept {
  if (pointer >= 24 && pointer < 40) {
    return std::uint8_t{16};
  }
  if (pointer >= 8 && pointer < 24) {
    return std::uint8_t{12};
  }
  switch (pointer) {
    case 0:
    case 1:
      return static_cast<std::uint8_t>(pointer);
    case 4:
    case 5:
      return std::uint8_t{2};
    case 6:
      return std::uint8_t{9};
    case 7:
      return std::uint8_t{8};
    default:
      return std::nullopt;
  }
}

// RFC 7915 4.2. Protocol unreachable is a next header that the host does not know.
std::optional<IcmpWords> unreachable_to_inet6(const Packet& packet, std::uint16_t most) noexcept {
  const std::uint8_t* icmp = packet.transport();
  switch (icmp[1]) {
    case 2:
      return IcmpWords{.type = kParameterProblem6, .code = 1, .parameter = 6};
    case 3:
      return unreachable(kUnreachable6, 4);
    case 4: {
      const std::uint32_t said = load_be<std::uint16_t>(icmp + 6);
      const std::uint32_t passes =
          said != 0 ? said : plateau_below(load_be<std::uint16_t>(icmp + kIcmpHeader + 2));
      const std::uint32_t mtu = std::min<std::uint32_t>(passes + kHeaderDifference, most);
      return IcmpWords{.type = kTooBig6, .code = 0, .parameter = std::max(mtu, kLeastMtu6)};
    }
    case 9:
    case 10:
    case 13:
    case 15:
      return unreachable(kUnreachable6, 1);
    default:
      return icmp[1] <= 12 ? unreachable(kUnreachable6, 0) : std::nullopt;
  }
}

std::optional<IcmpWords> error_to_inet6(const Packet& packet, std::uint16_t most) noexcept {
  const std::uint8_t* icmp = packet.transport();
  switch (icmp[0]) {
    case kUnreachable4:
      return unreachable_to_inet6(packet, most);
    case kTimeExceeded4:
      return IcmpWords{.type = kTimeExceeded6, .code = icmp[1]};
    case kParameterProblem4:
      return icmp[1] == 0 || icmp[1] == 2 ? pointer_to_inet6(icmp[4]) : std::nullopt;
    default:  // source quench, redirect
      return std::nullopt;
  }
}

std::optional<std::uint8_t> unreachable_code4(std::uint8_t code6) noexcept {
  switch (code6) {
    case 0:  // no route
    case 2:  // beyond the scope of the source address
    case 3:  // address
      return std::uint8_t{1};
    case 1:  // prohibited
      return std::uint8_t{10};
    case 4:  // port
      return std::uint8_t{3};
    default:
      return std::nullopt;
  }
}

// RFC 7915 5.2.
std::optional<IcmpWords> error_to_inet(const Packet& packet, std::uint16_t most) noexcept {
  const std::uint8_t* icmp = packet.transport();
  const auto parameter = load_be<std::uint32_t>(icmp + 4);
  switch (icmp[0]) {
    case kUnreachable6:
      return unreachable(kUnreachable4, unreachable_code4(icmp[1]));
    case kTooBig6: {
      constexpr std::uint32_t kLeast = 68;  // RFC 791
      const std::uint32_t passes = std::max(parameter, kHeaderDifference + kLeast) - kHeaderDifference;
      return IcmpWords{.type = kUnreachable4, .code = 4, .parameter = std::min<std::uint32_t>(passes, most)};
    }
    case kTimeExceeded6:
      return IcmpWords{.type = kTimeExceeded4, .code = icmp[1]};
    case kParameterProblem6: {
      if (icmp[1] == 1) {
        return IcmpWords{.type = kUnreachable4, .code = 2};
      }
      const auto pointer = icmp[1] == 0 ? pointer_to_inet(parameter) : std::nullopt;
      return pointer ? std::optional(IcmpWords{
                           .type = kParameterProblem4, .code = 0, .parameter = std::uint32_t{*pointer} << 24})
                     : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

// The packet that an error quotes, and how much of it is there.
struct Quote {
  Packet inner;
  std::uint16_t length = 0;  // of its transport header and payload, as its IP header says
  unsigned room = 0;         // of these, bytes that are there
  unsigned changing = 0;     // of these, bytes that may change
};

template <class F>
bool read_quote(const Packet& packet, Quote& quote) noexcept {
  Packet& inner = quote.inner;
  if (!quoted<F>(packet, inner)) {
    return false;
  }
  const auto before = static_cast<unsigned>(inner.transport() - packet.l3);
  quote.length = static_cast<std::uint16_t>(stated_length<F>(inner.l3, inner.l4));
  quote.room = std::min<unsigned>(packet.contiguous, packet.ip_length) - before;
  quote.changing = std::min<unsigned>(quote.room, kChanging);
  return true;
}

// Cuts the end off an error that would be longer than its family allows, all of which is in one buffer. The
// sum of what was cut.
template <class F>
std::uint64_t cut_error(const Packet& packet, std::uint16_t& length) noexcept {
  if (F::kFamily == Family::inet || F::kHeaderLength + length <= kLeastMtu6) {
    return 0;
  }
  const auto kept = static_cast<std::uint16_t>(kLeastMtu6 - F::kHeaderLength);
  const std::size_t cut = length - kept;
  length = kept;
  return sum_bytes(packet.l3 + packet.ip_length - cut, cut);
}

}  // namespace

std::optional<IcmpWords> error_across(const Packet& packet, std::uint16_t most) noexcept {
  return packet.family == Family::inet ? error_to_inet6(packet, most) : error_to_inet(packet, most);
}

template <class F>
bool become_error(Packet& packet, const IcmpWords& words, const typename F::Address& from,
                  const typename F::Key& sent, const Datagram4& header) noexcept {
  using From = typename Other<F>::Type;
  constexpr std::size_t kFront = 2 * F::kHeaderLength + kIcmpHeader;
  Quote quote;
  if (packet.contiguous < packet.ip_length || !read_quote<From>(packet, quote)) {
    return false;
  }
  std::uint8_t* const body = quote.inner.transport();
  if (static_cast<std::size_t>(body - packet.l3) + packet.headroom < kFront + kL2Room) {
    return false;
  }
  const Network outer = network_of<From>(packet.l3);
  const Network inner = network_of<From>(quote.inner.l3);
  const std::uint64_t inner_before = covered(quote.inner.l3, quote.inner.protocol, quote.length);
  auto length = static_cast<std::uint16_t>(kIcmpHeader + F::kHeaderLength + quote.room);
  const std::uint8_t* const old = packet.transport();
  const auto checksum = load<std::uint16_t>(old + 2);
  const std::uint64_t before = sum_bytes(old, static_cast<std::size_t>(body - old) + quote.changing) +
                               covered(packet.l3, packet.protocol, packet.transport_length()) +
                               cut_error<F>(packet, length);

  std::uint8_t* const quoted_ip = body - F::kHeaderLength;
  const std::uint8_t protocol_number = sister(quote.inner.protocol);
  write_header<F>(quoted_ip, sent.source, sent.destination, protocol_number, quote.length, inner, {});
  write_transport(body, quote.room, protocol_number, sent,
                  delta(inner_before, covered(quoted_ip, protocol_number, quote.length)));
  std::uint8_t* const icmp = quoted_ip - kIcmpHeader;
  icmp[0] = words.type;
  icmp[1] = words.code;
  store(icmp + 2, checksum);
  store_be(icmp + 4, words.parameter);
  begin_at<F>(packet, icmp - F::kHeaderLength, length);
  write_header<F>(packet.l3, from, sent.source, packet.protocol, length, outer, header);
  const std::uint64_t after = sum_bytes(icmp, kIcmpHeader + F::kHeaderLength + quote.changing) +
                              covered(packet.l3, packet.protocol, length);
  store(icmp + 2, correct(checksum, delta(before, after)));
  return true;
}
template bool become_error<V4>(Packet&, const IcmpWords&, const V4::Address&, const Key4&,
                               const Datagram4&) noexcept;
template bool become_error<V6>(Packet&, const IcmpWords&, const V6::Address&, const Key6&,
                               const Datagram4&) noexcept;

}  // namespace sluice::packet
