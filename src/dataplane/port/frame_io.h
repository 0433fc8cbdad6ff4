// Frames to and from a file descriptor of a TAP, one mbuf each, and their VLAN tags. Data path: noexcept.
#pragma once

#include <cstdint>
#include <optional>

struct rte_mbuf;
struct rte_mempool;

namespace sluice::port {

// The next frame; null when there is none now, or no buffer. The pool's buffers must hold the device's
// largest frame: the kernel cuts what does not fit.
[[nodiscard]] rte_mbuf* read_frame(int fd, rte_mempool* pool) noexcept;

enum class WriteOutcome { taken, full, refused };
// Writes the frame's bytes; the buffer stays the caller's. `full`: try again later.
[[nodiscard]] WriteOutcome write_frame(int fd, const rte_mbuf* frame) noexcept;

void free_frame(rte_mbuf* frame) noexcept;

// The VLAN id of a frame that has an 802.1Q tag (0 is a mere priority).
[[nodiscard]] std::optional<std::uint16_t> tag_of(const rte_mbuf* frame) noexcept;
// The frame has a tag, and its buffer is nobody else's.
void remove_tag(rte_mbuf* frame) noexcept;
// False when the buffer has no room in front.
[[nodiscard]] bool put_tag(rte_mbuf* frame, std::uint16_t vlan) noexcept;

}  // namespace sluice::port
