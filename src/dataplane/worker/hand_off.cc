#include "dataplane/worker/hand_off.h"

#include <rte_ring.h>

#include "base/check.h"

namespace sluice::worker {
namespace {

constexpr std::uint32_t kDepth = 4096;

}  // namespace

std::vector<HandOff::CacheLine> HandOff::ring_memory() {
  static_assert(sizeof(CacheLine) == RTE_CACHE_LINE_SIZE);
  const auto bytes = static_cast<std::size_t>(rte_ring_get_memsize(kDepth));
  return std::vector<CacheLine>((bytes + sizeof(CacheLine) - 1) / sizeof(CacheLine));
}

// In memory of the worker's own: a ring that DPDK allocates needs a name that no other in the process has.
rte_ring* HandOff::make_ring(std::vector<CacheLine>& memory) {
  auto* ring = reinterpret_cast<rte_ring*>(memory.data());
  check(rte_ring_init(ring, "hand-off", kDepth, RING_F_SC_DEQ) == 0, "a hand-off ring can be made");
  return ring;
}

HandOff::HandOff() : memory_(ring_memory()), ring_(make_ring(memory_)) {}

HandOff::~HandOff() {
  void* buffer = nullptr;
  while (rte_ring_dequeue(ring_, &buffer) == 0) {
    rte_pktmbuf_free(static_cast<rte_mbuf*>(buffer));
  }
}

bool HandOff::give(rte_mbuf* buffer, Note note) noexcept {
  buffer->port = note.port.value;
  buffer->hash.fdir.hi = note.settled ? 1 : 0;
  return rte_ring_mp_enqueue(ring_, buffer) == 0;
}

unsigned HandOff::take(std::span<rte_mbuf*> places) noexcept {
  return rte_ring_sc_dequeue_burst(ring_, reinterpret_cast<void**>(places.data()),
                                   static_cast<unsigned>(places.size()), nullptr);
}

HandOff::Note HandOff::note_of(const rte_mbuf* buffer) noexcept {
  return {.port = PortId{buffer->port}, .settled = buffer->hash.fdir.hi != 0};
}

}  // namespace sluice::worker
