// A session: its Record, which is all that a plain packet touches (one cache line for IPv4, two for IPv6),
// and its Cold part, which is for displays and logs.
//
// Identity (keys, zone, flags, next hops, and most of Cold) is written under Cold::version, a sequence lock:
// odd while the owner writes. The rest changes with packets. The owner is the only writer; the control thread
// reads while packets flow, so every store is a relaxed atomic word.
//
// Wing 0 belongs to the initiator ("In"), wing 1 to the responder ("Out"). A wing's key is the packet as it
// arrives on that wing; the other wing's key, mirrored, is the packet as it leaves. Unless the session is
// translated the two are mirrors of each other, and the record holds one of them. When one end alone of an
// IPv4 session is translated, the record has room for that end as well (translated.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/packet/ids.h"
#include "dataplane/packet/key.h"

namespace sluice::session {

// Stores visible to the control thread without tearing a word.
template <class T>
inline void put(T& field, T value) noexcept {
  std::atomic_ref<T>(field).store(value, std::memory_order_relaxed);
}
template <class T>
[[nodiscard]] inline T get(const T& field) noexcept {
  return std::atomic_ref<T>(const_cast<T&>(field)).load(std::memory_order_relaxed);
}

// Words through which copies of any thread and the writes of one meet. Whether all are of one moment is for a
// sequence lock to say.
template <class T, std::size_t kBytes = sizeof(T)>
void copy_words(T& to, const T& from) noexcept {
  static_assert(kBytes % 8 == 0 && alignof(T) % 8 == 0);
  using Word = std::uint64_t __attribute__((may_alias));
  auto* out = reinterpret_cast<Word*>(&to);
  auto* in = reinterpret_cast<const Word*>(&from);
  for (std::size_t i = 0; i < kBytes / 8; ++i) {
    __atomic_store_n(&out[i], __atomic_load_n(&in[i], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
  }
}

namespace flag {
inline constexpr std::uint16_t kLive = 1;             // installed, not yet ended
inline constexpr std::uint16_t kNat = 2;              // translated: wing 1's key is Cold::far
inline constexpr std::uint16_t kResourceManager = 4;  // made by, or parent of, a gate
inline constexpr std::uint16_t kTunnel = 8;           // carries a tunnel
inline constexpr std::uint16_t kMulticast = 16;
inline constexpr std::uint16_t kSelf = 32;  // from or to the firewall itself
inline constexpr std::uint16_t kLogClose = 64;
inline constexpr std::uint16_t kCount = 128;  // policy has `count`
inline constexpr std::uint16_t kSequenceCheck = 256;
inline constexpr std::uint16_t kNatPort =
    512;  // of `far`'s destination: taken from a pool or an interface's address
inline constexpr std::uint16_t kAdjustMss = 1024;  // the policy has a limit of TCP segments
// Counted by a persistent binding: of its initiator's public tuple, of that which its initiator sends to.
inline constexpr std::uint16_t kSourceBound = 2048;
inline constexpr std::uint16_t kDestinationBound = 4096;
// Between the families (packet/translate64.h): of IPv6, and the IPv4 addresses of Cold::far in their IPv6
// form.
inline constexpr std::uint16_t kNat64 = 8192;
// It is its host's worker's, which has the host's port blocks: answers may come to another.
inline constexpr std::uint16_t kHeld = 16384;
}  // namespace flag

// How long a session may stay silent. `service` is the session's own timeout, the others come from
// the table's TimeoutClasses.
enum class TimeoutClass : std::uint8_t {
  service,
  tcp_initial,
  tcp_close,
  icmp_answered,
  route_change,
  count_,
};

// An end of a translated session: whose address, by its number (AddressNumbers), stands in for which of the
// initiator's ends (Side, in the lowest bit), and which port.
struct TranslatedEnd {
  std::uint16_t number_and_side = 0;
  std::uint16_t port = 0;  // wire order
};

template <class F>
struct alignas(64) Record {
  using Key = typename F::Key;

  Key key;                     // of wing 0
  std::uint16_t far_zone = 0;  // of wing 1's key; kNoZone: that key is in the cold part alone
  std::uint16_t flags = 0;
  std::uint16_t next_hop[2] = {0, 0};  // where packets arriving on wing w go

  std::uint16_t packets[2] = {0, 0};  // since the last carry to Cold
  std::uint32_t bytes[2] = {0, 0};    // likewise; whole IP packets
  std::uint32_t last_seen_s = 0;      // Unix time

  // For IPv6, a second line: nothing that a plain UDP packet needs.
  TranslatedEnd translated_end;  // of IPv4 sessions with kNat, unless far_zone is kNoZone
  std::uint8_t state = 0;        // tcp::State
  std::uint8_t scale = 0;        // TCP window scales, wing 0 in the low nibble
  std::uint8_t detail = 0;       // tcp: which sides sent FIN or RST
  TimeoutClass timeout_class = TimeoutClass::service;
  std::uint64_t tcp[2] = {0, 0};  // one direction each: tcp::Side, packed
};
static_assert(sizeof(Record<packet::V4>) == 64);
static_assert(sizeof(Record<packet::V6>) == 128 && offsetof(Record<packet::V6>, translated_end) == 64);

// A SYN that was seen in a connection that is open already (tcp::State::reopening), until it is known what
// its receiver says.
struct LateSyn {
  std::uint32_t after = 0;  // the sequence number after it
  std::uint8_t window = 0;  // what it offers, as a power of two
  std::uint8_t scale = 0;   // its window scale option
  std::uint8_t wing = 0;    // on which it came
  std::uint8_t state = 0;   // the connection's until then
};

// What displays and logs need, and packets do not.
template <class F>
struct Cold {
  typename F::Key far{};  // wing 1's key, of translated sessions
  // What was counted before the record's counters began anew: kCarryAt packets each time.
  std::uint64_t carried_bytes[2] = {0, 0};
  std::uint32_t carries[2] = {0, 0};
  std::uint32_t timeout_s = 0;
  std::uint32_t start_unix_s = 0;
  LateSyn late_syn;
  std::uint16_t policy = 0;
  std::uint16_t application = 0;
  std::uint16_t ifl[2] = {0, 0};  // where packets of wing w arrive
  std::uint16_t source_nat_rule = 0;
  std::uint16_t destination_nat_rule = 0;
  std::uint16_t source_nat_pool = 0;
  std::uint16_t destination_nat_pool = 0;
  std::uint16_t timer_tick = 0;  // the wheel entry that counts; others are stale
  std::uint8_t alg = 0;
  std::uint32_t version = 0;
};
static_assert(sizeof(Cold<packet::V4>) == 80);
static_assert(sizeof(Cold<packet::V6>) == 104);

// Packets in a record's counter when it is carried over: their bytes still fit in 32 bits.
inline constexpr std::uint16_t kCarryAt = 0xffff;
// In Cold::carries while the owner carries over.
inline constexpr std::uint32_t kCarrying = 1U << 31;

struct Traffic {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

// What has come in on the wing. Any thread.
template <class F>
[[nodiscard]] Traffic traffic(const Record<F>& record, const Cold<F>& cold, int wing) noexcept {
  for (;;) {
    const std::uint32_t carries =
        std::atomic_ref<std::uint32_t>(const_cast<std::uint32_t&>(cold.carries[wing]))
            .load(std::memory_order_acquire);
    const Traffic seen{.packets = std::uint64_t{carries} * kCarryAt + get(record.packets[wing]),
                       .bytes = get(cold.carried_bytes[wing]) + get(record.bytes[wing])};
    std::atomic_thread_fence(std::memory_order_acquire);
    if ((carries & kCarrying) == 0 && get(cold.carries[wing]) == carries) {
      return seen;
    }
  }
}

// Record::far_zone when the record does not say what its answers are.
inline constexpr std::uint16_t kNoZone = 0xffff;

// The zone in which packets of the wing arrive. Any thread.
template <class F>
[[nodiscard]] ZoneId zone_of(const Record<F>& record, const Cold<F>& cold, unsigned wing) noexcept {
  if (wing == 0) {
    return ZoneId{get(record.key.zone)};
  }
  const std::uint16_t far = get(record.far_zone);
  return ZoneId{far == kNoZone ? get(cold.far.zone) : far};
}

// A wing's key.
template <class F>
[[nodiscard]] typename F::Key key_of(const Record<F>& record, const Cold<F>& cold, unsigned wing) noexcept {
  if (wing == 0) {
    return record.key;
  }
  return (record.flags & flag::kNat) != 0 ? cold.far : packet::mirror(record.key, ZoneId{record.far_zone});
}

// A session copied out of its table, for displays.
template <class F>
struct Copy {
  Record<F> record;
  Cold<F> cold;
  Traffic traffic[2];

  [[nodiscard]] typename F::Key key(unsigned wing) const noexcept { return key_of(record, cold, wing); }
};

// A live session's place: the record's slot and the version it had. A slot that was reused since
// has another version.
struct Handle {
  std::uint32_t slot = 0;
  std::uint32_t version = 0;
};

}  // namespace sluice::session
