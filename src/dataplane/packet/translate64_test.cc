#include "dataplane/packet/translate64.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace sluice::packet {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kRoom = 128;  // before a packet, as buffers have it

V6::Address address6(std::uint8_t last) {
  V6::Address made{0x20, 0x01, 0x0d, 0xb8};
  made[15] = last;
  return made;
}
constexpr V4::Address kPublic = 0x057100cb;  // 203.0.113.5 in wire order
constexpr V4::Address kServer = 0x076433c6;  // 198.51.100.7

// 64:ff9b::198.51.100.7
V6::Address server6() {
  V6::Address made{0, 0x64, 0xff, 0x9b};
  store(made.data() + 12, kServer);
  return made;
}

Key6 inside(std::uint8_t protocol_number) {
  Key6 key;
  key.source = address6(1);
  key.destination = server6();
  key.source_port = byte_swap(std::uint16_t{40000});
  key.destination_port = byte_swap(std::uint16_t{443});
  key.protocol = protocol_number;
  return key;
}

Key4 outside(std::uint8_t protocol_number) {
  Key4 key;
  key.source = kPublic;
  key.destination = kServer;
  key.source_port = byte_swap(std::uint16_t{13998});
  key.destination_port = byte_swap(std::uint16_t{443});
  key.protocol = protocol_number;
  return key;
}

// A packet in a buffer with room before it.
struct Crossing {
  Crossing(Family family, std::uint8_t protocol_number, const Bytes& transport,
           std::uint8_t traffic_class = 0) {
    const bool v4 = family == Family::inet;
    const std::size_t header = v4 ? 20 : 40;
    bytes.resize(kRoom + header + transport.size());
    std::uint8_t* ip = bytes.data() + kRoom;
    if (v4) {
      const Key4 key = mirror(outside(protocol_number), ZoneId{8});
      ip[0] = 0x45;
      ip[1] = traffic_class;
      store_be(ip + 2, static_cast<std::uint16_t>(header + transport.size()));
      ip[8] = 61;
      ip[9] = protocol_number;
      store(ip + 12, key.source);
      store(ip + 16, key.destination);
      store(ip + 10, static_cast<std::uint16_t>(~fold(sum_bytes(ip, 20))));
    } else {
      const Key6 key = inside(protocol_number);
      store_be(ip, std::uint32_t{0x60000000} | (std::uint32_t{traffic_class} << 20) | 0x12345);
      store_be(ip + 4, static_cast<std::uint16_t>(transport.size()));
      ip[6] = protocol_number;
      ip[7] = 61;
      store(ip + 8, key.source);
      store(ip + 24, key.destination);
    }
    std::copy(transport.begin(), transport.end(), ip + header);
    packet.l3 = ip;
    packet.headroom = kRoom;
    packet.ip_length = packet.contiguous = static_cast<std::uint16_t>(header + transport.size());
    packet.family = family;
    packet.zone = ZoneId{8};
    static_cast<void>(parse_ip(packet, packet.ip_length));
  }

  // Writes the transport checksum, which stands at `at`.
  void seal(std::size_t at) {
    store(packet.transport() + at, std::uint16_t{0});
    store(packet.transport() + at, static_cast<std::uint16_t>(~fold(transport_sum())));
  }
  [[nodiscard]] std::uint64_t transport_sum() const {
    const std::uint16_t length = packet.transport_length();
    const std::uint64_t pseudo =
        packet.protocol == protocol::kIcmp ? 0 : pseudo_sum(packet.l3, packet.protocol, length);
    return sum_bytes(packet.transport(), length) + pseudo;
  }
  // As a receiver sees it.
  [[nodiscard]] bool sound() {
    Packet read = packet;
    const Kind kind = parse_ip(read, packet.ip_length);
    return kind == packet.kind && read.l4 == packet.l4 && read.ip_length == packet.ip_length &&
           read.protocol == packet.protocol && fold(transport_sum()) == 0xffff;
  }

  Bytes bytes;
  Packet packet;
};

Bytes transport_of(std::uint8_t protocol_number, std::size_t payload, std::mt19937& random) {
  Bytes bytes((protocol_number == protocol::kTcp ? 20 : 8) + payload);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  if (protocol_number == protocol::kTcp) bytes[12] = 0x50;
  if (protocol_number == protocol::kUdp) store_be(bytes.data() + 4, static_cast<std::uint16_t>(bytes.size()));
  if (protocol_number == protocol::kIcmp6) bytes[0] = 128, bytes[1] = 0;
  if (protocol_number == protocol::kIcmp) bytes[0] = bytes[1] = 0;
  return bytes;
}

std::size_t checksum_at(std::uint8_t protocol_number) {
  return protocol_number == protocol::kTcp ? 16 : protocol_number == protocol::kUdp ? 6 : 2;
}

TEST(Translate64, checksums_of_random_packets_are_those_that_are_computed) {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    for (const std::uint8_t number : {protocol::kTcp, protocol::kUdp, protocol::kIcmp6}) {
      Crossing wire(Family::inet6, number, transport_of(number, random() % 300, random));
      wire.seal(checksum_at(number));
      const std::uint8_t becomes = number == protocol::kIcmp6 ? protocol::kIcmp : number;
      become<V4>(wire.packet, outside(becomes), {.dont_fragment = true});
      ASSERT_TRUE(wire.sound()) << int{number} << " round " << round;
    }
    for (const std::uint8_t number : {protocol::kTcp, protocol::kUdp, protocol::kIcmp}) {
      Crossing wire(Family::inet, number, transport_of(number, random() % 300, random));
      wire.seal(checksum_at(number));
      if (number == protocol::kUdp && round % 3 == 0) store(wire.packet.transport() + 6, std::uint16_t{0});
      const std::uint8_t becomes = number == protocol::kIcmp ? protocol::kIcmp6 : number;
      ASSERT_EQ(hindrance_across(wire.packet), DropReason::none);
      become<V6>(wire.packet, mirror(inside(becomes), ZoneId{8}), {});
      ASSERT_TRUE(wire.sound()) << int{number} << " round " << round;
    }
  }
}

TEST(Translate64, headers_keep_traffic_class_and_hops) {
  std::mt19937 random(2);
  Crossing six(Family::inet6, protocol::kUdp, transport_of(protocol::kUdp, 10, random), 0xb8);
  become<V4>(six.packet, outside(protocol::kUdp), {.dont_fragment = false, .identification = 0x1234});
  EXPECT_EQ(six.packet.l3[1], 0xb8);
  EXPECT_EQ(six.packet.l3[8], 61);
  EXPECT_EQ(load_be<std::uint16_t>(six.packet.l3 + 4), 0x1234);
  EXPECT_EQ(load_be<std::uint16_t>(six.packet.l3 + 6), 0);
  EXPECT_EQ(six.packet.ip_length, 38);

  Crossing four(Family::inet, protocol::kUdp, transport_of(protocol::kUdp, 10, random), 0xb8);
  become<V6>(four.packet, mirror(inside(protocol::kUdp), ZoneId{8}), {});
  EXPECT_EQ(load_be<std::uint32_t>(four.packet.l3), 0x6b800000U);
  EXPECT_EQ(four.packet.l3[7], 61);
  EXPECT_EQ(four.packet.ip_length, 58);
  EXPECT_EQ(four.packet.headroom, kRoom - 20);
}

TEST(Translate64, dont_fragment_is_said_when_asked) {
  std::mt19937 random(3);
  Crossing wire(Family::inet6, protocol::kUdp, transport_of(protocol::kUdp, 10, random));
  become<V4>(wire.packet, outside(protocol::kUdp), {.dont_fragment = true});
  EXPECT_EQ(load_be<std::uint16_t>(wire.packet.l3 + 6), 0x4000);
}

TEST(Translate64, keys_lead_to_the_other_family_and_back) {
  std::mt19937 random(4);
  for (int round = 0; round < 1000; ++round) {
    for (const std::uint8_t number : {protocol::kTcp, protocol::kUdp, protocol::kIcmp}) {
      Key4 key;
      key.protocol = number;
      key.source = static_cast<std::uint32_t>(random());
      key.destination = static_cast<std::uint32_t>(random());
      key.source_port = static_cast<std::uint16_t>(random());
      key.destination_port = static_cast<std::uint16_t>(random());
      key.zone = 9;
      key.icmp = number == protocol::kIcmp ? static_cast<std::uint8_t>(16 | (round & 1)) : std::uint8_t{0};
      ASSERT_EQ(across(across(key)), key);
      ASSERT_TRUE(has_translation(across(key)));
      // The answer's key is the key's answer.
      ASSERT_EQ(across(mirror(key, ZoneId{8})), mirror(across(key), ZoneId{8}));
      ASSERT_EQ(owner_hash_on_wire(across(key)), owner_hash(key));
    }
  }
}

TEST(Translate64, other_icmp_has_no_translation) {
  Key4 timestamp;
  timestamp.protocol = protocol::kIcmp;
  timestamp.icmp = 13 << 1;
  EXPECT_FALSE(has_translation(across(timestamp)));
}

TEST(Translate64, what_has_no_room_in_front_is_hindered) {
  std::mt19937 random(5);
  Crossing wire(Family::inet, protocol::kUdp, transport_of(protocol::kUdp, 10, random));
  wire.packet.headroom = 40;
  EXPECT_EQ(hindrance_across(wire.packet), DropReason::none);
  wire.packet.headroom = 39;
  EXPECT_EQ(hindrance_across(wire.packet), DropReason::no_buffer);
}

TEST(Translate64, a_length_that_is_not_the_packets_makes_no_checksum) {
  std::mt19937 random(6);
  Crossing wire(Family::inet, protocol::kUdp, transport_of(protocol::kUdp, 10, random));
  store(wire.packet.transport() + 6, std::uint16_t{0});
  for (const std::uint16_t length : {7, 19}) {
    store_be(wire.packet.transport() + 4, length);
    EXPECT_EQ(hindrance_across(wire.packet), DropReason::l4_header_truncated);
  }
}

// RFC 7915 4.2 and 5.2.
IcmpWords words(std::uint8_t type, std::uint8_t code, std::uint32_t parameter = 0) {
  return {.type = type, .code = code, .parameter = parameter};
}

std::optional<IcmpWords> told(Family family, const IcmpWords& said, std::uint16_t most = 1500) {
  Bytes transport(8 + 40 + 8);
  transport[0] = said.type;
  transport[1] = said.code;
  store_be(transport.data() + 4, said.parameter);
  transport[8] = family == Family::inet ? 0x45 : 0x60;
  store_be(transport.data() + 10, std::uint16_t{1400});
  const Crossing wire(family, family == Family::inet ? protocol::kIcmp : protocol::kIcmp6, transport);
  return error_across(wire.packet, most);
}

void expect_told(Family family, const IcmpWords& said, const std::optional<IcmpWords>& expected) {
  const auto got = told(family, said);
  ASSERT_EQ(got.has_value(), expected.has_value()) << int{said.type} << "/" << int{said.code};
  if (got) {
    EXPECT_EQ(got->type, expected->type) << int{said.type} << "/" << int{said.code};
    EXPECT_EQ(got->code, expected->code) << int{said.type} << "/" << int{said.code};
    EXPECT_EQ(got->parameter, expected->parameter) << int{said.type} << "/" << int{said.code};
  }
}

TEST(Translate64, errors_of_ipv4_in_words_of_ipv6) {
  for (const std::uint8_t code : {0, 1, 5, 6, 7, 8, 11, 12}) {
    expect_told(Family::inet, words(3, code), words(1, 0));
  }
  for (const std::uint8_t code : {9, 10, 13, 15}) expect_told(Family::inet, words(3, code), words(1, 1));
  expect_told(Family::inet, words(3, 2), words(4, 1, 6));
  expect_told(Family::inet, words(3, 3), words(1, 4));
  expect_told(Family::inet, words(3, 4, 1400), words(2, 0, 1420));
  expect_told(Family::inet, words(3, 4, 576), words(2, 0, 1280));
  expect_told(Family::inet, words(3, 4, 9000), words(2, 0, 1500));
  expect_told(Family::inet, words(3, 4, 0), words(2, 0, 1280));  // the next lower of 1400 is 1006
  expect_told(Family::inet, words(3, 14), std::nullopt);
  expect_told(Family::inet, words(3, 16), std::nullopt);
  expect_told(Family::inet, words(4, 0), std::nullopt);
  expect_told(Family::inet, words(5, 1), std::nullopt);
  expect_told(Family::inet, words(11, 0), words(3, 0));
  expect_told(Family::inet, words(11, 1), words(3, 1));
  expect_told(Family::inet, words(12, 0, 9U << 24), words(4, 0, 6));
  expect_told(Family::inet, words(12, 2, 16U << 24), words(4, 0, 24));
  expect_told(Family::inet, words(12, 0, 10U << 24), std::nullopt);
  expect_told(Family::inet, words(12, 0, 20U << 24), std::nullopt);
  expect_told(Family::inet, words(12, 1), std::nullopt);
}

TEST(Translate64, errors_of_ipv6_in_words_of_ipv4) {
  for (const std::uint8_t code : {0, 2, 3}) expect_told(Family::inet6, words(1, code), words(3, 1));
  expect_told(Family::inet6, words(1, 1), words(3, 10));
  expect_told(Family::inet6, words(1, 4), words(3, 3));
  expect_told(Family::inet6, words(1, 5), std::nullopt);
  expect_told(Family::inet6, words(2, 0, 1400), words(3, 4, 1380));
  expect_told(Family::inet6, words(2, 0, 0xffffffff), words(3, 4, 1500));
  expect_told(Family::inet6, words(2, 0, 0), words(3, 4, 68));
  expect_told(Family::inet6, words(3, 0), words(11, 0));
  expect_told(Family::inet6, words(4, 0, 6), words(12, 0, 9U << 24));
  expect_told(Family::inet6, words(4, 0, 39), words(12, 0, 16U << 24));
  expect_told(Family::inet6, words(4, 0, 40), std::nullopt);
  expect_told(Family::inet6, words(4, 1), words(3, 2));
  expect_told(Family::inet6, words(4, 2), std::nullopt);
}

}  // namespace
}  // namespace sluice::packet
