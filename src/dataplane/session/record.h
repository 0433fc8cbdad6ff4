// A session's record: two wings and what the fast path needs, in adjacent cache lines.
//
// The first part is identity: written when the session is made or its wings change, under `version` (a
// sequence lock: odd while the owner writes). The second part changes with every packet. The owner is the
// only writer of both; the control thread reads them while packets flow, so every store is a relaxed atomic
// word. Facts that only displays and logs need are in the Cold record beside it.
//
// Wing 0 belongs to the initiator ("In"), wing 1 to the responder ("Out"). wing[w]'s key is the packet
// as it arrives on that wing; the other wing's key, mirrored, is the packet as it leaves.
#pragma once

#include <atomic>
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

namespace flag {
inline constexpr std::uint16_t kLive = 1;             // installed, not yet ended
inline constexpr std::uint16_t kNat = 2;              // a wing is translated
inline constexpr std::uint16_t kResourceManager = 4;  // made by, or parent of, a gate
inline constexpr std::uint16_t kTunnel = 8;           // carries a tunnel
inline constexpr std::uint16_t kMulticast = 16;
inline constexpr std::uint16_t kSelf = 32;  // from or to the firewall itself
inline constexpr std::uint16_t kLogClose = 64;
inline constexpr std::uint16_t kCount = 128;  // policy has `count`
inline constexpr std::uint16_t kSequenceCheck = 256;
inline constexpr std::uint16_t kAdjustMss = 1024;  // the policy has a limit of TCP segments
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

// One direction of a TCP connection, seen from outside (see tcp.h).
struct TcpSequence {
  std::uint32_t end = 0;         // next sequence number this side will send
  std::uint32_t max_end = 0;     // right edge that the other side's window allows it
  std::uint32_t max_window = 0;  // largest window it ever offered, scaled
};

template <class F>
struct alignas(F::kFamily == packet::Family::inet ? 128 : 64) Record {
  using Key = typename F::Key;

  // --- identity
  Key key[2];
  std::uint32_t version = 0;
  std::uint16_t flags = 0;
  std::uint16_t policy = 0;
  std::uint16_t application = 0;
  std::uint16_t next_hop[2] = {0, 0};  // where packets arriving on wing w go
  std::uint16_t l3_delta[2] = {0, 0};  // checksum corrections of the rewrite (RFC 1624)
  std::uint16_t l4_delta[2] = {0, 0};
  std::uint16_t timer_tick = 0;  // the wheel entry that counts; others are stale
  std::uint32_t timeout_s = 0;

  // --- changes with every packet
  alignas(64) std::uint64_t packets[2] = {0, 0};
  std::uint64_t bytes[2] = {0, 0};  // whole IP packets
  TcpSequence tcp[2];
  std::uint32_t last_seen_s = 0;  // Unix time
  std::uint8_t state = 0;         // tcp::State; UDP and others: bit w set once wing w was seen
  std::uint8_t scale = 0;         // TCP window scales, wing 0 in the low nibble
  std::uint8_t detail = 0;        // tcp: which sides sent FIN or RST
  TimeoutClass timeout_class = TimeoutClass::service;
};
static_assert(sizeof(Record<packet::V4>) == 128);
static_assert(sizeof(Record<packet::V6>) == 192);

// What displays and logs need and packets do not.
struct alignas(32) Cold {
  std::uint32_t start_unix_s = 0;
  std::uint16_t ifl[2] = {0, 0};  // where packets of wing w arrive
  std::uint16_t source_nat_rule = 0;
  std::uint16_t destination_nat_rule = 0;
  std::uint16_t source_nat_pool = 0;
  std::uint8_t alg = 0;
  std::uint8_t worker = 0;
  std::uint32_t resource_group = 0;
  std::uint32_t resource = 0;
  std::uint32_t parent_slot = 0;
};
static_assert(sizeof(Cold) == 32);

// A live session's place: the record's slot and the version it had. A slot that was reused since
// has another version.
struct Handle {
  std::uint32_t slot = 0;
  std::uint32_t version = 0;
};

}  // namespace sluice::session
