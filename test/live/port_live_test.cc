// Ports on real kernel interfaces: frames pass both ways, whole.
#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/wire.h"
#include "dataplane/port/eal.h"
#include "dataplane/port/port.h"
#include "own_namespace.h"
#include "peer.h"

namespace sluice::live {
namespace {

constexpr std::array<std::uint8_t, 6> kPeerMac{2, 0, 0, 0, 0, 9};

class PortLive : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<rte_mempool*> pool = port::make_pool("live", 16383);
    ASSERT_TRUE(pool.has_value());
    pool_ = *pool;
  }
  void TearDown() override {
    port_.reset();
    port::free_pool(pool_);
  }

  void open(const std::string& driver, const std::string& device, std::uint16_t queues = 1,
            std::uint16_t workers = 1) {
    port::PortOptions options;
    options.name = "ge-0/0/0";
    options.driver = driver;
    options.device = device;
    options.queues = queues;
    options.workers = workers;
    Result<std::unique_ptr<port::Port>> opened = port::open_port(options, pool_);
    ASSERT_TRUE(opened.has_value()) << opened.error().text();
    port_ = std::move(*opened);
    if (device == "wire0") await_wire();
  }
  static void make_wire() {
    run("ip link add wire0 type veth peer name far0 && ip link set far0 up && "
        "sysctl -qw net.ipv6.conf.far0.disable_ipv6=1 && ethtool -K far0 tx off txvlan off >/dev/null");
  }
  static void remove_wire() { run("ip link del wire0"); }
  // The kernel drops what is sent on a device until its own notice of the link has made the rounds, up to a
  // second after the link is there; the last command waits for that to be done.
  static void await_wire() {
    EXPECT_TRUE(eventually([] {
      return run("cat /sys/class/net/wire0/operstate /sys/class/net/far0/operstate") == "up\nup\n";
    }));
    run("ip link show far0");
  }

  // What a queue has received; empty when there is nothing now.
  Bytes received_on(std::uint16_t queue) {
    rte_mbuf* frame = nullptr;
    if (port_->receive(queue, &frame, 1) == 0) return {};
    const auto* data = rte_pktmbuf_mtod(frame, const std::uint8_t*);
    Bytes bytes(data, data + rte_pktmbuf_pkt_len(frame));
    rte_pktmbuf_free(frame);
    return bytes;
  }
  // The next frame that the port receives from its wire; empty after the deadline.
  Bytes next_received(std::uint16_t queues = 1) {
    Bytes bytes;
    [[maybe_unused]] const bool came = eventually([&] {
      for (std::uint16_t queue = 0; queue < queues && bytes.empty(); ++queue) bytes = received_on(queue);
      return !bytes.empty();
    });
    return bytes;
  }
  // The queue on which a frame comes, past others; negative after the deadline.
  int queue_of(const Bytes& wanted, std::uint16_t queues) {
    int found = -1;
    [[maybe_unused]] const bool came = eventually([&] {
      for (std::uint16_t queue = 0; queue < queues && found < 0; ++queue) {
        if (received_on(queue) == wanted) found = queue;
      }
      return found >= 0;
    });
    return found;
  }
  static Bytes next_at(Wire& wire) {
    Bytes bytes;
    [[maybe_unused]] const bool came = eventually([&] { return !(bytes = wire.receive()).empty(); });
    return bytes;
  }
  void transmit(const Bytes& bytes, std::uint16_t queue = 0) {
    rte_mbuf* frame = rte_pktmbuf_alloc(pool_);
    std::memcpy(rte_pktmbuf_append(frame, static_cast<std::uint16_t>(bytes.size())), bytes.data(),
                bytes.size());
    ASSERT_EQ(port_->transmit(queue, &frame, 1), 1);
  }

  rte_mempool* pool_ = nullptr;
  std::unique_ptr<port::Port> port_;
};

class PortOnVeth : public PortLive, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    PortLive::SetUp();
    make_wire();
    open(GetParam(), "wire0");
    if (HasFatalFailure()) return;
    wire_ = std::make_unique<Wire>("far0");
  }
  void TearDown() override {
    wire_.reset();
    PortLive::TearDown();
    remove_wire();
  }
  std::unique_ptr<Wire> wire_;
};

TEST_P(PortOnVeth, frames_pass_both_ways_and_are_counted) {
  const Bytes in = ethernet(port_->mac(), kPeerMac, 0x88b5, 1);
  const Bytes out = ethernet(kPeerMac, port_->mac(), 0x88b5, 2);
  wire_->send(in);
  EXPECT_EQ(next_received(), in);
  transmit(out);
  EXPECT_EQ(next_at(*wire_), out);
  EXPECT_EQ(port_->statistics().received_packets, 1U);
  EXPECT_TRUE(eventually([&] {
    // af_xdp counts what the kernel has completed, which the next burst notices.
    return port_->transmit(0, nullptr, 0) == 0 && port_->statistics().transmitted_packets == 1U;
  }));
}

TEST_P(PortOnVeth, a_vlan_tag_stays_in_the_frame_both_ways) {
  Bytes in = ethernet(port_->mac(), kPeerMac, 0x8100, 1);
  in[14] = 0;
  in[15] = 100;
  wire_->send(in);
  EXPECT_EQ(next_received(), in);
  Bytes out = ethernet(kPeerMac, port_->mac(), 0x8100, 2);
  out[14] = 0;
  out[15] = 100;
  transmit(out);
  EXPECT_EQ(next_at(*wire_), out);
}

TEST_P(PortOnVeth, a_full_size_frame_passes_both_ways) {
  Bytes in = ethernet(port_->mac(), kPeerMac, 0x88b5, 1);
  in.resize(1514, 7);
  wire_->send(in);
  EXPECT_EQ(next_received(), in);
  transmit(in);
  EXPECT_EQ(next_at(*wire_), in);
}

TEST_P(PortOnVeth, a_frame_in_several_buffers_is_sent_whole) {
  Bytes out = ethernet(kPeerMac, port_->mac(), 0x88b5, 2);
  rte_mbuf* head = rte_pktmbuf_alloc(pool_);
  rte_mbuf* tail = rte_pktmbuf_alloc(pool_);
  std::memcpy(rte_pktmbuf_append(head, 20), out.data(), 20);
  std::memcpy(rte_pktmbuf_append(tail, 44), out.data() + 20, 44);
  ASSERT_EQ(rte_pktmbuf_chain(head, tail), 0);
  ASSERT_EQ(port_->transmit(0, &head, 1), 1);
  EXPECT_EQ(next_at(*wire_), out);
}

TEST_P(PortOnVeth, the_port_has_the_devices_address_and_follows_its_link) {
  const std::string mac = run("cat /sys/class/net/wire0/address");
  std::array<char, 20> text{};
  const auto m = port_->mac();
  std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x\n", m[0], m[1], m[2], m[3], m[4],
                m[5]);
  EXPECT_EQ(mac, text.data());
  EXPECT_TRUE(port_->link_up());
  run("ip link set far0 down");
  EXPECT_FALSE(port_->link_up());
}

TEST_P(PortOnVeth, the_kernel_does_not_answer_beside_the_firewall) {
  // Without the ingress filter the kernel answers ARP for any address of the machine on any interface.
  run("ip link set lo up && ip addr replace 192.0.2.1/32 dev lo");
  Bytes request = ethernet({255, 255, 255, 255, 255, 255}, kPeerMac, 0x0806, 0);
  const Bytes arp{0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 192, 0, 2, 9, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1};
  std::copy(arp.begin(), arp.end(), request.begin() + 14);
  wire_->send(request);
  EXPECT_EQ(next_received(), request);
  const Bytes marker = ethernet(kPeerMac, port_->mac(), 0x88b5, 3);
  transmit(marker);
  EXPECT_EQ(next_at(*wire_), marker);
}

class PortOnPacketSocket : public PortOnVeth {};

TEST_P(PortOnPacketSocket, a_checksum_that_the_sender_left_to_hardware_is_completed) {
  // The far end sends as a kernel does that relies on its device: the pseudo header's sum in the field.
  run("ethtool -K far0 tx on >/dev/null && ip addr add 192.0.2.9/24 dev far0 && "
      "ip neigh replace 192.0.2.3 lladdr 02:00:00:00:00:01 dev far0 && "
      "bash -c 'echo -n sum >/dev/udp/192.0.2.3/9'");
  Bytes datagram;
  EXPECT_TRUE(eventually([&] {
    datagram = next_received();
    return datagram.size() >= 45 && datagram[23] == 17;
  }));
  // UDP's checksum over pseudo header, header and data is all ones.
  std::uint32_t sum = 17 + 11;
  datagram.resize(46, 0);
  for (std::size_t i = 26; i < 46; i += 2)
    sum += static_cast<std::uint32_t>(datagram[i] << 8 | datagram[i + 1]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  EXPECT_EQ(sum, 0xffffU);
}

TEST_P(PortOnPacketSocket, fragments_stay_fragments) {
  run("ip addr add 192.0.2.9/24 dev far0 && ip neigh replace 192.0.2.3 lladdr 02:00:00:00:00:01 dev far0 && "
      "bash -c 'head -c 2000 /dev/zero >/dev/udp/192.0.2.3/9'");
  Bytes first;
  EXPECT_TRUE(eventually([&] {
    first = next_received();
    return first.size() > 34 && first[12] == 8 && first[23] == 17;
  }));
  EXPECT_EQ(first.size(), 1514U);
  EXPECT_EQ(first[20], 0x20);  // more fragments
  EXPECT_EQ(next_received().size(), 14U + 20 + 2008 - 1480);
}

INSTANTIATE_TEST_SUITE_P(driver, PortOnPacketSocket, ::testing::Values("af_packet"));

INSTANTIATE_TEST_SUITE_P(drivers, PortOnVeth, ::testing::Values("af_xdp", "af_packet"),
                         [](const auto& driver) { return std::string(driver.param); });

// A UDP datagram between 192.0.2.9 and 203.0.113.9, whose port is 53: of flow `number` in one direction or
// the other.
enum class Way : std::uint8_t { there, back };
Bytes flow_frame(const std::array<std::uint8_t, 6>& mac, std::uint16_t number, Way way) {
  Bytes frame = ethernet(mac, kPeerMac, 0x0800, 0);
  const Bytes header{0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0};
  const Bytes here{192, 0, 2, 9};
  const Bytes far{203, 0, 113, 9};
  const bool there = way == Way::there;
  std::ranges::copy(header, frame.begin() + 14);
  std::ranges::copy(there ? here : far, frame.begin() + 26);
  std::ranges::copy(there ? far : here, frame.begin() + 30);
  store_be<std::uint16_t>(&frame[there ? 34 : 36], static_cast<std::uint16_t>(1000 + number));
  store_be<std::uint16_t>(&frame[there ? 36 : 34], 53);
  store_be<std::uint16_t>(&frame[38], 30);
  return frame;
}

TEST_F(PortLive, a_packet_socket_port_spreads_flows_over_its_queues) {
  make_wire();
  open("af_packet", "wire0", 2);
  Wire wire("far0");
  std::array<int, 2> flows{};
  for (std::uint16_t number = 0; number < 64; ++number) {
    wire.send(flow_frame(port_->mac(), number, Way::there));
    const int queue = queue_of(flow_frame(port_->mac(), number, Way::there), 2);
    ASSERT_GE(queue, 0) << "flow " << number;
    ++flows.at(static_cast<std::size_t>(queue));
    wire.send(flow_frame(port_->mac(), number, Way::back));
    EXPECT_EQ(queue_of(flow_frame(port_->mac(), number, Way::back), 2), queue) << "flow " << number;
  }
  // By chance alone fewer than 8 of 64 on one side happen once in a thousand million times.
  EXPECT_GE(flows[0], 8);
  EXPECT_GE(flows[1], 8);
  port_.reset();
  remove_wire();
}

TEST_F(PortLive, a_link_is_followed_at_once_where_the_kernels_own_flag_is_late) {
  // IFF_RUNNING of a wire whose ends have the same index, each in its namespace, lags by up to a second.
  Peer peer;
  run("ip link add wire1 index 900 type veth peer name far1 index 900 netns " +
      std::to_string(peer.process()));
  peer.run("ip link set far1 up");
  open("af_packet", "wire1");
  for (int turn = 0; turn < 4; ++turn) {
    EXPECT_TRUE(port_->link_up());
    peer.run("ip link set far1 down");
    EXPECT_FALSE(port_->link_up());
    peer.run("ip link set far1 up");
  }
  run("ip link del wire1");
}

TEST_F(PortLive, a_closed_packet_socket_port_can_be_opened_again) {
  make_wire();
  open("af_packet", "wire0");
  port_.reset();
  open("af_packet", "wire0");
  Wire wire("far0");
  const Bytes in = ethernet(port_->mac(), kPeerMac, 0x88b5, 1);
  wire.send(in);
  EXPECT_EQ(next_received(), in);
  port_.reset();
  remove_wire();
}

TEST_F(PortLive, a_device_opened_anew_before_its_old_port_closes_stays_closed_to_the_kernel) {
  make_wire();
  open("af_packet", "wire0");
  std::unique_ptr<port::Port> old = std::move(port_);
  open("af_packet", "wire0");
  old.reset();
  EXPECT_NE(run("tc filter show dev wire0 ingress").find("sluice_drop"), std::string::npos);
  port_.reset();
  EXPECT_EQ(run("tc qdisc show dev wire0").find("ingress"), std::string::npos);
  remove_wire();
}

TEST_F(PortLive, an_af_xdp_device_opens_once_per_process_and_says_so) {
  make_wire();
  open("af_xdp", "wire0");
  port_.reset();
  port::PortOptions options;
  options.name = "ge-0/0/0";
  options.driver = "af_xdp";
  options.device = "wire0";
  const auto again = port::open_port(options, pool_);
  ASSERT_FALSE(again.has_value());
  EXPECT_NE(again.error().message.find("restart"), std::string::npos) << again.error().message;
  remove_wire();
}

TEST_F(PortLive, a_jumbo_frame_passes_both_ways) {
  port::free_pool(pool_);
  pool_ = *port::make_pool("jumbo", 2047, 9728);
  make_wire();
  run("ip link set far0 mtu 9000");
  auto opened = port::open_port(
      {.name = "ge-0/0/0", .driver = "af_packet", .device = "wire0", .mtu = 9000, .mac = {}}, pool_);
  ASSERT_TRUE(opened.has_value()) << opened.error().text();
  port_ = std::move(*opened);
  {
    Wire wire("far0");
    Bytes in = ethernet(port_->mac(), kPeerMac, 0x88b5, 1);
    in.resize(9014, 0x5a);
    wire.send(in);
    EXPECT_EQ(next_received(), in);
    Bytes out = ethernet(kPeerMac, port_->mac(), 0x88b5, 2);
    out.resize(9014, 0xa5);
    transmit(out);
    EXPECT_EQ(next_at(wire), out);
  }
  remove_wire();
}

TEST_F(PortLive, a_service_tag_is_not_taken_for_a_vlan_of_ours) {
  make_wire();
  open("af_packet", "wire0");
  {
    Wire wire("far0");
    Bytes tagged = ethernet(port_->mac(), kPeerMac, 0x88a8, 1);
    wire.send(tagged);
    const Bytes plain = ethernet(port_->mac(), kPeerMac, 0x88b5, 2);
    wire.send(plain);
    EXPECT_EQ(next_received(), plain);
    EXPECT_EQ(port_->statistics().receive_errors, 1U);
  }
  remove_wire();
}

TEST_P(PortOnVeth, a_device_that_was_removed_is_lost_and_says_so) {
  EXPECT_FALSE(port_->lost());
  run("ip link del wire0");
  EXPECT_TRUE(port_->lost());
  EXPECT_FALSE(port_->link_up());
  rte_mbuf* frame = nullptr;
  EXPECT_EQ(port_->receive(0, &frame, 1), 0U);
  make_wire();
  EXPECT_TRUE(port_->lost()) << "another device of that name is not this one";
  EXPECT_FALSE(port_->link_up());
  port_.reset();
  open(GetParam(), "wire0");
  Wire wire("far0");
  const Bytes in = ethernet(port_->mac(), kPeerMac, 0x88b5, 1);
  wire.send(in);
  EXPECT_EQ(next_received(), in);
}

TEST_F(PortLive, a_tap_port_passes_frames_both_ways) {
  open("tap", "tapwire0");
  run("sysctl -qw net.ipv6.conf.tapwire0.disable_ipv6=1");
  Wire wire("tapwire0");
  const Bytes in = ethernet(port_->mac(), kPeerMac, 0x88b5, 1);
  wire.send(in);
  // The kernel may have sent something of its own before IPv6 was off.
  EXPECT_TRUE(eventually([&] { return next_received() == in; }));
  const Bytes out = ethernet(kPeerMac, port_->mac(), 0x88b5, 2);
  transmit(out);
  EXPECT_EQ(next_at(wire), out);
}

TEST_F(PortLive, a_capture_file_is_received_frame_by_frame) {
  const auto file =
      std::filesystem::temp_directory_path() / ("sluice_live_" + std::to_string(getpid()) + ".pcap");
  const Bytes frame = ethernet(kPeerMac, {2, 0, 0, 0, 0, 1}, 0x88b5, 5);
  {
    std::ofstream out(file, std::ios::binary);
    const std::uint32_t header[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
    const std::uint32_t record[4] = {1, 0, 64, 64};
    out.write(reinterpret_cast<const char*>(header), sizeof header);
    out.write(reinterpret_cast<const char*>(record), sizeof record);
    out.write(reinterpret_cast<const char*>(frame.data()), 64);
  }
  open("pcap", file.string());
  EXPECT_EQ(next_received(), frame);
  std::filesystem::remove(file);
}

TEST_F(PortLive, two_workers_share_a_device_of_one_queue) {
  make_wire();
  open("af_xdp", "wire0", 2, 2);
  Wire far("far0");
  const Bytes out = ethernet(kPeerMac, port_->mac(), 0x88b5, 2);
  transmit(out, 1);
  // Worker 0 sends it, as it receives.
  far.send(ethernet(port_->mac(), kPeerMac, 0x88b5, 1));
  EXPECT_FALSE(next_received(2).empty());
  EXPECT_EQ(next_at(far), out);
  port_.reset();
  remove_wire();
}

TEST_F(PortLive, a_device_that_the_kernel_uses_is_refused_with_its_address) {
  make_wire();
  run("ip addr add 192.0.2.1/24 dev wire0");
  port::PortOptions options;
  options.name = "ge-0/0/0";
  options.driver = "af_packet";
  options.device = "wire0";
  const auto refused = port::open_port(options, pool_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().tag, "in-use");
  EXPECT_NE(refused.error().message.find("192.0.2.1"), std::string::npos) << refused.error().message;
  remove_wire();
}

TEST_F(PortLive, errors_name_the_port_and_what_is_wrong) {
  port::PortOptions options;
  options.name = "ge-0/0/7";
  options.driver = "af_packet";
  options.device = "nosuch0";
  const auto missing = port::open_port(options, pool_);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().path, "nosuch0");
  EXPECT_EQ(missing.error().message, "there is no such kernel interface in this network namespace");
  options.driver = "carrier-pigeon";
  const auto unknown = port::open_port(options, pool_);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().path, "ge-0/0/7");
}

}  // namespace
}  // namespace sluice::live
