#include "flowd/query/row.h"

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

template <class F>
std::uint32_t wing_flag(const session::Record<F>& record, const session::Cold& cold, int wing) {
  std::uint32_t flag = kFlagAlways;
  flag |= wing == 0 ? kFlagInitiator : 0;
  flag |= F::kFamily == packet::Family::inet6 ? kFlagInet6 : 0;
  flag |= IflId{cold.ifl[wing]} == kLocalIfl ? kFlagSelf : 0;
  flag |= record.key[0].protocol == kTcp ? kFlagTcp : 0;
  flag |= cold.alg > static_cast<std::uint8_t>(AlgId::ignore) ? kFlagAlg : 0;
  return flag;
}

// How far the wing's source is with closing its direction.
template <class F>
void put_fin(const session::Record<F>& record, int wing, RowWing& row) {
  namespace detail = session::tcp::detail;
  if (record.key[0].protocol == kTcp && (record.detail & (detail::kFin << wing)) != 0) {
    row.fin_sequence = record.tcp[wing].end - 1;
    row.fin_state = (record.detail & (detail::kFinAcked << wing)) != 0 ? 3 : 1;
  }
}

template <class F>
RowWing make_wing(const session::Record<F>& record, const session::Cold& cold, int wing) {
  const typename F::Key& key = record.key[wing];
  RowWing row{.source = packet::to_address(key.source),
              .destination = packet::to_address(key.destination),
              .source_port = byte_swap(key.source_port),
              .destination_port = byte_swap(key.destination_port),
              .interface = IflId{cold.ifl[wing]},
              .zone = ZoneId{key.zone},
              .next_hop = NextHopId{record.next_hop[wing]},
              .flag = wing_flag(record, cold, wing),
              .packets = record.packets[wing],
              .bytes = record.bytes[wing]};
  put_fin(record, wing, row);
  return row;
}

// What is left of the timeout, never negative, in steps of two seconds.
std::uint32_t remaining_s(std::uint32_t last_seen_s, std::uint32_t timeout_s, std::uint32_t now_s) {
  const std::int64_t left = std::int64_t{last_seen_s} + timeout_s - now_s;
  return left <= 0 ? 0 : static_cast<std::uint32_t>((left + 1) & ~std::int64_t{1});
}

}  // namespace

template <class F>
Row make_row(const session::Record<F>& record, const session::Cold& cold, const Moment& moment) {
  Row row;
  row.worker = cold.worker;
  row.family = F::kFamily;
  row.protocol = record.key[0].protocol;
  row.tcp_state = record.state;
  row.tcp_detail = record.detail;
  row.flags = record.flags;
  row.policy = PolicyId{record.policy};
  row.application = AppId{record.application};
  row.source_nat_pool = cold.source_nat_pool;
  row.timeout_s = ruling_timeout_s(record.timeout_s, record.timeout_class, moment.timeouts);
  row.remaining_s = remaining_s(record.last_seen_s, row.timeout_s, moment.now_s);
  row.start_unix_s = cold.start_unix_s;
  row.duration_s = moment.now_s > cold.start_unix_s ? moment.now_s - cold.start_unix_s : 0;
  row.resource_group = cold.resource_group;
  row.resource = cold.resource;
  row.wing[0] = make_wing(record, cold, 0);
  row.wing[1] = make_wing(record, cold, 1);
  return row;
}

template Row make_row(const session::Record<packet::V4>&, const session::Cold&, const Moment&);
template Row make_row(const session::Record<packet::V6>&, const session::Cold&, const Moment&);

}  // namespace sluice::query
