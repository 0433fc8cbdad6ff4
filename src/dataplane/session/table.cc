#include "dataplane/session/table.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/prefetch.h"

namespace sluice::session {
namespace {

template <class T>
void prefetch_all_to_write(const T& object) noexcept {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&object);
  for (std::size_t at = 0; at < sizeof(T); at += 64) {
    prefetch_to_write(bytes + at);
  }
  if constexpr (sizeof(T) % 64 != 0) {  // it need not begin with a line
    prefetch_to_write(bytes + sizeof(T) - 1);
  }
}

}  // namespace

template <class F>
Table<F>::Table(const TableOptions& options)
    : capacity_(options.capacity),
      identifier_base_(options.identifier_base),
      version_seed_(options.version_seed & ~1U),
      secret_(options.secret),
      records_(options.capacity),
      cold_(options.capacity),
      index_(std::size_t{options.capacity} + options.translated),
      numbers_(F::kFamily == packet::Family::inet ? options.translated : 0),
      wheel_(options.capacity),
      free_ring_(options.capacity) {
  check(capacity_ > 0 && capacity_ <= Index::kMaxSlots, "a session table has between 1 and 2^28 slots");
}

template <class F>
std::uint32_t Table<F>::peek_slot(std::uint32_t ahead) const noexcept {
  const std::uint32_t fresh = fresh_.load(std::memory_order_relaxed);
  const std::uint32_t never_used = capacity_ - fresh;
  if (ahead < never_used) {
    return fresh + ahead;
  }
  const std::uint32_t given_back = ahead - never_used;
  return given_back < free_count_ ? free_ring_[(free_head_ + given_back) % capacity_] : kNone;
}

template <class F>
std::uint32_t Table<F>::take_slot() noexcept {
  const std::uint32_t fresh = fresh_.load(std::memory_order_relaxed);
  if (fresh < capacity_) {
    cold_[fresh].version = version_seed_;
    fresh_.store(fresh + 1, std::memory_order_release);
    return fresh;
  }
  if (free_count_ == 0) {
    return kNone;
  }
  const std::uint32_t slot = free_ring_[free_head_];
  free_head_ = free_head_ + 1 == capacity_ ? 0 : free_head_ + 1;
  --free_count_;
  return slot;
}

template <class F>
void Table<F>::give_slot(std::uint32_t slot) noexcept {
  free_ring_[free_tail_] = slot;
  free_tail_ = free_tail_ + 1 == capacity_ ? 0 : free_tail_ + 1;
  ++free_count_;
}

template <class F>
void Table<F>::prefetch_install(std::uint32_t ahead, const NewSession<F>& session) const noexcept {
  index_.prefetch_write(session.hash);
  if ((session.flags & flag::kNat) != 0) {
    index_.prefetch_write(hash_of(session.cold.far));
  }
  const std::uint32_t slot = peek_slot(ahead);
  if (slot != kNone) {
    prefetch_all_to_write(records_[slot]);
    prefetch_all_to_write(cold_[slot]);
  }
}

// Finds room in the record for what the session is translated to, if there is any.
template <class F>
typename Table<F>::Translation Table<F>::translation_of(const NewSession<F>& session) noexcept {
  if ((session.flags & flag::kNat) == 0) {
    return {.bits = 0, .far_zone = session.far_zone.value};
  }
  if constexpr (F::kFamily == packet::Family::inet) {
    const auto end = translated::only_new_end(session.key, session.cold.far);
    if (const auto number = end ? numbers_.take(end->address) : std::nullopt) {
      return {.bits = Entry::kTranslated,
              .far_zone = session.cold.far.zone,
              .end = {.number_and_side =
                          static_cast<std::uint16_t>((*number << 1U) | static_cast<unsigned>(end->side)),
                      .port = end->port}};
    }
  }
  return {.bits = Entry::kTranslated | Entry::kFar, .far_zone = kNoZone};
}

template <class F>
typename Table<F>::Translation Table<F>::translation_of(const Record<F>& record) noexcept {
  if ((record.flags & flag::kNat) == 0) {
    return {.bits = 0, .far_zone = record.far_zone};
  }
  const std::uint32_t far = record.far_zone == kNoZone ? Entry::kFar : 0;
  return {.bits = Entry::kTranslated | far, .far_zone = record.far_zone, .end = record.translated_end};
}

template <class F>
void Table<F>::forget(const Translation& translation) noexcept {
  if (translation.bits == Entry::kTranslated) {
    numbers_.give_back(translation.end.number_and_side >> 1U);
  }
}

template <class F>
void Table<F>::write_identity(std::uint32_t slot, const NewSession<F>& session,
                              const Translation& translation, std::uint32_t now_s) noexcept {
  Record<F>& r = records_[slot];
  Cold<F>& c = cold_[slot];
  Record<F> fresh;
  fresh.key = session.key;
  fresh.far_zone = translation.far_zone;
  fresh.translated_end = translation.end;
  fresh.flags = session.flags | flag::kLive;
  std::copy_n(session.next_hop, 2, fresh.next_hop);
  fresh.last_seen_s = now_s;
  fresh.timeout_class = session.timeout_class;

  const std::uint32_t writing = c.version + 1;
  put(c.version, writing);
  std::atomic_thread_fence(std::memory_order_release);
  copy_words(r, fresh);
  copy_words<Cold<F>, offsetof(Cold<F>, timer_tick)>(c, session.cold);  // up to what this table keeps there
  put(c.alg, session.cold.alg);
  std::atomic_ref<std::uint32_t>(c.version).store(writing + 1, std::memory_order_release);
}

template <class F>
std::optional<std::uint32_t> Table<F>::install(const NewSession<F>& session, std::uint32_t now_s) noexcept {
  const std::uint32_t slot = take_slot();
  if (slot == kNone) {
    return std::nullopt;
  }
  const Translation translation = translation_of(session);
  const Entry near = entry_of(slot, 0, translation.bits);
  bool indexed = index_.insert(session.hash, near);
  const bool translated = translation.bits != 0;
  if (indexed && translated &&
      !index_.insert(hash_of(session.cold.far), entry_of(slot, 1, translation.bits))) {
    index_.remove(session.hash, near);
    indexed = false;
  }
  if (!indexed) {
    forget(translation);
    give_slot(slot);
    return std::nullopt;
  }
  write_identity(slot, session, translation, now_s);
  live_count_.store(live_count_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  arm(slot, now_s + timeout_s(slot), now_s);
  return slot;
}

template <class F>
void Table<F>::prefetch_end(std::uint32_t slot) const noexcept {
  index_.prefetch_write(hash_of(records_[slot].key));
  prefetch_cold(slot);
}

template <class F>
void Table<F>::end(std::uint32_t slot) noexcept {
  Record<F>& r = records_[slot];
  check((r.flags & flag::kLive) != 0, "a session ends once");
  const Translation translation = translation_of(r);
  bool indexed = index_.remove(hash_of(r.key), entry_of(slot, 0, translation.bits));
  if (translation.bits != 0) {
    indexed = index_.remove(hash_of(cold_[slot].far), entry_of(slot, 1, translation.bits)) && indexed;
  }
  forget(translation);
  check(indexed, "every wing of a session is in the index");
  put(r.flags, static_cast<std::uint16_t>(r.flags & ~flag::kLive));
  live_count_.store(live_count_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  give_slot(slot);
}

// As a sequence lock does it: whoever reads meanwhile sees the mark and reads again.
template <class F>
void Table<F>::carry(std::uint32_t slot, unsigned wing) noexcept {
  Record<F>& r = records_[slot];
  Cold<F>& cold = cold_[slot];
  const std::uint32_t carries = cold.carries[wing];
  put(cold.carries[wing], carries | kCarrying);
  std::atomic_thread_fence(std::memory_order_release);
  put(cold.carried_bytes[wing], cold.carried_bytes[wing] + r.bytes[wing]);
  put(r.bytes[wing], std::uint32_t{0});
  put(r.packets[wing], std::uint16_t{0});
  std::atomic_ref<std::uint32_t>(cold.carries[wing])
      .store((carries + 1) & ~kCarrying, std::memory_order_release);
}

template <class F>
std::uint32_t Table<F>::timeout_s(std::uint32_t slot) const noexcept {
  const std::uint32_t seconds = ruling_timeout_s(records_[slot], cold_[slot].timeout_s, classes_);
  return early_ageout_s_ == 0 ? seconds : std::min(seconds, early_ageout_s_);
}

template <class F>
void Table<F>::arm(std::uint32_t slot, std::uint32_t deadline, std::uint32_t now_s) noexcept {
  std::uint32_t tick = wheel_.tick_for(deadline, now_s);
  tick += static_cast<std::uint16_t>(tick) == kUnarmed ? 1 : 0;
  if (wheel_.arm(slot, tick)) [[likely]] {
    put(cold_[slot].timer_tick, static_cast<std::uint16_t>(tick));
  } else {
    put(cold_[slot].timer_tick, kUnarmed);
    sweep_until_clean_ = 2;  // one whole pass may already be half done
  }
}

template <class F>
void Table<F>::change_timeout(std::uint32_t slot, TimeoutClass to, std::uint32_t now_s) noexcept {
  put(records_[slot].timeout_class, to);
  const std::uint32_t deadline = now_s + timeout_s(slot);
  const auto armed_ahead =
      static_cast<std::int16_t>(cold_[slot].timer_tick - static_cast<std::uint16_t>(now_s));
  if (deadline - now_s < static_cast<std::uint32_t>(std::max<int>(armed_ahead, 0))) {
    arm(slot, deadline, now_s);
  }
}

template <class F>
bool Table<F>::due_or_rearm(std::uint32_t slot, std::uint32_t now_s) noexcept {
  if (due(slot, now_s)) {
    return true;
  }
  arm(slot, deadline_s(slot), now_s);
  return false;
}

template <class F>
std::uint32_t Table<F>::live_version(std::uint32_t slot) const noexcept {
  auto& held = const_cast<std::uint32_t&>(cold_[slot].version);
  const std::uint32_t version = std::atomic_ref<std::uint32_t>(held).load(std::memory_order_acquire);
  return (version & 1) == 0 && seems_live(slot) ? version : 0;
}

template <class F>
bool Table<F>::unchanged(std::uint32_t slot, std::uint32_t version) const noexcept {
  std::atomic_thread_fence(std::memory_order_acquire);
  return get(cold_[slot].version) == version && seems_live(slot);
}

template <class F>
bool Table<F>::copy(std::uint32_t slot, Copy<F>& copy) const noexcept {
  const std::uint32_t version = live_version(slot);
  if (version == 0) {
    return false;
  }
  copy_words(copy.record, records_[slot]);
  copy_words(copy.cold, cold_[slot]);
  for (int wing = 0; wing < 2; ++wing) {
    copy.traffic[wing] = traffic(records_[slot], cold_[slot], wing);
  }
  return unchanged(slot, version);
}

template <class F>
std::size_t Table<F>::bytes_touched() const noexcept {
  const std::size_t used = fresh_.load(std::memory_order_relaxed);
  return used * (sizeof(Record<F>) + sizeof(Cold<F>) + sizeof(std::uint32_t)) + index_.bytes() +
         wheel_.bytes();
}

template class Table<packet::V4>;
template class Table<packet::V6>;

}  // namespace sluice::session
