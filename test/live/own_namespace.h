// What live tests in C++ share. The test program runs in a network namespace of its own (main() makes
// it), which the kernel removes with the process, however it ends.
#pragma once

#include <poll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::live {

using Bytes = std::vector<std::uint8_t>;

// Runs a shell command in our namespace; the test fails when it fails. Answers what it printed.
std::string run(const std::string& command);

// Until `done()` holds, at most ten seconds; `done` is asked again and again.
template <class Done>
[[nodiscard]] bool eventually(Done done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < deadline) {
    if (done()) return true;
    poll(nullptr, 0, 1);  // leaves the core to those who are waited for
  }
  return false;
}

// The far end of a wire: frames in and out of a kernel interface, whole.
class Wire {
 public:
  explicit Wire(const std::string& interface);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void send(const Bytes& frame);
  // The next frame that came in, VLAN tag in place; empty when there is none now.
  [[nodiscard]] Bytes receive();

 private:
  int socket_;
};

// A frame with these addresses and EtherType, padded with `fill` to 64 bytes.
[[nodiscard]] Bytes ethernet(const std::array<std::uint8_t, 6>& destination,
                             const std::array<std::uint8_t, 6>& source, std::uint16_t type,
                             std::uint8_t fill);

}  // namespace sluice::live
