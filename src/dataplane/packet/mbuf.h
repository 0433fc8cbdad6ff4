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

// Parses a received buffer.
inline Kind parse_mbuf(const Ingress& ingress, rte_mbuf* mbuf, Packet& packet) noexcept {
  packet.buffer = mbuf;
  packet.untouched = false;
  packet.reassembled = mbuf->nb_segs > 1;
  packet.hold_deadline_ns = 0;
  packet.fragment_to_mtu = false;
  const Kind kind = parse(ingress, frame_of(mbuf), packet);
  packet.headroom = static_cast<std::uint16_t>(rte_pktmbuf_headroom(mbuf) + packet.l2_length);
  return kind;
}

// Gives the buffer the bounds of the packet as it is to be sent: its Ethernet header and its IP length,
// no padding. Segments that are not needed any more are freed.
inline void trim_to_packet(const Packet& packet) noexcept {
  rte_mbuf* mbuf = mbuf_of(packet);
  const std::uint8_t* start = packet.l3 - packet.l2_length;
  const auto length = static_cast<std::uint32_t>(packet.l2_length + packet.ip_length);
  mbuf->data_off = static_cast<std::uint16_t>(start - static_cast<const std::uint8_t*>(mbuf->buf_addr));
  if (mbuf->nb_segs == 1) [[likely]] {
    mbuf->data_len = static_cast<std::uint16_t>(length);
    mbuf->pkt_len = length;
    return;
  }
  const auto first = static_cast<std::uint16_t>(packet.l2_length + packet.contiguous);
  if (length <= first) {
    rte_pktmbuf_free(mbuf->next);
    mbuf->next = nullptr;
    mbuf->nb_segs = 1;
    mbuf->data_len = static_cast<std::uint16_t>(length);
  } else {
    mbuf->data_len = first;
  }
  mbuf->pkt_len = length;
}

}  // namespace sluice::packet
