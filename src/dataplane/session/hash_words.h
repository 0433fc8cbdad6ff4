// HashWords: from a hash to small values, for threads that share nothing else.
//
// An entry is one word: what the hash leaves for a fingerprint, and the value. Buckets are cache lines, two
// and two: what does not fit one stands in the other, and nothing is ever moved, so whoever looks meanwhile
// misses nothing. Who owns it: all who use it. Threads: any; a word is taken by whoever writes first, and
// freed by whoever took it alone.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/pages.h"

namespace sluice::session {

template <unsigned kValueBits>
class HashWords {
 public:
  static constexpr std::uint64_t kMostValues = (std::uint64_t{1} << kValueBits) - 1;  // 0 to this, without it
  struct alignas(64) Bucket {
    std::uint64_t words[8];  // fingerprint, value + 1; 0: free
  };

  // Two buckets and two for each pair of entries: more than sixteen for two buckets is next to impossible.
  [[nodiscard]] static std::size_t buckets_for(std::size_t entries) noexcept {
    return (entries / 2 + 2) & ~std::size_t{1};
  }
  // As many as buckets_for() says, all zero.
  explicit HashWords(PageArray<Bucket> buckets) : buckets_(std::move(buckets)) {}

  // Calls accept(value) with every value that may be the hash's until one answers true: whether one did.
  template <class Accept>
  bool find(std::uint64_t hash, Accept accept) const noexcept {
    return each(hash, [&](Word word) {
      const std::uint64_t value = word.load(std::memory_order_acquire);
      return value != 0 && ((value ^ hash) >> kValueBits) == 0 && accept((value & kMostValues) - 1);
    });
  }
  // False when there is no room.
  bool add(std::uint64_t hash, std::uint64_t value) noexcept {
    return each(hash, [&](Word word) {
      std::uint64_t free = 0;
      return word.load(std::memory_order_relaxed) == 0 &&
             word.compare_exchange_strong(free, word_of(hash, value), std::memory_order_release,
                                          std::memory_order_relaxed);
    });
  }
  // Whether it was there.
  bool remove(std::uint64_t hash, std::uint64_t value) noexcept {
    return each(hash, [&](Word word) {
      const bool found = word.load(std::memory_order_relaxed) == word_of(hash, value);
      if (found) {
        word.store(0, std::memory_order_relaxed);
      }
      return found;
    });
  }

 private:
  using Word = std::atomic_ref<std::uint64_t>;

  // Hashes that come of one multiplication go in step where their keys do, as the ports of a host: with some
  // secrets every third, say, would fall into the same place. Their bits are mixed once more.
  [[nodiscard]] std::size_t bucket_of(std::uint64_t hash) const noexcept {
    hash = (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
    return static_cast<std::size_t>(((hash & 0xffffffff) * buckets_.size()) >> 32);
  }
  [[nodiscard]] static std::uint64_t word_of(std::uint64_t hash, std::uint64_t value) noexcept {
    return (hash & ~kMostValues) | (value + 1);
  }
  // Calls with every word that may be the hash's until one answers true.
  template <class Look>
  bool each(std::uint64_t hash, Look look) const noexcept {
    const std::size_t first = bucket_of(hash);
    for (const std::size_t at : {first, first ^ 1U}) {
      for (std::uint64_t& word : buckets_[at].words) {
        if (look(Word(word))) {
          return true;
        }
      }
    }
    return false;
  }

  PageArray<Bucket> buckets_;
};

}  // namespace sluice::session
