#include "dataplane/flow/steps.h"

namespace sluice::flow {
namespace {

using packet::Family;
using packet::V4;
using packet::V6;
using session::CloseReason;
using session::put;
using session::Record;
namespace flag = session::flag;

// Why a session whose time ran out is over. Junos has no word of its own for route-change-timeout
// (reference 7.5): the session was idle for as long as it was allowed.
template <class F>
CloseReason expiry_reason(const Core& core, const Record<F>& record) noexcept {
  if (core.aging_early && record.timeout_class == session::TimeoutClass::service) {
    return CloseReason::aged_out;
  }
  const std::uint8_t protocol = record.key.protocol;
  if (protocol == packet::protocol::kTcp) {
    return session::tcp::close_reason(record);
  }
  if (packet::is_icmp(F::kFamily, protocol)) {
    if ((record.detail & kQueryFailed) != 0) {
      return CloseReason::icmp_error;
    }
    return record.timeout_class == session::TimeoutClass::icmp_answered ? CloseReason::response_received
                                                                        : CloseReason::idle_timeout;
  }
  return CloseReason::idle_timeout;
}

template <class F>
std::uint32_t expire_table(Core& core, std::uint32_t budget) noexcept {
  return core.table<F>().expire(core.now.unix_s, budget, [&](std::uint32_t slot) {
    end_session<F>(core, slot, expiry_reason<F>(core, core.table<F>().record(slot)));
  });
}

// Above the high watermark sessions age early until the low one is reached (aging in Junos reference 8.1).
void watch_watermarks(Core& core) noexcept {
  const snapshot::FlowOptions& options = core.snapshot->flow;
  const std::uint64_t live = core.live();
  const auto mark = [&](std::uint8_t percent) { return std::uint64_t{core.capacity} * percent / 100; };
  const bool early = core.aging_early
                         ? live > mark(options.aging_low_watermark)
                         : options.aging_high_watermark < 100 && live > mark(options.aging_high_watermark);
  if (early != core.aging_early) {
    core.aging_early = early;
    core.table4.set_early_ageout(early ? options.early_ageout_s : 0);
    core.table6.set_early_ageout(early ? options.early_ageout_s : 0);
  }
}

template <class F>
bool still_there(Core& core, const session::Handle& handle) noexcept {
  return handle.slot < core.table<F>().slots_used() &&
         core.table<F>().live_version(handle.slot) == handle.version;
}

// Calls act(F) with the family of the reference.
template <class Act>
auto with_family(Family family, Act act) noexcept {
  return family == Family::inet ? act(V4{}) : act(V6{});
}

}  // namespace

template <class F>
void end_session(Core& core, std::uint32_t slot, CloseReason reason) noexcept {
  const Record<F>& record = core.table<F>().record(slot);
  const session::Cold<F>& cold = core.table<F>().cold(slot);
  PolicyCounters& policy = core.policy_counters[cold.policy];
  const session::Traffic carried[2] = {session::traffic(record, cold, 0), session::traffic(record, cold, 1)};
  if ((record.flags & flag::kLogClose) != 0 || core.snapshot->record_every_end) {
    record_closed<F>(core, slot, reason);
  }
  end_translation<F>(core, slot);
  forget_session<F>(core, slot);
  core.table<F>().end(slot);
  // Whoever sees it counted among the ended does not find it alive any more (query::policy_traffic).
  std::atomic_thread_fence(std::memory_order_release);
  for (int wing = 0; wing < 2; ++wing) {
    count(policy.packets[wing], carried[wing].packets);
    count(policy.bytes[wing], carried[wing].bytes);
  }
  count(policy.closed);
  count(core.counters.sessions_closed);
}
template void end_session<V4>(Core&, std::uint32_t, CloseReason) noexcept;
template void end_session<V6>(Core&, std::uint32_t, CloseReason) noexcept;

template <class F>
void lead_to(Core& core, std::uint32_t slot, unsigned wing, NextHopId next_hop) noexcept {
  put(core.table<F>().record(slot).next_hop[wing], next_hop.value);
  const IflId egress = core.next_hop(next_hop).ifl;
  if (egress != kNoIfl) {
    put(core.table<F>().cold(slot).ifl[wing ^ 1U], egress.value);
  }
}
template void lead_to<V4>(Core&, std::uint32_t, unsigned, NextHopId) noexcept;
template void lead_to<V6>(Core&, std::uint32_t, unsigned, NextHopId) noexcept;

std::uint32_t expire(Core& core, std::uint32_t budget) noexcept {
  watch_watermarks(core);
  expire_bindings(core);
  expire_blocks(core);
  return expire_table<V4>(core, budget) + expire_table<V6>(core, budget);
}

void prefetch(Core& core, const SessionRef& session) noexcept {
  with_family(session.family, [&](auto family) {
    core.table<decltype(family)>().prefetch_record(session.handle.slot);
    return true;
  });
}

bool end(Core& core, const SessionRef& session, CloseReason reason) noexcept {
  return with_family(session.family, [&](auto family) {
    using F = decltype(family);
    if (!still_there<F>(core, session.handle)) {
      return false;
    }
    end_session<F>(core, session.handle.slot, reason);
    return true;
  });
}

bool reroute(Core& core, const SessionRef& session, unsigned wing, NextHopId next_hop) noexcept {
  return with_family(session.family, [&](auto family) {
    using F = decltype(family);
    if (!still_there<F>(core, session.handle)) {
      return false;
    }
    auto& record = core.table<F>().record(session.handle.slot);
    lead_to<F>(core, session.handle.slot, wing, next_hop);
    using session::TimeoutClass;
    if (next_hop == kNoNextHop && core.snapshot->flow.route_change_timeout_s != 0) {
      put(record.last_seen_s, core.now.unix_s);  // the timeout counts from the change
      core.table<F>().change_timeout(session.handle.slot, TimeoutClass::route_change, core.now.unix_s);
    } else if (next_hop != kNoNextHop && record.timeout_class == TimeoutClass::route_change) {
      core.table<F>().change_timeout(session.handle.slot, session::usual_timeout(record), core.now.unix_s);
    }
    return true;
  });
}

bool change_policy(Core& core, const SessionRef& session, PolicyId policy) noexcept {
  return with_family(session.family, [&](auto family) {
    using F = decltype(family);
    if (!still_there<F>(core, session.handle)) {
      return false;
    }
    put(core.table<F>().cold(session.handle.slot).policy, policy.value);
    return true;
  });
}

}  // namespace sluice::flow
