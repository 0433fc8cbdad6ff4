// HandOff: the queue of buffers that other workers hand to this one.
//
// A packet is handed off when its addresses and ports say that another worker owns it, and again when that
// one finds that it is of a session which lives elsewhere (NAT). Then it is settled: whoever gets it keeps
// it, so that no packet goes round. What a worker must know of a buffer travels in fields of it that
// nobody else uses after receipt.
//
// Threads: any worker gives, the owner takes.
#pragma once

#include <rte_mbuf.h>

#include <cstddef>
#include <span>
#include <vector>

#include "dataplane/packet/ids.h"

struct rte_ring;

namespace sluice::worker {

class HandOff {
 public:
  HandOff();
  ~HandOff();
  HandOff(const HandOff&) = delete;
  HandOff& operator=(const HandOff&) = delete;

  // Where the buffer came in, and whether its owner is settled.
  struct Note {
    PortId port;
    bool settled = false;
  };
  // False when full: the buffer is still the caller's.
  [[nodiscard]] bool give(rte_mbuf* buffer, Note note) noexcept;
  // How many of the places were filled.
  [[nodiscard]] unsigned take(std::span<rte_mbuf*> places) noexcept;
  [[nodiscard]] static Note note_of(const rte_mbuf* buffer) noexcept;

 private:
  struct alignas(64) CacheLine {
    std::byte bytes[64];
  };
  static std::vector<CacheLine> ring_memory();
  static rte_ring* make_ring(std::vector<CacheLine>& memory);

  std::vector<CacheLine> memory_;
  rte_ring* ring_;
};

}  // namespace sluice::worker
