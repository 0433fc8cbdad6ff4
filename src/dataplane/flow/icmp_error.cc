#include "dataplane/flow/steps.h"
#include "dataplane/packet/ip.h"

namespace sluice::flow {
namespace {

using packet::DropReason;
using packet::Family;
using packet::Packet;
using packet::V4;
using packet::V6;

// An echo request that was answered by an error is over, as if it had been answered.
template <class F>
bool ends_query(const Packet& packet, const session::Record<F>& record) noexcept {
  const std::uint8_t type = packet.transport()[0];
  const std::uint8_t code = packet.transport()[1];
  const bool too_big = packet.family == Family::inet ? type == 3 && code == 4 : type == packet::kTooBig6;
  return packet::is_icmp(F::kFamily, record.key.protocol) && !too_big;
}

// The worker to which the session of the quoted packet belongs. What is quoted decides alone, whatever
// becomes of the error: every worker sees the same, and no two take each other for the owner.
template <class F>
std::uint16_t owner_of_quote(const Core& core, const Packet& packet, const typename F::Key& key) noexcept {
  Packet inner;
  if (core.workers == 1 || packet.settled || !packet::quoted<F>(packet, inner)) {
    return core.index;
  }
  inner.ifl = packet.ifl;
  return session_owner<F>(core, inner, key);
}

// It quotes no session of ours: dropped, or, with `allow-embedded-icmp`, judged like any other packet.
template <class F>
void unmatched(Core& core, Packet& packet, const typename F::Key* quoted) noexcept {
  const std::uint16_t owner = quoted == nullptr ? core.index : owner_of_quote<F>(core, packet, *quoted);
  if (owner != core.index) {
    packet.verdict = packet::Verdict::hand_off(owner);
    return;
  }
  if (!core.snapshot->flow.allow_embedded_icmp) {
    return drop(core, packet, DropReason::icmp_no_session);
  }
  packet.kind = packet::Kind::other;
  first_path_alone<F>(core, packet);
}

// Writes what its receiver knows. False: it has its verdict.
template <class F>
bool translate_error(Core& core, Packet& packet, std::uint32_t entry,
                     const route::NextHop& towards) noexcept {
  const auto& table = core.table<F>();
  const std::uint16_t flags = table.record(entry >> 1).flags;
  if ((flags & session::flag::kNat64) != 0) {
    if (!carry_error_across(core, packet, entry, towards)) {
      drop(core, packet, DropReason::nat64_unsupported);
      return false;
    }
  } else if ((flags & session::flag::kNat) != 0) {
    rewrite_error<F>(packet, table.key(entry >> 1, entry & 1), table.key(entry >> 1, (entry & 1) ^ 1U));
  }
  return true;
}

void take_hops(Packet& packet, unsigned step) noexcept {
  if (packet.family == Family::inet) {
    step_hops<V4>(packet, step);
  } else {
    step_hops<V6>(packet, step);
  }
}

// The error travels as an answer to the packet it quotes, on that session's wing; RFC 5508 and RFC 1191:
// it passes whenever the session does, and never makes or prolongs one. F: of the session's table.
template <class F>
void forward_error(Core& core, Packet& packet, std::uint32_t entry) noexcept {
  auto& table = core.table<F>();
  const auto expected = table.key(entry >> 1, (entry & 1) ^ 1U);  // its source is who is to be told
  const NextHopId route = core.snapshot->routes->lookup(expected.source);
  const route::NextHop& next_hop = core.next_hop(route);
  auto& record = table.record(entry >> 1);
  const bool leaves = next_hop.kind != route::NextHopKind::no_route && next_hop.ifl != kNoIfl;
  if (leaves && core.snapshot->interfaces[next_hop.ifl.value].zone !=
                    session::zone_of(record, table.cold(entry >> 1), (entry & 1) ^ 1U)) {
    return drop(core, packet, DropReason::icmp_no_session);  // its session is about to end: the route moved
  }
  const bool usable =
      next_hop.kind == route::NextHopKind::forward || next_hop.kind == route::NextHopKind::local;
  if (next_hop.kind == route::NextHopKind::glean) {
    return hold(core, packet, next_hop, packet::to_address(expected.source));
  }
  if (!usable) {
    return drop(core, packet, DropReason::no_route);
  }
  if (hops_left(packet) <= hops_taken(record, next_hop)) {
    return drop(core, packet, DropReason::ttl_expired);  // no error about an error (RFC 1122 3.2.2)
  }
  const std::uint16_t arrived = packet.ip_length;
  const bool ends = ends_query(packet, record);
  if (!translate_error<F>(core, packet, entry, next_hop)) {
    return;
  }
  if (packet.ip_length > next_hop.mtu) {
    return drop(core, packet, DropReason::fragmentation_needed);
  }
  table.count(entry, arrived);
  take_hops(packet, hops_taken(record, next_hop));
  if (ends) {
    session::put(record.detail, kQueryFailed);
    table.change_timeout(entry >> 1, session::TimeoutClass::icmp_answered, core.now.unix_s);
  }
  transmit(packet, next_hop);
}

// Finds the session of what the error quotes.
template <class F>
void judge_error(Core& core, Packet& packet) noexcept {
  typename F::Key key;
  const auto& table = core.table<F>();
  const bool readable = packet::quoted_key<F>(packet, key);
  // An error goes to whoever sent what it quotes: to anybody else it would be a way round the policies.
  if (!readable || destination_of<F>(packet) != key.destination || packet::is_mapped(key.destination)) {
    return unmatched<F>(core, packet, readable ? &key : nullptr);
  }
  const std::uint32_t entry = table.find(key, table.hash_of(key));
  if (entry != session::Index::kNone) {
    return forward_error<F>(core, packet, entry);
  }
  if constexpr (F::kFamily == Family::inet) {
    const std::uint32_t across = find_across(core, key);
    if (across != session::Index::kNone) {
      return forward_error<V6>(core, packet, across);
    }
  }
  unmatched<F>(core, packet, &key);
}

}  // namespace

void icmp_error(Core& core, Packet& packet) noexcept {
  if (packet.family == Family::inet) {
    judge_error<V4>(core, packet);
  } else {
    judge_error<V6>(core, packet);
  }
}

}  // namespace sluice::flow
