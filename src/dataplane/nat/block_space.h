// The ports of one public address that are in blocks: which are some host's, and which of those are taken.
//
// A block is a run of ports with whatever bounds: neither aligned to words nor of one size, as a commit may
// change the size while sessions have ports of the blocks before. So a block is held by its ports, each a
// bit, and no two blocks that are held have a port in common, whatever rules made them. A port of a block is
// taken once, whatever the protocol: the block's record in the log says who had the port, and speaks of no
// protocol.
//
// Threads: any worker claims; who has claimed a block takes, gives and releases its ports. Workers whose
// blocks meet in a word share it, hence words are atomic; no two ever write one bit. Anybody may read.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "dataplane/match/match.h"
#include "dataplane/nat/steering.h"

namespace sluice::nat {

using match::PortRange;

// The bits of word `word` that are ports of the range.
[[nodiscard]] std::uint64_t ports_in_word(PortRange range, std::uint32_t word) noexcept;

// Which port of a block is wanted.
struct BlockWish {
  const Steering* steering = nullptr;  // preferred where answers come; null: any
  std::uint32_t hash = 0;              // of the answers, without the port
  std::uint64_t random = 0;            // where the search begins
};

class BlockSpace {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  // All of its ports, or none: some are another block's.
  [[nodiscard]] bool claim(PortRange block) noexcept;
  // By who has claimed it; none of its ports is taken.
  void release(PortRange block) noexcept;
  // By who has claimed it. kNone: all are taken.
  [[nodiscard]] std::uint32_t take(PortRange block, const BlockWish& wish) noexcept;
  // By who has claimed the block that it is of. Whether it was taken.
  bool give(std::uint16_t port) noexcept;

  // Ports of word `word` that are in blocks.
  [[nodiscard]] std::uint64_t held(std::uint32_t word) const noexcept {
    return held_[word].load(std::memory_order_acquire);
  }
  // How many are in blocks; taken.
  [[nodiscard]] std::uint32_t held() const noexcept { return held_count_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint32_t taken() const noexcept;

 private:
  static constexpr std::uint32_t kWords = 1024;
  using Words = std::array<std::atomic<std::uint64_t>, kWords>;

  void unclaim(PortRange block, std::uint32_t words) noexcept;

  Words held_{};
  Words taken_{};
  std::atomic<std::uint32_t> held_count_{0};
};

}  // namespace sluice::nat
