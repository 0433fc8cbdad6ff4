#include "dataplane/port/kernel_device.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace sluice::port {
namespace {

ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

void set_offload(int socket, const std::string& name, std::uint32_t command, std::uint32_t value) {
  ifreq request = request_for(name);
  ethtool_value setting{command, value};
  request.ifr_data = reinterpret_cast<char*>(&setting);
  // A device that lacks the offload refuses, which is just as well.
  [[maybe_unused]] const int ignored = ioctl(socket, SIOCETHTOOL, &request);
}

void turn_offloads_off(int socket, const std::string& name) {
  for (const std::uint32_t command :
       {ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_SSG}) {
    set_offload(socket, name, command, 0);
  }
  // LRO, and VLAN tags moved out of the frame: all flags off.
  set_offload(socket, name, ETHTOOL_SFLAGS, 0);
}

// Empty when it is no IP address, or one that every IPv6 interface makes for itself.
std::string address_text(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.sa_family == AF_INET) {
    const auto& inet = reinterpret_cast<const sockaddr_in&>(address);
    return inet_ntop(AF_INET, &inet.sin_addr, text.data(), text.size());
  }
  if (address.sa_family != AF_INET6) return "";
  const auto& inet6 = reinterpret_cast<const sockaddr_in6&>(address);
  if (IN6_IS_ADDR_LINKLOCAL(&inet6.sin6_addr)) return "";
  return inet_ntop(AF_INET6, &inet6.sin6_addr, text.data(), text.size());
}

Error failure(const std::string& name, const char* what) {
  return Error{"operation-failed", name, fmt::format("{}: {}", what, std::strerror(errno))};
}

}  // namespace

Result<std::unique_ptr<KernelDevice>> KernelDevice::acquire(const std::string& name, std::uint16_t mtu) {
  if (name.empty() || name.size() >= IFNAMSIZ) {
    return Error{"invalid-value", name,
                 fmt::format("a kernel interface has a name of 1 to {} characters", IFNAMSIZ - 1)};
  }
  const int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) return failure(name, "no socket for interface settings");
  std::unique_ptr<KernelDevice> device(new KernelDevice(name, socket_fd));
  if (Status known = device->identify(); !known) return known.error();
  if (Status unused = device->check_unused(); !unused) return unused.error();
  turn_offloads_off(socket_fd, name);
  // Best effort where /proc is read-only: the filter below keeps the stack silent in any case.
  std::ofstream("/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6") << 1;
  Result<IngressDrop> filter = add_ingress_drop(device->index_);
  if (!filter) return Error{filter.error().tag, name, filter.error().message};
  device->filter_ = *filter;
  if (Status up = device->set_up(mtu); !up) return up.error();
  return device;
}

KernelDevice::~KernelDevice() {
  if (filter_.priority != 0) remove_ingress_drop(filter_);
  close(socket_);
}

Status KernelDevice::identify() {
  ifreq request = request_for(name_);
  if (ioctl(socket_, SIOCGIFINDEX, &request) < 0) {
    return Error{"data-missing", name_, "there is no such kernel interface in this network namespace"};
  }
  index_ = request.ifr_ifindex;
  request = request_for(name_);
  if (ioctl(socket_, SIOCGIFHWADDR, &request) < 0 || request.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
    return Error{"invalid-value", name_, "the kernel interface is no Ethernet interface"};
  }
  std::memcpy(mac_.data(), request.ifr_hwaddr.sa_data, mac_.size());
  return {};
}

Status KernelDevice::check_unused() const {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return failure(name_, "its addresses cannot be read");
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(all, freeifaddrs);
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || name_ != one->ifa_name) continue;
    const std::string text = address_text(*one->ifa_addr);
    if (text.empty()) continue;
    return Error{
        "in-use", name_,
        fmt::format("the kernel uses the interface: it has address {}; remove it (the interface's twin "
                    "carries the firewall's addresses), or name another device",
                    text)};
  }
  return {};
}

std::uint16_t KernelDevice::queues() const noexcept {
  ifreq request = request_for(name_);
  ethtool_channels channels{};
  channels.cmd = ETHTOOL_GCHANNELS;
  request.ifr_data = reinterpret_cast<char*>(&channels);
  if (ioctl(socket_, SIOCETHTOOL, &request) != 0) return 1;
  const std::uint32_t pairs = channels.combined_count + std::min(channels.rx_count, channels.tx_count);
  return static_cast<std::uint16_t>(std::max<std::uint32_t>(pairs, 1));
}

Status KernelDevice::set_up(std::uint16_t mtu) const {
  ifreq request = request_for(name_);
  request.ifr_mtu = mtu;
  if (ioctl(socket_, SIOCSIFMTU, &request) < 0) {
    return failure(name_, fmt::format("the device does not take mtu {}", mtu).c_str());
  }
  request = request_for(name_);
  if (ioctl(socket_, SIOCGIFFLAGS, &request) < 0) return failure(name_, "its flags cannot be read");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (ioctl(socket_, SIOCSIFFLAGS, &request) < 0) return failure(name_, "it does not come up");
  return {};
}

bool KernelDevice::lost() const noexcept {
  ifreq request{};
  request.ifr_ifindex = index_;
  return ioctl(socket_, SIOCGIFNAME, &request) < 0 && errno == ENODEV;
}

std::uint32_t KernelDevice::speed_mbps() const noexcept {
  ifreq request = request_for(name_);
  ethtool_cmd link{};
  link.cmd = ETHTOOL_GSET;
  request.ifr_data = reinterpret_cast<char*>(&link);
  if (lost() || ioctl(socket_, SIOCETHTOOL, &request) != 0) return 0;
  const std::uint32_t speed = ethtool_cmd_speed(&link);
  return speed == static_cast<std::uint32_t>(SPEED_UNKNOWN) ? 0 : speed;
}

bool KernelDevice::running() const noexcept {
  if (lost()) return false;
  ifreq request = request_for(name_);
  // IFF_RUNNING follows the carrier up to seconds later, and a link is wanted as soon as it is there.
  ethtool_value link{.cmd = ETHTOOL_GLINK, .data = 0};
  request.ifr_data = reinterpret_cast<char*>(&link);
  if (ioctl(socket_, SIOCETHTOOL, &request) == 0) return link.data != 0;
  request = request_for(name_);
  return ioctl(socket_, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING) != 0;
}

}  // namespace sluice::port
