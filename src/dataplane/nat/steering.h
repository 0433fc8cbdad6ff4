// Which ports make the answers to a translated session come to this worker.
//
// A packet's owner follows from a Toeplitz hash (packet::owner_hash), which is linear: the hash of an answer
// to port 1024 + 5 is the hash of the same answer without its port, exclusive-or the hash of 1024,
// exclusive-or the hash of 5. So for the 64 ports of a word, those that lead here are one of 128 masks,
// chosen by the hash of the rest. One for each worker; immutable.
#pragma once

#include <array>
#include <cstdint>

namespace sluice::nat {

class Steering {
 public:
  Steering(std::uint16_t index, std::uint16_t workers) noexcept;

  // Of the ports 64 * word to 64 * word + 63, those which lead here answers that without their destination
  // port have this owner_hash.
  [[nodiscard]] std::uint64_t mask(std::uint32_t hash, std::uint32_t word) const noexcept {
    return masks_[(hash ^ word_hashes_[word]) % masks_.size()];
  }

 private:
  std::array<std::uint64_t, 128> masks_{};
  std::array<std::uint8_t, 1024> word_hashes_{};
};

}  // namespace sluice::nat
