// Which timeout rules a session. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/packet/packet.h"
#include "dataplane/session/record.h"
#include "dataplane/session/tcp.h"

namespace sluice::session {

// Seconds for each TimeoutClass but `service`. A route_change of 0 is not configured.
using TimeoutClasses = std::array<std::uint32_t, static_cast<std::size_t>(TimeoutClass::count_)>;

// What rules a session while its routes are there.
template <class F>
[[nodiscard]] TimeoutClass usual_timeout(const Record<F>& record) noexcept {
  if (get(record.key.protocol) != packet::protocol::kTcp) {
    return TimeoutClass::service;
  }
  switch (static_cast<tcp::State>(get(record.state))) {
    case tcp::State::established:
    case tcp::State::reopening:
      return TimeoutClass::service;
    case tcp::State::closed:
      return TimeoutClass::tcp_close;
    default:
      return TimeoutClass::tcp_initial;
  }
}

// How long a session may be silent: `own` is the timeout of its service.
template <class F>
[[nodiscard]] std::uint32_t ruling_timeout_s(const Record<F>& record, std::uint32_t own,
                                             const TimeoutClasses& classes) noexcept {
  const auto of = [&](TimeoutClass klass) {
    return klass == TimeoutClass::service ? own : classes[static_cast<std::size_t>(klass)];
  };
  const TimeoutClass klass = get(record.timeout_class);
  const bool taken_back = klass == TimeoutClass::route_change && of(klass) == 0;
  return of(taken_back ? usual_timeout(record) : klass);
}

}  // namespace sluice::session
