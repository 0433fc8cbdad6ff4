// The mbuf adapter: between DPDK's buffers and Packet. The only place of the packet room that knows them.
//
// Thread: the worker that owns the buffer.
#pragma once

#include <rte_mbuf.h>

#include "dataplane/packet/packet.h"

namespace sluice::packet {

[[nodiscard]] inline rte_mbuf* mbuf_of(const Packet& packet) noexcept {
  return static_cast<rte_mbuf*>(packet.buffer);
}

[[nodiscard]] inline Frame frame_of(rte_mbuf* mbuf) noexcept {
  return Frame{.data = rte_pktmbuf_mtod(mbuf, std::uint8_t*),
               .contiguous = mbuf->data_len,
               .length = static_cast<std::uint16_t>(mbuf->pkt_len)};
}

// parse_plain() of a received buffer.
template <class F>
[[nodiscard]] inline bool parse_plain(const PlainIngress& ingress, rte_mbuf* mbuf, Packet& packet,
                                      Words<typename F::Key>& words) noexcept {
  constexpr std::uint16_t kEthernet = 14;
  const std::uint16_t offset = mbuf->data_off;
  if (mbuf->nb_segs != 1 || !parse_plain<F>(ingress, static_cast<std::uint8_t*>(mbuf->buf_addr) + offset,
                                            mbuf->data_len, packet, words)) [[unlikely]] {
    return false;
  }
  packet.buffer = mbuf;
  packet.headroom = static_cast<std::uint16_t>(offset + kEthernet);
  packet.hold_deadline_ns = 0;
  return true;
}

// Parses any received buffer.
inline Kind parse_mbuf(const Ingress& ingress, rte_mbuf* mbuf, Packet& packet) noexcept {
  packet.buffer = mbuf;
  packet.egress_mtu = 0;
  packet.hold_deadline_ns = 0;
  packet.untouched = false;
  packet.reassembled = mbuf->nb_segs > 1;
  parse(ingress, frame_of(mbuf), packet);
  packet.headroom = static_cast<std::uint16_t>(mbuf->data_off + packet.l2_length);
  return packet.kind;
}

// Gives the buffer, of one segment, the bounds of the packet as it is to be sent: its Ethernet header and its
// IP length, no padding.
inline void trim_whole(const Packet& packet) noexcept {
  rte_mbuf* mbuf = mbuf_of(packet);
  const auto length = static_cast<std::uint32_t>(packet.l2_length + packet.ip_length);
  mbuf->data_off = static_cast<std::uint16_t>(packet.headroom - packet.l2_length);
  mbuf->pkt_len = length;
  mbuf->data_len = static_cast<std::uint16_t>(length);
}

// The same for any buffer. Segments that are not needed any more are freed.
inline void trim_to_packet(const Packet& packet) noexcept {
  trim_whole(packet);
  if (!packet.reassembled) {
    return;
  }
  rte_mbuf* mbuf = mbuf_of(packet);
  const std::uint32_t length = mbuf->pkt_len;
  const auto first = static_cast<std::uint32_t>(packet.l2_length + packet.contiguous);
  mbuf->data_len = static_cast<std::uint16_t>(length < first ? length : first);
  if (length <= first && mbuf->next != nullptr) {
    rte_pktmbuf_free(mbuf->next);
    mbuf->next = nullptr;
    mbuf->nb_segs = 1;
  }
}

}  // namespace sluice::packet
