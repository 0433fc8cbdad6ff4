#include <bit>

#include "dataplane/flow/newcomers.h"
#include "dataplane/flow/steps.h"

namespace sluice::flow {
namespace {

constexpr std::uint32_t kIcmpAnsweredTimeout = 4;  // Junos reference 2.1: 4, then 2, once answered

session::TableOptions table_options(const CoreOptions& options, std::uint32_t which) {
  // Identifiers are unique over workers and families: each table has its own range, which begins where
  // an operator knows it again, like those of an SRX's SPUs: 1, 10000001, 20000001 ...
  constexpr std::uint32_t kRange = 10'000'000;
  const std::uint32_t range = options.index * 2 + which;
  return {.capacity = options.capacity,
          .translated = options.capacity,
          .identifier_base = range * ((options.capacity + kRange - 1) / kRange * kRange),
          .version_seed = options.version_seed,
          .secret = options.secret};
}

std::shared_ptr<session::Whereabouts> make_whereabouts(const CoreOptions& options) {
  return options.workers == 1 || options.index != 0
             ? nullptr
             : std::make_shared<session::Whereabouts>(2 * std::size_t{options.workers} * options.capacity,
                                                      options.secret);
}

void apply(Core& core, const snapshot::FlowOptions& flow) noexcept {
  core.tcp_options = {.rst_sequence_check = flow.tcp_rst_sequence_check,
                      .rst_invalidate = flow.rst_invalidate_session,
                      .fin_invalidate = flow.fin_invalidate_session,
                      .half_close_timeout = flow.time_wait_half_close,
                      .closed_keeps_service_timeout = flow.time_wait_service_timeout,
                      .strict_handshake = flow.tcp_strict_syn_check};
  const session::TimeoutClasses classes = timeout_classes(flow);
  core.table4.set_timeouts(classes);
  core.table6.set_timeouts(classes);
}

}  // namespace

session::TimeoutClasses timeout_classes(const snapshot::FlowOptions& flow) noexcept {
  return {0, flow.tcp_initial_timeout_s, flow.tcp_close_timeout_s, kIcmpAnsweredTimeout,
          flow.route_change_timeout_s};
}

Core::Core(const CoreOptions& options)
    : index(options.index),
      workers(options.workers),
      capacity(options.capacity),
      host_reserve(options.host_reserve),
      table4(table_options(options, 0)),
      table6(table_options(options, 1)),
      whereabouts(make_whereabouts(options)),
      policy_counters(kMaxPolicies),
      nat_rule_counters(kNatNumbers),
      nat_pool_counters(kNatNumbers),
      allocator(options.index, options.workers, options.secret.words[1]),
      events(options.log_events),
      batches(std::make_unique<Batches>()) {}

Core::~Core() = default;

void begin(Core& core, const snapshot::Snapshot* snapshot, const Now& now) noexcept {
  core.now = now;
  core.allocator.set_time(now.unix_s);
  if (core.snapshot != snapshot) {
    core.snapshot = snapshot;
    core.next_hops = snapshot->routes->next_hops().data();
    core.allocator.adopt(snapshot->nat.get());
    core.allocator.set_listener(block_listener(core));
    apply(core, snapshot->flow);
  }
  constexpr std::uint32_t kRepliesPerSecond = 1000;
  if (core.replies_second != now.unix_s) {
    core.replies_second = now.unix_s;
    core.replies_left = kRepliesPerSecond;
  }
}

std::uint16_t owner(const Core& core, const packet::Packet& packet) noexcept {
  if (core.workers == 1) {
    return core.index;
  }
  const auto by_hash = [&](std::uint32_t hash) { return packet::worker_of(hash, core.workers); };
  const auto of_family = [&](auto family) {
    using F = decltype(family);
    typename F::Key key;
    if (packet.kind == packet::Kind::fragment) {
      // Only addresses are in every fragment: as NICs do, all of a datagram go by them.
      key.source = source_of<F>(packet);
      key.destination = destination_of<F>(packet);
      return by_hash(packet::owner_hash(key));
    }
    if (packet.kind == packet::Kind::icmp_error) {
      return packet::quoted_key<F>(packet, key) ? by_hash(packet::owner_hash(key)) : core.index;
    }
    return packet.kind <= packet::Kind::other ? by_hash(packet::owner_hash(packet::key_of<F>(packet)))
                                              : core.index;
  };
  return packet.family == packet::Family::inet ? of_family(packet::V4{}) : of_family(packet::V6{});
}

template <class F>
std::uint16_t owner(const Core& core, const packet::Words<typename F::Key>& words) noexcept {
  return packet::worker_of(packet::owner_hash(std::bit_cast<typename F::Key>(words)), core.workers);
}
template std::uint16_t owner<packet::V4>(const Core&, const packet::Words<packet::Key4>&) noexcept;
template std::uint16_t owner<packet::V6>(const Core&, const packet::Words<packet::Key6>&) noexcept;

}  // namespace sluice::flow
