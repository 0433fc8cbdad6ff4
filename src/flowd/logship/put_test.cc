#include "flowd/logship/put.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "dataplane/packet/address.h"

namespace sluice::logship {
namespace {

template <class Put, class... Arguments>
std::string text_of(Put put, Arguments... arguments) {
  char buffer[128];
  return {buffer, put(buffer, arguments...)};
}

TEST(Put, numbers_print_as_the_standard_library_prints_them) {
  std::mt19937_64 random(3);
  const auto put = [](char* at, std::uint64_t value) { return put_number(at, value); };
  for (int bits = 0; bits <= 64; ++bits) {
    for (int i = 0; i < 500; ++i) {
      const std::uint64_t value = bits == 0 ? 0 : random() >> static_cast<unsigned>(64 - bits);
      ASSERT_EQ(text_of(put, value), std::to_string(value));
    }
  }
  for (std::uint64_t power = 1, i = 0; i < 20; ++i, power *= 10) {
    for (const std::uint64_t value : {power - 1, power, power + 1, 2 * power}) {
      ASSERT_EQ(text_of(put, value), std::to_string(value));
    }
  }
  EXPECT_EQ(text_of(put, UINT64_MAX), "18446744073709551615");
}

TEST(Put, every_port_prints_as_a_decimal_number) {
  for (std::uint32_t port = 0; port < 65536; ++port) {
    ASSERT_EQ(text_of([](char* at, std::uint32_t value) { return put_small_number(at, value); }, port),
              std::to_string(port));
  }
}

TEST(Put, ipv4_addresses_print_as_the_packet_room_prints_them) {
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const auto address = packet::IpAddress::v4(static_cast<std::uint32_t>(random()));
    ASSERT_EQ(text_of(put_ipv4, address.bytes.data()), packet::to_string(address));
  }
}

TEST(Put, ipv6_addresses_print_as_the_packet_room_prints_them) {
  std::mt19937 random(5);
  packet::IpAddress address{.family = packet::Family::inet6, .bytes = {}};
  for (int i = 0; i < 50'000; ++i) {
    // Many zero bytes, so that runs of every length and place occur.
    for (auto& byte : address.bytes) {
      byte = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : std::uint8_t{0};
    }
    ASSERT_EQ(text_of(put_ipv6, address.bytes.data()), packet::to_string(address));
  }
}

TEST(Put, well_known_ipv6_forms_are_compressed) {
  for (const char* text : {"::", "::1", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "2001:db8::1:0:0:1",
                           "fe80::", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1", "2001:0:0:1::1", "1::"}) {
    const auto address = packet::parse_address(text);
    ASSERT_TRUE(address);
    EXPECT_EQ(text_of(put_ipv6, address->bytes.data()), text);
  }
}

TEST(Put, texts_of_every_length_arrive_whole) {
  std::string text(200, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = static_cast<char>('a' + i % 26);
  }
  for (std::size_t size = 0; size <= 160; ++size) {
    char buffer[256];
    EXPECT_EQ(std::string(buffer, put_text(buffer, text.data(), size)), text.substr(0, size));
  }
}

}  // namespace
}  // namespace sluice::logship
