#include "dataplane/flow/steps.h"

namespace sluice::flow {

void expire_blocks(Core& core) noexcept {
  constexpr std::uint32_t kBlockBudget = 64;  // slots per turn
  constexpr unsigned kWatchBudget = 16;       // addresses per turn
  const nat::Table* table = core.snapshot->nat.get();
  if (table == nullptr) {
    return;
  }
  if (table->blocks() != nullptr) {
    core.allocator.sweep_blocks(*table, kBlockBudget);
  }
  if (core.index == 0) {
    core.pool_watch.look(*table, core.now.unix_s, kWatchBudget,
                         [&](const nat::PoolWatch::Change& change) { record_pool_alarm(core, change); });
  }
}

nat::BlockListener block_listener(Core& core) noexcept {
  return {.of = &core, .tell = [](void* of, const nat::BlockNote& note) noexcept {
            record_block(*static_cast<Core*>(of), note);
          }};
}

}  // namespace sluice::flow
