// The steps of the order of operations, as flow's own files call them. Not for other rooms.
#pragma once

#include <array>
#include <span>

#include "dataplane/flow/flow.h"
#include "dataplane/policy/policy.h"

namespace sluice::flow {

// Whether a TCP session may start with the segment.
[[nodiscard]] inline bool may_start(const Core& core, const session::tcp::Segment& segment) noexcept {
  return session::tcp::opens_connection(segment) ||
         (!core.snapshot->flow.tcp_syn_check && session::tcp::continues_connection(segment));
}

// --- fast_path.cc
// One packet of a known session: everything from TCP state to the verdict.
template <class F>
void fast_path(Core& core, packet::Packet& packet, std::uint32_t entry) noexcept;
// Writes the Ethernet header of `next_hop` in front of the packet and sends it there.
void transmit(packet::Packet& packet, const route::NextHop& next_hop) noexcept;
// Has the neighbour resolved that packets for `destination` go to.
void ask_neighbor(Core& core, const route::NextHop& next_hop, const packet::IpAddress& destination) noexcept;
// Holds the packet until its next hop is resolved.
void hold(Core& core, packet::Packet& packet, const route::NextHop& next_hop,
          const packet::IpAddress& destination) noexcept;

// How many hops a packet of the session loses on the way to `next_hop`: what the firewall itself sends or
// receives is not forwarded.
template <class F>
[[nodiscard]] inline unsigned hops_taken(const session::Record<F>& record,
                                         const route::NextHop& next_hop) noexcept {
  return (record.flags & session::flag::kSelf) != 0 ? 0U : next_hop.ttl_step;
}

// TTL and hop limit in their headers.
inline constexpr std::size_t kTtl4 = 8;
inline constexpr std::size_t kHopLimit6 = 7;
template <class F>
[[nodiscard]] inline std::uint8_t hops_left(const packet::Packet& packet) noexcept {
  return packet.l3[F::kFamily == packet::Family::inet ? kTtl4 : kHopLimit6];
}

// The same by the packet's own family, which need not be its session's (nat64_path.cc).
[[nodiscard]] inline std::uint8_t hops_left(const packet::Packet& packet) noexcept {
  return packet.family == packet::Family::inet ? hops_left<packet::V4>(packet)
                                               : hops_left<packet::V6>(packet);
}

// Takes `step` off the packet's TTL or hop limit.
template <class F>
void step_hops(packet::Packet& packet, unsigned step) noexcept;

// --- tcp_mss.cc
// A SYN that announces larger segments than `security flow tcp-mss` or the session's policy allows is told
// otherwise. Its header is whole, and its TCP header is known to be sound.
template <class F>
void limit_mss(Core& core, const packet::Packet& packet, std::uint32_t entry) noexcept;

template <class F>
struct Newcomer;  // newcomers.h

// --- nat64_path.cc: sessions between the families (packet/translate64.h).
// The place in table6 of the session that a packet of IPv4 with this key belongs to, or kNone.
[[nodiscard]] std::uint32_t find_across(const Core& core, const packet::Key4& key) noexcept;
// Whether a session of the other table expects packets with this key.
[[nodiscard]] bool expected_across(const Core& core, const packet::Key4& answer) noexcept;
[[nodiscard]] bool expected_across(const Core& core, const packet::Key6& answer) noexcept;
// Of IPv4 packets `which`, which no session of IPv4 has, those that no session between the families has
// either. The others have their verdict.
[[nodiscard]] std::span<const std::uint16_t> pass_across(Core& core, std::span<packet::Packet> burst,
                                                         std::span<const std::uint16_t> which,
                                                         std::array<std::uint16_t, kBurst>& others) noexcept;
// Whether the packet can be made one of the other family and has room on its link, perhaps in fragments.
// False: it has its verdict.
[[nodiscard]] bool fits_across(Core& core, packet::Packet& packet, const route::NextHop& next_hop) noexcept;
// Makes a packet that fits one of the other family, as its session says.
void leave_across(Core& core, packet::Packet& packet, std::uint32_t entry, unsigned ttl_step) noexcept;
// The same for an ICMP error, which goes to `towards`. False: the other family has no word for it.
[[nodiscard]] bool carry_error_across(Core& core, packet::Packet& packet, std::uint32_t entry,
                                      const route::NextHop& towards) noexcept;

// --- nat_path.cc: each does nothing when nothing is translated.
// Static NAT, or else destination NAT, or else a persistent binding.
template <class F>
void translate_destinations(Core& core, std::span<Newcomer<F>> newcomers) noexcept;
// The rule by which each one's source is to be translated: static NAT the other way round, or else source
// NAT.
template <class F>
void find_source_rules(Core& core, std::span<Newcomer<F>> newcomers) noexcept;
// Translates it by that rule. False: the packet has its verdict.
template <class F>
[[nodiscard]] bool translate_source(Core& core, Newcomer<F>& newcomer) noexcept;
// The pool or interface that its source is from, when it is from one, counts the packet: once, however often
// its port is chosen anew.
template <class F>
void count_pool_hit(Core& core, const Newcomer<F>& newcomer) noexcept;
// What the session's NAT rules and pools count.
template <class F>
void count_translation(Core& core, const session::Cold<F>& cold,
                       std::uint64_t NatCounters::*counter) noexcept {
  const auto add = [&](NatCounterTable& table, std::uint16_t number) {
    if (number != 0) {
      count(table[number].*counter);
    }
  };
  add(core.nat_rule_counters, cold.destination_nat_rule);
  add(core.nat_rule_counters, cold.source_nat_rule);
  add(core.nat_pool_counters, cold.destination_nat_pool);
  add(core.nat_pool_counters, cold.source_nat_pool);
}
// There is no translation for this reason: gives back what was taken, and the packet its verdict.
template <class F>
void fail_translation(Core& core, const Newcomer<F>& newcomer, packet::DropReason reason) noexcept;
// The class of ports of a key's protocol.
template <class F>
[[nodiscard]] inline nat::PortClass port_class(const typename F::Key& key) noexcept {
  return nat::class_of(F::kFamily, key.protocol, packet::has_identifier(F::kFamily, key.icmp));
}
// An ICMP key says which end asks, by the order of the addresses (key.h): the sender of a first packet does.
template <class F>
inline void settle_asker(typename F::Key& key) noexcept {
  if (packet::is_icmp(F::kFamily, key.protocol)) {
    key.icmp = static_cast<std::uint8_t>((key.icmp & ~1U) | (key.source < key.destination ? 1U : 0U));
  }
}
// The worker that would have the session of a packet with this key, by its translation.
template <class F>
[[nodiscard]] std::uint16_t nat_owner(const Core& core, packet::Packet& packet,
                                      const typename F::Key& key) noexcept;
// Why a packet is dropped that has no translation.
[[nodiscard]] packet::DropReason reason_of(nat::Refusal refusal) noexcept;
// Whether the packet came from the zone into which packets for this public address leave: it is no hairpin.
template <class F>
[[nodiscard]] bool comes_from_outside(const Core& core, const packet::Packet& packet,
                                      const typename F::Address& address) noexcept;
// Nothing came of the translation.
template <class F>
void release(Core& core, const Newcomer<F>& newcomer) noexcept;
// The session ends: its port is free, and its rules have one less.
template <class F>
void end_translation(Core& core, std::uint32_t slot) noexcept;

// --- binding_path.cc: persistent bindings. Each does nothing when there is none.
// Sends a packet whose destination nothing else has translated on to the host whose binding it was sent to.
template <class F>
void send_to_bound(const Core& core, Newcomer<F>& newcomer) noexcept;
// Translates its source by a persistent rule: by the binding that there is, or by a new one. False: the
// packet has its verdict.
template <class F>
[[nodiscard]] bool bind_source(Core& core, Newcomer<F>& newcomer, const nat::SourceWish<F>& wish) noexcept;
// The session will be made: its bindings count it. False: they do not permit it, and the packet has its
// verdict.
template <class F>
[[nodiscard]] bool join_bindings(Core& core, const Newcomer<F>& newcomer) noexcept;
// It was not made after all.
template <class F>
void leave_bindings(Core& core, const Newcomer<F>& newcomer) noexcept;
// Nothing came of the packet: the binding that it made goes with it.
template <class F>
void unmake_binding(Core& core, const Newcomer<F>& newcomer) noexcept;
// It ends.
template <class F>
void end_bindings(Core& core, std::uint32_t slot) noexcept;
// Frees bindings whose time has come.
void expire_bindings(Core& core) noexcept;

// --- block_path.cc: what is looked at of pools while time passes.
// Blocks of ports whose time has come, and how full pools are.
void expire_blocks(Core& core) noexcept;
// Whoever is told what becomes of blocks: this worker's log.
[[nodiscard]] nat::BlockListener block_listener(Core& core) noexcept;

// --- whereabouts.cc
// The worker that has the session of a packet with this key, or else would have it by its translation. Only
// when no session here is.
template <class F>
[[nodiscard]] std::uint16_t session_owner(const Core& core, packet::Packet& packet,
                                          const typename F::Key& key) noexcept;
// Of packets `which` of the family's lane, those whose sessions live here; the others have their verdict.
template <class F>
[[nodiscard]] std::span<const std::uint16_t> keep_ours(Core& core, std::span<packet::Packet> burst,
                                                       std::span<const std::uint16_t> which,
                                                       std::array<std::uint16_t, kBurst>& ours) noexcept;
// A session begins, or ends: workers at which its packets arrive know where it lives, or no more.
template <class F>
void note_session(Core& core, std::uint32_t slot) noexcept;
template <class F>
void forget_session(Core& core, std::uint32_t slot) noexcept;

// --- rewrite.cc
// Gives the packet the addresses and ports that it leaves with.
template <class F>
void rewrite(packet::Packet& packet, const typename F::Key& leaving) noexcept;
// The same for a packet of the fast path's lists of TCP or UDP and their likes.
template <class F, packet::Kind kind>
void rewrite_ported(packet::Packet& packet, packet::WordsArgument<typename F::Key> leaving) noexcept;
// The same for an ICMP error that quotes a packet of the session: `arrived` is the key of the wing it travels
// on.
template <class F>
void rewrite_error(packet::Packet& packet, const typename F::Key& arrived,
                   const typename F::Key& expected) noexcept;

// --- first_path.cc
// Packets `which` of the family's lane that no session knows.
template <class F>
void first_path(Core& core, std::span<packet::Packet> burst, std::span<const std::uint16_t> which) noexcept;
// A packet that is in no lane; its burst's lanes have been dealt with.
template <class F>
void first_path_alone(Core& core, packet::Packet& packet) noexcept;

// --- host_path.cc
// Frames that pass between a wire and its twin as they are. True when the packet was one and has its verdict.
[[nodiscard]] bool relay(Core& core, packet::Packet& packet) noexcept;
// Whether interface `door`, or its zone, admits the packet to the firewall itself.
[[nodiscard]] bool host_inbound(const Core& core, const packet::Packet& packet, IflId door) noexcept;

// --- icmp_error.cc
// In Record::detail of an ICMP session: an error answered the query.
inline constexpr std::uint8_t kQueryFailed = 1;
void icmp_error(Core& core, packet::Packet& packet) noexcept;

// --- reply.cc
// Each counts the drop and turns the packet into the answer when one is due; the answer goes back out.
void drop(Core& core, packet::Packet& packet, packet::DropReason reason) noexcept;
void drop_with_reset(Core& core, packet::Packet& packet, packet::DropReason reason) noexcept;
void drop_with_unreachable(Core& core, packet::Packet& packet, packet::DropReason reason) noexcept;
void drop_with_prohibited(Core& core, packet::Packet& packet, packet::DropReason reason) noexcept;
void drop_with_time_exceeded(Core& core, packet::Packet& packet) noexcept;
// `pointer`: to the byte that is at fault.
void drop_with_parameter_problem(Core& core, packet::Packet& packet, packet::DropReason reason,
                                 std::uint16_t pointer) noexcept;
void drop_with_too_big(Core& core, packet::Packet& packet, std::uint16_t mtu) noexcept;

// --- ending.cc
// Packets that arrive on the wing go there from now on, and displays name that interface.
template <class F>
void lead_to(Core& core, std::uint32_t slot, unsigned wing, NextHopId next_hop) noexcept;
template <class F>
void end_session(Core& core, std::uint32_t slot, session::CloseReason reason) noexcept;

// --- record.cc
template <class F>
void record_created(Core& core, std::uint32_t slot) noexcept;
template <class F>
void record_closed(Core& core, std::uint32_t slot, session::CloseReason reason) noexcept;
void record_block(Core& core, const nat::BlockNote& note) noexcept;
void record_pool_alarm(Core& core, const nat::PoolWatch::Change& change) noexcept;
void record_denied(Core& core, const packet::Packet& packet, const policy::Decision& decision,
                   ZoneId to_zone) noexcept;

// The addresses of a packet.
template <class F>
[[nodiscard]] typename F::Address source_of(const packet::Packet& packet) noexcept {
  return load<typename F::Address>(packet.l3 + (F::kFamily == packet::Family::inet ? 12 : 8));
}
template <class F>
[[nodiscard]] typename F::Address destination_of(const packet::Packet& packet) noexcept {
  return load<typename F::Address>(packet.l3 + (F::kFamily == packet::Family::inet ? 16 : 24));
}

}  // namespace sluice::flow
