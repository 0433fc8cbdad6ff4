#include <algorithm>

#include "dataplane/flow/newcomers.h"
#include "dataplane/flow/steps.h"
#include "dataplane/packet/embedded.h"

namespace sluice::flow {
namespace {

using packet::DropReason;
using packet::Kind;
using packet::Packet;
using packet::V4;
using packet::V6;
using route::NextHopKind;
namespace flag = session::flag;
namespace tcp = session::tcp;

constexpr std::uint16_t kDnsPort = 53;

bool bad_source(std::uint32_t wire_order) noexcept {
  const std::uint32_t address = byte_swap(wire_order);
  return address == 0 || (address >> 24) == 127 || address >= 0xe0000000;
}
bool bad_destination(std::uint32_t wire_order) noexcept {
  const std::uint32_t network = byte_swap(wire_order) >> 24;
  return network == 0 || network == 127 || wire_order == 0xffffffff;
}
bool unspecified_or_loopback(const std::array<std::uint8_t, 16>& address) noexcept {
  return std::all_of(address.begin(), address.end() - 1, [](std::uint8_t byte) { return byte == 0; }) &&
         address[15] <= 1;
}
bool bad_source(const std::array<std::uint8_t, 16>& address) noexcept {
  return address[0] == 0xff || unspecified_or_loopback(address) || packet::is_mapped(address);
}
bool bad_destination(const std::array<std::uint8_t, 16>& address) noexcept {
  return unspecified_or_loopback(address) || packet::is_mapped(address);
}

bool is_multicast(std::uint32_t wire_order) noexcept {
  return (wire_order & 0xf0) == 0xe0;
}
bool is_multicast(const std::array<std::uint8_t, 16>& address) noexcept {
  return address[0] == 0xff;
}

// A packet that no session may begin with, by its destination.
template <class Address>
bool refuse_destination(Core& core, Packet& packet, const Address& destination) noexcept {
  if (bad_destination(destination)) {
    drop(core, packet, DropReason::ip_destination_invalid);
    return true;
  }
  if (is_multicast(destination)) {
    drop(core, packet, DropReason::multicast_unsupported);
    return true;
  }
  return false;
}

// A response (QR bit, RFC 1035 4.1.1) as the first packet of a flow to port 53.
bool unmatched_dns_reply(const Packet& packet) noexcept {
  constexpr unsigned kUdpHeader = 8;
  const std::uint8_t* transport = packet.transport();
  return packet.protocol == packet::protocol::kUdp && load_be<std::uint16_t>(transport + 2) == kDnsPort &&
         packet.transport_length() >= kUdpHeader + 4 && packet.contiguous >= packet.l4 + kUdpHeader + 4 &&
         (transport[kUdpHeader + 2] & 0x80) != 0;
}

// With `tcp-rst` on the zone the sender is told.
void refuse_without_syn(Core& core, Packet& packet) noexcept {
  if (core.snapshot->zones[packet.zone.value].tcp_rst) {
    drop_with_reset(core, packet, DropReason::tcp_no_syn);
  } else {
    drop(core, packet, DropReason::tcp_no_syn);
  }
}

// A segment of no session.
bool refuse_segment(Core& core, Packet& packet, const tcp::Segment& segment) noexcept {
  if (!tcp::sound(segment, packet.transport_length())) {
    drop(core, packet, DropReason::tcp_header_invalid);
    return true;
  }
  if (core.snapshot->flow.tcp_strict_syn_check && segment.payload != 0 && tcp::opens_connection(segment)) {
    drop(core, packet, DropReason::tcp_state);
    return true;
  }
  if (may_start(core, segment)) {
    return false;
  }
  refuse_without_syn(core, packet);
  return true;
}

// What needs no session, and what no session can start with. True: the packet has its verdict.
template <class F>
bool refuse_early(Core& core, const Newcomer<F>& newcomer) noexcept {
  Packet& packet = *newcomer.packet;
  if (relay(core, packet)) {
    return true;
  }
  if (packet.zone == kNullZone) {
    drop(core, packet, DropReason::zone_unbound);
    return true;
  }
  if (bad_source(source_of<F>(packet))) {
    drop(core, packet, DropReason::ip_source_invalid);
    return true;
  }
  if (refuse_destination(core, packet, destination_of<F>(packet))) {
    return true;
  }
  if (packet.kind == Kind::tcp) {
    return refuse_segment(core, packet, newcomer.segment);
  }
  if (packet::is_icmp_answer(packet)) {
    drop(core, packet, DropReason::icmp_reply_unsolicited);
    return true;
  }
  if (!core.snapshot->flow.allow_dns_reply && unmatched_dns_reply(packet)) {
    drop(core, packet, DropReason::dns_reply_unmatched);
    return true;
  }
  return false;
}

ZoneId zone_of(const Core& core, IflId ifl) noexcept {
  return core.snapshot->interfaces[ifl.value].zone;
}

// What `static-nat inet` sends to an IPv4 address is asked what other packets were when they came.
template <class F>
bool refuse_embedded(Core& core, const Newcomer<F>& newcomer) noexcept {
  if constexpr (F::kFamily == packet::Family::inet6) {
    if (!crosses(newcomer)) {
      return false;
    }
    const V4::Address embedded = packet::from_mapped(newcomer.sent.destination);
    if (refuse_destination(core, *newcomer.packet, embedded)) {
      return true;
    }
    if (packet::is_well_known(destination_of<F>(*newcomer.packet)) && packet::is_private(embedded)) {
      drop(core, *newcomer.packet, DropReason::nat64_private);
      return true;
    }
  }
  return false;
}

// Routes both ways. False: the packet has its verdict.
template <class F>
bool find_routes(Core& core, Newcomer<F>& newcomer) noexcept {
  Packet& packet = *newcomer.packet;
  if (refuse_embedded(core, newcomer)) {
    return false;
  }
  const route::View& routes = *core.snapshot->routes;
  newcomer.forth = routes.lookup(newcomer.sent.destination);
  const route::NextHop& forth = routes.next_hop(newcomer.forth);
  if (forth.kind == NextHopKind::no_route) {
    drop_with_unreachable(core, packet, DropReason::no_route);
    return false;
  }
  if (forth.kind == NextHopKind::discard) {
    drop(core, packet, DropReason::route_discard);
    return false;
  }
  if (forth.kind == NextHopKind::reject) {
    drop_with_unreachable(core, packet, DropReason::route_discard);
    return false;
  }
  newcomer.egress = forth.ifl;
  newcomer.to_zone = zone_of(core, forth.ifl);
  newcomer.asked_zone = core.snapshot->zone_towards(packet.zone, forth);
  if (newcomer.asked_zone == kNullZone) {
    drop(core, packet, DropReason::zone_unbound);
    return false;
  }
  newcomer.back = routes.lookup(source_of<F>(packet));
  const route::NextHop& back = routes.next_hop(newcomer.back);
  const bool reachable =
      back.kind == NextHopKind::forward || back.kind == NextHopKind::glean || back.kind == NextHopKind::local;
  if (!reachable || zone_of(core, back.ifl) != packet.zone) {
    drop(core, packet, DropReason::reverse_route);
    return false;
  }
  return true;
}

bool towards_host(ZoneId zone) noexcept {
  return zone == kJunosHostZone;
}

// Before source NAT, after destination NAT.
template <class F>
policy::Query<typename F::Address> query_of(const Newcomer<F>& newcomer, ZoneId from_zone,
                                            ZoneId to_zone) noexcept {
  const Packet& packet = *newcomer.packet;
  const bool ports = packet::has_ports(packet.protocol);
  policy::Query<typename F::Address> query;
  query.from_zone = from_zone;
  query.to_zone = to_zone;
  query.source = newcomer.sent.source;
  query.destination = newcomer.sent.destination;
  query.protocol = packet.protocol;
  query.source_port = ports ? byte_swap(newcomer.sent.source_port) : std::uint16_t{0};
  query.destination_port = ports ? byte_swap(newcomer.sent.destination_port) : packet::policy_port(packet);
  return query;
}

template <class F>
void ask_policy(Core& core, Batch<F>& batch) noexcept {
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    const Newcomer<F>& newcomer = batch.newcomers[i];
    make_in_place(batch.queries[i],
                  [&] { return query_of(newcomer, newcomer.packet->zone, newcomer.asked_zone); });
  }
  core.snapshot->policies->match(std::span(batch.queries.data(), batch.count),
                                 std::span(batch.decisions.data(), batch.count));
}

// A policy may insist on a SYN where `security flow` does not. False: the packet has its verdict.
template <class F>
bool has_syn(Core& core, const Newcomer<F>& newcomer) noexcept {
  if (newcomer.packet->kind != Kind::tcp || tcp::opens_connection(newcomer.segment)) {
    return true;
  }
  refuse_without_syn(core, *newcomer.packet);
  return false;
}

// False: the packet has its verdict.
template <class F>
bool obey(Core& core, const Newcomer<F>& newcomer, ZoneId to_zone,
          const policy::Decision& decision) noexcept {
  Packet& packet = *newcomer.packet;
  count(core.policy_counters[decision.policy.value].lookups);
  if (decision.action == policy::Action::permit) {
    return !decision.syn_check_required || has_syn(core, newcomer);
  }
  if (decision.log_init) {
    record_denied(core, packet, decision, to_zone);
  }
  if (decision.action == policy::Action::deny) {
    drop(core, packet,
         decision.policy == kDefaultPolicy ? DropReason::default_deny : DropReason::policy_deny);
  } else if (packet.kind == Kind::tcp) {
    drop_with_reset(core, packet, DropReason::policy_reject);
  } else {
    drop_with_prohibited(core, packet, DropReason::policy_reject);
  }
  return false;
}

// A packet for the firewall, at the interface that admits such packets or not. False: the packet has its
// verdict.
bool let_in(Core& core, Packet& packet, IflId door) noexcept {
  if (host_inbound(core, packet, door)) {
    return true;
  }
  drop(core, packet, DropReason::host_inbound);
  return false;
}

// The second lookup for an address of the firewall in another zone: from there to junos-host, at the
// interface that has the address.
template <class F>
bool let_through(Core& core, const Newcomer<F>& newcomer) noexcept {
  Packet& packet = *newcomer.packet;
  if (!let_in(core, packet, core.next_hop(newcomer.forth).owner)) {
    return false;
  }
  const auto query = query_of(newcomer, newcomer.asked_zone, kJunosHostZone);
  policy::Decision decision;
  core.snapshot->policies->match(std::span(&query, 1), std::span(&decision, 1));
  policy::settle_host_policy(*core.snapshot->policies, decision);
  return obey(core, newcomer, kJunosHostZone, decision);
}

// True when the session may be made.
template <class F>
bool admit(Core& core, const Newcomer<F>& newcomer, policy::Decision& decision) noexcept {
  Packet& packet = *newcomer.packet;
  if (newcomer.asked_zone != newcomer.to_zone) {
    return obey(core, newcomer, newcomer.asked_zone, decision) && let_through(core, newcomer);
  }
  const bool inbound = towards_host(newcomer.to_zone) && !towards_host(packet.zone);
  if (inbound && !let_in(core, packet, packet.ifl)) {
    return false;
  }
  if (inbound || towards_host(packet.zone)) {
    policy::settle_host_policy(*core.snapshot->policies, decision);
  }
  return obey(core, newcomer, newcomer.to_zone, decision);
}

std::uint16_t session_flags(const Core& core, const Packet& packet, ZoneId to_zone,
                            const policy::Decision& decision) noexcept {
  std::uint16_t flags = 0;
  flags |= towards_host(to_zone) || towards_host(packet.zone) ? flag::kSelf : 0;
  flags |= decision.log_close ? flag::kLogClose : 0;
  flags |= decision.count ? flag::kCount : 0;
  const bool check = core.snapshot->flow.tcp_sequence_check || decision.sequence_check_required;
  flags |= check ? flag::kSequenceCheck : 0;
  flags |= decision.initial_tcp_mss != 0 || decision.reverse_tcp_mss != 0 ? flag::kAdjustMss : 0;
  return flags;
}

template <class F>
void describe_translation(const Newcomer<F>& newcomer, session::NewSession<F>& session) noexcept {
  const auto number = [](const nat::Rule* rule) {
    return rule == nullptr ? kNoNatRule.value : rule->id.value;
  };
  session.cold.far = packet::mirror(newcomer.sent, newcomer.to_zone);
  session.flags |= newcomer.sent == session.key ? 0 : flag::kNat;
  session.flags |= crosses(newcomer) ? flag::kNat64 : 0;
  session.flags |= newcomer.port_taken ? flag::kNatPort : 0;
  session.flags |= newcomer.held ? flag::kHeld : 0;
  session.flags |= newcomer.source_binding ? flag::kSourceBound : 0;
  session.flags |= newcomer.destination_binding ? flag::kDestinationBound : 0;
  session.cold.destination_nat_rule = number(newcomer.destination_rule);
  session.cold.source_nat_rule = number(newcomer.source_rule);
  session.cold.source_nat_pool = newcomer.pool.value;
  if (newcomer.destination_rule != nullptr) {
    session.cold.destination_nat_pool = newcomer.destination_rule->pool.value;
  }
}

template <class F>
void describe(Core& core, const Newcomer<F>& newcomer, const policy::Decision& decision,
              session::NewSession<F>& session) noexcept {
  const Packet& packet = *newcomer.packet;
  const Lane<F>& lane = core.lane<F>();
  make_in_place(session, [] { return session::NewSession<F>{}; });
  session.key = lane.key[newcomer.lane_index];
  session.hash = lane.hash[newcomer.lane_index];
  session.far_zone = newcomer.to_zone;
  session.flags = session_flags(core, packet, newcomer.to_zone, decision);
  describe_translation(newcomer, session);
  session.next_hop[0] = newcomer.forth.value;
  session.next_hop[1] = newcomer.back.value;
  session.timeout_class =
      packet.kind == Kind::tcp ? session::TimeoutClass::tcp_initial : session::TimeoutClass::service;
  session.cold.timeout_s = decision.timeout_s;
  session.cold.policy = decision.policy.value;
  session.cold.application = decision.application.value;
  session.cold.start_unix_s = core.now.unix_s;
  session.cold.ifl[0] = packet.ifl.value;
  session.cold.ifl[1] = newcomer.egress.value;
  session.cold.alg = decision.alg;
}

bool room_for(const Core& core, std::uint16_t flags) noexcept {
  const std::uint32_t reserve = (flags & flag::kSelf) != 0 ? 0 : core.host_reserve;
  return core.live() + reserve < core.capacity;
}

// Whether another session expects the answers to this one.
template <class F>
bool answers_taken(Core& core, const session::NewSession<F>& session) noexcept {
  const auto& table = core.table<F>();
  const auto& answer = session.cold.far;
  return core.snapshot->nat != nullptr &&
         (table.find(answer, table.hash_of(answer)) != session::Index::kNone ||
          expected_across(core, answer));
}

// Other ports are tried before the packet is refused: so many, as one that has several sessions may have one
// with this remote end. False: it has its verdict.
template <class F>
bool claim_answers(Core& core, Newcomer<F>& newcomer, session::NewSession<F>& session) noexcept {
  constexpr int kTries = 16;
  for (int tries = 0; answers_taken(core, session); ++tries) {
    const Newcomer<F> before = newcomer;
    if (!newcomer.port_taken || tries == kTries) {
      fail_translation(core, newcomer, DropReason::nat_conflict);
      return false;
    }
    const bool translated = translate_source(core, newcomer);
    release(core, before);
    if (!translated) {
      return false;
    }
    describe_translation(newcomer, session);
  }
  return true;
}

template <class F>
void install(Core& core, Newcomer<F>& newcomer, const policy::Decision& decision,
             session::NewSession<F>& session) noexcept {
  auto& table = core.table<F>();
  Packet& packet = *newcomer.packet;
  // An earlier packet of this batch may have made the session already.
  const std::uint32_t known = table.find(session.key, session.hash);
  if (known != session::Index::kNone) {
    release(core, newcomer);
    return fast_path<F>(core, packet, known);
  }
  if (!claim_answers(core, newcomer, session) || !join_bindings(core, newcomer)) {
    return;
  }
  const auto slot = room_for(core, session.flags) ? table.install(session, core.now.unix_s) : std::nullopt;
  if (!slot) {
    leave_bindings(core, newcomer);
    unmake_binding(core, newcomer);
    release(core, newcomer);
    count(core.counters.sessions_failed);
    return drop(core, packet, DropReason::session_table_full);
  }
  note_session<F>(core, *slot);
  core.nat64_live += crosses(newcomer) ? 1 : 0;
  count(core.counters.sessions_created);
  count(core.policy_counters[session.cold.policy].created);
  count_translation(core, session.cold, &NatCounters::created);
  if (decision.log_init) {
    record_created<F>(core, *slot);
  }
  const route::NextHop& back = core.next_hop(newcomer.back);
  if (back.kind == NextHopKind::glean) {
    ask_neighbor(core, back, packet::to_address(source_of<F>(packet)));
  }
  fast_path<F>(core, packet, *slot << 1);
}

// Those of the batch that `stays` keep their places in order.
template <class F, class Stays>
void keep_if(Batch<F>& batch, Stays stays) noexcept {
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    if (!stays(i)) {
      continue;
    }
    if (kept != i) {
      batch.newcomers[kept] = batch.newcomers[i];
      batch.decisions[kept] = batch.decisions[i];
    }
    ++kept;
  }
  batch.count = kept;
}

// Takes these packets through the steps, each step for all of them.
template <class F>
void run_batch(Core& core, std::span<Packet> burst, std::span<const std::uint16_t> which) noexcept {
  if (which.empty()) {
    return;
  }
  Batch<F>& batch = core.batches->of<F>();
  batch.count = 0;
  const Lane<F>& lane = core.lane<F>();
  for (const std::uint16_t at : which) {
    Newcomer<F>& newcomer = batch.newcomers[batch.count];
    make_in_place(newcomer, [] { return Newcomer<F>{}; });
    newcomer.packet = &burst[lane.packet[at]];
    newcomer.lane_index = at;
    newcomer.sent = lane.key[at];
    newcomer.segment = batch.segments[at];
    if (!refuse_early(core, newcomer)) {
      ++batch.count;
    }
  }
  const auto newcomers = [&] { return std::span(batch.newcomers.data(), batch.count); };
  translate_destinations<F>(core, newcomers());
  keep_if(batch, [&](std::uint32_t i) { return find_routes(core, batch.newcomers[i]); });
  ask_policy(core, batch);
  keep_if(batch, [&](std::uint32_t i) { return admit(core, batch.newcomers[i], batch.decisions[i]); });
  find_source_rules<F>(core, newcomers());
  keep_if(batch, [&](std::uint32_t i) { return translate_source(core, batch.newcomers[i]); });
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    count_pool_hit(core, batch.newcomers[i]);
    describe(core, batch.newcomers[i], batch.decisions[i], batch.sessions[i]);
    core.table<F>().prefetch_install(i, batch.sessions[i]);
  }
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    install(core, batch.newcomers[i], batch.decisions[i], batch.sessions[i]);
  }
}

// Reads the TCP header, once for all steps. Whether the segment can only follow another: its SYN may stand
// before it in the same burst.
bool follows(const Packet& packet, tcp::Segment& segment) noexcept {
  if (packet.kind != Kind::tcp) {
    return false;
  }
  segment = tcp::read_segment(packet.transport(), packet.transport_length());
  return !tcp::opens_connection(segment);
}

}  // namespace

template <class F>
void first_path(Core& core, std::span<Packet> burst, std::span<const std::uint16_t> which) noexcept {
  const Lane<F>& lane = core.lane<F>();
  std::array<std::uint16_t, kBurst> ours;
  std::array<std::uint16_t, kBurst> others;
  if constexpr (F::kFamily == packet::Family::inet) {
    which = pass_across(core, burst, which, others);
  }
  which = keep_ours<F>(core, burst, which, ours);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < which.size(); ++i) {
    const std::uint16_t at = which[i];
    if (!follows(burst[lane.packet[at]], core.batches->of<F>().segments[at])) {
      continue;
    }
    run_batch<F>(core, burst, which.subspan(begin, i - begin));
    begin = i + 1;
    const std::uint32_t known = core.table<F>().find(lane.key[at], lane.hash[at]);
    if (known != session::Index::kNone) {
      fast_path<F>(core, burst[lane.packet[at]], known);
    } else {
      run_batch<F>(core, burst, which.subspan(i, 1));
    }
  }
  run_batch<F>(core, burst, which.subspan(begin));
}
template void first_path<V4>(Core&, std::span<Packet>, std::span<const std::uint16_t>) noexcept;
template void first_path<V6>(Core&, std::span<Packet>, std::span<const std::uint16_t>) noexcept;

template <class F>
void first_path_alone(Core& core, Packet& packet) noexcept {
  Lane<F>& lane = core.lane<F>();
  lane.packet[0] = 0;
  lane.key[0] = packet::key_of<F>(packet);
  lane.hash[0] = core.table<F>().hash_of(lane.key[0]);
  constexpr std::uint16_t kFirst = 0;
  first_path<F>(core, {&packet, 1}, {&kFirst, 1});
}
template void first_path_alone<V4>(Core&, Packet&) noexcept;
template void first_path_alone<V6>(Core&, Packet&) noexcept;

}  // namespace sluice::flow
