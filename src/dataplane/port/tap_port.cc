#include "dataplane/port/tap_port.h"

#include <rte_ether.h>
#include <rte_mbuf.h>

#include <net/if.h>

#include <algorithm>

#include "dataplane/port/frame_io.h"

namespace sluice::port {
namespace {

void add(std::atomic<std::uint64_t>& counter, std::uint64_t more) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

// The wire's end has an address of its own, unlike the kernel's end of the same TAP.
std::array<std::uint8_t, 6> random_mac() {
  rte_ether_addr address;
  rte_eth_random_addr(address.addr_bytes);
  std::array<std::uint8_t, 6> mac{};
  std::copy(std::begin(address.addr_bytes), std::end(address.addr_bytes), mac.begin());
  return mac;
}

}  // namespace

Result<std::unique_ptr<Port>> TapPort::open(const PortOptions& options, rte_mempool* pool) {
  std::unique_ptr<TapPort> port(new TapPort(options, pool));
  port->mac_ = options.mac.value_or(random_mac());
  Result<std::vector<FileDescriptor>> queues =
      open_tap({options.device, random_mac(), options.mtu, options.queues});
  if (!queues) return Error{queues.error().tag, options.name, queues.error().text()};
  port->queues_ = std::move(*queues);
  port->counters_ = std::vector<Counters>(options.queues);
  if (Status up = set_interface_up(options.device, true); !up) return up.error();
  return std::unique_ptr<Port>(std::move(port));
}

bool TapPort::lost() const noexcept {
  return if_nametoindex(device_.c_str()) == 0;
}

std::uint16_t TapPort::receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept {
  std::uint16_t taken = 0;
  std::uint64_t bytes = 0;
  while (taken < count) {
    rte_mbuf* frame = read_frame(queues_[queue].get(), pool_);
    if (frame == nullptr) break;
    bytes += rte_pktmbuf_pkt_len(frame);
    frames[taken++] = frame;
  }
  if (taken != 0) {
    add(counters_[queue].received_packets, taken);
    add(counters_[queue].received_bytes, bytes);
  }
  return taken;
}

std::uint16_t TapPort::transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept {
  std::uint16_t taken = 0;
  for (; taken < count; ++taken) {
    const WriteOutcome outcome = write_frame(queues_[queue].get(), frames[taken]);
    if (outcome == WriteOutcome::full) break;
    if (outcome == WriteOutcome::taken) {
      add(counters_[queue].transmitted_packets, 1);
      add(counters_[queue].transmitted_bytes, rte_pktmbuf_pkt_len(frames[taken]));
    } else {
      add(counters_[queue].errors, 1);
    }
    rte_pktmbuf_free(frames[taken]);
  }
  return taken;
}

PortStatistics TapPort::statistics() const noexcept {
  PortStatistics sum;
  for (const Counters& counters : counters_) {
    sum.received_packets += counters.received_packets.load(std::memory_order_relaxed);
    sum.received_bytes += counters.received_bytes.load(std::memory_order_relaxed);
    sum.transmitted_packets += counters.transmitted_packets.load(std::memory_order_relaxed);
    sum.transmitted_bytes += counters.transmitted_bytes.load(std::memory_order_relaxed);
    sum.transmit_errors += counters.errors.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace sluice::port
