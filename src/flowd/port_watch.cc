#include "flowd/port_watch.h"

namespace sluice::flowd {
namespace {

constexpr std::uint64_t kBitsPerByte = 8;

// A port that was opened again counts from zero.
std::uint64_t per_second(std::uint64_t before, std::uint64_t after, std::uint64_t ns) {
  return ns == 0 || after < before ? 0 : (after - before) * kNsPerSecond / ns;
}

}  // namespace

void PortWatch::look(std::span<const std::shared_ptr<port::Port>> ports, const Now& now) {
  const std::lock_guard lock(mutex_);
  watched_.resize(ports.size());
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (ports[i] != nullptr) {
      look_at(*ports[i], now, watched_[i]);
    }
  }
}

void PortWatch::look_at(const port::Port& port, const Now& now, Watched& watched) {
  const bool up = port.link_up();
  const port::PortStatistics counted = port.statistics();
  PortHistory& history = watched.history;
  if (watched.seen) {
    if (up != watched.up) {
      history.flapped_unix_s = now.unix_s;
      ++history.carrier_transitions;
    }
    const port::PortStatistics& before = watched.counted;
    const std::uint64_t ns = now.ns - watched.looked_ns;
    history.received_pps = per_second(before.received_packets, counted.received_packets, ns);
    history.transmitted_pps = per_second(before.transmitted_packets, counted.transmitted_packets, ns);
    history.received_bps = per_second(before.received_bytes, counted.received_bytes, ns) * kBitsPerByte;
    history.transmitted_bps =
        per_second(before.transmitted_bytes, counted.transmitted_bytes, ns) * kBitsPerByte;
  }
  watched.seen = true;
  watched.up = up;
  watched.looked_ns = now.ns;
  watched.counted = counted;
}

PortHistory PortWatch::history(PortId port) const {
  const std::lock_guard lock(mutex_);
  return port.value < watched_.size() ? watched_[port.value].history : PortHistory();
}

}  // namespace sluice::flowd
