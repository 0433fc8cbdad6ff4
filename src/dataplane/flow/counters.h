// What a worker counts. One writer (the worker); any thread reads. Relaxed, so a reader may see two
// counters of slightly different moments.
#pragma once

#include <array>
#include <cstdint>

#include "base/pages.h"
#include "dataplane/packet/ids.h"
#include "dataplane/packet/verdict.h"
#include "dataplane/session/record.h"

namespace sluice::flow {

struct alignas(64) Counters {
  std::uint64_t received = 0;     // frames from wires and twins
  std::uint64_t transmitted = 0;  // frames given to wires and twins
  std::uint64_t forwarded = 0;    // packets that passed, or were handed to another worker
  std::uint64_t copied = 0;       // packets that had to be copied
  std::uint64_t dropped = 0;
  std::uint64_t fragments = 0;       // fragments received
  std::uint64_t fragments_made = 0;  // fragments made at egress
  std::uint64_t sessions_created = 0;
  std::uint64_t sessions_closed = 0;
  std::uint64_t sessions_failed = 0;  // permitted, but could not be made
  std::uint64_t handed_off = 0;
  std::array<std::uint64_t, packet::kDropReasons> drops{};
};

inline void count(std::uint64_t& counter, std::uint64_t by = 1) noexcept {
  session::put(counter, counter + by);
}

// One policy's share. Bytes and packets are those of ended sessions: what live ones carry is in
// their records, so packets pay nothing for it.
struct alignas(64) PolicyCounters {
  std::uint64_t lookups = 0;
  std::uint64_t created = 0;
  std::uint64_t closed = 0;
  std::uint64_t packets[2] = {0, 0};  // [0] from the initiator, [1] from the responder
  std::uint64_t bytes[2] = {0, 0};
};
using PolicyCounterTable = PageArray<PolicyCounters>;  // by PolicyId

// A NAT rule's or pool's share.
struct alignas(32) NatCounters {
  std::uint64_t hits = 0;    // first packets that it was to translate
  std::uint64_t failed = 0;  // of them, those that it could not
  std::uint64_t created = 0;
  std::uint64_t ended = 0;
};
using NatCounterTable = PageArray<NatCounters>;  // by NatRuleId or NatPoolId
inline constexpr std::size_t kNatNumbers = 65536;

}  // namespace sluice::flow
