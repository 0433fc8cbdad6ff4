#include "kit/buffers.h"

#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>

#include "base/check.h"
#include "base/pages.h"

namespace sluice::bench {
namespace {

constexpr std::uint16_t kDataRoom = 2048 + RTE_PKTMBUF_HEADROOM;

void free_pages(rte_mempool_memhdr* chunk, void*) {
  unmap_pages(chunk->addr, chunk->len);
}

}  // namespace

rte_mempool* make_buffers(const char* name, std::uint32_t count) {
  // No device looks at these buffers, so they may lie across pages.
  rte_mempool* pool =
      rte_mempool_create_empty(name, count, static_cast<unsigned>(sizeof(rte_mbuf)) + kDataRoom, 0,
                               sizeof(rte_pktmbuf_pool_private), SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
  check(pool != nullptr && rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), nullptr) == 0,
        "a pool of buffers");
  rte_pktmbuf_pool_private about{};
  about.mbuf_data_room_size = kDataRoom;
  rte_pktmbuf_pool_init(pool, &about);
  std::size_t chunk = 0;
  std::size_t align = 0;
  const ssize_t size = rte_mempool_op_calc_mem_size_default(pool, count, 0, &chunk, &align);
  check(size > 0, "a pool of buffers has a size");
  // The slack is for aligning the first buffer.
  const std::size_t bytes = static_cast<std::size_t>(size) + align;
  void* memory = map_pages(bytes);
  rte_mempool_populate_iova(pool, static_cast<char*>(memory), RTE_BAD_IOVA, bytes, free_pages, nullptr);
  check(pool->populated_size == count, "memory for a pool of buffers");
  rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
  return pool;
}

}  // namespace sluice::bench
