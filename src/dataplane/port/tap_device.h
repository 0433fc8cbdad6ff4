// A TAP interface of the kernel: what the kernel sends on it is read here, what is written here the
// kernel receives. Made by open_tap(); it disappears when the last descriptor is closed.
//
// Offloads are off (the default without TUNSETOFFLOAD), so the kernel completes checksums and segments
// before it hands a frame over. Needs root (CAP_NET_ADMIN) and /dev/net/tun.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::port {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

struct TapOptions {
  std::string name;
  std::array<std::uint8_t, 6> mac{};
  std::uint16_t mtu = 1500;
  std::uint16_t queues = 1;
};

// One non-blocking descriptor per queue. The interface is left down, except for what opening implies.
[[nodiscard]] Result<std::vector<FileDescriptor>> open_tap(const TapOptions& options);

[[nodiscard]] Status set_interface_up(const std::string& name, bool up);
[[nodiscard]] Status set_interface_mtu(const std::string& name, std::uint16_t mtu);
// The carrier that the kernel sees on the TAP. Kernels before 5.0 have none to set: no failure.
void set_tap_carrier(int fd, bool up) noexcept;

}  // namespace sluice::port
