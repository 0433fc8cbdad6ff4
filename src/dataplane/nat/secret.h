// Private to the nat room.
#pragma once

#include <random>

#include "dataplane/packet/key.h"

namespace sluice::nat {

[[nodiscard]] inline packet::HashSecret fresh_secret() {
  std::random_device random;
  packet::HashSecret secret;
  for (std::uint64_t& word : secret.words) word = std::uint64_t{random()} << 32 | random();
  return secret;
}

// Of an address and what else tells things apart. What comes of a multiplication goes in step where the keys
// do, as the ports of a host, and with some secrets is alike in the bits that matter: hence one more.
[[nodiscard]] inline std::uint64_t keyed_hash(const packet::IpAddress& address, std::uint64_t rest,
                                              const packet::HashSecret& secret) noexcept {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  const std::uint64_t end =
      packet::fold_multiply(load<std::uint64_t>(address.bytes.data()) ^ secret.words[0],
                            load<std::uint64_t>(address.bytes.data() + 8) ^ secret.words[1]);
  const std::uint64_t family = static_cast<std::uint64_t>(address.family);
  return packet::fold_multiply(packet::fold_multiply(end ^ rest ^ family, secret.words[2] | 1), kOdd);
}

}  // namespace sluice::nat
