// open_port(): from what the configuration says of a port to DPDK's device arguments.
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <xdp/libxdp.h>

#include <atomic>

#include "dataplane/port/eth_port.h"
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

using Opened = Result<std::unique_ptr<Port>>;

Opened open_af_xdp(const PortOptions& options, rte_mempool* pool) {
  Result<std::unique_ptr<KernelDevice>> device = KernelDevice::acquire(options.device, options.mtu);
  if (!device) return device.error();
  const std::string devargs = fmt::format("net_af_xdp{},iface={},start_queue=0,queue_count={}", next_serial(),
                                          options.device, options.queues);
  silence_libraries();
  Opened opened = EthPort::open(options, devargs, std::move(*device), pool);
  if (opened) return opened;
  return Error{opened.error().tag, opened.error().path,
               opened.error().message +
                   "; the device may be in use by another XDP program, or was open in this process before, "
                   "which takes a restart"};
}

Opened open_pcap(const PortOptions& options, rte_mempool* pool) {
  std::string arguments = options.device;
  if (arguments.find('=') == std::string::npos) arguments = "rx_pcap=" + arguments;
  return EthPort::open(options, fmt::format("net_pcap{},{}", next_serial(), arguments), nullptr, pool);
}

Opened open_by_devargs(const PortOptions& options, rte_mempool* pool) {
  return EthPort::open(options, options.device, nullptr, pool);
}

struct Driver {
  const char* name;
  Opened (*open)(const PortOptions&, rte_mempool*);
};
constexpr Driver kDrivers[] = {
    {"af_xdp", open_af_xdp}, {"af_packet", PacketPort::open}, {"tap", TapPort::open},
    {"pcap", open_pcap},     {"vdev", open_by_devargs},       {"pci", open_by_devargs},
};

}  // namespace

Result<std::unique_ptr<Port>> open_port(const PortOptions& options, rte_mempool* pool) {
  if (options.device.empty()) return Error{"missing-element", options.name, "the port has no device"};
  if (options.queues == 0) return Error{"invalid-value", options.name, "a port has at least one queue"};
  for (const Driver& driver : kDrivers) {
    if (options.driver == driver.name) return driver.open(options, pool);
  }
  return Error{
      "invalid-value", options.name,
      fmt::format("there is no driver \"{}\"; drivers are af_xdp, af_packet, tap, pcap, vdev and pci",
                  options.driver)};
}

}  // namespace sluice::port
