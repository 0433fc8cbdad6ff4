#include "dataplane/port/packet_port.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/wire.h"
#include "dataplane/port/frame_io.h"

namespace sluice::port {
namespace {

// What precedes a frame on a socket with PACKET_VNET_HDR: struct virtio_net_hdr of the Virtio standard
// (linux/virtio_net.h is no C++), in the machine's byte order.
struct OffloadHeader {
  std::uint8_t flags;
  std::uint8_t gso_type;
  std::uint16_t header_length;
  std::uint16_t gso_size;
  std::uint16_t csum_start;   // from here to the end is summed
  std::uint16_t csum_offset;  // and the sum goes there, from csum_start
};
static_assert(sizeof(OffloadHeader) == 10);
constexpr std::uint8_t kNeedsChecksum = 1;
constexpr std::uint8_t kNoSegmentation = 0;

// Room for what arrives while the worker is elsewhere.
constexpr int kSocketBufferBytes = 4 << 20;

void add(std::atomic<std::uint64_t>& counter, std::uint64_t more) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

Error failure(const PortOptions& options, const char* what) {
  return Error{"operation-failed", options.name,
               fmt::format("{} (af_packet device \"{}\"): {}", what, options.device, std::strerror(errno))};
}

template <class T>
bool set(int socket_fd, int level, int option, const T& value) {
  return setsockopt(socket_fd, level, option, &value, sizeof value) == 0;
}

// The sender's kernel put the sum of the pseudo header into the field and left the rest to hardware.
void complete_checksum(rte_mbuf* frame, const OffloadHeader& header) noexcept {
  const std::size_t start = header.csum_start;
  const std::size_t field = start + header.csum_offset;
  if (field + 2 > rte_pktmbuf_data_len(frame)) return;
  auto* bytes = rte_pktmbuf_mtod(frame, std::uint8_t*);
  const std::uint16_t sum = rte_raw_cksum(bytes + start, rte_pktmbuf_data_len(frame) - start);
  const auto checksum = static_cast<std::uint16_t>(~sum);
  // UDP says "no checksum" by zero, and sends all ones for a sum that is zero (RFC 768).
  store<std::uint16_t>(bytes + field, checksum == 0 ? 0xffff : checksum);
}

const tpacket_auxdata* auxiliary(msghdr& message) noexcept {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
      return reinterpret_cast<const tpacket_auxdata*>(CMSG_DATA(c));
    }
  }
  return nullptr;
}

}  // namespace

// What one worker uses; the counters are read by any thread.
struct PacketPort::Queue {
  struct Slot {
    rte_mbuf* frame = nullptr;  // waits for a frame to be received into it
    OffloadHeader header{};
    std::array<iovec, 2> parts{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(tpacket_auxdata))> control{};
  };

  FileDescriptor socket;
  std::array<Slot, kBurst> slots;
  std::array<mmsghdr, kBurst> messages{};
  OffloadHeader no_offload{};
  std::array<std::array<iovec, 2>, kBurst> sent_parts{};
  std::array<mmsghdr, kBurst> sent{};

  std::atomic<std::uint64_t> received_packets{0};
  std::atomic<std::uint64_t> received_bytes{0};
  std::atomic<std::uint64_t> transmitted_packets{0};
  std::atomic<std::uint64_t> transmitted_bytes{0};
  std::atomic<std::uint64_t> receive_errors{0};
  std::atomic<std::uint64_t> transmit_errors{0};
  std::atomic<std::uint64_t> missed{0};

  ~Queue() {
    for (const Slot& slot : slots) rte_pktmbuf_free(slot.frame);
  }
  unsigned prepare(rte_mempool* pool, unsigned count) noexcept;
  [[nodiscard]] bool finish(Slot& slot, const mmsghdr& message) noexcept;
};

PacketPort::PacketPort(const PortOptions& options, std::unique_ptr<KernelDevice> device, rte_mempool* pool)
    : name_(options.name),
      mac_(options.mac.value_or(device->mac())),
      device_(std::move(device)),
      pool_(pool) {}

PacketPort::~PacketPort() = default;

Result<std::unique_ptr<Port>> PacketPort::open(const PortOptions& options, rte_mempool* pool) {
  Result<std::unique_ptr<KernelDevice>> device = KernelDevice::acquire(options.device, options.mtu);
  if (!device) return device.error();
  std::unique_ptr<PacketPort> port(new PacketPort(options, std::move(*device), pool));
  for (unsigned i = 0; i < options.queues; ++i) {
    port->queues_.push_back(std::make_unique<Queue>());
    if (Status opened = port->open_queue(options, *port->queues_.back()); !opened) return opened.error();
  }
  return std::unique_ptr<Port>(std::move(port));
}

Status PacketPort::open_queue(const PortOptions& options, Queue& queue) {
  // Protocol 0: nothing arrives before the socket is bound to the device.
  queue.socket = FileDescriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = queue.socket.get();
  if (fd < 0) return failure(options, "no packet socket, which takes root (CAP_NET_RAW)");
  const int on = 1;
  if (!set(fd, SOL_PACKET, PACKET_AUXDATA, on) || !set(fd, SOL_PACKET, PACKET_VNET_HDR, on) ||
      !set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, on)) {
    return failure(options, "the packet socket does not take its options");
  }
  // Better, not needed.
  (void)set(fd, SOL_PACKET, PACKET_QDISC_BYPASS, on);
  (void)set(fd, SOL_SOCKET, SO_RCVBUFFORCE, kSocketBufferBytes);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = device_->index();
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failure(options, "the packet socket does not bind");
  }
  if (options.mac) {
    packet_mreq everything{};
    everything.mr_ifindex = device_->index();
    everything.mr_type = PACKET_MR_PROMISC;
    if (!set(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, everything)) {
      return failure(options, "the device does not receive for another Ethernet address");
    }
  }
  // Several sockets of one device share its frames, by flow.
  const int group = (device_->index() ^ getpid()) & 0xffff;
  if (options.queues > 1 && !set(fd, SOL_PACKET, PACKET_FANOUT, group | (PACKET_FANOUT_HASH << 16))) {
    return failure(options, "the packet sockets do not share the device");
  }
  return {};
}

// Buffers for up to `count` frames to be received into.
unsigned PacketPort::Queue::prepare(rte_mempool* pool, unsigned count) noexcept {
  unsigned ready = 0;
  for (; ready < count; ++ready) {
    Slot& slot = slots[ready];
    if (slot.frame == nullptr) slot.frame = rte_pktmbuf_alloc(pool);
    if (slot.frame == nullptr) break;
    slot.parts[0] = {&slot.header, sizeof slot.header};
    slot.parts[1] = {rte_pktmbuf_mtod(slot.frame, void*), rte_pktmbuf_tailroom(slot.frame)};
    msghdr& message = messages[ready].msg_hdr;
    message.msg_iov = slot.parts.data();
    message.msg_iovlen = slot.parts.size();
    message.msg_control = slot.control.data();
    message.msg_controllen = slot.control.size();
  }
  return ready;
}

// Makes a whole frame of what was received; false when it cannot be one.
bool PacketPort::Queue::finish(Slot& slot, const mmsghdr& message) noexcept {
  if (message.msg_len < sizeof slot.header || (message.msg_hdr.msg_flags & MSG_TRUNC) != 0 ||
      slot.header.gso_type != kNoSegmentation) {
    return false;
  }
  rte_pktmbuf_append(slot.frame, static_cast<std::uint16_t>(message.msg_len - sizeof slot.header));
  if ((slot.header.flags & kNeedsChecksum) != 0) complete_checksum(slot.frame, slot.header);
  msghdr header = message.msg_hdr;
  const tpacket_auxdata* extra = auxiliary(header);
  const bool tagged = extra != nullptr && (extra->tp_status & TP_STATUS_VLAN_VALID) != 0;
  const bool foreign =
      tagged && (extra->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 && extra->tp_vlan_tpid != ETH_P_8021Q;
  if (foreign) return false;  // a service tag (802.1ad), whose numbers are not those of our units
  return !tagged || put_tag(slot.frame, extra->tp_vlan_tci);
}

std::uint16_t PacketPort::receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept {
  Queue& q = *queues_[queue];
  const unsigned ready = q.prepare(pool_, std::min(count, kBurst));
  const int came = recvmmsg(q.socket.get(), q.messages.data(), ready, MSG_DONTWAIT, nullptr);
  std::uint16_t taken = 0;
  std::uint64_t bytes = 0;
  for (int i = 0; i < came; ++i) {
    Queue::Slot& slot = q.slots[static_cast<std::size_t>(i)];
    if (!q.finish(slot, q.messages[static_cast<std::size_t>(i)])) {
      // Too large for a buffer, for example: the sender left segmentation to hardware.
      rte_pktmbuf_reset(slot.frame);
      add(q.receive_errors, 1);
      continue;
    }
    bytes += rte_pktmbuf_pkt_len(slot.frame);
    frames[taken++] = std::exchange(slot.frame, nullptr);
  }
  if (taken != 0) {
    add(q.received_packets, taken);
    add(q.received_bytes, bytes);
  }
  return taken;
}

std::uint16_t PacketPort::transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept {
  Queue& q = *queues_[queue];
  const unsigned wanted = std::min(count, kBurst);
  for (unsigned i = 0; i < wanted; ++i) {
    // What is in several buffers is gathered into the first, as far as it has room.
    const bool whole = rte_pktmbuf_linearize(frames[i]) == 0;
    q.sent_parts[i][0] = {&q.no_offload, sizeof q.no_offload};
    q.sent_parts[i][1] = {rte_pktmbuf_mtod(frames[i], void*), whole ? rte_pktmbuf_data_len(frames[i]) : 0U};
    q.sent[i].msg_hdr.msg_iov = q.sent_parts[i].data();
    q.sent[i].msg_hdr.msg_iovlen = 2;
  }
  const int sent = wanted == 0 ? 0 : sendmmsg(q.socket.get(), q.sent.data(), wanted, MSG_DONTWAIT);
  if (sent < 0) {
    if (errno == EAGAIN || errno == ENOBUFS) return 0;
    // The first frame is what the device refuses (it is down, the frame too large): lost, as on a wire.
    rte_pktmbuf_free(frames[0]);
    add(q.transmit_errors, 1);
    return 1;
  }
  std::uint64_t bytes = 0;
  for (int i = 0; i < sent; ++i) {
    bytes += rte_pktmbuf_pkt_len(frames[i]);
    rte_pktmbuf_free(frames[i]);
  }
  add(q.transmitted_packets, static_cast<std::uint64_t>(sent));
  add(q.transmitted_bytes, bytes);
  return static_cast<std::uint16_t>(sent);
}

PortStatistics PacketPort::statistics() const noexcept {
  PortStatistics sum;
  for (const auto& queue : queues_) {
    tpacket_stats lost{};
    socklen_t size = sizeof lost;
    // Reading starts the kernel's count anew.
    if (getsockopt(queue->socket.get(), SOL_PACKET, PACKET_STATISTICS, &lost, &size) == 0) {
      queue->missed.fetch_add(lost.tp_drops, std::memory_order_relaxed);
    }
    sum.received_packets += queue->received_packets.load(std::memory_order_relaxed);
    sum.received_bytes += queue->received_bytes.load(std::memory_order_relaxed);
    sum.transmitted_packets += queue->transmitted_packets.load(std::memory_order_relaxed);
    sum.transmitted_bytes += queue->transmitted_bytes.load(std::memory_order_relaxed);
    sum.receive_errors += queue->receive_errors.load(std::memory_order_relaxed);
    sum.transmit_errors += queue->transmit_errors.load(std::memory_order_relaxed);
    sum.missed += queue->missed.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace sluice::port
