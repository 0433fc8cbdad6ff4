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

}  // namespace sluice::nat
