// EAL: DPDK's run-time environment (memory, devices), started once per process.
//
// Whatever needs DPDK's heap (buffers, rte_acl, rte_fib) must have it started first. It works with
// no privilege and no huge page: then the heap is ordinary memory, of which transparent huge pages
// are asked. No core is pinned and no worker thread is started: threads are ours, not DPDK's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

struct rte_mempool;

namespace sluice::port {

struct EalOptions {
  // Most memory that DPDK's heap may take when there are no huge pages (make_pool() then takes buffers from
  // elsewhere); untouched pages cost nothing.
  std::uint32_t heap_mib = 1024;
  // Huge pages are used when enough of them are free, or left alone.
  enum class HugePages : std::uint8_t { when_free, none } huge_pages = HugePages::when_free;
  // Look for network cards on the PCI bus.
  enum class Pci : std::uint8_t { none, scan } pci = Pci::none;
};

// DPDK's arguments, given how much memory in huge pages is free: they are used when it is enough for a port's
// buffers.
[[nodiscard]] std::vector<std::string> eal_arguments(const EalOptions& options,
                                                     std::uint64_t huge_page_bytes);

// Starts the EAL, or does nothing when it already runs. Any thread; afterwards DPDK may be used.
[[nodiscard]] Status start_eal(const EalOptions& options = {});

// While it lives, the calling thread has a DPDK core number, and with it its share of every pool's
// cache: buffers then cost it no shared counter. Without a free number the thread works on without.
class ThreadRegistration {
 public:
  ThreadRegistration();
  ~ThreadRegistration();
  ThreadRegistration(const ThreadRegistration&) = delete;
  ThreadRegistration& operator=(const ThreadRegistration&) = delete;

 private:
  bool registered_;
};

// A pool of `count` mbufs with room for a frame of `frame_size` bytes in one buffer. Names are made
// unique. Without DPDK's huge pages and without cards the buffers lie side by side in memory of our own
// (base/pages.h), not in DPDK's heap. Never freed while a port uses it: the caller frees it with free_pool()
// at the end.
[[nodiscard]] Result<rte_mempool*> make_pool(const std::string& name, std::uint32_t count,
                                             std::uint16_t frame_size = 2048);
void free_pool(rte_mempool* pool);

}  // namespace sluice::port
