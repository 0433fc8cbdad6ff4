// Session log: what a worker tells the log thread.
//
// A worker writes fixed-size binary events to its own single-producer ring and never waits: when
// the ring is full the newest event is lost and counted, and the next event that gets through
// says how many were lost before it. Every event has a sequence number, counted per worker
// whether it was lost or not. The log thread (flowd/logship) drains all rings, formats and ships.
// Names (policy, zone, interface, application) are numbers here; snapshot::Names of the event's
// generation, or any later one, resolves them.
//
// Who owns it: each worker one EventRing; producer: the worker; consumer: the log thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "dataplane/packet/address.h"
#include "dataplane/packet/ids.h"
#include "dataplane/packet/key.h"
#include "dataplane/session/close_reason.h"

namespace sluice::sessionlog {

enum class EventType : std::uint8_t {
  created,
  closed,
  denied,
  // Of a host's block of ports.
  block_allocated,
  block_released,
  block_interim,
  // Of how full a pool is.
  pool_alarm_raised,
  pool_alarm_cleared,
};

// What an event says that is of no session.
struct NatNote {
  NatPoolId pool;
  // Which ports of `nat_source` the host `source` has or had.
  std::uint16_t low = 0, high = 0;
  std::uint16_t have = 0;    // blocks that the host has then; of an alarm, percent of the pool in use
  std::uint16_t most = 0;    // that it may have; of an alarm, its threshold
  std::uint16_t kind = 0;    // of an alarm's pool: PoolKind
  std::uint32_t made_s = 0;  // of a block, Unix time
};
enum class PoolKind : std::uint16_t { single, blocks, deterministic };

// What a session looked like when it was made, closed, or refused; or what else is told of NAT. Ports in host
// order.
struct alignas(64) Event {
  std::uint64_t unix_ns = 0;        // when it happened
  std::uint64_t sequence = 0;       // per worker, from 1
  std::uint64_t session_id_64 = 0;  // unique in time; 0 for denied
  std::uint64_t lost_before = 0;    // events of this worker lost since its previous record

  EventType type = EventType::created;
  packet::Family family = packet::Family::inet;
  session::CloseReason reason = session::CloseReason::unset;
  std::uint8_t protocol = 0;
  std::uint8_t icmp_type = 0;  // denied ICMP
  std::uint8_t worker = 0;
  std::uint8_t policy_action = 0;  // denied: policy::Action as a number
  std::uint8_t alg = 0;            // closed: AlgId as a number
  std::uint32_t session_id_32 = 0;
  std::uint32_t generation = 0;

  std::uint64_t packets[2] = {0, 0};  // [0] from the client, [1] from the server
  std::uint64_t bytes[2] = {0, 0};
  std::uint32_t elapsed_s = 0;
  PolicyId policy;
  AppId application;
  ZoneId from_zone;
  ZoneId to_zone;
  IflId ingress;
  IflId egress;

  // The tuple of the first packet, and the tuple after translation (the same without NAT).
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint16_t nat_source_port = 0;
  std::uint16_t nat_destination_port = 0;
  std::uint16_t source_nat_rule = 0;       // 0: none
  std::uint16_t destination_nat_rule = 0;  // 0: none
  std::array<std::uint8_t, 16> source{};   // IPv4 uses the first four bytes
  std::array<std::uint8_t, 16> destination{};
  std::array<std::uint8_t, 16> nat_source{};
  std::array<std::uint8_t, 16> nat_destination{};

  // closed: what a display of the session would have shown besides. By wing where there are two.
  std::uint16_t flags = 0;                 // session::flag
  std::uint16_t next_hop[2] = {0, 0};      // where packets that arrived on the wing went
  std::uint8_t tcp_state = 0;              // session::Record::state
  std::uint8_t tcp_detail = 0;             // session::Record::detail
  std::uint32_t timeout_s = 0;             // the idle timeout that ruled
  std::uint32_t sequence_end[2] = {0, 0};  // TCP: the next sequence number that the wing's source would send
};
static_assert(sizeof(Event) == 192);

// One of the event's addresses. Those after translation may be of IPv4 in an event of IPv6, in their IPv6
// form.
[[nodiscard]] inline packet::IpAddress address_in(const Event& event,
                                                  const std::array<std::uint8_t, 16>& bytes) noexcept {
  return event.family == packet::Family::inet ? packet::IpAddress{.family = event.family, .bytes = bytes}
                                              : packet::to_address(bytes);
}

// Where a session has its packets.
inline void put_note(Event& event, const NatNote& note) noexcept {
  static_assert(sizeof note == sizeof event.packets);
  std::memcpy(event.packets, &note, sizeof note);
}
[[nodiscard]] inline NatNote note_of(const Event& event) noexcept {
  NatNote note;
  std::memcpy(&note, event.packets, sizeof note);
  return note;
}

// Lock-free ring between one worker and the log thread.
class EventRing {
 public:
  // Capacity in events, a power of two.
  explicit EventRing(std::uint32_t capacity);

  // Producer. Space for the next event, or null when full (the loss is then already counted).
  // Fill it and call commit(). sequence and lost_before are set here.
  [[nodiscard]] Event* reserve() noexcept;
  void commit() noexcept;

  // Consumer. The oldest events as one contiguous run (maybe empty); release() frees that many.
  [[nodiscard]] std::span<const Event> peek() const noexcept;
  void release(std::size_t count) noexcept;

  // Any thread: events lost since the start.
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_total_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t written() const noexcept { return tail_.load(std::memory_order_relaxed); }

 private:
  const std::uint32_t mask_;
  std::unique_ptr<Event[]> events_;
  // Producer's side.
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  std::uint64_t cached_head_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t lost_since_ = 0;
  std::atomic<std::uint64_t> lost_total_{0};
  // Consumer's side.
  alignas(64) std::atomic<std::uint64_t> head_{0};
};

}  // namespace sluice::sessionlog
