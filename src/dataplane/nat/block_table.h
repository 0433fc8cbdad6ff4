// Blocks of ports that hosts have (RFC 6888 REQ-14, RFC 7422): who has which, of one worker.
//
// Why so: a record of the log for each block, rather than for each session, is what blocks are for; so there
// must be one place that knows what a host has, or a host would have a block with every worker, and of each
// limit as many times as there are workers. Hence a host is one worker's, which its address alone names
// (Blocks::holder). That worker has the host's sessions by such a pool, whichever workers their packets
// arrive at: as with persistent bindings the others hand over, and find in session/whereabouts.h whose they
// are. Nobody else ever touches the host's blocks, so a port is given once and answers find their session
// without a lock. What workers do share is which ports are in blocks (block_space.h), a few atomic words for
// each block: so every block can be any host's, and a worker with many hosts is not short of blocks while
// others have some. Giving every worker a part of each block, which would save the way between workers, takes
// counts that workers write together, and blocks of many ports.
//
// Life: a host has one block of a pool that is active, from which its ports come. It becomes inactive when it
// is full or its time is over, and goes when none of its ports is taken. What rules a block is asked of the
// pool in force each time; one whose pool is gone, or has no blocks any more, is inactive. Deterministic
// blocks are never active: they go with their last port, and come back as the same.
//
// Who owns it: a Table has all workers' (nat.h), and hands them on to the next Table. Threads: as marked. An
// entry's version is a sequence lock, odd while its block lives. Nothing allocates after construction.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/pages.h"
#include "dataplane/match/match.h"
#include "dataplane/packet/ids.h"
#include "dataplane/packet/key.h"
#include "dataplane/session/record.h"

namespace sluice::nat {

struct alignas(8) Block {
  packet::IpAddress host;
  packet::IpAddress address;  // public
  NatPoolId pool;             // that it was taken from
  std::uint16_t low = 0, high = 0;
  std::uint16_t most = 0;    // that the host might have when it got this one
  std::uint8_t logged = 0;   // 1: the log knows of it
  std::uint8_t by_rule = 0;  // 1: deterministic
  std::uint32_t made_s = 0;  // Unix time
  [[nodiscard]] match::PortRange ports() const noexcept { return {low, high}; }
};

// A block and what becomes of it.
struct BlockView {
  Block block;
  std::uint32_t used = 0;  // ports that are taken
  bool active = false;
  std::uint32_t active_s = 0;  // since when, Unix time
  std::uint32_t idle_s = 0;    // since when no port is taken, Unix time
};

// One worker's, and on lines of its own.
class alignas(64) BlockTable {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  // Nothing when the system refuses the memory.
  [[nodiscard]] static std::optional<BlockTable> make(std::uint32_t capacity,
                                                      const packet::HashSecret& secret);

  // --- any thread
  // False when there is none, or it went meanwhile.
  [[nodiscard]] bool view(std::uint32_t slot, BlockView& view) const noexcept;
  [[nodiscard]] std::uint32_t capacity() const noexcept {
    return static_cast<std::uint32_t>(entries_.size());
  }
  [[nodiscard]] std::uint32_t live() const noexcept { return session::get(live_); }
  // Slots at and above this one were never used.
  [[nodiscard]] std::uint32_t slots_used() const noexcept {
    return std::atomic_ref<std::uint32_t>(fresh_).load(std::memory_order_acquire);
  }

  // --- the owner
  [[nodiscard]] const Block& block(std::uint32_t slot) const noexcept { return entries_[slot].block; }
  [[nodiscard]] std::uint32_t used(std::uint32_t slot) const noexcept { return entries_[slot].used; }
  [[nodiscard]] bool active(std::uint32_t slot) const noexcept { return entries_[slot].active != 0; }
  [[nodiscard]] std::uint32_t active_s(std::uint32_t slot) const noexcept { return entries_[slot].active_s; }
  // Calls act(slot) for each block of the host, the newest first, until one answers false. act() changes
  // none.
  template <class Act>
  void each_of(const packet::IpAddress& host, Act act) const noexcept;
  // Its slot: it is active unless it is deterministic, and none of its ports is taken. kNone when the table
  // is full.
  [[nodiscard]] std::uint32_t add(const Block& block, std::uint32_t now_s) noexcept;
  void remove(std::uint32_t slot) noexcept;
  void activate(std::uint32_t slot, std::uint32_t now_s) noexcept;
  void deactivate(std::uint32_t slot) noexcept { session::put(entries_[slot].active, std::uint32_t{0}); }
  // One of its ports was taken, or given back.
  void took(std::uint32_t slot) noexcept { session::put(entries_[slot].used, entries_[slot].used + 1); }
  void gave(std::uint32_t slot, std::uint32_t now_s) noexcept;
  // Whether so much time has passed since the log was told of it last; then it begins anew.
  [[nodiscard]] bool tell_again(std::uint32_t slot, std::uint32_t interval_s, std::uint32_t now_s) noexcept;
  // Calls look(slot) with about `budget` slots that live, and goes on there the next time; every slot once in
  // a second. True: a second's look begins.
  template <class Look>
  bool sweep(std::uint32_t now_s, std::uint32_t budget, Look look) noexcept;

 private:
  struct alignas(64) Entry {
    std::uint32_t version;
    std::uint32_t used;
    std::uint32_t active;
    std::uint32_t active_s;
    std::uint32_t idle_s;
    std::uint32_t told_s;
    std::uint32_t next;  // of the bucket: slot + 1; 0: none
    Block block;
  };

  BlockTable(PageArray<Entry> entries, PageArray<std::uint32_t> free, PageArray<std::uint32_t> buckets,
             const packet::HashSecret& secret)
      : entries_(std::move(entries)), free_(std::move(free)), buckets_(std::move(buckets)), secret_(secret) {}

  [[nodiscard]] std::uint32_t& bucket_of(const packet::IpAddress& host) const noexcept;
  void set_version(Entry& entry, std::memory_order order) noexcept {
    std::atomic_ref<std::uint32_t>(entry.version).store(entry.version + 1, order);
  }

  PageArray<Entry> entries_;
  PageArray<std::uint32_t> free_;     // slots, a stack
  PageArray<std::uint32_t> buckets_;  // by hash of the host: slot + 1; 0: none. A power of two
  std::uint32_t free_count_ = 0;
  mutable std::uint32_t fresh_ = 0;
  std::uint32_t live_ = 0;
  std::uint32_t sweep_next_ = 0;
  std::uint32_t sweep_second_ = 0;  // in which the sweep began
  packet::HashSecret secret_;
};

template <class Act>
void BlockTable::each_of(const packet::IpAddress& host, Act act) const noexcept {
  for (std::uint32_t at = bucket_of(host); at != 0; at = entries_[at - 1].next) {
    if (entries_[at - 1].block.host == host && !act(at - 1)) {
      return;
    }
  }
}

template <class Look>
bool BlockTable::sweep(std::uint32_t now_s, std::uint32_t budget, Look look) noexcept {
  bool begins = false;
  if (sweep_next_ == 0) {
    if (sweep_second_ == now_s) {
      return false;
    }
    sweep_second_ = now_s;
    begins = true;
  }
  const std::uint32_t end = std::min(fresh_, sweep_next_ + budget);
  for (; sweep_next_ < end; ++sweep_next_) {
    if (entries_[sweep_next_].version % 2 != 0) {
      look(sweep_next_);
    }
  }
  if (sweep_next_ >= fresh_) {
    sweep_next_ = 0;
  }
  return begins;
}

// How many blocks there may be at a time, of all workers.
inline constexpr std::uint32_t kBlocks = 1048576;

// All workers'.
class Blocks {
 public:
  // `total`: of all workers together. Null when the system refuses the memory.
  [[nodiscard]] static std::shared_ptr<Blocks> make(std::uint16_t workers, std::uint32_t total);

  [[nodiscard]] std::uint16_t workers() const noexcept { return static_cast<std::uint16_t>(tables_.size()); }
  [[nodiscard]] BlockTable& of(std::uint16_t worker) noexcept { return tables_[worker]; }
  [[nodiscard]] const BlockTable& of(std::uint16_t worker) const noexcept { return tables_[worker]; }
  // Whose a host is.
  [[nodiscard]] std::uint16_t holder(const packet::IpAddress& host) const noexcept;

 private:
  explicit Blocks(const packet::HashSecret& secret) : secret_(secret) {}

  std::vector<BlockTable> tables_;
  packet::HashSecret secret_;
};

}  // namespace sluice::nat
