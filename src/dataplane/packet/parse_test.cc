#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "dataplane/packet/checksum.h"
#include "dataplane/packet/packet.h"

namespace sluice::packet {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kOwnMac = 0x0000665544332202;  // 02:22:33:44:55:66 as loaded
const Bytes kMacs{0x02, 0x22, 0x33, 0x44, 0x55, 0x66, 0x02, 0, 0, 0, 0, 9};

// One port with an untagged unit (2, zone 8), VLAN 100 (3, zone 9) and a disabled VLAN 200.
struct Wire {
  Wire() : by_vlan(4096, kNoIfl) {
    by_vlan[0] = IflId{2};
    by_vlan[100] = IflId{3};
    by_vlan[200] = IflId{4};
    ingress = {.port = PortId{5},
               .mac = kOwnMac,
               .ifl_by_vlan = by_vlan.data(),
               .zone_by_ifl = zones,
               .enabled_by_ifl = enabled};
    ingress.admit_plain(IflId{2}, ZoneId{8});
  }
  std::vector<IflId> by_vlan;
  ZoneId zones[5] = {kNullZone, kNullZone, ZoneId{8}, ZoneId{9}, ZoneId{8}};
  std::uint8_t enabled[5] = {0, 0, 1, 1, 0};
  Ingress ingress;
};

Bytes ethernet(std::uint16_t type) {
  Bytes frame = kMacs;
  frame.push_back(static_cast<std::uint8_t>(type >> 8));
  frame.push_back(static_cast<std::uint8_t>(type));
  return frame;
}

void seal4(Bytes& frame) {
  std::uint8_t* ip = frame.data() + 14;
  store(ip + 10, std::uint16_t{0});
  store(ip + 10, static_cast<std::uint16_t>(~fold(sum_bytes(ip, (ip[0] & 0x0fU) * 4))));
}

Bytes frame4(std::uint8_t protocol_number, const Bytes& transport, const Bytes& options = {}) {
  Bytes frame = ethernet(kEtherIpv4);
  const auto total = static_cast<std::uint16_t>(20 + options.size() + transport.size());
  Bytes ip(20);
  ip[0] = static_cast<std::uint8_t>(0x45 + options.size() / 4);
  store_be(ip.data() + 2, total);
  ip[8] = 64;
  ip[9] = protocol_number;
  store_be(ip.data() + 12, std::uint32_t{0x0a000001});
  store_be(ip.data() + 16, std::uint32_t{0x0a000002});
  frame.insert(frame.end(), ip.begin(), ip.end());
  frame.insert(frame.end(), options.begin(), options.end());
  frame.insert(frame.end(), transport.begin(), transport.end());
  seal4(frame);
  return frame;
}

Bytes frame6(std::uint8_t next, const Bytes& payload) {
  Bytes frame = ethernet(kEtherIpv6);
  Bytes ip(40);
  ip[0] = 0x60;
  store_be(ip.data() + 4, static_cast<std::uint16_t>(payload.size()));
  ip[6] = next;
  ip[7] = 64;
  ip[8] = ip[24] = 0x20;
  ip[23] = 1;
  ip[39] = 2;
  frame.insert(frame.end(), ip.begin(), ip.end());
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

Bytes transport(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i + 1);
  return bytes;
}

Packet parsed(Bytes& frame) {
  static const Wire wire;
  Packet packet;
  const auto size = static_cast<std::uint16_t>(frame.size());
  parse(wire.ingress, {.data = frame.data(), .contiguous = size, .length = size}, packet);
  return packet;
}

TEST(Parse, names_the_kind_of_every_protocol) {
  struct Row {
    std::uint8_t number;
    Kind kind4;
    Kind kind6;
  };
  for (const Row& row :
       {Row{protocol::kTcp, Kind::tcp, Kind::tcp}, Row{protocol::kUdp, Kind::udp, Kind::udp},
        Row{protocol::kUdpLite, Kind::udp, Kind::udp}, Row{protocol::kDccp, Kind::udp, Kind::udp},
        Row{protocol::kSctp, Kind::udp, Kind::udp}, Row{protocol::kGre, Kind::other, Kind::other},
        Row{protocol::kEsp, Kind::other, Kind::other}, Row{protocol::kAh, Kind::other, Kind::other},
        Row{89, Kind::other, Kind::other}}) {
    Bytes four = frame4(row.number, transport(40));
    EXPECT_EQ(parsed(four).kind, row.kind4) << int{row.number};
    Bytes six = frame6(row.number, transport(40));
    EXPECT_EQ(parsed(six).kind, row.kind6) << int{row.number};
  }
}

TEST(Parse, tells_icmp_errors_and_neighbor_discovery_from_queries) {
  const auto kind4 = [](std::uint8_t type) {
    Bytes frame = frame4(protocol::kIcmp, Bytes{type, 0, 0, 0, 0, 7, 0, 1});
    return parsed(frame).kind;
  };
  const auto kind6 = [](std::uint8_t type) {
    Bytes frame = frame6(protocol::kIcmp6, Bytes{type, 0, 0, 0, 0, 7, 0, 1});
    return parsed(frame).kind;
  };
  for (const std::uint8_t type : {3, 4, 5, 11, 12}) EXPECT_EQ(kind4(type), Kind::icmp_error) << int{type};
  for (const std::uint8_t type : {0, 8, 13, 14, 17, 18}) EXPECT_EQ(kind4(type), Kind::other) << int{type};
  for (const std::uint8_t type : {1, 2, 3, 4}) EXPECT_EQ(kind6(type), Kind::icmp_error) << int{type};
  for (const std::uint8_t type : {133, 134, 135, 136, 137}) EXPECT_EQ(kind6(type), Kind::host_only);
  for (const std::uint8_t type : {128, 129, 130, 143}) EXPECT_EQ(kind6(type), Kind::other) << int{type};
  Bytes icmp6_in_4 = frame4(protocol::kIcmp6, Bytes{135, 0, 0, 0, 0, 7, 0, 1});
  EXPECT_EQ(parsed(icmp6_in_4).kind, Kind::other) << "no neighbour discovery in IPv4";
}

TEST(Parse, finds_port_interface_and_zone_by_the_vlan) {
  Bytes untagged = frame4(protocol::kUdp, transport(16));
  EXPECT_EQ(parsed(untagged).ifl, IflId{2});
  EXPECT_EQ(parsed(untagged).zone, ZoneId{8});
  EXPECT_EQ(parsed(untagged).port, PortId{5});
  EXPECT_EQ(parsed(untagged).l2_length, 14);
  const auto tagged = [&](std::uint16_t tag) {
    Bytes frame = frame4(protocol::kUdp, transport(16));
    const Bytes bytes{0x81, 0x00, static_cast<std::uint8_t>(tag >> 8), static_cast<std::uint8_t>(tag)};
    frame.insert(frame.begin() + 12, bytes.begin(), bytes.end());
    return parsed(frame);
  };
  EXPECT_EQ(tagged(100).ifl, IflId{3});
  EXPECT_EQ(tagged(0xe064).zone, ZoneId{9}) << "priority bits do not count";
  EXPECT_EQ(tagged(100).l2_length, 18);
  EXPECT_EQ(tagged(200).reason, DropReason::interface_unknown);
  EXPECT_EQ(tagged(101).reason, DropReason::interface_unknown);
}

TEST(Parse, keys_have_the_addresses_ports_and_zone_of_the_packet) {
  Bytes four = frame4(protocol::kUdp, Bytes{0x13, 0x88, 0x00, 0x35, 0, 8, 0, 0});
  const Key4 key4 = key4_of(parsed(four));
  EXPECT_EQ(byte_swap(key4.source), 0x0a000001U);
  EXPECT_EQ(byte_swap(key4.destination), 0x0a000002U);
  EXPECT_EQ(byte_swap(key4.source_port), 5000);
  EXPECT_EQ(byte_swap(key4.destination_port), 53);
  EXPECT_EQ(key4.protocol, protocol::kUdp);
  EXPECT_EQ(key4.zone, 8);
  Bytes six = frame6(protocol::kUdp, Bytes{0x13, 0x88, 0x00, 0x35, 0, 8, 0, 0});
  const Key6 key6 = key6_of(parsed(six));
  EXPECT_EQ(key6.source[15], 1);
  EXPECT_EQ(key6.destination[15], 2);
  EXPECT_EQ(byte_swap(key6.destination_port), 53);
}

TEST(Parse, the_key_of_an_echo_reply_is_the_requests_mirrored) {
  Bytes request = frame4(protocol::kIcmp, Bytes{8, 0, 0, 0, 0x12, 0x34, 0x00, 0x07});
  Bytes reply = frame4(protocol::kIcmp, Bytes{0, 0, 0, 0, 0x12, 0x34, 0x00, 0x07});
  std::swap_ranges(reply.begin() + 26, reply.begin() + 30, reply.begin() + 30);
  EXPECT_EQ(key4_of(parsed(reply)), mirror(key4_of(parsed(request)), ZoneId{8}));
}

// The same numbers exchanged, from the other end, are no answer: neither as a request nor as another's reply.
TEST(Parse, the_key_of_an_icmp_query_says_who_asks_and_what) {
  const auto from_responder = [](Bytes message, bool v4) {
    Bytes frame = v4 ? frame4(protocol::kIcmp, message) : frame6(protocol::kIcmp6, message);
    const int at = v4 ? 26 : 22;
    const int length = v4 ? 4 : 16;
    std::swap_ranges(frame.begin() + at, frame.begin() + at + length, frame.begin() + at + length);
    return frame;
  };
  const Bytes numbers{0, 0, 0, 0x12, 0x34, 0x00, 0x07};
  const Bytes exchanged{0, 0, 0, 0x00, 0x07, 0x12, 0x34};
  const auto message = [](std::uint8_t type, const Bytes& rest) {
    Bytes bytes{type};
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return bytes;
  };
  Bytes echo = frame4(protocol::kIcmp, message(8, numbers));
  const Key4 answer = mirror(key4_of(parsed(echo)), ZoneId{8});
  for (const std::uint8_t type : {0, 8, 13, 14, 15, 16, 17, 18, 40}) {
    for (const Bytes& rest : {numbers, exchanged}) {
      Bytes other = from_responder(message(type, rest), true);
      const bool is_answer = type == 0 && rest == numbers;
      EXPECT_EQ(key4_of(parsed(other)) == answer, is_answer) << int{type};
    }
  }
  Bytes echo6 = frame6(protocol::kIcmp6, message(128, numbers));
  const Key6 answer6 = mirror(key6_of(parsed(echo6)), ZoneId{8});
  for (const std::uint8_t type : {128, 129, 144}) {
    for (const Bytes& rest : {numbers, exchanged}) {
      Bytes other = from_responder(message(type, rest), false);
      const bool is_answer = type == 129 && rest == numbers;
      EXPECT_EQ(key6_of(parsed(other)) == answer6, is_answer) << int{type};
    }
  }
}

TEST(Parse, a_policy_can_be_asked_about_a_session_as_about_its_first_packet) {
  for (const std::uint8_t type : {8, 13, 15, 17, 40, 42}) {
    Bytes frame = frame4(protocol::kIcmp, Bytes{type, 0, 0, 0, 0x12, 0x34, 0x00, 0x07});
    EXPECT_EQ(policy_port<V4>(key4_of(parsed(frame))), type << 8) << int{type};
  }
  for (const std::uint8_t type : {128, 139, 144, 146, 151, 160}) {
    Bytes frame = frame6(protocol::kIcmp6, Bytes{type, 0, 0, 0, 0x12, 0x34, 0x00, 0x07});
    EXPECT_EQ(policy_port<V6>(key6_of(parsed(frame))), type << 8) << int{type};
  }
  Bytes udp = frame4(protocol::kUdp, Bytes{0x13, 0x88, 0x00, 0x35, 0, 8, 0, 0});
  EXPECT_EQ(policy_port<V4>(key4_of(parsed(udp))), 53);
}

TEST(Parse, the_quote_of_an_error_names_the_wing_on_which_it_travels) {
  Bytes sent = frame4(protocol::kUdp, Bytes{0x13, 0x88, 0x00, 0x35, 0, 8, 0, 0});
  Bytes quote(sent.begin() + 14, sent.end());
  Bytes body{3, 3, 0, 0, 0, 0, 0, 0};
  body.insert(body.end(), quote.begin(), quote.end());
  Bytes error = frame4(protocol::kIcmp, body);
  Key4 key;
  ASSERT_TRUE(quoted_key<V4>(parsed(error), key));
  EXPECT_EQ(key, mirror(key4_of(parsed(sent)), ZoneId{8}));
}

// What everything after the parser relies on.
void expect_sound(const Packet& packet, const Bytes& frame) {
  if (packet.kind == Kind::malformed) {
    EXPECT_NE(packet.reason, DropReason::none);
    return;
  }
  if (packet.kind == Kind::host_only && packet.l3 + packet.l4 == packet.l3) return;
  EXPECT_GE(packet.l3, frame.data());
  EXPECT_LE(packet.l3 + packet.contiguous, frame.data() + frame.size());
  if (packet.kind > Kind::icmp_error) return;
  const unsigned least = kProtocolTraits[packet.protocol].minimum;
  EXPECT_LE(packet.l4 + least, packet.contiguous);
  EXPECT_LE(packet.l4 + least, packet.ip_length);
}

// Calls everything that reads the packet again; under AddressSanitizer a read outside aborts.
template <class F>
std::uint64_t use(const Packet& packet) {
  typename F::Key key;
  if (packet.kind == Kind::icmp_error) {
    return quoted_key<F>(packet, key) ? owner_hash(key) : policy_port(packet);
  }
  key = key_of<F>(packet);
  return owner_hash(key) + policy_port(packet);
}

// What parse_plain() takes, it must see as parse() does.
template <class F>
void expect_short_way_agrees(const Ingress& ingress, const Frame& view, const Packet& packet) {
  Packet plain;
  Words<typename F::Key> words;
  if (!parse_plain<F>(ingress.plain, view.data, view.contiguous, plain, words)) {
    return;
  }
  EXPECT_EQ(plain.kind, packet.kind);
  EXPECT_EQ(plain.l3, packet.l3);
  EXPECT_EQ(plain.l4, packet.l4);
  EXPECT_EQ(plain.ip_length, packet.ip_length);
  EXPECT_EQ(plain.contiguous, packet.contiguous);
  EXPECT_EQ(plain.protocol, packet.protocol);
  EXPECT_EQ(plain.family, packet.family);
  EXPECT_EQ(plain.ifl, packet.ifl);
  EXPECT_EQ(plain.zone, packet.zone);
  EXPECT_EQ(plain.port, packet.port);
  EXPECT_EQ(plain.l2_length, packet.l2_length);
  EXPECT_EQ(plain.to_group, packet.to_group);
  EXPECT_EQ(plain.reason, packet.reason);
  EXPECT_EQ(words, std::bit_cast<Words<typename F::Key>>(key_of<F>(packet)));
}

// Frames lie in a heap buffer of exactly their size, or of the contiguous part.
void parse_exactly(const Bytes& bytes, std::size_t contiguous) {
  static const Wire wire;
  const Bytes frame(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(contiguous));
  std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[frame.size()]);
  std::copy(frame.begin(), frame.end(), exact.get());
  const Frame view{.data = exact.get(),
                   .contiguous = static_cast<std::uint16_t>(contiguous),
                   .length = static_cast<std::uint16_t>(bytes.size())};
  Packet packet;
  parse(wire.ingress, view, packet);
  if (packet.kind <= Kind::icmp_error) {
    volatile std::uint64_t used = packet.family == Family::inet ? use<V4>(packet) : use<V6>(packet);
    static_cast<void>(used);
    EXPECT_LE(packet.l3 + packet.contiguous, exact.get() + contiguous);
    EXPECT_LE(packet.l4 + kProtocolTraits[packet.protocol].minimum, packet.contiguous);
  }
  expect_short_way_agrees<V4>(wire.ingress, view, packet);
  expect_short_way_agrees<V6>(wire.ingress, view, packet);
}

std::vector<Bytes> samples() {
  Bytes quote4 = frame4(protocol::kTcp, transport(20));
  Bytes quote6 = frame6(protocol::kUdp, transport(8));
  Bytes error4{3, 4, 0, 0, 0, 0, 5, 0};
  error4.insert(error4.end(), quote4.begin() + 14, quote4.end());
  Bytes error6{2, 0, 0, 0, 0, 0, 5, 0};
  error6.insert(error6.end(), quote6.begin() + 14, quote6.end());
  Bytes extensions{43, 0, 1, 4, 0, 0, 0, 0, 60, 0, 2, 0, 0, 0, 0, 0,
                   44, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 9};
  const Bytes behind = transport(12);
  extensions.insert(extensions.end(), behind.begin(), behind.end());
  Bytes fragment{17, 0, 0, 1, 0, 0, 0, 9};
  fragment.insert(fragment.end(), behind.begin(), behind.end());
  std::vector<Bytes> all{frame4(protocol::kTcp, transport(60)),
                         frame4(protocol::kUdp, transport(30), {148, 4, 0, 0, 1, 1, 1, 0}),
                         frame4(protocol::kIcmp, error4),
                         frame4(protocol::kSctp, transport(16)),
                         frame6(protocol::kTcp, transport(60)),
                         frame6(protocol::kIcmp6, error6),
                         frame6(protocol::kHopByHop, extensions),
                         frame6(protocol::kFragment, fragment)};
  Bytes tagged = all.front();
  tagged.insert(tagged.begin() + 12, {0x81, 0x00, 0x00, 0x64});
  all.push_back(tagged);
  return all;
}

TEST(Parse, reads_nothing_outside_a_frame_cut_anywhere) {
  for (const Bytes& sample : samples()) {
    for (std::size_t size = 0; size <= sample.size(); ++size) {
      parse_exactly(Bytes(sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(size)), size);
      parse_exactly(sample, size);  // the rest lies in another buffer
    }
  }
}

TEST(Parse, reads_nothing_outside_random_frames) {
  std::mt19937 random(1);
  for (int round = 0; round < 50000; ++round) {
    Bytes bytes(random() % 120);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    if (bytes.size() >= 16) {
      std::copy(kMacs.begin(), kMacs.end(), bytes.begin());
      const std::uint16_t types[] = {kEtherIpv4, kEtherIpv6, kEtherVlan, 0x0806};
      store_be(bytes.data() + 12, types[random() % 4]);
    }
    if (bytes.size() >= 34 && random() % 2 == 0) {
      bytes[14] = static_cast<std::uint8_t>((bytes[13] == 0 ? 0x40 : 0x60) | (random() % 16));
      if (bytes.size() >= 14U + (bytes[14] & 0x0fU) * 4) seal4(bytes);
    }
    parse_exactly(bytes, bytes.size());
  }
}

TEST(Parse, reads_nothing_outside_mutated_frames) {
  std::mt19937 random(2);
  const std::vector<Bytes> all = samples();
  for (int round = 0; round < 50000; ++round) {
    Bytes bytes = all[random() % all.size()];
    for (std::uint32_t changes = random() % 4 + 1; changes != 0; --changes) {
      bytes[14 + random() % (bytes.size() - 14)] = static_cast<std::uint8_t>(random());
    }
    if (bytes[12] == 0x08 && bytes[13] == 0 && bytes.size() >= 14U + (bytes[14] & 0x0fU) * 4) seal4(bytes);
    bytes.resize(bytes.size() - random() % 12);
    parse_exactly(bytes, bytes.size() - random() % 3);
  }
}

TEST(Parse, leaves_facts_that_fit_the_frame) {
  for (Bytes sample : samples()) expect_sound(parsed(sample), sample);
}

}  // namespace
}  // namespace sluice::packet
