#include "dataplane/packet/checksum.h"

#include <gtest/gtest.h>
#include <rte_thash.h>

#include <random>
#include <vector>

#include "dataplane/packet/packet.h"

namespace sluice::packet {
namespace {

using Bytes = std::vector<std::uint8_t>;

// RFC 1071 in its plainest form, over big-endian words.
std::uint16_t plain_checksum(const Bytes& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<std::uint32_t>(bytes[i] << 8) + (i + 1 < bytes.size() ? bytes[i + 1] : 0);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

Bytes random_bytes(std::mt19937& random, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

TEST(Checksum, equals_the_plain_sum_for_every_length) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    const Bytes bytes = random_bytes(random, size);
    const auto sum = static_cast<std::uint16_t>(~fold(sum_bytes(bytes.data(), size)));
    EXPECT_EQ(byte_swap(sum), plain_checksum(bytes)) << size << " bytes";
  }
}

TEST(Checksum, recognises_right_and_wrong_ip_headers) {
  std::mt19937 random(2);
  for (int round = 0; round < 10000; ++round) {
    const unsigned length = 20 + 4 * (random() % 11);
    Bytes header = random_bytes(random, length);
    header[10] = header[11] = 0;
    store_be(header.data() + 10, plain_checksum(header));
    EXPECT_TRUE(header_checksum_ok(header.data(), length));
    const unsigned at = random() % length;
    const auto bit = static_cast<std::uint8_t>(1U << random() % 8);
    header[at] ^= bit;
    EXPECT_FALSE(header_checksum_ok(header.data(), length)) << "bit " << int{bit} << " of byte " << at;
  }
}

TEST(Checksum, corrected_equals_computed_anew_after_random_rewrites) {
  std::mt19937 random(3);
  for (int round = 0; round < 100000; ++round) {
    Bytes bytes = random_bytes(random, 60);
    const std::size_t words = random() % 8 + 1;
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    store(bytes.data(), std::uint16_t{0});
    auto checksum = byte_swap(plain_checksum(bytes));
    for (std::size_t word = 1; word <= words; ++word) {
      const auto changed = static_cast<std::uint16_t>(random() % 4 == 0 ? 0xffff * (random() % 2) : random());
      before += load<std::uint16_t>(bytes.data() + 2 * word);
      after += changed;
      store(bytes.data() + 2 * word, changed);
    }
    checksum = correct(checksum, delta(before, after));
    // 0x0000 and 0xffff are the same number; what counts is that a receiver accepts it.
    store(bytes.data(), checksum);
    EXPECT_EQ(fold(sum_bytes(bytes.data(), bytes.size())), 0xffff);
  }
}

TEST(Checksum, two_corrections_add_up) {
  std::mt19937 random(4);
  for (int round = 0; round < 10000; ++round) {
    const auto checksum = static_cast<std::uint16_t>(random());
    const auto one = static_cast<std::uint16_t>(random());
    const auto two = static_cast<std::uint16_t>(random());
    const auto step_by_step = correct(correct(checksum, one), two);
    const auto at_once = correct(checksum, std::uint32_t{one} + two);
    EXPECT_EQ(fold(std::uint64_t{step_by_step}) % 0xffff, fold(std::uint64_t{at_once}) % 0xffff);
  }
}

// --- the owner hash is what a NIC computes

constexpr std::size_t kRssKeyBytes = 40;

const std::uint8_t* rss_key() {
  static const std::vector<std::uint8_t> key = [] {
    std::vector<std::uint8_t> bytes;
    while (bytes.size() < kRssKeyBytes) {
      bytes.push_back(0x6d);
      bytes.push_back(0x5a);
    }
    return bytes;
  }();
  return key.data();
}

// The input of a NIC: addresses, and ports when the protocol has them, in host order words.
std::uint32_t nic_hash(const std::vector<std::uint8_t>& tuple) {
  std::vector<std::uint32_t> words;
  for (std::size_t i = 0; i < tuple.size(); i += 4) words.push_back(load_be<std::uint32_t>(&tuple[i]));
  return rte_softrss(words.data(), static_cast<std::uint32_t>(words.size()), rss_key());
}

template <class Key>
void expect_nic_hash(std::mt19937& random) {
  Key key;
  const std::uint8_t protocols[] = {protocol::kTcp, protocol::kUdp, protocol::kSctp, protocol::kIcmp,
                                    protocol::kEsp};
  const Bytes bytes = random_bytes(random, sizeof key.source * 2);
  std::memcpy(&key.source, bytes.data(), sizeof key.source);
  std::memcpy(&key.destination, bytes.data() + sizeof key.source, sizeof key.source);
  key.source_port = static_cast<std::uint16_t>(random());
  key.destination_port = static_cast<std::uint16_t>(random());
  key.protocol = protocols[random() % std::size(protocols)];
  Bytes tuple = bytes;
  if (has_ports(key.protocol)) {
    tuple.resize(tuple.size() + 4);
    store(tuple.data() + tuple.size() - 4, key.source_port);
    store(tuple.data() + tuple.size() - 2, key.destination_port);
  }
  EXPECT_EQ(owner_hash(key), nic_hash(tuple)) << "protocol " << int{key.protocol};
  EXPECT_EQ(owner_hash(key), owner_hash(mirror(key, ZoneId{9}))) << "both directions have one owner";
}

TEST(OwnerHash, is_the_toeplitz_hash_of_a_nic_with_the_symmetric_key) {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    expect_nic_hash<Key4>(random);
    expect_nic_hash<Key6>(random);
  }
}

TEST(OwnerHash, does_not_depend_on_the_zone) {
  Key4 key;
  key.protocol = protocol::kTcp;
  key.source = 0x01020304;
  const std::uint32_t before = owner_hash(key);
  key.zone = 77;
  EXPECT_EQ(owner_hash(key), before);
}

}  // namespace
}  // namespace sluice::packet
