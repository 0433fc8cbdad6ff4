#include "dataplane/port/test_port.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>

namespace sluice::port {

Result<std::unique_ptr<TestPort>> TestPort::create(const RingPortOptions& options, rte_mempool* pool) {
  Result<std::unique_ptr<RingPort>> ring = RingPort::create(options);
  if (!ring) return ring.error();
  return std::unique_ptr<TestPort>(new TestPort(std::move(*ring), pool));
}

bool TestPort::inject(std::span<const std::uint8_t> bytes, std::uint16_t queue) {
  if (bytes.size() > UINT16_MAX) return false;  // a frame's length has 16 bits
  rte_mbuf* frame = nullptr;
  while (!bytes.empty() || frame == nullptr) {
    rte_mbuf* part = rte_pktmbuf_alloc(pool_);
    const bool joined = part != nullptr && (frame == nullptr || rte_pktmbuf_chain(frame, part) == 0);
    if (!joined) {
      rte_pktmbuf_free(part);
      rte_pktmbuf_free(frame);
      return false;
    }
    frame = frame == nullptr ? part : frame;
    const auto size = std::min<std::size_t>(bytes.size(), rte_pktmbuf_tailroom(part));
    std::memcpy(rte_pktmbuf_append(frame, static_cast<std::uint16_t>(size)), bytes.data(), size);
    bytes = bytes.subspan(size);
  }
  if (ring_->give(queue, &frame, 1) == 1) return true;
  rte_pktmbuf_free(frame);
  return false;
}

std::vector<Frame> TestPort::collect(std::uint16_t queue) {
  std::vector<Frame> frames;
  rte_mbuf* frame = nullptr;
  while (ring_->take(queue, &frame, 1) == 1) {
    Frame bytes;
    for (const rte_mbuf* part = frame; part != nullptr; part = part->next) {
      const auto* data = rte_pktmbuf_mtod(part, const std::uint8_t*);
      bytes.insert(bytes.end(), data, data + rte_pktmbuf_data_len(part));
    }
    rte_pktmbuf_free(frame);
    frames.push_back(std::move(bytes));
  }
  return frames;
}

}  // namespace sluice::port
