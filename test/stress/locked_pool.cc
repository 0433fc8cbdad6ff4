#include "locked_pool.h"

#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

#include <mutex>
#include <vector>

#include "base/check.h"

namespace sluice::stress {
namespace {

struct Free {
  std::mutex mutex;
  std::vector<void*> objects;  // guarded by mutex
};

Free& free_of(const rte_mempool* pool) {
  return *static_cast<Free*>(pool->pool_data);
}

int alloc(rte_mempool* pool) {
  pool->pool_data = new Free;
  return 0;
}
void release(rte_mempool* pool) {
  delete &free_of(pool);
}
int enqueue(rte_mempool* pool, void* const* objects, unsigned count) {
  Free& free = free_of(pool);
  const std::lock_guard lock(free.mutex);
  free.objects.insert(free.objects.end(), objects, objects + count);
  return 0;
}
int dequeue(rte_mempool* pool, void** objects, unsigned count) {
  Free& free = free_of(pool);
  const std::lock_guard lock(free.mutex);
  if (free.objects.size() < count) {
    return -ENOBUFS;
  }
  for (unsigned i = 0; i < count; ++i) {
    objects[i] = free.objects.back();
    free.objects.pop_back();
  }
  return 0;
}
unsigned count(const rte_mempool* pool) {
  Free& free = free_of(pool);
  const std::lock_guard lock(free.mutex);
  return static_cast<unsigned>(free.objects.size());
}

}  // namespace

void lock_pools() {
  static const rte_mempool_ops ops = {.name = "stress_locked",
                                      .alloc = alloc,
                                      .free = release,
                                      .enqueue = enqueue,
                                      .dequeue = dequeue,
                                      .get_count = count,
                                      .calc_mem_size = nullptr,
                                      .populate = nullptr,
                                      .get_info = nullptr,
                                      .dequeue_contig_blocks = nullptr};
  check(rte_mempool_register_ops(&ops) >= 0, "DPDK takes another kind of pool");
  check(rte_mbuf_set_user_mempool_ops(ops.name) == 0, "and uses it");
}

}  // namespace sluice::stress

// And what DPDK's libraries clear of the memory on their heap, which goes from thread to thread under a lock
// of theirs, in the same way.
// NOLINTNEXTLINE(bugprone-reserved-identifier,clang-diagnostic-reserved-identifier): the tool's name
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:librte_acl.so\ncalled_from_lib:librte_eal.so\n";
}
