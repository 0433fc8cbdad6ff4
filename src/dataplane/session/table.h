// SessionTable: one worker's sessions of one family.
//
// Slots in a preallocated slab, found through the Index by either wing's key, aged by the TimerWheel.
// Both wings' keys have the same hash, so one entry leads to a session; a translated one has a second.
// Lookups are staged by the caller so that a burst's memory accesses overlap: prefetch_bucket ->
// candidate (-> other_candidate) -> prefetch_record -> verify. Free slots are reused oldest first, so an
// identifier stays unused for as long as possible.
//
// Who owns it: one worker; only that thread changes anything. The control thread may call what is marked
// "any thread" at any time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/pages.h"
#include "base/prefetch.h"
#include "dataplane/packet/key.h"
#include "dataplane/packet/packet.h"
#include "dataplane/session/address_numbers.h"
#include "dataplane/session/index.h"
#include "dataplane/session/record.h"
#include "dataplane/session/timeout.h"
#include "dataplane/session/timer_wheel.h"
#include "dataplane/session/translated.h"

namespace sluice::session {

struct TableOptions {
  std::uint32_t capacity = 0;         // slots
  std::uint32_t translated = 0;       // of them, sessions that may be translated at a time
  std::uint32_t identifier_base = 0;  // session-id-32 of slot 0, minus 1
  std::uint32_t version_seed = 0;     // even; larger at every start, so that 64-bit ids never repeat
  packet::HashSecret secret;
};

// Everything that first_path decides about a new session.
template <class F>
struct NewSession {
  typename F::Key key;     // of wing 0
  std::uint64_t hash = 0;  // of it
  ZoneId far_zone;         // of wing 1's key; unless the flags have kNat: then that key is cold.far
  std::uint16_t flags = 0;
  std::uint16_t next_hop[2] = {0, 0};
  TimeoutClass timeout_class = TimeoutClass::service;
  Cold<F> cold;
};

template <class F>
class Table {
 public:
  using Key = typename F::Key;
  static constexpr std::uint32_t kNone = Index::kNone;

  explicit Table(const TableOptions& options);

  // --- lookup, staged
  [[nodiscard]] std::uint64_t hash_of(const Key& key) const noexcept { return packet::hash(key, secret_); }
  [[nodiscard]] const packet::HashSecret& secret() const noexcept { return secret_; }
  void prefetch_bucket(std::uint64_t hash) const noexcept { index_.prefetch(hash); }
  // An Entry's word, or kNone.
  [[nodiscard]] std::uint32_t candidate(std::uint64_t hash) const noexcept { return index_.candidate(hash); }
  // For the few that have no candidate: see Index.
  [[nodiscard]] bool prefetch_other_bucket(std::uint64_t hash) const noexcept {
    return index_.prefetch_other(hash);
  }
  [[nodiscard]] std::uint32_t other_candidate(std::uint64_t hash) const noexcept {
    return index_.other_candidate(hash);
  }
  // A missing candidate prefetches slot 0: cheaper than a branch. Into the second cache: on its way there a
  // line holds none of the few buffers that the first one has for lines to come.
  void prefetch_record(std::uint32_t slot) const noexcept { prefetch_lines(slot, sizeof(Record<F>)); }
  // What packets of this key need of a candidate.
  void prefetch_record_for(std::uint32_t candidate, const Key& key) const noexcept {
    const bool udp = key.protocol == packet::protocol::kUdp;
    const std::uint32_t slot = candidate == kNone ? 0 : Entry{candidate}.slot();
    prefetch_lines(slot, udp ? 64 : sizeof(Record<F>));
    if (Entry{candidate}.far()) [[unlikely]] {
      prefetch<Cache::second>(&cold_[slot].far);
    }
  }
  void prefetch_cold(std::uint32_t slot) const noexcept {
    const auto* cold = reinterpret_cast<const std::uint8_t*>(&cold_[slot]);
    prefetch<Cache::second>(cold);
    prefetch<Cache::second>(cold + sizeof(Cold<F>) - 1);
  }
  // The candidate's slot << 1 with the wing that a packet of this key arrives on, kNone when it is not its
  // session.
  [[nodiscard]] std::uint32_t verify(std::uint32_t candidate, const Key& key) const noexcept {
    const Entry entry{candidate};
    if (entry.translated()) [[unlikely]] {
      return verify_translated(entry, key);
    }
    const Record<F>& r = records_[entry.slot()];
    const packet::Likeness like = packet::compare(key, r.key, r.far_zone);
    // Which wing it is cannot be foretold: the compiler must not make a branch of it.
    std::uint32_t same = like.same;
    asm("" : "+r"(same));
    return (same | like.answer) != 0 ? (candidate | 1U) - same : kNone;
  }
  // The whole lookup, unstaged: slot << 1 | wing, or kNone.
  [[nodiscard]] std::uint32_t find(const Key& key, std::uint64_t hash) const noexcept {
    return index_.find(hash, [&](Entry entry) { return verify(entry.word, key); });
  }

  [[nodiscard]] Record<F>& record(std::uint32_t slot) noexcept { return records_[slot]; }
  [[nodiscard]] const Record<F>& record(std::uint32_t slot) const noexcept { return records_[slot]; }
  [[nodiscard]] Cold<F>& cold(std::uint32_t slot) noexcept { return cold_[slot]; }
  [[nodiscard]] const Cold<F>& cold(std::uint32_t slot) const noexcept { return cold_[slot]; }
  // What packets of a translated session that arrive on a wing, by slot << 1 | wing, leave as: the key of the
  // other wing, mirrored. Its zone means nothing.
  [[nodiscard, gnu::always_inline]] packet::Words<Key> leaving(std::uint32_t place) const noexcept {
    if constexpr (F::kFamily == packet::Family::inet) {
      if (records_[place >> 1].far_zone != kNoZone) [[likely]] {
        return translated::tuple(translated::kLeaving, records_[place >> 1], place & 1, numbers_);
      }
    }
    return packet::mirror(std::bit_cast<packet::Words<Key>>(far_key(place ^ 1U)), 0);
  }
  // A wing's key. Only the owner may ask: others copy() the session.
  [[nodiscard]] Key key(std::uint32_t slot, unsigned wing) const noexcept {
    return key_of(records_[slot], cold_[slot], wing);
  }
  [[nodiscard]] bool live(std::uint32_t slot) const noexcept {
    return (records_[slot].flags & flag::kLive) != 0;
  }

  // Counts a packet of this many bytes on the entry's wing.
  [[gnu::always_inline]] void count(std::uint32_t entry, std::uint32_t bytes) noexcept {
    Record<F>& r = records_[entry >> 1];
    const unsigned wing = entry & 1;
    const auto packets = static_cast<std::uint16_t>(r.packets[wing] + 1);
    put(r.packets[wing], packets);
    put(r.bytes[wing], r.bytes[wing] + bytes);
    if (packets == kCarryAt) [[unlikely]] {
      carry(entry >> 1, wing);
    }
  }

  // --- making and ending
  // The slot that install() will take after `ahead` others; kNone when there will be none.
  [[nodiscard]] std::uint32_t peek_slot(std::uint32_t ahead) const noexcept;
  // Brings the lines that that install() will write.
  void prefetch_install(std::uint32_t ahead, const NewSession<F>& session) const noexcept;
  // The new session's slot; nothing when the table is full. The first packet is not counted yet.
  [[nodiscard]] std::optional<std::uint32_t> install(const NewSession<F>& session,
                                                     std::uint32_t now_s) noexcept;
  // Forgets the session: what leads to it in the index, then the slot is free.
  void end(std::uint32_t slot) noexcept;
  void prefetch_end(std::uint32_t slot) const noexcept;

  // --- ageing
  void set_timeouts(const TimeoutClasses& classes) noexcept { classes_ = classes; }
  // Above the high watermark sessions may be silent only so long; 0 is off.
  void set_early_ageout(std::uint32_t seconds) noexcept { early_ageout_s_ = seconds; }
  [[nodiscard]] std::uint32_t timeout_s(std::uint32_t slot) const noexcept;
  // Another timeout rules from now on; makes sure that the session is looked at in time.
  void change_timeout(std::uint32_t slot, TimeoutClass to, std::uint32_t now_s) noexcept;
  // Calls due(slot) for sessions whose time has come, looking at no more than about `budget`.
  // The callee ends them. Returns how many entries were looked at.
  template <class Due>
  std::uint32_t expire(std::uint32_t now_s, std::uint32_t budget, Due due);

  // --- any thread
  [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::uint32_t live_count() const noexcept {
    return live_count_.load(std::memory_order_relaxed);
  }
  // Slots at and above this one were never used.
  [[nodiscard]] std::uint32_t slots_used() const noexcept { return fresh_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint32_t identifier(std::uint32_t slot) const noexcept {
    return identifier_base_ + slot + 1;
  }
  [[nodiscard]] std::uint64_t identifier_64(std::uint32_t slot, std::uint32_t version) const noexcept {
    return (std::uint64_t{version >> 1} << 32) | identifier(slot);
  }
  // A consistent copy of a live session; false when the slot is free or changed hands meanwhile.
  // Counters may be of slightly different moments.
  [[nodiscard]] bool copy(std::uint32_t slot, Copy<F>& copy) const noexcept;
  // The slot's version now if the session is live, 0 otherwise.
  [[nodiscard]] std::uint32_t live_version(std::uint32_t slot) const noexcept;
  // Whether it was live just now. Cheaper: it looks at the record alone.
  [[nodiscard]] bool seems_live(std::uint32_t slot) const noexcept {
    return (get(records_[slot].flags) & flag::kLive) != 0;
  }
  [[nodiscard]] bool unchanged(std::uint32_t slot, std::uint32_t version) const noexcept;

  // Bytes of memory that sessions have touched at most (slabs by slots used, index, timers).
  [[nodiscard]] std::size_t bytes_touched() const noexcept;

 private:
  // Its first line and the one that ends at `bytes`, which may be the same.
  void prefetch_lines(std::uint32_t slot, std::size_t bytes) const noexcept {
    const auto* record = reinterpret_cast<const std::uint8_t*>(&records_[slot]);
    prefetch<Cache::second>(record);
    if constexpr (sizeof(Record<F>) > 64) {
      prefetch<Cache::second>(record + bytes - 64);
    }
  }
  [[nodiscard]] std::uint32_t take_slot() noexcept;
  void give_slot(std::uint32_t slot) noexcept;
  // What a session's record and its entries of the index say of its translation.
  struct Translation {
    std::uint32_t bits = 0;  // of an Entry
    std::uint16_t far_zone = kNoZone;
    TranslatedEnd end{};
  };
  [[nodiscard]] Translation translation_of(const NewSession<F>& session) noexcept;
  [[nodiscard]] static Translation translation_of(const Record<F>& record) noexcept;
  void forget(const Translation& translation) noexcept;
  void write_identity(std::uint32_t slot, const NewSession<F>& session, const Translation& translation,
                      std::uint32_t now_s) noexcept;
  void arm(std::uint32_t slot, std::uint32_t deadline, std::uint32_t now_s) noexcept;
  [[nodiscard]] std::uint32_t deadline_s(std::uint32_t slot) const noexcept {
    return records_[slot].last_seen_s + timeout_s(slot);
  }
  [[nodiscard]] bool due(std::uint32_t slot, std::uint32_t now_s) const noexcept {
    return static_cast<std::int32_t>(now_s - deadline_s(slot)) >= 0;
  }
  // Each wing of a translated session has an entry of its own.
  [[nodiscard]] std::uint32_t verify_translated(Entry entry, const Key& key) const noexcept {
    if constexpr (F::kFamily == packet::Family::inet) {
      if (!entry.far()) [[likely]] {
        const packet::Words4 expected =
            translated::tuple(translated::kArriving, records_[entry.slot()], entry.wing(), numbers_);
        return expected == std::bit_cast<packet::Words4>(key) ? entry.place() : kNone;
      }
    }
    prefetch(&far_key(entry.place() ^ 1U));  // what its packets are rewritten by
    return far_key(entry.place()) == key ? entry.place() : kNone;
  }
  // The key of the wing of a session whose far key is in the cold part. Where it stands is reckoned: as a
  // branch it would be wrong every other time.
  [[nodiscard]] const Key& far_key(std::uint32_t place) const noexcept {
    const auto near = reinterpret_cast<std::uintptr_t>(&records_[place >> 1].key);
    const auto far = reinterpret_cast<std::uintptr_t>(&cold_[place >> 1].far);
    return *reinterpret_cast<const Key*>(near + (far - near) * (place & 1));
  }
  [[nodiscard]] static Entry entry_of(std::uint32_t slot, std::uint32_t wing, std::uint32_t bits) noexcept {
    return {(slot << 1) | wing | bits};
  }
  void carry(std::uint32_t slot, unsigned wing) noexcept;
  // Whether the session's time has come; arms it again if not.
  [[nodiscard]] bool due_or_rearm(std::uint32_t slot, std::uint32_t now_s) noexcept;
  template <class Due>
  std::uint32_t sweep(std::uint32_t now_s, std::uint32_t budget, Due& due);
  template <class Due>
  void end_due(std::uint32_t* slots, std::uint32_t count, Due& due);

  std::uint32_t capacity_;
  std::uint32_t identifier_base_;
  std::uint32_t version_seed_;
  packet::HashSecret secret_;
  PageArray<Record<F>> records_;
  PageArray<Cold<F>> cold_;
  Index index_;
  AddressNumbers numbers_;  // of translated_end; none for IPv6
  TimerWheel wheel_;
  TimeoutClasses classes_{};
  std::uint32_t early_ageout_s_ = 0;

  // Free slots: those never used (from fresh_), then those given back, oldest first.
  PageArray<std::uint32_t> free_ring_;
  std::uint32_t free_head_ = 0;
  std::uint32_t free_tail_ = 0;
  std::uint32_t free_count_ = 0;

  // timer_tick of a session that the wheel had no room for.
  static constexpr std::uint16_t kUnarmed = 0;

  // The net under the wheel: sessions that could not be armed are found by sweeping the slab.
  std::uint32_t sweep_next_ = 0;
  std::uint32_t sweep_until_clean_ = 0;

  std::atomic<std::uint32_t> live_count_{0};
  std::atomic<std::uint32_t> fresh_{0};
};

// A due session is handed over in small groups so that the lines which ending them touches are on
// their way before the first one is.
inline constexpr std::uint32_t kEndGroup = 16;

template <class F>
template <class Due>
void Table<F>::end_due(std::uint32_t* slots, std::uint32_t count, Due& due) {
  for (std::uint32_t i = 0; i < count; ++i) {
    prefetch_end(slots[i]);
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    due(slots[i]);
  }
}

template <class F>
template <class Due>
std::uint32_t Table<F>::expire(std::uint32_t now_s, std::uint32_t budget, Due due) {
  std::uint32_t visited =
      wheel_.advance(now_s, budget, [&](std::span<const std::uint32_t> slots, std::uint32_t tick) {
        for (const std::uint32_t slot : slots) {
          prefetch_record(slot);
          prefetch_cold(slot);
        }
        std::uint32_t ending[TimerWheel::kPerChunk];
        std::uint32_t count = 0;
        for (const std::uint32_t slot : slots) {
          const bool counts = live(slot) && cold_[slot].timer_tick == static_cast<std::uint16_t>(tick);
          if (counts && due_or_rearm(slot, now_s)) {
            // A slot that was reused or re-armed within the same second stands here twice: it counts once.
            put(cold_[slot].timer_tick, kUnarmed);
            ending[count++] = slot;
          }
        }
        end_due(ending, count, due);
      });
  if (sweep_until_clean_ != 0 || early_ageout_s_ != 0) [[unlikely]] {
    visited += sweep(now_s, budget, due);
  }
  return visited;
}

template <class F>
template <class Due>
std::uint32_t Table<F>::sweep(std::uint32_t now_s, std::uint32_t budget, Due& end) {
  const std::uint32_t used = fresh_.load(std::memory_order_relaxed);
  std::uint32_t ending[kEndGroup];
  std::uint32_t count = 0;
  std::uint32_t looked = 0;
  for (; looked < budget && looked < used && count < kEndGroup; ++looked) {
    if (sweep_next_ >= used) {
      sweep_next_ = 0;
      sweep_until_clean_ -= sweep_until_clean_ != 0 ? 1 : 0;
    }
    const std::uint32_t slot = sweep_next_++;
    if (!live(slot)) {
      continue;
    }
    if (due(slot, now_s)) {
      ending[count++] = slot;
    } else if (cold_[slot].timer_tick == kUnarmed) {
      arm(slot, deadline_s(slot), now_s);
    }
  }
  end_due(ending, count, end);
  return looked;
}

extern template class Table<packet::V4>;
extern template class Table<packet::V6>;

}  // namespace sluice::session
