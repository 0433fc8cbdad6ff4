#include "dataplane/nat/block_space.h"

#include <algorithm>
#include <bit>

namespace sluice::nat {

std::uint64_t ports_in_word(PortRange range, std::uint32_t word) noexcept {
  const std::uint32_t first = 64 * word;
  if (range.low > first + 63 || range.high < first) {
    return 0;
  }
  const std::uint32_t low = std::max<std::uint32_t>(range.low, first) - first;
  const std::uint32_t high = std::min<std::uint32_t>(range.high, first + 63) - first;
  return (~std::uint64_t{0} << low) & (~std::uint64_t{0} >> (63 - high));
}

// Of its first so many words, those bits that were claimed.
void BlockSpace::unclaim(PortRange block, std::uint32_t words) noexcept {
  for (std::uint32_t i = 0; i < words; ++i) {
    const std::uint32_t word = block.low / 64U + i;
    held_[word].fetch_and(~ports_in_word(block, word), std::memory_order_acq_rel);
  }
}

bool BlockSpace::claim(PortRange block) noexcept {
  for (std::uint32_t word = block.low / 64U; word <= block.high / 64U; ++word) {
    const std::uint64_t wanted = ports_in_word(block, word);
    std::uint64_t seen = held_[word].load(std::memory_order_relaxed);
    do {
      if ((seen & wanted) != 0) {
        unclaim(block, word - block.low / 64U);
        return false;
      }
    } while (!held_[word].compare_exchange_weak(seen, seen | wanted, std::memory_order_acq_rel,
                                                std::memory_order_relaxed));
  }
  held_count_.fetch_add(block.high - block.low + 1U, std::memory_order_relaxed);
  return true;
}

void BlockSpace::release(PortRange block) noexcept {
  held_count_.fetch_sub(block.high - block.low + 1U, std::memory_order_relaxed);
  unclaim(block, block.high / 64U - block.low / 64U + 1);
}

// A port that leads answers here saves each of them the way from another worker, but any will do.
std::uint32_t BlockSpace::take(PortRange block, const BlockWish& wish) noexcept {
  const std::uint32_t first = block.low / 64U;
  const std::uint32_t words = block.high / 64U - first + 1;
  const auto begin = static_cast<std::uint32_t>(((wish.random >> 32) * words) >> 32);
  const auto turn = static_cast<int>(wish.random % 64);
  const auto lowest = [turn](std::uint64_t bits) {
    return static_cast<std::uint32_t>((std::countr_zero(std::rotr(bits, turn)) + turn) % 64);
  };
  std::uint32_t port = kNone;
  for (std::uint32_t i = 0; i < words; ++i) {
    const std::uint32_t word = first + (begin + i) % words;
    const std::uint64_t free = ports_in_word(block, word) & ~taken_[word].load(std::memory_order_relaxed);
    if (free == 0) {
      continue;
    }
    const std::uint64_t fit = wish.steering == nullptr ? free : free & wish.steering->mask(wish.hash, word);
    if (fit != 0) {
      port = 64 * word + lowest(fit);
      break;
    }
    if (port == kNone) {
      port = 64 * word + lowest(free);
    }
  }
  if (port != kNone) {
    taken_[port / 64].fetch_or(std::uint64_t{1} << (port % 64), std::memory_order_relaxed);
  }
  return port;
}

bool BlockSpace::give(std::uint16_t port) noexcept {
  const std::uint64_t bit = std::uint64_t{1} << (port % 64);
  if ((taken_[port / 64].load(std::memory_order_relaxed) & bit) == 0) {
    return false;
  }
  taken_[port / 64].fetch_and(~bit, std::memory_order_relaxed);
  return true;
}

std::uint32_t BlockSpace::taken() const noexcept {
  std::uint32_t sum = 0;
  for (const auto& word : taken_) {
    sum += static_cast<std::uint32_t>(std::popcount(word.load(std::memory_order_relaxed)));
  }
  return sum;
}

}  // namespace sluice::nat
