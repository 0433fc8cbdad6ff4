#include "dataplane/port/frame_io.h"

#include <rte_mbuf.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace sluice::port {

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

}  // namespace sluice::port
