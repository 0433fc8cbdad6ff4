#include "dataplane/nat/pool_watch.h"

#include <algorithm>

namespace sluice::nat {

bool PoolWatch::find_pool(const Table& table) noexcept {
  const auto& pools = table.definition().source_pools;
  for (; pool_ < pools.size(); ++pool_) {
    if (pools[pool_].alarm.raise != 0 && pools[pool_].translate_ports) {
      return true;
    }
    raised_->reset(pools[pool_].id.value);
  }
  return false;
}

void PoolWatch::add_address(const Table::Source& source) noexcept {
  const PortSpace& space = *source.spaces[position_];
  if (source.pool->block_size() != 0) {
    used_[0] += space.blocks()->held();
    return;
  }
  for (std::size_t klass = 0; klass < kPortClasses; ++klass) {
    used_[klass] += space.taken(static_cast<PortClass>(klass));
  }
}

Usage PoolWatch::usage(const SourcePool& pool) const noexcept {
  const std::uint64_t ports = pool.block_size() != 0 ? std::uint64_t{pool.blocks_each()} * pool.block_size()
                                                     : pool.ports.high - pool.ports.low + 1U;
  return {.used = *std::ranges::max_element(used_), .all = ports * position_};
}

bool PoolWatch::changes(const SourcePool& pool, std::uint32_t percent) noexcept {
  const bool was = raised_->test(pool.id.value);
  const bool is = was ? percent >= pool.alarm.clear : percent >= pool.alarm.raise;
  raised_->set(pool.id.value, is);
  return was != is;
}

}  // namespace sluice::nat
