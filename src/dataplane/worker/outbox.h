// Outbox: frames gathered per port until a burst is worth sending.
//
// Owner and thread: the worker.
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/flow/counters.h"
#include "dataplane/port/port.h"

namespace sluice::worker {

class Outbox {
 public:
  void resize(std::size_t ports) { queues_.resize(ports); }

  void add(PortId port, rte_mbuf* mbuf) noexcept {
    Queue& queue = queues_[port.value];
    if (queue.count == queue.frames.size()) [[unlikely]] {
      rte_pktmbuf_free(mbuf);
      ++queue.overflowed;
      return;
    }
    queue.frames[queue.count++] = mbuf;
  }

  // Sends everything; what a port does not take is freed and counted.
  void flush(const std::vector<port::Port*>& ports, std::uint16_t queue_index,
             flow::Counters& counters) noexcept {
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      Queue& queue = queues_[i];
      if (queue.count == 0) {
        continue;
      }
      const std::uint16_t sent = ports[i] == nullptr
                                     ? std::uint16_t{0}
                                     : ports[i]->transmit(queue_index, queue.frames.data(), queue.count);
      for (std::uint16_t k = sent; k < queue.count; ++k) {
        rte_pktmbuf_free(queue.frames[k]);
      }
      flow::count(counters.transmitted, sent);
      lose(counters, static_cast<std::uint32_t>(queue.count - sent) + queue.overflowed);
      queue.count = 0;
      queue.overflowed = 0;
    }
  }

 private:
  static void lose(flow::Counters& counters, std::uint32_t frames) noexcept {
    if (frames != 0) {
      flow::count(counters.drops[static_cast<std::size_t>(packet::DropReason::transmit_failed)], frames);
      flow::count(counters.dropped, frames);
    }
  }

  // A whole burst, and the fragments that a few of its packets may become.
  struct Queue {
    std::array<rte_mbuf*, 256> frames;
    std::uint16_t count = 0;
    std::uint32_t overflowed = 0;
  };
  std::vector<Queue> queues_;
};

}  // namespace sluice::worker
