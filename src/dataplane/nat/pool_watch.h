// Pool alarms: how full source pools are, looked at once in a second, a few addresses at a time.
//
// An alarm is raised when as much of a pool is in use as its threshold says, and cleared when less is than
// the other one says, or when a commit takes the statement or the pool away. In use are ports, of the
// protocols' class that has the most; of pools with blocks, blocks that hosts have. Who owns it: one worker,
// which looks for all. What it sees of others' ports is nearly now.
#pragma once

#include <array>
#include <memory>

#include "dataplane/nat/nat.h"

namespace sluice::nat {

// How much of a pool is in use, and of how much.
struct Usage {
  std::uint64_t used = 0;
  std::uint64_t all = 0;
  [[nodiscard]] std::uint32_t percent() const noexcept {
    return all == 0 ? 0 : static_cast<std::uint32_t>(100 * used / all);
  }
};

class PoolWatch {
 public:
  struct Change {
    NatPoolId pool;
    PoolKind kind = PoolKind::single;
    bool raised = false;
    std::uint32_t percent = 0;    // in use; when it was last seen, where pool or statement are gone
    std::uint32_t threshold = 0;  // of the alarm: what raised or cleared it
  };

  // Looks at so many addresses, and calls changed(Change) for a pool whose alarm is raised or cleared.
  template <class Changed>
  void look(const Table& table, std::uint32_t now_s, unsigned budget, Changed changed) noexcept;

 private:
  // An alarm that is raised.
  struct Raised {
    std::uint8_t clear = 0;  // its threshold; 0: none is raised
    std::uint8_t percent = 0;
    PoolKind kind = PoolKind::single;
  };
  using RaisedByPool = std::array<Raised, 65536>;

  // Whether the table has the alarm of a pool.
  [[nodiscard]] static bool watched(const SourcePool& pool) noexcept {
    return pool.alarm.raise != 0 && pool.translate_ports;
  }
  // An alarm that is raised and whose pool or statement the table has no more, from pool number `from` on;
  // the end when there is none.
  [[nodiscard]] std::size_t find_orphan(const Table& table, std::size_t from) const noexcept;
  [[nodiscard]] Change clear(std::size_t number) noexcept;
  // Its next pool with an alarm, from pool_ on. False: there is none.
  [[nodiscard]] bool find_pool(const Table& table) noexcept;
  void add_address(const Table::Source& source) noexcept;
  [[nodiscard]] Usage usage(const SourcePool& pool) const noexcept;
  // Whether the pool's alarm changes by that.
  [[nodiscard]] bool changes(const SourcePool& pool, std::uint32_t percent) noexcept;

  const Table* table_ = nullptr;  // only to be compared
  std::uint32_t second_ = 0;      // in which the look began
  bool looking_ = false;
  std::size_t pool_ = 0;
  std::size_t position_ = 0;
  std::array<std::uint64_t, kPortClasses> used_{};
  std::uint32_t raised_count_ = 0;
  std::unique_ptr<RaisedByPool> raised_ = std::make_unique<RaisedByPool>();  // by NatPoolId
};

template <class Changed>
void PoolWatch::look(const Table& table, std::uint32_t now_s, unsigned budget, Changed changed) noexcept {
  if (table_ != &table) {
    for (std::size_t at = find_orphan(table, 0); at < raised_->size(); at = find_orphan(table, at + 1)) {
      changed(clear(at));
    }
  }
  if (table_ != &table || (!looking_ && second_ != now_s)) {
    table_ = &table;
    second_ = now_s;
    looking_ = true;
    pool_ = position_ = 0;
    used_ = {};
  }
  for (; looking_ && budget != 0; --budget) {
    if (!find_pool(table)) {
      looking_ = false;
      return;
    }
    const SourcePool& pool = table.definition().source_pools[pool_];
    const Table::Source& source = *table.source(pool.id);
    add_address(source);
    if (++position_ < source.spaces.size()) {
      continue;
    }
    const std::uint32_t percent = usage(pool).percent();
    if (changes(pool, percent)) {
      const bool raised = (*raised_)[pool.id.value].clear != 0;
      changed(Change{.pool = pool.id,
                     .kind = pool.kind(),
                     .raised = raised,
                     .percent = percent,
                     .threshold = raised ? pool.alarm.raise : pool.alarm.clear});
    }
    ++pool_;
    position_ = 0;
    used_ = {};
  }
}

}  // namespace sluice::nat
