// A network interface of the kernel that a port drives (af_xdp, af_packet).
//
// The firewall has the device to itself. While a KernelDevice lives, the kernel's own stack sees none
// of its frames: an ingress filter drops them behind the point where packet sockets take their copy
// and behind XDP. Without it the kernel would answer beside the firewall, for example ARP for the
// addresses of the port's twin. IPv6 is off on it, for the same reason.
//
// A device that has addresses in the kernel is refused: the machine is using it, perhaps for the operator's
// own session, and the firewall's addresses belong on the port's twin.
//
// A firewall that is killed leaves the filter behind: its device stays closed until a firewall opens it
// again, or the operator removes the filter (`tc qdisc del dev DEVICE ingress`).
//
// Offloads are turned off: the device must hand over and take complete frames, with complete
// checksums and VLAN tags in place. That is all one end can do: of a veth pair, the OTHER end must also
// leave off transmit checksums, and segmentation with them (`ethtool -K PEER tx off txvlan off`). AF_XDP
// cannot tell a checksum that the sender has left to "hardware"; packet sockets can, and the port completes
// it, but not a segment that is larger than a frame. Offloads stay off afterwards.
//
// Thread: control.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "dataplane/port/ingress_filter.h"

namespace sluice::port {

class KernelDevice {
 public:
  // Takes the device over and brings it up.
  [[nodiscard]] static Result<std::unique_ptr<KernelDevice>> acquire(const std::string& name,
                                                                     std::uint16_t mtu);
  ~KernelDevice();
  KernelDevice(const KernelDevice&) = delete;
  KernelDevice& operator=(const KernelDevice&) = delete;

  [[nodiscard]] int index() const noexcept { return index_; }
  [[nodiscard]] std::array<std::uint8_t, 6> mac() const noexcept { return mac_; }
  // Pairs of queues that the device has now.
  [[nodiscard]] std::uint16_t queues() const noexcept;
  // It is no longer there; a new one of its name is another device.
  [[nodiscard]] bool lost() const noexcept;
  // 0: the kernel does not know.
  [[nodiscard]] std::uint32_t speed_mbps() const noexcept;
  // The kernel says that the device has a carrier.
  [[nodiscard]] bool running() const noexcept;

 private:
  KernelDevice(std::string name, int socket) : name_(std::move(name)), socket_(socket) {}
  [[nodiscard]] Status identify();
  [[nodiscard]] Status check_unused() const;
  [[nodiscard]] Status set_up(std::uint16_t mtu) const;

  std::string name_;
  int socket_;  // any socket serves interface ioctls
  int index_ = 0;
  IngressDrop filter_;
  std::array<std::uint8_t, 6> mac_{};
};

}  // namespace sluice::port
