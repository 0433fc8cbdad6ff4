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
#include <optional>
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
  std::uint64_t receive_errors = 0;
  std::uint64_t transmit_errors = 0;
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
  // 0: the device does not say.
  [[nodiscard]] virtual std::uint32_t speed_mbps() const noexcept { return 0; }
  // The device was removed and this port will never work again. When one of its name is back, open_port()
  // finds it.
  [[nodiscard]] virtual bool lost() const noexcept { return false; }
  [[nodiscard]] virtual PortStatistics statistics() const noexcept = 0;
};

// What configuration says of a port (`system ports NAME`).
struct PortOptions {
  std::string name;  // "ge-0/0/0"
  // "af_xdp", "af_packet", "tap", "pcap", "vdev" (a virtual device by its DPDK devargs), "pci".
  std::string driver;
  // af_xdp, af_packet: the kernel's interface, which the port takes over (kernel_device.h says how);
  // tap: the name of the TAP to make; pcap: a capture file to receive from, or net_pcap's arguments
  // ("rx_pcap=in.pcap,tx_pcap=out.pcap"); vdev: devargs ("net_memif0,role=client"); pci: the address.
  std::string device;
  std::uint16_t queues = 1;  // receive queues; a device that has fewer gives those that it has
  // Workers that use the port. Those beyond its queues receive nothing from the wire, and send through
  // the others.
  std::uint16_t workers = 1;
  std::uint16_t mtu = 1500;                        // largest IP packet
  std::optional<std::array<std::uint8_t, 6>> mac;  // instead of the device's own

  friend bool operator==(const PortOptions&, const PortOptions&) = default;
};

// Opens a device and starts it. An af_xdp device opens once in the life of a process: when closed,
// DPDK 22.11's driver keeps the socket and its buffers, so whoever may need the port again keeps it.
// Buffers come from `pool`, which must outlive the port. Control thread.
[[nodiscard]] Result<std::unique_ptr<Port>> open_port(const PortOptions& options, rte_mempool* pool);

}  // namespace sluice::port
