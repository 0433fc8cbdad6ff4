#include "dataplane/port/eal.h"

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_memory.h>
#include <sched.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>

#include "base/pages.h"

namespace sluice::port {
namespace {

// Huge pages are used when at least so much of them is free: the heap then holds a port's buffers.
constexpr std::uint64_t kUsefulHugePages = 256ULL << 20;

std::uint64_t free_huge_page_bytes() {
  std::uint64_t total = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", error)) {
    std::uint64_t pages = 0;
    std::ifstream(entry.path() / "free_hugepages") >> pages;
    // The folder is named "hugepages-2048kB".
    const std::string name = entry.path().filename().string();
    const auto dash = name.find('-');
    if (dash == std::string::npos) continue;
    total += pages * std::strtoull(name.c_str() + dash + 1, nullptr, 10) * 1024;
  }
  return total;
}

// "0@(0,1,5)": one DPDK core, which may run wherever this process may, so that nothing is pinned.
std::string core_map() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::string cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cores += fmt::format("{}{}", cores.empty() ? "" : ",", cpu);
  }
  return fmt::format("0@({})", cores);
}

int ask_transparent_huge_pages(const rte_memseg_list* list, void*) {
  madvise(list->base_va, list->len, MADV_HUGEPAGE);
  return 0;
}

Status initialize(const EalOptions& options) {
  const bool wanted = options.huge_pages == EalOptions::HugePages::when_free;
  std::vector<std::string> list = eal_arguments(options, wanted ? free_huge_page_bytes() : 0);
  std::vector<char*> argv;
  argv.reserve(list.size() + 1);
  for (std::string& argument : list) argv.push_back(argument.data());
  argv.push_back(nullptr);
  rte_openlog_stream(stderr);
  if (rte_eal_init(static_cast<int>(argv.size()) - 1, argv.data()) < 0) {
    return Error{"operation-failed", "",
                 fmt::format("DPDK does not start: {} ({} MiB of memory were asked for)",
                             rte_strerror(rte_errno), options.heap_mib)};
  }
  rte_memseg_list_walk(ask_transparent_huge_pages, nullptr);
  return {};
}

}  // namespace

std::vector<std::string> eal_arguments(const EalOptions& options, std::uint64_t huge_page_bytes) {
  std::vector<std::string> list = {"sluice", "--no-telemetry", "--log-level=*:error", "--lcores", core_map()};
  if (huge_page_bytes >= kUsefulHugePages) {
    list.emplace_back("--in-memory");
  } else {
    list.insert(list.end(), {"--no-huge", "--no-shconf", "-m", std::to_string(options.heap_mib)});
  }
  if (options.pci == EalOptions::Pci::none) {
    list.insert(list.end(), {"--no-pci", "--iova-mode=va"});
  } else {
    // Only the cards that the configuration names are opened: an allow list with one that cannot exist.
    list.insert(list.end(), {"-a", "ffff:ff:1f.7"});
  }
  return list;
}

Status start_eal(const EalOptions& options) {
  // DPDK itself is one per process; so is the memory of having started it.
  static std::mutex mutex;
  static std::optional<Status> outcome;
  const std::lock_guard lock(mutex);
  if (!outcome) outcome = initialize(options);
  return *outcome;
}

ThreadRegistration::ThreadRegistration() : registered_(rte_thread_register() == 0) {}

ThreadRegistration::~ThreadRegistration() {
  if (registered_) rte_thread_unregister();
}

namespace {

// Buffers in memory of our own, close together, in huge pages when there are any (base/pages.h). In its heap
// DPDK gives every buffer a page of its own when huge pages are missing: then each touch misses the TLB, and
// all of them share the same few sets of the cache.
rte_mempool* make_side_by_side(const std::string& name, std::uint32_t count, unsigned cache,
                               std::uint16_t room) {
  rte_mempool* pool =
      rte_mempool_create_empty(name.c_str(), count, static_cast<unsigned>(sizeof(rte_mbuf) + room), cache,
                               sizeof(rte_pktmbuf_pool_private), SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
  if (pool == nullptr) {
    return nullptr;
  }
  rte_pktmbuf_pool_private description{};
  description.mbuf_data_room_size = room;
  rte_pktmbuf_pool_init(pool, &description);
  const std::size_t bytes =
      std::size_t{count} * (pool->header_size + pool->elt_size + pool->trailer_size) + RTE_MEMPOOL_ALIGN;
  auto* memory = static_cast<char*>(try_map_pages(bytes));
  const auto release = [](rte_mempool_memhdr* chunk, void*) { unmap_pages(chunk->addr, chunk->len); };
  const bool ready =
      memory != nullptr && rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), nullptr) == 0;
  const int made = ready ? rte_mempool_populate_virt(pool, memory, bytes, kHugePage, release, nullptr) : 0;
  if (made <= 0) {
    unmap_pages(memory, bytes);
  }
  if (made != static_cast<int>(count)) {
    rte_mempool_free(pool);
    rte_errno = ENOMEM;
    return nullptr;
  }
  rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
  return pool;
}

}  // namespace

Result<rte_mempool*> make_pool(const std::string& name, std::uint32_t count, std::uint16_t frame_size) {
  static std::atomic<unsigned> serial{0};
  const std::string unique = fmt::format("{:.12}_{}", name, serial.fetch_add(1));
  // Per-core caches serve threads that registered with DPDK; a small pool would only starve in them.
  const unsigned cache = count >= 2048 ? 256 : 0;
  const auto room = static_cast<std::uint16_t>(frame_size + RTE_PKTMBUF_HEADROOM);
  // A card reads and writes memory that DPDK has mapped for it: only its own heap is.
  const bool own_memory = rte_eal_has_hugepages() == 0 && rte_eal_has_pci() == 0;
  rte_mempool* pool = own_memory
                          ? make_side_by_side(unique, count, cache, room)
                          : rte_pktmbuf_pool_create(unique.c_str(), count, cache, 0, room, SOCKET_ID_ANY);
  if (pool == nullptr) {
    return Error{"resource-denied", "",
                 fmt::format("no memory for {} packet buffers of {} bytes: {}", count, frame_size,
                             rte_strerror(rte_errno))};
  }
  return pool;
}

void free_pool(rte_mempool* pool) {
  rte_mempool_free(pool);
}

}  // namespace sluice::port
