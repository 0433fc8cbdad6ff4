// Any bytes on the wire are parsed without a read outside the frame, to facts that fit the frame; and the
// short way through the parser says the same as the long one. What is translated between the families stays
// in its buffer and is a sound packet. The first byte of the input chooses: whether the frame comes from the
// host (bit 0), and how much of its end lies in another buffer (the rest).
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.h"
#include "dataplane/packet/packet.h"
#include "dataplane/packet/translate64.h"

namespace {

using namespace sluice;
using packet::Family;
using packet::Kind;

constexpr std::uint64_t kMac = 0x0000665544332202;  // 02:22:33:44:55:66 as loaded

struct Wire {
  std::vector<IflId> by_vlan = std::vector<IflId>(4096, IflId{2});
  std::array<ZoneId, 3> zones{kNullZone, kNullZone, ZoneId{8}};
  std::array<std::uint8_t, 3> enabled{0, 0, 1};
};

packet::Ingress ingress(const Wire& wire, bool from_host) {
  packet::Ingress from = {.port = PortId{1},
                          .mac = kMac,
                          .ifl_by_vlan = wire.by_vlan.data(),
                          .zone_by_ifl = wire.zones.data(),
                          .enabled_by_ifl = wire.enabled.data(),
                          .from_host = from_host};
  from.admit_plain(IflId{2}, ZoneId{8});
  return from;
}

// Everything that reads the packet again.
template <class F>
void use(const packet::Packet& parsed) {
  typename F::Key key;
  if (parsed.kind == Kind::icmp_error) {
    static_cast<void>(packet::quoted_key<F>(parsed, key));
  } else {
    key = packet::key_of<F>(parsed);
    const auto mirrored = packet::mirror(key, ZoneId{8});
    check(packet::owner_hash(key) == packet::owner_hash(mirrored), "both directions have one owner");
  }
  static_cast<void>(packet::policy_port(parsed));
}

void check_facts(const packet::Packet& parsed, const packet::Frame& frame) {
  if (parsed.kind == Kind::malformed) {
    check(parsed.reason != packet::DropReason::none, "a malformed packet has a reason");
    return;
  }
  if (parsed.kind > Kind::icmp_error) {
    return;
  }
  const unsigned least = packet::kProtocolTraits[parsed.protocol].minimum;
  check(parsed.l3 >= frame.data && parsed.l3 + parsed.contiguous <= frame.data + frame.contiguous,
        "the packet lies in its frame");
  check(parsed.l4 + least <= parsed.contiguous && parsed.l4 + least <= parsed.ip_length,
        "the transport header lies in the packet");
  check(parsed.ip_length <= frame.length - parsed.l2_length, "the packet is no longer than its frame");
  parsed.family == Family::inet ? use<packet::V4>(parsed) : use<packet::V6>(parsed);
}

// The short way through the parser says what the long one says.
template <class F>
void check_short_way(const packet::Ingress& from, const packet::Frame& frame, const packet::Packet& parsed) {
  packet::Packet plain;
  packet::Words<typename F::Key> words;
  if (!packet::parse_plain<F>(from.plain, frame.data, frame.contiguous, plain, words)) {
    return;
  }
  const bool same = plain.kind == parsed.kind && plain.l3 == parsed.l3 && plain.l4 == parsed.l4 &&
                    plain.ip_length == parsed.ip_length && plain.contiguous == parsed.contiguous &&
                    plain.protocol == parsed.protocol && plain.family == parsed.family &&
                    plain.ifl == parsed.ifl && plain.zone == parsed.zone && plain.port == parsed.port &&
                    plain.l2_length == parsed.l2_length && plain.to_group == parsed.to_group &&
                    words == std::bit_cast<packet::Words<typename F::Key>>(packet::key_of<F>(parsed));
  check(same, "the short way through the parser says what the long one says");
}

// The packet alone, with as much room before it as a translation needs at least.
struct Alone {
  static constexpr std::size_t kRoom =
      80;  // an error of IPv4 grows by 40, and an Ethernet header by 20 at most

  explicit Alone(const packet::Packet& parsed)
      : bytes(new std::uint8_t[kRoom + parsed.ip_length]), packet(parsed) {
    std::copy_n(parsed.l3, parsed.ip_length, bytes.get() + kRoom);
    packet.l3 = bytes.get() + kRoom;
    packet.headroom = kRoom;
    packet.contiguous = parsed.ip_length;
  }
  std::unique_ptr<std::uint8_t[]> bytes;
  packet::Packet packet;
};

packet::Key6 key_across(const packet::Packet& parsed) {
  return parsed.family == Family::inet ? packet::across(packet::key4_of(parsed)) : packet::key6_of(parsed);
}

// To F, as a session would, or as an error about one. False: it is not translated.
template <class F>
bool translate(packet::Packet& packet) {
  const packet::Datagram4 header{.dont_fragment = true, .identification = 0};
  typename F::Key key;
  key.source_port = 7;
  if (packet.kind == Kind::icmp_error) {
    const auto words = packet::error_across(packet, 1500);
    return words && packet::become_error<F>(packet, *words, key.source, key, header);
  }
  if (!packet::has_translation(key_across(packet)) ||
      packet::hindrance_across(packet) != packet::DropReason::none) {
    return false;
  }
  packet::become<F>(packet, key, header);
  return true;
}

void check_translation(const packet::Packet& parsed) {
  if (parsed.kind > Kind::icmp_error || parsed.contiguous < parsed.ip_length) {
    return;
  }
  Alone made(parsed);
  packet::Packet& packet = made.packet;
  const bool done =
      parsed.family == Family::inet ? translate<packet::V6>(packet) : translate<packet::V4>(packet);
  if (!done) {
    return;
  }
  check(packet.l3 >= made.bytes.get() && packet.headroom == packet.l3 - made.bytes.get(),
        "a translated packet knows where it is");
  packet::Packet again = packet;
  packet::parse_ip(again, packet.ip_length);
  check(again.kind == parsed.kind && again.l4 == packet.l4 && again.ip_length == packet.ip_length &&
            again.family == packet.family && again.protocol == packet.protocol,
        "a translated packet is sound");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0 || size > 10000) {
    return 0;
  }
  static const Wire wire;
  const std::size_t length = size - 1;
  const std::size_t elsewhere = std::min<std::size_t>(bytes[0] >> 1, length);
  const std::size_t contiguous = length - elsewhere;
  const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[contiguous]);
  std::copy_n(bytes + 1, contiguous, exact.get());
  const packet::Frame frame{.data = exact.get(),
                            .contiguous = static_cast<std::uint16_t>(contiguous),
                            .length = static_cast<std::uint16_t>(length)};
  const packet::Ingress from = ingress(wire, (bytes[0] & 1) != 0);
  packet::Packet parsed;
  packet::parse(from, frame, parsed);
  check_facts(parsed, frame);
  check_translation(parsed);
  check_short_way<packet::V4>(from, frame, parsed);
  check_short_way<packet::V6>(from, frame, parsed);
  return 0;
}
