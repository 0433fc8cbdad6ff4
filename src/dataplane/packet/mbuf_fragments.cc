#include "dataplane/packet/mbuf_fragments.h"

#include <rte_ip_frag.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/ip.h"
#include "dataplane/packet/mbuf.h"

namespace sluice::packet {
namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint32_t kBucketEntries = 8;
constexpr std::uint32_t kMaxDatagram = 65535;

struct FragmentFacts {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;  // of its data
  bool more = false;
};

FragmentFacts facts4(const Packet& packet) noexcept {
  const auto field = load_be<std::uint16_t>(packet.l3 + 6);
  const std::uint32_t offset = (field & 0x1fffU) * 8;
  return {.offset = offset,
          .length = static_cast<std::uint32_t>(packet.ip_length - packet.l4),
          .more = (field & 0x2000) != 0};
}

FragmentFacts facts6(const Packet& packet) noexcept {
  const auto field = load_be<std::uint16_t>(packet.l3 + packet.l4 + 2);
  return {.offset = field & 0xfff8U,
          .length = static_cast<std::uint32_t>(packet.ip_length - packet.l4) - 8U,
          .more = (field & 1) != 0};
}

bool sound(const FragmentFacts& facts) noexcept {
  const bool whole_words = !facts.more || facts.length % 8 == 0;
  return facts.length > 0 && whole_words && facts.offset + facts.length <= kMaxDatagram;
}

void fix_checksum4(std::uint8_t* ip) noexcept {
  const std::size_t length = (ip[0] & 0x0fU) * 4;
  store(ip + 10, std::uint16_t{0});
  store(ip + 10, static_cast<std::uint16_t>(~fold(sum_bytes(ip, length))));
}

}  // namespace

struct Reassembler::Tables {
  rte_ip_frag_tbl* table = nullptr;
  rte_ip_frag_death_row dead{};
  std::uint32_t lost = 0;  // fragments whose datagram was given up since the last expire()

  [[nodiscard]] rte_mbuf* gather(const Packet& packet, std::uint64_t now_ns) noexcept;
  [[nodiscard]] DropReason bury(const rte_mbuf* fragment) noexcept;
};

Reassembler::Reassembler(std::uint32_t datagrams, std::uint32_t timeout_ms)
    : tables_(std::make_unique<Tables>()) {
  const std::uint32_t buckets = std::max<std::uint32_t>(datagrams / kBucketEntries, 1);
  tables_->table = rte_ip_frag_table_create(buckets, kBucketEntries, buckets * kBucketEntries,
                                            std::uint64_t{timeout_ms} * kNsPerMs, SOCKET_ID_ANY);
  check(tables_->table != nullptr, "no memory for the table of fragments");
}

Reassembler::~Reassembler() {
  rte_ip_frag_free_death_row(&tables_->dead, 0);
  rte_ip_frag_table_destroy(tables_->table);
}

// Gives the fragment to the table: the whole datagram, when it was the last that was missing.
rte_mbuf* Reassembler::Tables::gather(const Packet& packet, std::uint64_t now_ns) noexcept {
  rte_mbuf* mbuf = mbuf_of(packet);
  mbuf->data_len = static_cast<std::uint16_t>(packet.l2_length + packet.ip_length);  // without padding
  mbuf->pkt_len = mbuf->data_len;
  mbuf->l2_len = packet.l2_length;
  if (packet.family == Family::inet) {
    mbuf->l3_len = packet.l4;
    return rte_ipv4_frag_reassemble_packet(table, &dead, mbuf, now_ns,
                                           reinterpret_cast<rte_ipv4_hdr*>(packet.l3));
  }
  mbuf->l3_len = V6::kHeaderLength + sizeof(rte_ipv6_fragment_ext);
  auto* extension = reinterpret_cast<rte_ipv6_fragment_ext*>(packet.l3 + packet.l4);
  const auto identification = load<std::uint32_t>(packet.l3 + packet.l4 + 4);
  rte_mbuf* whole = rte_ipv6_frag_reassemble_packet(table, &dead, mbuf, now_ns,
                                                    reinterpret_cast<rte_ipv6_hdr*>(packet.l3), extension);
  if (whole != nullptr) {
    whole->hash.usr = identification;  // for split(), as the header that had it is gone
  }
  return whole;
}

// Frees what the table gave up; the reason when this fragment was among it.
DropReason Reassembler::Tables::bury(const rte_mbuf* fragment) noexcept {
  const std::uint32_t count = dead.cnt;
  const bool among = std::find(dead.row, dead.row + count, fragment) != dead.row + count;
  rte_ip_frag_free_death_row(&dead, 0);
  lost += count - (among ? 1 : 0);
  if (!among) {
    return DropReason::none;
  }
  // Alone, there was no place for it. Together with others of its datagram it was inconsistent, unless they
  // were as many as rte_ip_frag can keep: it keeps places for the first and the last.
  if (count == 1) {
    return DropReason::fragment_table_full;
  }
  return count >= RTE_LIBRTE_IP_FRAG_MAX_FRAG ? DropReason::fragment_limit : DropReason::fragment_invalid;
}

Reassembler::Result Reassembler::add(Packet& packet, std::uint64_t now_ns) noexcept {
  rte_mbuf* mbuf = mbuf_of(packet);
  const bool v4 = packet.family == Family::inet;
  const bool plain6 = packet.l4 == V6::kHeaderLength;  // the fragment header comes right after the fixed one
  const bool room6 = packet.ip_length >= packet.l4 + 8 && packet.contiguous >= packet.l4 + 8;
  if ((!v4 && (!plain6 || !room6)) || !sound(v4 ? facts4(packet) : facts6(packet)) || mbuf->nb_segs != 1) {
    rte_pktmbuf_free(mbuf);
    packet.reason = DropReason::fragment_invalid;
    return Result::dropped;
  }
  rte_mbuf* whole = tables_->gather(packet, now_ns);
  packet.reason = tables_->bury(mbuf);
  if (packet.reason != DropReason::none) {
    return Result::dropped;
  }
  if (whole == nullptr) {
    return Result::waiting;
  }
  packet.buffer = whole;
  packet.l3 = rte_pktmbuf_mtod_offset(whole, std::uint8_t*, packet.l2_length);
  packet.contiguous = static_cast<std::uint16_t>(whole->data_len - packet.l2_length);
  packet.headroom = static_cast<std::uint16_t>(rte_pktmbuf_headroom(whole) + packet.l2_length);
  packet.reassembled = true;
  if (v4) {
    fix_checksum4(packet.l3);
  }
  if (parse_ip(packet, static_cast<std::uint16_t>(whole->pkt_len - packet.l2_length)) == Kind::fragment) {
    // A fragment of what was made of fragments: its protocol is known to nobody but who puts it together
    // again.
    rte_pktmbuf_free(whole);
    packet.reason = DropReason::fragment_invalid;
    return Result::dropped;
  }
  return Result::complete;
}

std::uint32_t Reassembler::expire(std::uint64_t now_ns) noexcept {
  std::uint32_t dead = 0;
  do {  // each call stops when the death row is full
    rte_ip_frag_table_del_expired_entries(tables_->table, &tables_->dead, now_ns);
    dead = tables_->dead.cnt;
    tables_->lost += dead;
    rte_ip_frag_free_death_row(&tables_->dead, 0);
  } while (dead != 0);
  return std::exchange(tables_->lost, 0);
}

std::uint32_t split(const Packet& packet, rte_mempool* pool, rte_mbuf** out, std::uint32_t room) noexcept {
  rte_mbuf* mbuf = mbuf_of(packet);
  std::array<std::uint8_t, 20> l2;
  std::memcpy(l2.data(), packet.l3 - packet.l2_length, packet.l2_length);
  const bool v4 = packet.family == Family::inet;
  if (v4) {
    // A datagram that came in fragments may leave so, whatever its sender said of it as a whole.
    packet.l3[6] &= static_cast<std::uint8_t>(~kDontFragment);
  }
  trim_to_packet(packet);
  if (rte_pktmbuf_adj(mbuf, packet.l2_length) == nullptr) {
    return 0;
  }
  const auto limit = static_cast<std::uint16_t>(room);
  const int made = v4 ? rte_ipv4_fragment_packet(mbuf, out, limit, packet.egress_mtu, pool, pool)
                      : rte_ipv6_fragment_packet(mbuf, out, limit, packet.egress_mtu, pool, pool);
  if (made <= 0) {
    return 0;
  }
  for (int i = 0; i < made; ++i) {
    auto* ip = rte_pktmbuf_mtod(out[i], std::uint8_t*);
    if (v4) {
      fix_checksum4(ip);
    } else {
      store(ip + V6::kHeaderLength + 4, mbuf->hash.usr);  // its sender's identification
    }
    char* front = rte_pktmbuf_prepend(out[i], packet.l2_length);
    check(front != nullptr, "a fresh buffer has headroom for an Ethernet header");
    std::memcpy(front, l2.data(), packet.l2_length);
  }
  rte_pktmbuf_free(mbuf);
  return static_cast<std::uint32_t>(made);
}

void set_identification(const Packet& packet, std::uint32_t identification) noexcept {
  mbuf_of(packet)->hash.usr = byte_swap(identification);
}

std::uint64_t sum_of(const Packet& packet, std::uint16_t at, std::uint16_t length) noexcept {
  const std::size_t first = std::min<std::size_t>(length, packet.contiguous - std::size_t{at});
  std::uint64_t sum = sum_bytes(packet.l3 + at, first);
  std::size_t done = first;
  const rte_mbuf* segment = done < length ? mbuf_of(packet)->next : nullptr;
  for (; segment != nullptr && done < length; segment = segment->next) {
    const std::size_t here = std::min<std::size_t>(length - done, segment->data_len);
    const std::uint16_t part = fold(sum_bytes(rte_pktmbuf_mtod(segment, const std::uint8_t*), here));
    sum += done % 2 == 0 ? part : byte_swap(part);  // after an odd number of bytes its words stand astride
    done += here;
  }
  return sum;
}

}  // namespace sluice::packet
