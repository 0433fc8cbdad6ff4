#include <algorithm>
#include <cstring>

#include "dataplane/flow/steps.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/ip.h"

namespace sluice::flow {
namespace {

using packet::DropReason;
using packet::Family;
using packet::Packet;
using packet::V4;
using packet::V6;
namespace tcp = session::tcp;
namespace protocol = packet::protocol;

constexpr std::uint8_t kReplyTtl = 64;
using packet::kIcmpHeader;
using packet::kL2Room;
constexpr std::size_t kTcpHeader = 20;
// RFC 1812 4.3.2.3 and RFC 4443 2.4: as much of the packet as fits these.
constexpr std::size_t kLargestError4 = 576;
constexpr std::size_t kLargestError6 = packet::kLeastMtu6;

// The firewall's address on the interface that the packet came in by; null when it has none there.
const std::uint8_t* own_address(const Core& core, const Packet& packet) noexcept {
  const auto& addresses = core.snapshot->interfaces[packet.ifl.value].addresses;
  const auto found = std::find_if(addresses.begin(), addresses.end(),
                                  [&](const auto& entry) { return entry.address.family == packet.family; });
  return found == addresses.end() ? nullptr : found->address.bytes.data();
}

// A fresh IP header in front of `payload` bytes.
template <class F>
void write_network(std::uint8_t* ip, std::uint8_t protocol_number, std::size_t payload,
                   const typename F::Address& source, const typename F::Address& destination) noexcept {
  if constexpr (F::kFamily == Family::inet) {
    std::memset(ip, 0, 20);
    ip[0] = 0x45;
    store_be(ip + 2, static_cast<std::uint16_t>(20 + payload));
    ip[8] = kReplyTtl;
    ip[9] = protocol_number;
    store(ip + 12, source);
    store(ip + 16, destination);
    store(ip + 10, static_cast<std::uint16_t>(~packet::fold(packet::sum_bytes(ip, 20))));
  } else {
    std::memset(ip, 0, 8);
    ip[0] = 0x60;
    store_be(ip + 4, static_cast<std::uint16_t>(payload));
    ip[6] = protocol_number;
    ip[7] = kReplyTtl;
    store(ip + 8, source);
    store(ip + 24, destination);
  }
}

void seal_transport(std::uint8_t* transport, std::size_t length, std::size_t checksum_at,
                    std::uint64_t pseudo) noexcept {
  store(transport + checksum_at, std::uint16_t{0});
  const std::uint64_t sum = packet::sum_bytes(transport, length) + pseudo;
  store(transport + checksum_at, static_cast<std::uint16_t>(~packet::fold(sum)));
}

// The packet is an answer now: back to where it came from, unless that cannot be reached.
template <class F>
void send_back(Core& core, Packet& packet) noexcept {
  const NextHopId route = core.snapshot->routes->lookup(destination_of<F>(packet));
  const route::NextHop& next_hop = core.next_hop(route);
  const bool usable =
      next_hop.kind == route::NextHopKind::forward || next_hop.kind == route::NextHopKind::local;
  if (usable && packet.ip_length <= next_hop.mtu) {
    transmit(packet, next_hop);
  } else if (next_hop.kind == route::NextHopKind::glean) {
    // This answer is lost; the sender tries again, and the next one finds the way.
    ask_neighbor(core, next_hop, packet::to_address(destination_of<F>(packet)));
  }
}

// Whether an answer may be sent at all: never to groups, about the firewall's own packets or about errors
// (RFC 1122 3.2.2), and only so many a second.
bool may_answer(Core& core, const Packet& packet) noexcept {
  const bool own = core.snapshot->ports[packet.port.value].is_twin;
  if (own || packet.to_group || packet::is_icmp_error(packet) || core.replies_left == 0) {
    return false;
  }
  --core.replies_left;
  return true;
}

template <class F>
void become_reset(Core& core, Packet& packet) noexcept {
  const tcp::Segment segment = tcp::read_segment(packet.transport(), packet.transport_length());
  if ((segment.flags & tcp::kRstFlag) != 0 || packet.contiguous < F::kHeaderLength + kTcpHeader) {
    return;
  }
  const auto source = source_of<F>(packet);
  const auto destination = destination_of<F>(packet);
  const auto ports = load<std::uint32_t>(packet.transport());
  packet.l4 = F::kHeaderLength;
  packet.ip_length = F::kHeaderLength + kTcpHeader;
  std::uint8_t* transport = packet.transport();
  std::memset(transport, 0, kTcpHeader);
  store(transport, static_cast<std::uint32_t>((ports << 16) | (ports >> 16)));
  const bool acknowledged = (segment.flags & tcp::kAckFlag) != 0;  // RFC 9293 3.10.7.1
  store_be(transport + 4, acknowledged ? segment.acknowledgement : 0U);
  store_be(transport + 8, acknowledged ? 0U : segment.end());
  transport[12] = (kTcpHeader / 4) << 4;
  transport[13] = acknowledged ? tcp::kRstFlag : tcp::kRstFlag | tcp::kAckFlag;
  write_network<F>(packet.l3, protocol::kTcp, kTcpHeader, destination, source);
  seal_transport(transport, kTcpHeader, 16, packet::pseudo_sum(packet.l3, protocol::kTcp, kTcpHeader));
  send_back<F>(core, packet);
}

struct IcmpError {
  std::uint8_t type;
  std::uint8_t code;
  std::uint32_t parameter = 0;
};

// The ICMP header and a new IP header go in front of the packet that they quote.
template <class F>
void become_icmp(Core& core, Packet& packet, const IcmpError& error) noexcept {
  constexpr bool kV4 = F::kFamily == Family::inet;
  constexpr std::size_t kFront = F::kHeaderLength + kIcmpHeader;
  const std::uint8_t* own = own_address(core, packet);
  if (own == nullptr || packet.headroom < kFront + kL2Room) {
    return;
  }
  const auto source = load<typename F::Address>(own);
  const auto destination = source_of<F>(packet);
  const std::size_t quoted = std::min<std::size_t>(
      {packet.ip_length, packet.contiguous, (kV4 ? kLargestError4 : kLargestError6) - kFront});
  packet.l3 -= kFront;
  packet.headroom = static_cast<std::uint16_t>(packet.headroom - kFront);
  packet.contiguous = static_cast<std::uint16_t>(packet.contiguous + kFront);
  packet.l4 = F::kHeaderLength;
  packet.ip_length = static_cast<std::uint16_t>(kFront + quoted);
  packet.protocol = kV4 ? protocol::kIcmp : protocol::kIcmp6;
  std::uint8_t* icmp = packet.transport();
  icmp[0] = error.type;
  icmp[1] = error.code;
  store_be(icmp + 4, error.parameter);
  const auto length = static_cast<std::uint16_t>(kIcmpHeader + quoted);
  write_network<F>(packet.l3, packet.protocol, length, source, destination);
  // ICMPv6 covers the pseudo header (RFC 4443 2.3), ICMP does not.
  const std::uint64_t pseudo = kV4 ? 0 : packet::pseudo_sum(packet.l3, packet.protocol, length);
  seal_transport(icmp, length, 2, pseudo);
  send_back<F>(core, packet);
}

void answer(Core& core, Packet& packet, const IcmpError& error4, const IcmpError& error6) noexcept {
  if (!may_answer(core, packet)) {
    return;
  }
  if (packet.family == Family::inet) {
    become_icmp<V4>(core, packet, error4);
  } else {
    become_icmp<V6>(core, packet, error6);
  }
}

}  // namespace

void drop(Core& core, Packet& packet, DropReason reason) noexcept {
  count(core.counters.drops[static_cast<std::size_t>(reason)]);
  count(core.counters.dropped);
  packet.verdict = packet::Verdict::drop(reason);
}

void drop_with_reset(Core& core, Packet& packet, DropReason reason) noexcept {
  drop(core, packet, reason);
  if (!may_answer(core, packet)) {
    return;
  }
  if (packet.family == Family::inet) {
    become_reset<V4>(core, packet);
  } else {
    become_reset<V6>(core, packet);
  }
}

void drop_with_unreachable(Core& core, Packet& packet, DropReason reason) noexcept {
  drop(core, packet, reason);
  answer(core, packet, {3, 0}, {1, 0});  // RFC 792 net unreachable, RFC 4443 no route
}

void drop_with_prohibited(Core& core, Packet& packet, DropReason reason) noexcept {
  drop(core, packet, reason);
  answer(core, packet, {3, 13}, {1, 1});  // RFC 1812 5.2.7.1, RFC 4443 administratively prohibited
}

void drop_with_time_exceeded(Core& core, Packet& packet) noexcept {
  drop(core, packet, DropReason::ttl_expired);
  answer(core, packet, {11, 0}, {3, 0});
}

void drop_with_parameter_problem(Core& core, Packet& packet, DropReason reason,
                                 std::uint16_t pointer) noexcept {
  drop(core, packet, reason);
  answer(core, packet, {12, 0, std::uint32_t{pointer} << 24}, {4, 0, pointer});  // RFC 792, RFC 4443
}

void drop_with_too_big(Core& core, Packet& packet, std::uint16_t mtu) noexcept {
  drop(core, packet, DropReason::fragmentation_needed);
  answer(core, packet, {3, 4, mtu}, {2, 0, mtu});  // RFC 1191, RFC 4443
}

}  // namespace sluice::flow
