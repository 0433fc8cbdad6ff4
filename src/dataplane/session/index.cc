#include "dataplane/session/index.h"

#include <algorithm>

namespace sluice::session {
namespace {

// Entries per bucket at capacity: leaves second probes, which nothing prefetches, to a few lookups in a
// thousand.
constexpr double kLoad = 0.7;

std::size_t buckets_for(std::size_t entries) {
  const auto wanted = static_cast<std::size_t>(static_cast<double>(entries) / (Index::kWays * kLoad));
  return std::max<std::size_t>(wanted + 1, 8);
}

}  // namespace

Index::Index(std::size_t entries) : buckets_(buckets_for(entries)), bucket_count_(buckets_.size()) {}

bool Index::place(Bucket& bucket, std::uint16_t tag, std::uint32_t word) noexcept {
  const std::uint32_t free = matches(bucket, 0);
  if (free == 0) {
    return false;
  }
  const int way = std::countr_zero(free);
  bucket.tags[way] = tag;
  bucket.entries[way] = word;
  return true;
}

// Moves one entry of a full bucket to its other bucket, if that has room.
bool Index::make_room(std::uint32_t from) noexcept {
  Bucket& bucket = buckets_[from];
  for (unsigned way = 0; way < kWays; ++way) {
    const std::uint16_t tag = bucket.tags[way];
    const std::uint32_t word = bucket.entries[way];
    const std::uint32_t to = other_bucket(from, tag);
    if (to == from || !place(buckets_[to], tag, word ^ kSecondary)) {
      continue;
    }
    if ((word & kSecondary) != 0) {
      --buckets_[to].overflowed;
    } else {
      ++bucket.overflowed;
    }
    bucket.tags[way] = 0;
    return true;
  }
  return false;
}

bool Index::insert(std::uint64_t hash, Entry entry) noexcept {
  const std::uint32_t primary = bucket_of(hash);
  const std::uint16_t tag = tag_of(hash);
  if (place(buckets_[primary], tag, entry.word)) [[likely]] {
    return true;
  }
  const std::uint32_t secondary = other_bucket(primary, tag);
  if (secondary != primary && place(buckets_[secondary], tag, entry.word | kSecondary)) {
    ++buckets_[primary].overflowed;
    return true;
  }
  return make_room(primary) && place(buckets_[primary], tag, entry.word);
}

bool Index::remove_from(std::uint32_t at, std::uint16_t tag, std::uint32_t word) noexcept {
  Bucket& bucket = buckets_[at];
  for (std::uint32_t mask = matches(bucket, tag); mask != 0; mask &= mask - 1) {
    const int way = std::countr_zero(mask);
    if (bucket.entries[way] == word) {
      bucket.tags[way] = 0;
      return true;
    }
  }
  return false;
}

bool Index::remove(std::uint64_t hash, Entry entry) noexcept {
  const std::uint32_t primary = bucket_of(hash);
  const std::uint16_t tag = tag_of(hash);
  if (remove_from(primary, tag, entry.word)) [[likely]] {
    return true;
  }
  if (buckets_[primary].overflowed == 0 ||
      !remove_from(other_bucket(primary, tag), tag, entry.word | kSecondary)) {
    return false;
  }
  --buckets_[primary].overflowed;
  return true;
}

}  // namespace sluice::session
