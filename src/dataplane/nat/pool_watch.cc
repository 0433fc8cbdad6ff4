#include "dataplane/nat/pool_watch.h"

#include <algorithm>
#include <utility>

namespace sluice::nat {

std::size_t PoolWatch::find_orphan(const Table& table, std::size_t from) const noexcept {
  for (std::size_t at = from; at < raised_->size() && raised_count_ != 0; ++at) {
    const Table::Source* source = table.source(NatPoolId{static_cast<std::uint16_t>(at)});
    if ((*raised_)[at].clear != 0 && (source == nullptr || !watched(*source->pool))) {
      return at;
    }
  }
  return raised_->size();
}

PoolWatch::Change PoolWatch::clear(std::size_t number) noexcept {
  const Raised was = std::exchange((*raised_)[number], {});
  --raised_count_;
  return {.pool = NatPoolId{static_cast<std::uint16_t>(number)},
          .kind = was.kind,
          .raised = false,
          .percent = was.percent,
          .threshold = was.clear};
}

bool PoolWatch::find_pool(const Table& table) noexcept {
  const auto& pools = table.definition().source_pools;
  while (pool_ < pools.size() && !watched(pools[pool_])) {
    ++pool_;
  }
  return pool_ < pools.size();
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
  const std::uint64_t ports = pool.block_size() != 0
                                  ? std::uint64_t{pool.blocks_each()} * pool.block_size()
                                  : (pool.ports.high - pool.ports.low + 1U) * pool.overloading;
  return {.used = *std::ranges::max_element(used_), .all = ports * position_};
}

bool PoolWatch::changes(const SourcePool& pool, std::uint32_t percent) noexcept {
  Raised& raised = (*raised_)[pool.id.value];
  const bool was = raised.clear != 0;
  const bool is = percent >= (was ? pool.alarm.clear : pool.alarm.raise);
  raised = is ? Raised{.clear = pool.alarm.clear,
                       .percent = static_cast<std::uint8_t>(std::min<std::uint32_t>(percent, 255)),
                       .kind = pool.kind()}
              : Raised{};
  raised_count_ = raised_count_ + (is ? 1 : 0) - (was ? 1 : 0);
  return was != is;
}

}  // namespace sluice::nat
