#include "dataplane/nat/block_table.h"

#include <algorithm>
#include <bit>

#include "dataplane/nat/secret.h"
#include "dataplane/packet/packet.h"

namespace sluice::nat {
namespace {

using session::copy_words;
using session::get;
using session::put;

}  // namespace

std::optional<BlockTable> BlockTable::make(std::uint32_t capacity, const packet::HashSecret& secret) {
  auto entries = PageArray<Entry>::try_make(capacity);
  auto free = PageArray<std::uint32_t>::try_make(capacity);
  auto buckets = PageArray<std::uint32_t>::try_make(std::bit_ceil(capacity));
  if (entries.size() == 0 || free.size() == 0 || buckets.size() == 0) {
    return std::nullopt;
  }
  return BlockTable(std::move(entries), std::move(free), std::move(buckets), secret);
}

std::uint32_t& BlockTable::bucket_of(const packet::IpAddress& host) const noexcept {
  return buckets_[keyed_hash(host, 0, secret_) & (buckets_.size() - 1)];
}

bool BlockTable::view(std::uint32_t slot, BlockView& view) const noexcept {
  const Entry& entry = entries_[slot];
  const std::atomic_ref<std::uint32_t> version(const_cast<Entry&>(entry).version);
  const std::uint32_t before = version.load(std::memory_order_acquire);
  if (before % 2 == 0) {
    return false;
  }
  copy_words(view.block, entry.block);
  view.used = get(entry.used);
  view.active = get(entry.active) != 0;
  view.active_s = get(entry.active_s);
  view.idle_s = get(entry.idle_s);
  std::atomic_thread_fence(std::memory_order_acquire);
  return version.load(std::memory_order_relaxed) == before;
}

std::uint32_t BlockTable::add(const Block& block, std::uint32_t now_s) noexcept {
  const bool reused = free_count_ != 0;
  if (!reused && fresh_ == capacity()) {
    return kNone;
  }
  const std::uint32_t slot = reused ? free_[--free_count_] : fresh_;
  Entry& entry = entries_[slot];
  std::atomic_thread_fence(std::memory_order_release);  // who sees any of it sees that the last one is gone
  copy_words(entry.block, block);
  put(entry.used, std::uint32_t{0});
  put(entry.active, std::uint32_t{block.by_rule == 0});
  put(entry.active_s, now_s);
  put(entry.idle_s, now_s);
  entry.told_s = now_s;
  std::uint32_t& bucket = bucket_of(block.host);
  entry.next = bucket;
  bucket = slot + 1;
  set_version(entry, std::memory_order_release);
  if (!reused) {
    std::atomic_ref<std::uint32_t>(fresh_).store(slot + 1, std::memory_order_release);
  }
  put(live_, live_ + 1);
  return slot;
}

void BlockTable::remove(std::uint32_t slot) noexcept {
  Entry& entry = entries_[slot];
  std::uint32_t* at = &bucket_of(entry.block.host);
  while (*at != slot + 1) {
    at = &entries_[*at - 1].next;
  }
  *at = entry.next;
  set_version(entry, std::memory_order_relaxed);
  free_[free_count_++] = slot;
  put(live_, live_ - 1);
}

void BlockTable::activate(std::uint32_t slot, std::uint32_t now_s) noexcept {
  put(entries_[slot].active, std::uint32_t{1});
  put(entries_[slot].active_s, now_s);
}

void BlockTable::gave(std::uint32_t slot, std::uint32_t now_s) noexcept {
  put(entries_[slot].used, entries_[slot].used - 1);
  put(entries_[slot].idle_s, now_s);
}

bool BlockTable::tell_again(std::uint32_t slot, std::uint32_t interval_s, std::uint32_t now_s) noexcept {
  if (now_s - entries_[slot].told_s < interval_s) {
    return false;
  }
  entries_[slot].told_s = now_s;
  return true;
}

std::shared_ptr<Blocks> Blocks::make(std::uint16_t workers, std::uint32_t total) {
  const packet::HashSecret secret = fresh_secret();
  std::shared_ptr<Blocks> made(new Blocks(secret));
  for (std::uint16_t worker = 0; worker < workers; ++worker) {
    auto table = BlockTable::make(std::max(total / workers, 1U), secret);
    if (!table) return nullptr;
    made->tables_.push_back(std::move(*table));
  }
  return made;
}

// Not by the bits that choose its bucket, or a worker would use a part of its buckets.
std::uint16_t Blocks::holder(const packet::IpAddress& host) const noexcept {
  return static_cast<std::uint16_t>((keyed_hash(host, 0, secret_) >> 32) % workers());
}

}  // namespace sluice::nat
