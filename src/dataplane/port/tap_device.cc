#include "dataplane/port/tap_device.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sluice::port {
namespace {

ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

Error tun_failure(const std::string& name) {
  const int reason = errno;
  std::string message = std::strerror(reason);
  if (reason == EPERM) message = "it takes root (CAP_NET_ADMIN)";
  if (reason == EBUSY) message = "an interface of that name is in use by another program";
  if (reason == EINVAL) message = "an interface of that name exists and is no TAP";
  return Error{"operation-failed", name, fmt::format("the TAP interface cannot be made: {}", message)};
}

Result<FileDescriptor> open_queue(const TapOptions& options) {
  FileDescriptor tun(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (tun.get() < 0) {
    return Error{"operation-failed", options.name,
                 fmt::format("/dev/net/tun does not open: {}; the kernel's tun driver and root are needed",
                             std::strerror(errno))};
  }
  ifreq request = request_for(options.name);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (options.queues > 1) request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_MULTI_QUEUE);
  if (ioctl(tun.get(), TUNSETIFF, &request) < 0) return tun_failure(options.name);
  return tun;
}

// An ioctl on the interface, through whatever socket.
Status interface_ioctl(unsigned long command, ifreq& request, const char* what) {
  const FileDescriptor any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (any.get() >= 0 && ioctl(any.get(), command, &request) == 0) return {};
  return Error{"operation-failed", request.ifr_name, fmt::format("{}: {}", what, std::strerror(errno))};
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) close(fd_);
}

Result<std::vector<FileDescriptor>> open_tap(const TapOptions& options) {
  if (options.name.empty() || options.name.size() >= IFNAMSIZ) {
    return Error{"invalid-value", options.name,
                 fmt::format("an interface name has 1 to {} characters", IFNAMSIZ - 1)};
  }
  std::vector<FileDescriptor> queues;
  for (unsigned i = 0; i < options.queues; ++i) {
    Result<FileDescriptor> queue = open_queue(options);
    if (!queue) return queue.error();
    queues.push_back(std::move(*queue));
  }
  ifreq request = request_for(options.name);
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  std::copy(options.mac.begin(), options.mac.end(),
            reinterpret_cast<std::uint8_t*>(request.ifr_hwaddr.sa_data));
  if (Status set =
          interface_ioctl(SIOCSIFHWADDR, request, "the interface does not take the Ethernet address");
      !set) {
    return set.error();
  }
  if (Status set = set_interface_mtu(options.name, options.mtu); !set) return set.error();
  return queues;
}

Status set_interface_up(const std::string& name, bool up) {
  ifreq request = request_for(name);
  if (Status read = interface_ioctl(SIOCGIFFLAGS, request, "the interface's flags cannot be read"); !read) {
    return read;
  }
  const int flags = up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP;
  request.ifr_flags = static_cast<short>(flags);
  return interface_ioctl(SIOCSIFFLAGS, request,
                         up ? "the interface does not come up" : "it does not go down");
}

Status set_interface_mtu(const std::string& name, std::uint16_t mtu) {
  ifreq request = request_for(name);
  request.ifr_mtu = mtu;
  return interface_ioctl(SIOCSIFMTU, request, fmt::format("the interface does not take mtu {}", mtu).c_str());
}

void set_tap_carrier(int fd, bool up) noexcept {
  int carrier = up ? 1 : 0;
  [[maybe_unused]] const int ignored = ioctl(fd, TUNSETCARRIER, &carrier);
}

}  // namespace sluice::port
