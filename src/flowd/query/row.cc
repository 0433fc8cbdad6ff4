#include "flowd/query/row.h"

#include "base/clock.h"
#include "dataplane/packet/packet.h"
#include "dataplane/session/tcp.h"

namespace sluice::query {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::uint32_t kFlagAlways = 0x20;
constexpr std::uint32_t kFlagInitiator = 0x1;
constexpr std::uint32_t kFlagInet6 = 0x2;
constexpr std::uint32_t kFlagSelf = 0x10;
constexpr std::uint32_t kFlagAlg = 0x600;
constexpr std::uint32_t kFlagTcp = 0x1000;

// What a wing's flag depends on.
struct WingFacts {
  packet::Family family;
  std::uint8_t protocol;
  std::uint8_t alg;
  IflId interface;
};

std::uint32_t wing_flag(const WingFacts& facts, unsigned wing) {
  std::uint32_t flag = kFlagAlways;
  flag |= wing == 0 ? kFlagInitiator : 0;
  flag |= facts.family == packet::Family::inet6 ? kFlagInet6 : 0;
  flag |= facts.interface == kLocalIfl ? kFlagSelf : 0;
  flag |= facts.protocol == kTcp ? kFlagTcp : 0;
  flag |= facts.alg > static_cast<std::uint8_t>(AlgId::ignore) ? kFlagAlg : 0;
  return flag;
}

// The wing's own protocol: a session between the families has ICMP of each.
std::uint8_t protocol_of(const packet::IpAddress& source, std::uint8_t protocol) {
  const bool of_inet = source.family == packet::Family::inet;
  return of_inet && protocol == packet::protocol::kIcmp6 ? packet::protocol::kIcmp : protocol;
}

// How far the wing's source is with closing its direction, of a session in this detail.
void put_fin(std::uint8_t detail, std::uint32_t sequence_end, unsigned wing, RowWing& row) {
  namespace bits = session::tcp::detail;
  if ((detail & (bits::kFin << wing)) != 0) {
    row.fin_sequence = sequence_end - 1;
    row.fin_state = (detail & (bits::kFinAcked << wing)) != 0 ? 3 : 1;
  }
}

template <class F>
RowWing make_wing(const session::Copy<F>& session, unsigned wing) {
  const auto& [record, cold, traffic] = session;
  const typename F::Key key = session.key(wing);
  RowWing row{.source = packet::to_address(key.source),
              .destination = packet::to_address(key.destination),
              .source_port = byte_swap(key.source_port),
              .destination_port = byte_swap(key.destination_port),
              .interface = IflId{cold.ifl[wing]},
              .zone = ZoneId{key.zone},
              .next_hop = NextHopId{record.next_hop[wing]},
              .flag = wing_flag({.family = packet::to_address(key.source).family,
                                 .protocol = key.protocol,
                                 .alg = cold.alg,
                                 .interface = IflId{cold.ifl[wing]}},
                                wing),
              .packets = traffic[wing].packets,
              .bytes = traffic[wing].bytes};
  row.protocol = protocol_of(row.source, key.protocol);
  if (key.protocol == kTcp) {
    put_fin(record.detail, session::tcp::packed::end_of(record.tcp[wing]), wing, row);
  }
  return row;
}

// The wing of a session that ended; wing 1 is the answers' tuple as it arrives.
RowWing ended_wing(const sessionlog::Event& event, unsigned wing) {
  const bool in = wing == 0;
  const packet::IpAddress source = sessionlog::address_in(event, in ? event.source : event.nat_destination);
  const IflId interface = in ? event.ingress : event.egress;
  RowWing row{
      .source = source,
      .destination = sessionlog::address_in(event, in ? event.destination : event.nat_source),
      .source_port = in ? event.source_port : event.nat_destination_port,
      .destination_port = in ? event.destination_port : event.nat_source_port,
      .interface = interface,
      .zone = in ? event.from_zone : event.to_zone,
      .next_hop = NextHopId{event.next_hop[wing]},
      .flag = wing_flag(
          {.family = source.family, .protocol = event.protocol, .alg = event.alg, .interface = interface},
          wing),
      .packets = event.packets[wing],
      .bytes = event.bytes[wing]};
  row.protocol = protocol_of(source, event.protocol);
  if (event.protocol == kTcp) {
    put_fin(event.tcp_detail, event.sequence_end[wing], wing, row);
  }
  return row;
}

}  // namespace

std::uint32_t remaining_s(std::uint32_t last_seen_s, std::uint32_t timeout_s, std::uint32_t now_s) noexcept {
  const std::int64_t left = std::int64_t{last_seen_s} + timeout_s - now_s;
  return left <= 0 ? 0 : static_cast<std::uint32_t>((left + 1) & ~std::int64_t{1});
}

template <class F>
Row make_row(const session::Copy<F>& session, const Moment& moment) {
  const auto& [record, cold, traffic] = session;
  Row row;
  row.family = F::kFamily;
  row.protocol = record.key.protocol;
  row.tcp_state = record.state;
  row.tcp_detail = record.detail;
  row.flags = record.flags;
  row.policy = PolicyId{cold.policy};
  row.application = AppId{cold.application};
  row.source_nat_pool = cold.source_nat_pool;
  row.timeout_s = session::ruling_timeout_s(record, cold.timeout_s, moment.timeouts);
  row.remaining_s = query::remaining_s(record.last_seen_s, row.timeout_s, moment.now_s);
  row.start_unix_s = cold.start_unix_s;
  row.duration_s = moment.now_s > cold.start_unix_s ? moment.now_s - cold.start_unix_s : 0;
  row.wing[0] = make_wing(session, 0);
  row.wing[1] = make_wing(session, 1);
  return row;
}

Row ended_row(const sessionlog::Event& event) {
  Row row;
  row.identifier = event.session_id_32;
  row.identifier_64 = event.session_id_64;
  row.worker = event.worker;
  row.family = event.family;
  row.protocol = event.protocol;
  row.tcp_state = event.tcp_state;
  row.tcp_detail = event.tcp_detail;
  row.flags = event.flags;
  row.policy = event.policy;
  row.application = event.application;
  row.timeout_s = event.timeout_s;
  row.start_unix_s = static_cast<std::uint32_t>(event.unix_ns / kNsPerSecond) - event.elapsed_s;
  row.duration_s = event.elapsed_s;
  row.wing[0] = ended_wing(event, 0);
  row.wing[1] = ended_wing(event, 1);
  return row;
}

template Row make_row(const session::Copy<packet::V4>&, const Moment&);
template Row make_row(const session::Copy<packet::V6>&, const Moment&);

}  // namespace sluice::query
