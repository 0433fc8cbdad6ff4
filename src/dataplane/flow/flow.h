// Flow: the order of operations, nothing else.
//
// enter() takes the packets of a burst in and judge() gives every one its verdict. Packets of a known session
// take the fast path: TCP state, counters, rewrite, next hop. The rest take the first path, in Junos's
// published order: sanity -> static or destination NAT -> route -> zones -> policy -> reverse static or
// source NAT -> install -> log; then the same packet goes through the fast path, so only one piece of code
// rewrites packets. Traffic for and from the firewall itself is a session too, whose far side is ".local..0"
// (host_path.cc).
//
//   fast_path.cc   lookup in stages, one loop per kind of packet
//   first_path.cc  a new session, in batches
//   nat_path.cc    what a new session is translated into
//   binding_path.cc persistent bindings of NAT
//   block_path.cc  its blocks of ports
//   whereabouts.cc whose a packet is when no session here knows it
//   nat64_path.cc  sessions between the families
//   rewrite.cc     packets of translated sessions
//   host_path.cc   what the firewall itself receives and sends
//   icmp_error.cc  errors that belong to a session
//   tcp_mss.cc     segments no larger than the operator allows
//   reply.cc       what the firewall answers: RST, ICMP unreachable, time exceeded, too big
//   ending.cc      expiry, requests of the control thread, reasons
//   record.cc      event records for the log
//
// Who owns a Core: its worker. Thread: the worker; counters, tables and rings may be read by others as
// their headers say. Nothing here allocates, locks or logs text.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "base/clock.h"
#include "dataplane/flow/counters.h"
#include "dataplane/flow/hold_queue.h"
#include "dataplane/nat/allocator.h"
#include "dataplane/nat/pool_watch.h"
#include "dataplane/packet/packet.h"
#include "dataplane/session/table.h"
#include "dataplane/session/tcp.h"
#include "dataplane/session/whereabouts.h"
#include "dataplane/sessionlog/sessionlog.h"
#include "dataplane/snapshot/snapshot.h"

namespace sluice::flow {

// Packets of a burst: long enough to hide memory latency, short enough to stay near.
inline constexpr std::uint32_t kBurst = 128;

struct CoreOptions {
  std::uint16_t index = 0;
  std::uint16_t workers = 1;
  std::uint32_t capacity = 65536;
  std::uint32_t host_reserve = 64;
  std::uint32_t version_seed = 2;
  packet::HashSecret secret;
  std::uint32_t log_events = 65536;
};

// The packets of one family in a burst, and what is known of each.
template <class F>
struct Lane {
  std::size_t count = 0;
  std::array<std::uint16_t, kBurst> packet;  // index in the burst
  std::array<typename F::Key, kBurst> key;
  std::array<std::uint64_t, kBurst> hash;
  std::array<std::uint32_t, kBurst> entry;  // slot << 1 | wing
};

struct Batches;  // newcomers.h

// One worker's share of the data plane.
struct Core {
  explicit Core(const CoreOptions& options);
  ~Core();

  std::uint16_t index;
  std::uint16_t workers;
  std::uint32_t capacity;      // sessions of both families together
  std::uint32_t host_reserve;  // of them only for traffic to the firewall itself

  const snapshot::Snapshot* snapshot = nullptr;  // what this burst is decided by
  const route::NextHop* next_hops = nullptr;     // of the snapshot
  Now now;
  session::tcp::Options tcp_options;  // of the snapshot

  session::Table<packet::V4> table4;
  session::Table<packet::V6> table6;
  // Shared by all workers: made by the first one, given to the others before they run. Null when there is
  // one.
  std::shared_ptr<session::Whereabouts> whereabouts;
  Counters counters;
  PolicyCounterTable policy_counters;
  NatCounterTable nat_rule_counters;
  NatCounterTable nat_pool_counters;
  nat::Allocator allocator;
  nat::PoolWatch pool_watch;  // the first worker's, which looks for all
  sessionlog::EventRing events;
  HoldQueue held;
  ResolveQueue resolve;
  std::uint32_t replies_left = 0;  // answers that may still be generated in this second
  std::uint32_t replies_second = 0;
  bool aging_early = false;          // between the watermarks, on the way down
  std::uint32_t nat64_live = 0;      // sessions of table6 that are between the families
  std::uint16_t identification = 0;  // of the last IPv4 packet made of one of IPv6, among the worker's

  // The burst under way.
  Lane<packet::V4> lane4;
  Lane<packet::V6> lane6;
  std::uint32_t special_count = 0;  // packets that no session's key can be made of, or to an Ethernet group
  std::array<std::uint16_t, kBurst> special;
  std::unique_ptr<Batches> batches;  // the first path's

  template <class F>
  [[nodiscard]] session::Table<F>& table() noexcept {
    if constexpr (F::kFamily == packet::Family::inet) {
      return table4;
    } else {
      return table6;
    }
  }
  template <class F>
  [[nodiscard]] Lane<F>& lane() noexcept {
    if constexpr (F::kFamily == packet::Family::inet) {
      return lane4;
    } else {
      return lane6;
    }
  }
  [[nodiscard]] const route::NextHop& next_hop(NextHopId id) const noexcept { return next_hops[id.value]; }
  [[nodiscard]] std::uint32_t live() const noexcept { return table4.live_count() + table6.live_count(); }
};

// The timeouts that rule sessions of each class, as displays show them too. Any thread.
[[nodiscard]] session::TimeoutClasses timeout_classes(const snapshot::FlowOptions& flow) noexcept;

// Before a burst: the tables to decide by and the time.
void begin(Core& core, const snapshot::Snapshot* snapshot, const Now& now) noexcept;

// Takes in the packet in place `at` of the burst: into its family's lane, with its key and hash. Parsed, not
// of kind `fragment`.
void enter(Core& core, const packet::Packet& packet, std::uint16_t at) noexcept;

// The same for packets that parse_plain() has taken, one after another: what changes from one to the next
// stays in registers. Nothing else enters the lane meanwhile.
template <class F>
class PlainEntrance {
 public:
  explicit PlainEntrance(Core& core) noexcept
      : lane_(core.lane<F>()), secret_(core.table<F>().secret()), count_(lane_.count) {}
  ~PlainEntrance() { lane_.count = count_; }
  PlainEntrance(const PlainEntrance&) = delete;
  PlainEntrance& operator=(const PlainEntrance&) = delete;

  // `words`: of the packet's key.
  void enter(const packet::Words<typename F::Key>& words, std::uint16_t at) noexcept {
    lane_.packet[count_] = at;
    store(&lane_.key[count_], words);
    lane_.hash[count_] = packet::hash(words, secret_);
    ++count_;
  }

 private:
  Lane<F>& lane_;
  const packet::HashSecret secret_;
  std::size_t count_;
};

// Gives every packet of the burst its verdict: all have entered, none twice. At most kBurst packets.
void judge(Core& core, std::span<packet::Packet> burst) noexcept;

// The worker to which a packet belongs; our own index when there is only one.
[[nodiscard]] std::uint16_t owner(const Core& core, const packet::Packet& packet) noexcept;
// The same of a packet that parse_plain() has taken, by the words of its key.
template <class F>
[[nodiscard]] std::uint16_t owner(const Core& core, const packet::Words<typename F::Key>& words) noexcept;

// Ends sessions whose time has come, looking at about `budget` of them. Returns how many it looked at.
std::uint32_t expire(Core& core, std::uint32_t budget) noexcept;

// Requests of the control thread (worker/mailbox.h). Each leaves the session alone when `version` is not its
// any more, and answers whether it was there.
struct SessionRef {
  packet::Family family = packet::Family::inet;
  session::Handle handle;
};
void prefetch(Core& core, const SessionRef& session) noexcept;
bool end(Core& core, const SessionRef& session, session::CloseReason reason) noexcept;
bool reroute(Core& core, const SessionRef& session, unsigned wing, NextHopId next_hop) noexcept;
bool change_policy(Core& core, const SessionRef& session, PolicyId policy) noexcept;

}  // namespace sluice::flow
