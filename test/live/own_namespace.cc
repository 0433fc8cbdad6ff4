#include "own_namespace.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/wire.h"
#include "dataplane/port/eal.h"

namespace sluice::live {

std::string run(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) {
    ADD_FAILURE() << command << ": " << std::strerror(errno);
    return "";
  }
  std::string output;
  std::array<char, 4096> part{};
  for (std::size_t size; (size = fread(part.data(), 1, part.size(), pipe)) > 0;)
    output.append(part.data(), size);
  EXPECT_EQ(pclose(pipe), 0) << command << "\n" << output;
  return output;
}

Wire::Wire(const std::string& interface)
    : socket_(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL))) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << interface;
  const int on = 1;
  EXPECT_EQ(setsockopt(socket_, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on), 0);
  EXPECT_EQ(setsockopt(socket_, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on), 0);
}

Wire::~Wire() {
  close(socket_);
}

void Wire::send(const Bytes& frame) {
  EXPECT_EQ(::send(socket_, frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()))
      << std::strerror(errno);
}

Bytes Wire::receive() {
  Bytes frame(65536);
  iovec part{frame.data(), frame.size()};
  alignas(cmsghdr) std::array<char, 256> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(socket_, &message, 0);
  if (size <= 0) return {};
  frame.resize(static_cast<std::size_t>(size));
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
    const auto aux = load<tpacket_auxdata>(CMSG_DATA(c));
    if ((aux.tp_status & TP_STATUS_VLAN_VALID) == 0) continue;
    // The kernel moves the tag out of the frame.
    std::array<std::uint8_t, 4> tag{0x81, 0x00, 0, 0};
    store_be<std::uint16_t>(&tag[2], aux.tp_vlan_tci);
    frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  }
  return frame;
}

Bytes ethernet(const std::array<std::uint8_t, 6>& destination, const std::array<std::uint8_t, 6>& source,
               std::uint16_t type, std::uint8_t fill) {
  Bytes frame(64, fill);
  std::copy(destination.begin(), destination.end(), frame.begin());
  std::copy(source.begin(), source.end(), frame.begin() + 6);
  store_be<std::uint16_t>(&frame[12], type);
  return frame;
}

}  // namespace sluice::live

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  // Listing the tests needs no privilege, and running them does.
  if (!testing::GTEST_FLAG(list_tests)) {
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) {
      std::fprintf(stderr, "live tests make a network namespace, which takes root: %s\n",
                   std::strerror(errno));
      return 1;
    }
    // /sys shows the devices of the namespace in which it was mounted.
    mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    mount("sysfs", "/sys", "sysfs", 0, nullptr);
    sluice::live::run("sysctl -qw net.ipv6.conf.default.dad_transmits=0");
    const sluice::Status started = sluice::port::start_eal();
    if (!started) {
      std::fprintf(stderr, "%s\n", started.error().text().c_str());
      return 1;
    }
  }
  return RUN_ALL_TESTS();
}
