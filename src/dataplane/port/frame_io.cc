#include "dataplane/port/frame_io.h"

#include <rte_mbuf.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/wire.h"
#include "dataplane/packet/packet.h"

namespace sluice::port {
namespace {

constexpr std::size_t kMacs = 12;  // both addresses, before the tag
constexpr std::size_t kTag = 4;    // EtherType 0x8100, then priority and VLAN id
constexpr std::uint16_t kVlanMask = 0x0fff;

}  // namespace

rte_mbuf* read_frame(int fd, rte_mempool* pool) noexcept {
  rte_mbuf* frame = rte_pktmbuf_alloc(pool);
  if (frame == nullptr) return nullptr;
  const ssize_t size = read(fd, rte_pktmbuf_mtod(frame, void*), rte_pktmbuf_tailroom(frame));
  if (size <= 0) {
    rte_pktmbuf_free(frame);
    return nullptr;
  }
  rte_pktmbuf_append(frame, static_cast<std::uint16_t>(size));
  return frame;
}

WriteOutcome write_frame(int fd, const rte_mbuf* frame) noexcept {
  std::array<iovec, 16> parts;
  int count = 0;
  for (const rte_mbuf* part = frame; part != nullptr; part = part->next) {
    if (count == static_cast<int>(parts.size())) return WriteOutcome::refused;
    parts[static_cast<std::size_t>(count++)] = {rte_pktmbuf_mtod(part, void*), rte_pktmbuf_data_len(part)};
  }
  if (writev(fd, parts.data(), count) >= 0) return WriteOutcome::taken;
  return errno == EAGAIN || errno == ENOBUFS ? WriteOutcome::full : WriteOutcome::refused;
}

void free_frame(rte_mbuf* frame) noexcept {
  rte_pktmbuf_free(frame);
}

std::optional<std::uint16_t> tag_of(const rte_mbuf* frame) noexcept {
  if (rte_pktmbuf_data_len(frame) < kMacs + kTag) return std::nullopt;
  const auto* bytes = rte_pktmbuf_mtod(frame, const std::uint8_t*);
  if (load_be<std::uint16_t>(bytes + kMacs) != packet::kEtherVlan) return std::nullopt;
  return load_be<std::uint16_t>(bytes + kMacs + 2) & kVlanMask;
}

void remove_tag(rte_mbuf* frame) noexcept {
  auto* bytes = rte_pktmbuf_mtod(frame, std::uint8_t*);
  std::memmove(bytes + kTag, bytes, kMacs);
  rte_pktmbuf_adj(frame, kTag);
}

bool put_tag(rte_mbuf* frame, std::uint16_t vlan) noexcept {
  auto* bytes = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_prepend(frame, kTag));
  if (bytes == nullptr) return false;
  std::memmove(bytes, bytes + kTag, kMacs);
  store_be<std::uint16_t>(bytes + kMacs, packet::kEtherVlan);
  store_be<std::uint16_t>(bytes + kMacs + 2, vlan);
  return true;
}

}  // namespace sluice::port
