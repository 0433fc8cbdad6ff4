// Port: where frames come from and go to.
//
// One interface for every NIC driver of DPDK (af_xdp, af_packet, tap, pcap, physical), for the twin
// of a port in the kernel, and for the test port. A port has queues; queue q is used by worker q
// alone, so receive() and transmit() need no locks.
//
// Frames are mbufs: one per frame on receipt, whole Ethernet frame, no VLAN stripping, no offloads
// assumed. Who owns them: the caller after receive(); the port after a transmit() that took them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataplane/packet/ids.h"

struct rte_mbuf;
struct rte_mempool;

namespace sluice::port {

struct PortStatistics {
  std::uint64_t received_packets = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t transmitted_packets = 0;
  std::uint64_t transmitted_bytes = 0;
  std::uint64_t missed = 0;  // lost by the device before we saw them
  std::uint64_t errors = 0;
};

class Port {
 public:
  virtual ~Port() = default;

  // Worker thread of that queue. Up to `count` frames; returns how many.
  virtual std::uint16_t receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept = 0;
  // Worker thread of that queue. Takes the first n frames and returns n; the caller keeps the rest.
  virtual std::uint16_t transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept = 0;

  // Control thread.
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;
  [[nodiscard]] virtual std::array<std::uint8_t, 6> mac() const noexcept = 0;
  [[nodiscard]] virtual bool link_up() const noexcept = 0;
  [[nodiscard]] virtual PortStatistics statistics() const noexcept = 0;
};

// What configuration says of a port (`system ports NAME`).
struct PortOptions {
  std::string name;    // "ge-0/0/0"
  std::string driver;  // "af_xdp", "af_packet", "tap", "pcap", or "" for a device by its DPDK devargs
  std::string device;  // the kernel's interface name, a capture file, or devargs
  std::uint16_t queues = 1;
  std::uint16_t mtu = 1500;
};

// Opens a device through DPDK and starts it. Buffers come from `pool`.
[[nodiscard]] Result<std::unique_ptr<Port>> open_port(const PortOptions& options, rte_mempool* pool);

}  // namespace sluice::port
