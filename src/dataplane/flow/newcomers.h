// What the first path works on: packets that no session knows, a batch at a time. Not for other rooms.
#pragma once

#include <array>
#include <cstdint>
#include <new>
#include <type_traits>

#include "dataplane/flow/flow.h"
#include "dataplane/policy/policy.h"

namespace sluice::flow {

// Makes the thing anew where it stands. By way of a temporary it would be written in parts and read whole,
// which a core does only when all parts have left its store buffer.
template <class Thing, class Make>
[[gnu::always_inline]] inline void make_in_place(Thing& thing, Make make) noexcept {
  static_assert(std::is_trivially_destructible_v<Thing>);
  ::new (static_cast<void*>(&thing)) Thing(make());
}

// A persistent binding that a session is to be counted by.
struct Bound {
  std::uint16_t worker = 0;  // whose it is
  session::Handle handle;    // none: version 0
  NatRuleId rule;
  bool fresh = false;  // this packet made it
  [[nodiscard]] explicit operator bool() const noexcept { return handle.version != 0; }
};

// One candidate for a session on its way through the steps.
template <class F>
struct Newcomer {
  packet::Packet* packet = nullptr;
  std::uint16_t lane_index = 0;
  NextHopId forth;  // towards the destination
  NextHopId back;   // towards the source
  IflId egress;
  IflId leaves_by;  // what interface source NAT takes it to leave by: a hairpin's is not its egress
  ZoneId to_zone;
  ZoneId asked_zone;              // another than `to_zone` for an address of the firewall in another zone
  session::tcp::Segment segment;  // of TCP
  typename F::Key sent{};         // the packet as it will leave; as it came, until NAT has been asked
  const nat::Rule* destination_rule = nullptr;  // by which its destination was translated
  const nat::Rule* source_rule = nullptr;
  Bound source_binding;       // that has its source
  Bound destination_binding;  // to which it was sent
  NatPoolId pool;             // where its source is from
  bool port_taken = false;    // of its source: it must be given back
  bool held = false;          // by the worker that has its host's blocks, wherever answers come to
};

// From IPv6 to IPv4: `static-nat inet` has sent it to an IPv4 address.
template <class F>
[[nodiscard]] inline bool crosses(const Newcomer<F>& newcomer) noexcept {
  return packet::is_mapped(newcomer.sent.destination);
}

template <class F>
struct Batch {
  std::array<session::tcp::Segment, kBurst> segments;  // by place in the lane; only of TCP packets
  std::uint32_t count = 0;
  std::array<Newcomer<F>, kBurst> newcomers;
  std::array<policy::Query<typename F::Address>, kBurst> queries;
  std::array<policy::Decision, kBurst> decisions;
  std::array<session::NewSession<F>, kBurst> sessions;
};

// A Core's, of both families.
struct Batches {
  Batch<packet::V4> inet;
  Batch<packet::V6> inet6;

  template <class F>
  [[nodiscard]] Batch<F>& of() noexcept {
    if constexpr (F::kFamily == packet::Family::inet) {
      return inet;
    } else {
      return inet6;
    }
  }
};

}  // namespace sluice::flow
