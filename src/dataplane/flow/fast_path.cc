#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include "dataplane/flow/steps.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/ip.h"

namespace sluice::flow {
namespace {

using packet::DropReason;
using packet::Family;
using packet::Kind;
using packet::Packet;
using packet::V4;
using packet::V6;
using packet::Verdict;
using session::put;
using session::Record;
using session::TimeoutClass;
namespace tcp = session::tcp;

// What the sum of a header loses with `step` its checksum gains: TTL is the first byte of its word, and the
// complement of a sum is never "all ones" (RFC 1141).
[[gnu::always_inline]] inline void step_ttl4(std::uint8_t* ip, unsigned step) noexcept {
  ip[kTtl4] = static_cast<std::uint8_t>(ip[kTtl4] - step);
  const std::uint32_t sum = load<std::uint16_t>(ip + 10) + step;
  store(ip + 10, static_cast<std::uint16_t>(sum + (sum >= 0xffff ? 1 : 0)));
}

[[gnu::always_inline]] inline void send_to(Packet& packet, const route::NextHop& next_hop) noexcept {
  const std::uint8_t* header = next_hop.l2.data() + next_hop.l2.size();  // its end
  std::uint8_t* const l3 = packet.l3;
  packet.l2_length = next_hop.l2_length;
  packet.verdict = Verdict::forward(next_hop.port.value);
  if (next_hop.l2_length == 14) [[likely]] {
    // Exactly its bytes: what lies before belongs to a cache line that nothing else needs.
    const auto low = load<std::uint64_t>(header - 14);
    const auto high = load<std::uint64_t>(header - 8);
    store(l3 - 14, low);
    store(l3 - 8, high);
  } else {
    std::memcpy(l3 - next_hop.l2.size(), next_hop.l2.data(), next_hop.l2.size());
  }
}

// A packet leaves with the addresses and ports it came with, and a hop less to live.
template <class F>
[[gnu::always_inline]] inline void take_hops(const Packet& packet, unsigned step) noexcept {
  if constexpr (F::kFamily == Family::inet) {
    step_ttl4(packet.l3, step);
  } else {
    packet.l3[kHopLimit6] = static_cast<std::uint8_t>(packet.l3[kHopLimit6] - step);
  }
}

template <class F>
[[gnu::always_inline]] inline void account(Core& core, std::uint32_t entry, const Packet& packet) noexcept {
  auto& table = core.table<F>();
  table.count(entry, packet.ip_length);
  put(table.record(entry >> 1).last_seen_s, core.now.unix_s);
}

bool usable(const route::NextHop& next_hop) noexcept {
  return next_hop.kind == route::NextHopKind::forward || next_hop.kind == route::NextHopKind::local;
}

// Nothing in the way, and one hop to lose: the session lives, is not the firewall's own nor between the
// families, and its next hop is a neighbour with room in its MTU.
template <class F>
[[gnu::always_inline]] inline bool plain_forwarding(const Packet& packet, const Record<F>& record,
                                                    const route::NextHop& next_hop) noexcept {
  constexpr unsigned kAcross = F::kFamily == Family::inet6 ? session::flag::kNat64 : 0;
  constexpr unsigned kBits = session::flag::kLive | session::flag::kSelf | kAcross;
  return (record.flags & kBits) == session::flag::kLive && packet.ip_length <= next_hop.plain_mtu &&
         hops_left<F>(packet) > 1;
}

bool may_fragment(const Packet& packet) noexcept {
  const bool v4_allows = packet.family == Family::inet && (packet.l3[6] & packet::kDontFragment) == 0;
  return v4_allows || packet.reassembled;
}

// The session's next hop went away or was never resolved: ask the routes again. What is true
// now is kept in the record.
template <class F>
const route::NextHop& refresh_next_hop(Core& core, std::uint32_t entry) noexcept {
  const unsigned wing = entry & 1;
  const auto destination = core.table<F>().key(entry >> 1, wing ^ 1U).source;
  const NextHopId found = core.snapshot->routes->lookup(destination);
  if (found != kNoNextHop) {
    lead_to<F>(core, entry >> 1, wing, found);
  }
  return core.next_hop(found);
}

// A packet of a translated session leaves with other addresses or ports than it came with.
template <class F, Kind kind>
[[gnu::always_inline]] inline void translate(Core& core, Packet& packet, std::uint32_t entry,
                                             const Record<F>& record) noexcept {
  if ((record.flags & session::flag::kNat) == 0) [[likely]] {
    return;
  }
  const packet::Words<typename F::Key> leaving = core.table<F>().leaving(entry);
  if constexpr (kind == Kind::other) {
    rewrite<F>(packet, std::bit_cast<typename F::Key>(leaving));
  } else {
    rewrite_ported<F, kind>(packet, leaving);
  }
}

// What a step of the fast path leaves to do.
enum class Step : std::uint8_t {
  proceed,
  finished,  // the packet has its verdict
  unknown,   // its session is gone: it must take the first path
};

// Whether the session's packets would now leave by another zone than it was permitted for. The control
// thread ends such sessions when routes change; this packet came before it did.
template <class F>
bool left_its_zone(Core& core, std::uint32_t entry) noexcept {
  const auto far = core.table<F>().key(entry >> 1, (entry & 1) ^ 1U);
  const route::NextHop& next_hop = core.next_hop(core.snapshot->routes->lookup(far.source));
  using route::NextHopKind;
  const bool leaves = next_hop.kind == NextHopKind::forward || next_hop.kind == NextHopKind::local ||
                      next_hop.kind == NextHopKind::glean;
  return leaves && core.snapshot->interfaces[next_hop.ifl.value].zone.value != far.zone;
}

// Whether the link has room for the packet, perhaps in fragments. False: it has its verdict.
bool fits(Core& core, Packet& packet, const route::NextHop& next_hop) noexcept {
  if (packet.ip_length <= next_hop.mtu) {
    return true;
  }
  if (!may_fragment(packet)) {
    drop_with_too_big(core, packet, next_hop.mtu);
    return false;
  }
  packet.egress_mtu = next_hop.mtu;
  return true;
}

// Between the families (nat64_path.cc): packets of wing 0 are IPv6, those of wing 1 IPv4.
template <class F>
bool is_across(const Record<F>& record) noexcept {
  return F::kFamily == Family::inet6 && (record.flags & session::flag::kNat64) != 0;
}

// Everything that keeps a packet from being simply forwarded. True: forward it all the same.
template <class F>
[[gnu::noinline]] bool resolve_obstacle(Core& core, Packet& packet, std::uint32_t entry) noexcept {
  packet.egress_mtu = 0;  // of a session that this packet has ended, perhaps
  const auto& record = core.table<F>().record(entry >> 1);
  const unsigned wing = entry & 1;
  const route::NextHop* next_hop = &core.next_hop(NextHopId{record.next_hop[wing]});
  using route::NextHopKind;
  if (!usable(*next_hop)) {
    next_hop = &refresh_next_hop<F>(core, entry);
  }
  switch (next_hop->kind) {
    case NextHopKind::no_route:
      drop_with_unreachable(core, packet, DropReason::no_route);
      return false;
    case NextHopKind::discard:
      drop(core, packet, DropReason::route_discard);
      return false;
    case NextHopKind::reject:
      drop_with_unreachable(core, packet, DropReason::route_discard);
      return false;
    case NextHopKind::glean:
      hold(core, packet, *next_hop, packet::to_address(core.table<F>().key(entry >> 1, wing ^ 1U).source));
      return false;
    case NextHopKind::forward:
    case NextHopKind::local:
      break;
  }
  if (hops_left(packet) <= hops_taken(record, *next_hop)) {
    drop_with_time_exceeded(core, packet);
    return false;
  }
  return is_across(record) ? fits_across(core, packet, *next_hop) : fits(core, packet, *next_hop);
}

// Whether the session still lives and nothing stops its packet.
template <class F>
[[gnu::noinline]] Step obstructed(Core& core, Packet& packet, std::uint32_t entry) noexcept {
  auto& record = core.table<F>().record(entry >> 1);
  const unsigned wing = entry & 1;
  if ((record.flags & session::flag::kLive) == 0) {
    return Step::unknown;  // ended by an earlier packet of this burst
  }
  if (is_across(record) && (packet.family == Family::inet6) != (wing == 0)) {
    return Step::unknown;  // of IPv6, with IPv4's addresses in their IPv6 form: they are refused
  }
  if (!usable(core.next_hop(NextHopId{record.next_hop[wing]})) && left_its_zone<F>(core, entry)) {
    end_session<F>(core, entry >> 1, session::CloseReason::route_change);
    return Step::unknown;
  }
  return resolve_obstacle<F>(core, packet, entry) ? Step::proceed : Step::finished;
}

// The first segment that gets this far: whatever made the session may have been held or dropped since.
template <class F>
Step start_tracking(Core& core, Packet& packet, std::uint32_t entry, const tcp::Segment& segment) noexcept {
  auto& table = core.table<F>();
  auto& record = table.record(entry >> 1);
  const bool from_initiator = (entry & 1) == 0;
  if (!from_initiator || !may_start(core, segment)) {
    drop(core, packet, from_initiator ? DropReason::tcp_no_syn : DropReason::tcp_state);
    return Step::finished;
  }
  tcp::start(record, segment);
  if (record.state == static_cast<std::uint8_t>(tcp::State::established)) {
    table.change_timeout(entry >> 1, TimeoutClass::service, core.now.unix_s);
  }
  return Step::proceed;
}

// A segment that is not the plain one of an established connection.
// Out of line, and it reads the header again, so that it costs the plain ones no register.
template <class F>
[[gnu::noinline]] Step unusual_segment(Core& core, Packet& packet, std::uint32_t entry) noexcept {
  const tcp::Segment segment = tcp::read_segment(packet.transport(), packet.transport_length());
  const std::uint32_t slot = entry >> 1;
  const unsigned wing = entry & 1;
  auto& table = core.table<F>();
  auto& record = table.record(slot);
  const bool readable = packet.l4 + segment.header_length <= packet.contiguous;  // not cut by a fragment
  if (!readable || !tcp::sound(segment, packet.transport_length())) {
    drop(core, packet, DropReason::tcp_header_invalid);
    return Step::finished;
  }
  if ((segment.flags & tcp::kSynFlag) != 0) {
    limit_mss<F>(core, packet, entry);
  }
  if (record.state == 0) {
    return start_tracking<F>(core, packet, entry, segment);
  }
  const tcp::Outcome outcome = tcp::track(record, table.cold(slot), wing, segment, core.tcp_options);
  if (outcome.drop != DropReason::none) {
    drop(core, packet, outcome.drop);
    return Step::finished;
  }
  if (outcome.restart) {
    end_session<F>(core, slot, tcp::close_reason(record));
    return Step::unknown;
  }
  if (outcome.change_timeout) {
    table.change_timeout(slot, outcome.timeout, core.now.unix_s);
  }
  const bool lingers = record.timeout_class == TimeoutClass::tcp_close && !outcome.change_timeout &&
                       record.state == static_cast<std::uint8_t>(tcp::State::closed);
  if (!outcome.end && !lingers) {
    return Step::proceed;
  }
  const route::NextHop& next_hop = core.next_hop(NextHopId{record.next_hop[wing]});
  const std::uint32_t closed_s = record.last_seen_s;
  account<F>(core, entry, packet);
  if (is_across(record)) {
    leave_across(core, packet, entry, hops_taken(record, next_hop));
  } else {
    translate<F, Kind::tcp>(core, packet, entry, record);
    take_hops<F>(packet, hops_taken(record, next_hop));
  }
  send_to(packet, next_hop);
  if (outcome.end) {
    end_session<F>(core, slot, tcp::close_reason(record));
  } else {
    put(record.last_seen_s, closed_s);  // what comes late does not keep a closed connection
  }
  return Step::finished;
}

// State and windows: in place for the plain segment of an established connection, out of line for all others.
template <class F>
[[gnu::always_inline]] inline Step advance_tcp(Core& core, Packet& packet, std::uint32_t entry,
                                               Record<F>& record) noexcept {
  if (!tcp::fast_segment(record, entry & 1, packet.transport(), packet.transport_length())) [[unlikely]] {
    return unusual_segment<F>(core, packet, entry);
  }
  return Step::proceed;
}

// An answered query is soon over.
template <class F>
void note_answer(Core& core, const Packet& packet, std::uint32_t entry) noexcept {
  auto& table = core.table<F>();
  if ((entry & 1) != 0 && packet::is_icmp(packet) &&
      table.record(entry >> 1).timeout_class != TimeoutClass::icmp_answered) {
    table.change_timeout(entry >> 1, TimeoutClass::icmp_answered, core.now.unix_s);
  }
}

// Whether a session's packets leave in the family that they come in.
enum class Way : std::uint8_t { within, across };

// One packet of a known session whose way is clear: state, counters, rewrite, next hop.
template <class F, Kind kind, Way way = Way::within>
[[gnu::always_inline]] inline Step pass(Core& core, Packet& packet, std::uint32_t entry, Record<F>& record,
                                        const route::NextHop& next_hop, unsigned ttl_step) noexcept {
  if constexpr (kind == Kind::tcp) {
    if (const Step step = advance_tcp(core, packet, entry, record); step != Step::proceed) [[unlikely]] {
      return step;
    }
    account<F>(core, entry, packet);
  } else {
    account<F>(core, entry, packet);
    if constexpr (kind == Kind::other) {
      note_answer<F>(core, packet, entry);
    }
  }
  if constexpr (way == Way::within) {
    translate<F, kind>(core, packet, entry, record);
    take_hops<F>(packet, ttl_step);
  } else {
    leave_across(core, packet, entry, ttl_step);
  }
  send_to(packet, next_hop);
  return Step::finished;
}

// Anything but a plain way. Out of line: the loops keep only what plain packets need.
template <class F, Kind kind>
[[gnu::noinline]] Step forward_obstructed(Core& core, Packet& packet, std::uint32_t entry) noexcept {
  auto& record = core.table<F>().record(entry >> 1);
  const unsigned wing = entry & 1;
  if (const Step step = obstructed<F>(core, packet, entry); step != Step::proceed) {
    return step;
  }
  const route::NextHop& next_hop = core.next_hop(NextHopId{record.next_hop[wing]});
  if constexpr (F::kFamily == Family::inet6) {
    if (is_across(record)) {
      return pass<F, kind, Way::across>(core, packet, entry, record, next_hop, hops_taken(record, next_hop));
    }
  }
  return pass<F, kind>(core, packet, entry, record, next_hop, hops_taken(record, next_hop));
}

template <class F, Kind kind>
[[gnu::always_inline]] inline Step forward(Core& core, Packet& packet, std::uint32_t entry) noexcept {
  auto& record = core.table<F>().record(entry >> 1);
  const route::NextHop& next_hop = core.next_hop(NextHopId{record.next_hop[entry & 1]});
  if (!plain_forwarding(packet, record, next_hop)) [[unlikely]] {
    return forward_obstructed<F, kind>(core, packet, entry);
  }
  return pass<F, kind>(core, packet, entry, record, next_hop, 1);
}

// A family's packets of the burst on their way through the stages. Asking for lines of memory is a loop of
// its own, a few instructions for each packet: a core waits for the translation of an address before it goes
// on past a prefetch, so many of them must stand close together for their page walks to overlap.
template <class F>
class Stages {
 public:
  Stages(Core& core, std::span<Packet> burst) noexcept
      : core_(core), table_(core.table<F>()), lane_(core.lane<F>()), burst_(burst) {}

  void run() noexcept {
    look_up();
    sort();
    forward_all<Kind::tcp>();
    forward_all<Kind::udp>();
    forward_all<Kind::other>();
    if (missed_count_ != 0) {
      first_path<F>(core_, burst_, {missed_.data(), missed_count_});
    }
  }

 private:
  static constexpr std::size_t kKinds = 3;
  // A packet whose session is known: the session's entry, and where the packet is in the burst and in its
  // lane.
  struct Place {
    std::uint32_t entry;
    std::uint16_t packet;
    std::uint16_t at;
  };
  static_assert(static_cast<int>(Kind::tcp) == 0 && static_cast<int>(Kind::udp) == 1 &&
                static_cast<int>(Kind::other) == 2);

  [[gnu::noinline]] void look_up() noexcept {
    const std::size_t count = lane_.count;
    for (std::size_t i = 0; i < count; ++i) {
      table_.prefetch_bucket(lane_.hash[i]);
    }
    std::uint32_t without = 0;
    for (std::size_t i = 0; i < count; ++i) {
      lane_.entry[i] = table_.candidate(lane_.hash[i]);
      if (lane_.entry[i] == session::Index::kNone) [[unlikely]] {
        missed_[without++] = static_cast<std::uint16_t>(i);
      }
    }
    if (without != 0) {
      look_elsewhere({missed_.data(), without});
    }
    for (std::size_t i = 0; i < count; ++i) {
      table_.prefetch_record_for(lane_.entry[i], lane_.key[i]);
    }
  }

  // Those whose bucket did not have them: it may have been too full.
  [[gnu::noinline]] void look_elsewhere(std::span<std::uint16_t> which) noexcept {
    std::size_t count = 0;
    for (const std::uint16_t i : which) {
      which[count] = i;
      count += table_.prefetch_other_bucket(lane_.hash[i]) ? 1 : 0;
    }
    for (const std::uint16_t i : which.first(count)) {
      lane_.entry[i] = table_.other_candidate(lane_.hash[i]);
    }
  }

  // Whose are they? A list for each kind, so that no branch depends on the packet before.
  [[gnu::noinline]] void sort() noexcept {
    const session::Table<F>& table = table_;
    Lane<F>& lane = lane_;
    const Packet* const burst = burst_.data();
    const std::size_t end = lane.count;
    std::uint64_t counts = 0;  // sixteen bits a kind: in memory, each count would wait for the one before
    for (std::size_t i = 0; i < end; ++i) {
      if (!known(table, lane, i)) [[unlikely]] {
        missed_[missed_count_++] = static_cast<std::uint16_t>(i);
        continue;
      }
      const std::uint16_t packet = lane.packet[i];
      const auto kind = static_cast<unsigned>(burst[packet].kind);
      places_[kind][count_in(counts, kind)] = {lane.entry[i], packet, static_cast<std::uint16_t>(i)};
      counts += std::uint64_t{1} << (kind * 16);
    }
    counts_ = counts;
  }

  static std::uint16_t count_in(std::uint64_t counts, unsigned kind) noexcept {
    return static_cast<std::uint16_t>(counts >> (kind * 16));
  }

  [[gnu::always_inline]] static bool known(const session::Table<F>& table, Lane<F>& lane,
                                           std::size_t i) noexcept {
    const std::uint32_t entry = lane.entry[i];
    if (entry == session::Index::kNone) [[unlikely]] {
      return false;
    }
    std::uint32_t verified = table.verify(entry, lane.key[i]);
    if (verified == session::Index::kNone) [[unlikely]] {
      verified = table.find(lane.key[i], lane.hash[i]);
    }
    lane.entry[i] = verified;
    return verified != session::Index::kNone;
  }

  // Last stage, a loop for each kind.
  template <Kind kind>
  [[gnu::noinline]] void forward_all() noexcept {
    constexpr auto kIndex = static_cast<unsigned>(kind);
    Core& core = core_;
    Packet* const burst = burst_.data();
    for (const Place& place : std::span(places_[kIndex]).first(count_in(counts_, kIndex))) {
      if (forward<F, kind>(core, burst[place.packet], place.entry) == Step::unknown) [[unlikely]] {
        missed_[missed_count_++] = place.at;
      }
    }
  }

  Core& core_;
  session::Table<F>& table_;
  Lane<F>& lane_;
  std::span<Packet> burst_;
  std::uint32_t missed_count_ = 0;
  std::uint64_t counts_ = 0;
  std::array<std::array<Place, kBurst>, kKinds> places_;
  std::array<std::uint16_t, kBurst> missed_;
};

template <class F>
void judge_special_of(Core& core, Packet& packet) noexcept {
  const NextHopId route = core.snapshot->routes->lookup(destination_of<F>(packet));
  if (packet.to_group && core.next_hop(route).kind != route::NextHopKind::local) {
    // Frames to an Ethernet group are for those who listen, not for routers to pass on (RFC 1812 5.3.4).
    drop(core, packet, DropReason::multicast_unsupported);
  } else if (packet.kind == Kind::icmp_error) {
    icmp_error(core, packet);
  } else {
    first_path_alone<F>(core, packet);
  }
}

void judge_special(Core& core, Packet& packet) noexcept {
  if (packet.kind == Kind::malformed) {
    drop(core, packet, packet.reason);
  } else if (relay(core, packet)) {
    return;
  } else if (packet.family == Family::inet) {
    judge_special_of<V4>(core, packet);
  } else {
    judge_special_of<V6>(core, packet);
  }
}

template <class F>
void enter_lane(Core& core, const Packet& packet, std::uint16_t at) noexcept {
  PlainEntrance<F>(core).enter(std::bit_cast<packet::Words<typename F::Key>>(packet::key_of<F>(packet)), at);
}

}  // namespace

template <class F>
void fast_path(Core& core, Packet& packet, std::uint32_t entry) noexcept {
  Step step = Step::unknown;
  switch (packet.kind) {
    case Kind::tcp:
      step = forward<F, Kind::tcp>(core, packet, entry);
      break;
    case Kind::udp:
      step = forward<F, Kind::udp>(core, packet, entry);
      break;
    default:
      step = forward<F, Kind::other>(core, packet, entry);
      break;
  }
  if (step == Step::unknown) {
    drop(core, packet, DropReason::session_invalidated);
  }
}
template void fast_path<V4>(Core&, Packet&, std::uint32_t) noexcept;
template void fast_path<V6>(Core&, Packet&, std::uint32_t) noexcept;

template <class F>
void step_hops(Packet& packet, unsigned step) noexcept {
  take_hops<F>(packet, step);
}
template void step_hops<V4>(Packet&, unsigned) noexcept;
template void step_hops<V6>(Packet&, unsigned) noexcept;

void transmit(Packet& packet, const route::NextHop& next_hop) noexcept {
  send_to(packet, next_hop);
}

void ask_neighbor(Core& core, const route::NextHop& next_hop, const packet::IpAddress& destination) noexcept {
  const bool on_link = next_hop.gateway.bytes == std::array<std::uint8_t, 16>{};
  core.resolve.ask(next_hop.ifl, on_link ? destination : next_hop.gateway, core.now.unix_s);
}

void hold(Core& core, Packet& packet, const route::NextHop& next_hop,
          const packet::IpAddress& destination) noexcept {
  ask_neighbor(core, next_hop, destination);
  if (core.held.hold(packet, core.now.ns)) {
    packet.verdict = Verdict::consumed();
  } else {
    drop(core, packet, DropReason::hold_queue_full);
  }
}

void enter(Core& core, const Packet& packet, std::uint16_t at) noexcept {
  if (packet.kind > Kind::other || packet.to_group) [[unlikely]] {
    core.special[core.special_count++] = at;
  } else if (packet.family == Family::inet) {
    enter_lane<V4>(core, packet, at);
  } else {
    enter_lane<V6>(core, packet, at);
  }
}

void judge(Core& core, std::span<Packet> burst) noexcept {
  if (core.lane4.count != 0) {
    Stages<V4>(core, burst).run();
  }
  if (core.lane6.count != 0) {
    Stages<V6>(core, burst).run();
  }
  for (std::uint32_t i = 0; i < core.special_count; ++i) {
    judge_special(core, burst[core.special[i]]);
  }
  core.lane4.count = core.lane6.count = core.special_count = 0;
}

}  // namespace sluice::flow
