// open_port(): from what the configuration says of a port to DPDK's device arguments.
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <xdp/libxdp.h>

#include <algorithm>
#include <atomic>

#include "dataplane/port/eth_port.h"
#include "dataplane/port/narrow_port.h"
#include "dataplane/port/packet_port.h"
#include "dataplane/port/tap_port.h"

namespace sluice::port {
namespace {

unsigned next_serial() {
  static std::atomic<unsigned> serial{0};
  return serial.fetch_add(1);
}

// libbpf and libxdp, which DPDK's driver uses, print harmless remarks for every program they load. What
// fails is reported by the driver itself.
void silence_libraries() {
  libbpf_set_print(nullptr);
  libxdp_set_print(nullptr);
}

// A device, and the queues that it has.
struct Device {
  std::unique_ptr<Port> port;
  std::uint16_t queues = 1;
};
using Opened = Result<Device>;

Opened eth_port(const PortOptions& options, const std::string& devargs, std::unique_ptr<KernelDevice> device,
                rte_mempool* pool) {
  Result<std::unique_ptr<EthPort>> port = EthPort::open(options, devargs, std::move(device), pool);
  if (!port) return port.error();
  const std::uint16_t queues = (*port)->queues();
  return Device{std::move(*port), queues};
}

Opened open_af_xdp(const PortOptions& options, rte_mempool* pool) {
  Result<std::unique_ptr<KernelDevice>> device = KernelDevice::acquire(options.device, options.mtu);
  if (!device) return device.error();
  const std::uint16_t queues = std::min(options.queues, (*device)->queues());
  const std::string devargs = fmt::format("net_af_xdp{},iface={},start_queue=0,queue_count={}", next_serial(),
                                          options.device, queues);
  silence_libraries();
  Opened opened = eth_port(options, devargs, std::move(*device), pool);
  if (opened) return opened;
  return Error{opened.error().tag, opened.error().path,
               opened.error().message +
                   "; the device may be in use by another XDP program, or was open in this process before, "
                   "which takes a restart"};
}

// Drivers that make as many queues as are wanted.
template <auto kOpen>
Opened open_any(const PortOptions& options, rte_mempool* pool) {
  Result<std::unique_ptr<Port>> port = kOpen(options, pool);
  if (!port) return port.error();
  return Device{std::move(*port), options.queues};
}

Opened open_pcap(const PortOptions& options, rte_mempool* pool) {
  std::string arguments = options.device;
  if (arguments.find('=') == std::string::npos) arguments = "rx_pcap=" + arguments;
  return eth_port(options, fmt::format("net_pcap{},{}", next_serial(), arguments), nullptr, pool);
}

Opened open_by_devargs(const PortOptions& options, rte_mempool* pool) {
  return eth_port(options, options.device, nullptr, pool);
}

struct Driver {
  const char* name;
  Opened (*open)(const PortOptions&, rte_mempool*);
};
constexpr Driver kDrivers[] = {
    {"af_xdp", open_af_xdp},          {"af_packet", open_any<PacketPort::open>},
    {"tap", open_any<TapPort::open>}, {"pcap", open_pcap},
    {"vdev", open_by_devargs},        {"pci", open_by_devargs},
};

}  // namespace

Result<std::unique_ptr<Port>> open_port(const PortOptions& options, rte_mempool* pool) {
  if (options.device.empty()) return Error{"missing-element", options.name, "the port has no device"};
  if (options.queues == 0) return Error{"invalid-value", options.name, "a port has at least one queue"};
  for (const Driver& driver : kDrivers) {
    if (options.driver != driver.name) continue;
    Opened opened = driver.open(options, pool);
    if (!opened) return opened.error();
    if (opened->queues >= std::max(options.workers, options.queues)) return std::move(opened->port);
    return NarrowPort::wrap(std::move(opened->port), opened->queues);
  }
  return Error{
      "invalid-value", options.name,
      fmt::format("there is no driver \"{}\"; drivers are af_xdp, af_packet, tap, pcap, vdev and pci",
                  options.driver)};
}

}  // namespace sluice::port
