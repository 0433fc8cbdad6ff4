// Packet buffers for benchmarks: side by side in huge pages, as DPDK's pools are where huge pages are
// reserved.
//
// Without reserved ones DPDK puts every buffer into a small page of its own, so that all of them begin at the
// same place of a page, fall into the same few sets of the first cache, and need a translation each. That is
// a property of the machine's set-up and none of the code that is measured.
#pragma once

#include <cstdint>

struct rte_mempool;

namespace sluice::bench {

// DPDK must have been started. Aborts when there is no memory.
[[nodiscard]] rte_mempool* make_buffers(const char* name, std::uint32_t count);

}  // namespace sluice::bench
