// Index: from a key's hash to the slots whose record may have that key.
//
// Buckets of one cache line hold ten 16-bit tags and ten 32-bit entries. An entry names a slot and a wing.
// An entry lives in its primary bucket, or, when that was full, in its secondary; the primary counts how
// many left it, so a miss touches one line unless the bucket really overflowed. The secondary
// follows from bucket and tag alone and the relation is its own inverse, so entries can be moved
// without their keys. One thread only (the owner worker); no allocation after construction.
#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstdint>

#include "base/pages.h"
#include "base/prefetch.h"

namespace sluice::session {

// slot << 1 | wing, and whether the session is translated: then each wing has an entry of its own. `far`: its
// record is not all that a packet needs.
struct Entry {
  static constexpr std::uint32_t kTranslated = 1U << 30;
  static constexpr std::uint32_t kFar = 1U << 29;

  std::uint32_t word = 0;
  [[nodiscard]] std::uint32_t slot() const noexcept { return place() >> 1; }
  [[nodiscard]] std::uint32_t wing() const noexcept { return word & 1; }
  [[nodiscard]] bool translated() const noexcept { return (word & kTranslated) != 0; }
  [[nodiscard]] bool far() const noexcept { return (word & kFar) != 0; }
  // slot << 1 | wing alone.
  [[nodiscard]] std::uint32_t place() const noexcept { return word & (kFar - 1); }
};

class Index {
 public:
  static constexpr unsigned kWays = 10;
  static constexpr std::uint32_t kNone = 0xffffffff;
  static constexpr std::uint32_t kMaxSlots = Entry::kFar >> 1;

  // Room for `entries` at a load that keeps second probes rare.
  explicit Index(std::size_t entries);

  void prefetch(std::uint64_t hash) const noexcept {
    sluice::prefetch<Cache::second>(&buckets_[bucket_of(hash)]);
  }
  void prefetch_write(std::uint64_t hash) const noexcept { prefetch_to_write(&buckets_[bucket_of(hash)]); }

  // The first entry of the primary bucket whose tag matches, kNone if there is none: enough for a staged
  // lookup, whose caller verifies the record and falls back to find().
  [[nodiscard]] std::uint32_t candidate(std::uint64_t hash) const noexcept {
    return first_in(buckets_[bucket_of(hash)], tag_of(hash));
  }
  // After candidate() found none: false, there is none anywhere; true, the secondary bucket is on its way and
  // other_candidate() looks there.
  [[nodiscard]] bool prefetch_other(std::uint64_t hash) const noexcept {
    const std::uint32_t primary = bucket_of(hash);
    if (buckets_[primary].overflowed == 0) [[likely]] {
      return false;
    }
    sluice::prefetch<Cache::second>(&buckets_[other_bucket(primary, tag_of(hash))]);
    return true;
  }
  [[nodiscard]] std::uint32_t other_candidate(std::uint64_t hash) const noexcept {
    const std::uint16_t tag = tag_of(hash);
    return first_in(buckets_[other_bucket(bucket_of(hash), tag)], tag);
  }

  // Every entry with this tag until `accept(entry)` answers another than kNone: that answer.
  template <class Accept>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Accept accept) const noexcept {
    const std::uint32_t primary = bucket_of(hash);
    const std::uint16_t tag = tag_of(hash);
    const std::uint32_t found = find_in(buckets_[primary], tag, accept);
    if (found != kNone || buckets_[primary].overflowed == 0) {
      return found;
    }
    return find_in(buckets_[other_bucket(primary, tag)], tag, accept);
  }

  // False when both buckets and their neighbours are full: then nothing changed.
  [[nodiscard]] bool insert(std::uint64_t hash, Entry entry) noexcept;
  // Whether the entry was there.
  bool remove(std::uint64_t hash, Entry entry) noexcept;

  [[nodiscard]] std::size_t bytes() const noexcept { return buckets_.size() * sizeof(Bucket); }

 private:
  // The top bit of an entry says that it lives in its secondary bucket.
  static constexpr std::uint32_t kSecondary = 1U << 31;
  static constexpr std::uint32_t kEntryMask = kSecondary - 1;

  struct alignas(64) Bucket {
    std::uint16_t tags[kWays];  // 0: free
    std::uint16_t overflowed;   // entries that live elsewhere because this bucket was full
    std::uint16_t reserved;
    std::uint32_t entries[kWays];
  };
  static_assert(sizeof(Bucket) == 64);

  // Tag and bucket come from different bits of the hash.
  [[nodiscard]] static std::uint16_t tag_of(std::uint64_t hash) noexcept {
    const auto tag = static_cast<std::uint16_t>(hash >> 48);
    return tag | static_cast<std::uint16_t>(tag == 0);
  }
  [[nodiscard]] std::uint32_t bucket_of(std::uint64_t hash) const noexcept {
    return static_cast<std::uint32_t>(((hash & 0xffffffff) * bucket_count_) >> 32);
  }
  [[nodiscard]] std::uint32_t other_bucket(std::uint32_t bucket, std::uint16_t tag) const noexcept {
    const std::uint64_t spread = (tag * 0x9e3779b97f4a7c15ULL) >> 32;
    const auto sum = static_cast<std::uint32_t>((spread * bucket_count_) >> 32);
    return sum >= bucket ? sum - bucket : static_cast<std::uint32_t>(sum + bucket_count_ - bucket);
  }
  [[nodiscard]] static std::uint32_t matches(const Bucket& bucket, std::uint16_t tag) noexcept {
    const __m128i wanted = _mm_set1_epi16(static_cast<short>(tag));
    const auto* tags = reinterpret_cast<const __m128i*>(bucket.tags);
    const __m128i low = _mm_cmpeq_epi16(_mm_load_si128(tags), wanted);
    const __m128i high = _mm_cmpeq_epi16(_mm_load_si128(tags + 1), wanted);
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high))) & ((1U << kWays) - 1);
  }
  [[nodiscard]] static std::uint32_t first_in(const Bucket& bucket, std::uint16_t tag) noexcept {
    const std::uint32_t mask = matches(bucket, tag);
    return mask == 0 ? kNone : bucket.entries[std::countr_zero(mask)] & kEntryMask;
  }
  template <class Accept>
  [[nodiscard]] static std::uint32_t find_in(const Bucket& bucket, std::uint16_t tag,
                                             Accept& accept) noexcept {
    for (std::uint32_t mask = matches(bucket, tag); mask != 0; mask &= mask - 1) {
      const Entry entry{bucket.entries[std::countr_zero(mask)] & kEntryMask};
      if (const std::uint32_t accepted = accept(entry); accepted != kNone) {
        return accepted;
      }
    }
    return kNone;
  }
  [[nodiscard]] static bool place(Bucket& bucket, std::uint16_t tag, std::uint32_t word) noexcept;
  [[nodiscard]] bool make_room(std::uint32_t bucket) noexcept;
  bool remove_from(std::uint32_t bucket, std::uint16_t tag, std::uint32_t word) noexcept;

  PageArray<Bucket> buckets_;
  std::uint64_t bucket_count_;
};

}  // namespace sluice::session
