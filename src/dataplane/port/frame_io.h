// Frames to and from a file descriptor of a TAP or packet socket, one mbuf each. Data path: noexcept.
#pragma once

struct rte_mbuf;
struct rte_mempool;

namespace sluice::port {

// The next frame; null when there is none now, or no buffer. A frame larger than a buffer is lost.
[[nodiscard]] rte_mbuf* read_frame(int fd, rte_mempool* pool) noexcept;

enum class WriteOutcome { taken, full, refused };
// Writes the frame's bytes; the buffer stays the caller's. `full`: try again later.
[[nodiscard]] WriteOutcome write_frame(int fd, const rte_mbuf* frame) noexcept;

}  // namespace sluice::port
