// What hosts get of pools with blocks (block_table.h).
#include "dataplane/nat/allocator.h"
#include "dataplane/nat/pool_choice.h"
#include "dataplane/packet/packet.h"

namespace sluice::nat {
namespace {

using packet::IpAddress;
using packet::V4;
using packet::V6;

constexpr std::uint32_t kNone = BlockTable::kNone;

// What a host has of a pool.
struct Holding {
  std::uint32_t blocks = 0;
  std::uint32_t newest = kNone;
  std::uint32_t active = kNone;
  std::uint32_t roomy = kNone;  // has a free port
};

bool is_of(const Block& block, NatPoolId pool) noexcept {
  return block.pool == pool && block.by_rule == 0;
}

// Whether the block's address is the pool's now.
bool is_at(const Table& table, const Table::Source& source, const Block& block) noexcept {
  const Table::Place* place = table.place(block.address);
  return place != nullptr && place->pool == source.index;
}

Holding holding_of(const Table& table, const BlockTable& own, const IpAddress& host,
                   const Table::Source& source) noexcept {
  Holding holding;
  own.each_of(host, [&](std::uint32_t slot) {
    const Block& block = own.block(slot);
    if (is_of(block, source.pool->id)) {
      ++holding.blocks;
      const bool here = is_at(table, source, block);
      if (holding.newest == kNone && here) {
        holding.newest = slot;
      }
      if (holding.roomy == kNone && here && own.used(slot) <= std::uint32_t{block.high} - block.low) {
        holding.roomy = slot;
      }
      if (own.active(slot)) {
        holding.active = slot;
      }
    }
    return true;
  });
  return holding;
}

std::uint32_t block_with(const BlockTable& own, const IpAddress& host, const IpAddress& address,
                         std::uint16_t port) noexcept {
  std::uint32_t found = kNone;
  own.each_of(host, [&](std::uint32_t slot) {
    const Block& block = own.block(slot);
    const bool is = block.address == address && block.low <= port && port <= block.high;
    found = is ? slot : kNone;
    return !is;
  });
  return found;
}

// The pool that a block is of, while its address is still there and gives out blocks.
const Table::Source* source_of(const Table& table, const Block& block) noexcept {
  const Table::Source* source = table.source(block.pool);
  if (source == nullptr || !source->pool->blocks) {
    return nullptr;
  }
  return is_at(table, *source, block) ? source : nullptr;
}

std::uint32_t blocks_of(const BlockTable& own, const Block& like) noexcept {
  std::uint32_t blocks = 0;
  own.each_of(like.host, [&](std::uint32_t slot) {
    blocks += is_of(own.block(slot), like.pool) ? 1U : 0U;
    return true;
  });
  return blocks;
}

}  // namespace

void Allocator::tell(BlockNews news, const BlockTable& own, const Block& block) noexcept {
  if (block.logged != 0 && listener_.tell != nullptr) {
    listener_.tell(listener_.of, {.news = news, .block = block, .have = blocks_of(own, block)});
  }
}

// Whether its time as the active one is over.
bool Allocator::over(const Table::Source& source, const BlockTable& own, std::uint32_t slot) const noexcept {
  const std::uint32_t timeout_s = source.pool->blocks->active_timeout_s;
  return timeout_s != 0 && now_s_ - own.active_s(slot) >= timeout_s;
}

void Allocator::release_block(const Table& table, std::uint32_t slot) noexcept {
  BlockTable& own = table.blocks()->of(index_);
  const Block block = own.block(slot);
  const Table::Place& place = *table.place(block.address);
  own.remove(slot);
  place.space->blocks()->release(block.ports());
  if (place.pool != Table::kNoPool) {
    pools_[place.pool].hopeful[0][place.position / 64] |= std::uint64_t{1} << (place.position % 64);
  }
  tell(BlockNews::released, own, block);
}

void Allocator::deactivate(const Table& table, std::uint32_t slot) noexcept {
  BlockTable& own = table.blocks()->of(index_);
  own.deactivate(slot);
  if (own.used(slot) == 0) {
    release_block(table, slot);
  }
}

void Allocator::give_back_to_block(const Table& table, const IpAddress& host, const IpAddress& address,
                                   std::uint16_t port) noexcept {
  BlockTable& own = table.blocks()->of(index_);
  const std::uint32_t slot = block_with(own, host, address, port);
  own.gave(slot, now_s_);
  if (own.used(slot) == 0 && !own.active(slot)) {
    release_block(table, slot);
  }
}

// The ports of a block become the host's. kNone when the table is full.
std::uint32_t Allocator::hold(BlockTable& own, const Table::Source& source, std::uint64_t position,
                              const IpAddress& host, PortRange ports) noexcept {
  const auto& rules = source.pool->blocks;
  const Block block{.host = host,
                    .address = source.addresses.address(position),
                    .pool = source.pool->id,
                    .low = ports.low,
                    .high = ports.high,
                    .most = rules ? rules->most_per_host : std::uint16_t{1},
                    .logged = rules && rules->log,
                    .by_rule = !rules,
                    .made_s = now_s_};
  const std::uint32_t slot = own.add(block, now_s_);
  if (slot == kNone) {
    source.spaces[position]->blocks()->release(ports);
    return kNone;
  }
  tell(BlockNews::allocated, own, block);
  return slot;
}

// A host keeps its address. The first time it has the one that its own address leads to, or the next that has
// something: so many are asked and no more, whatever the pool's size.
template <class F>
std::uint32_t Allocator::new_block(const Table& table, const Table::Source& source, const SourceWish<F>& wish,
                                   std::uint32_t near) noexcept {
  constexpr unsigned kMostAddresses = 4;
  BlockTable& own = table.blocks()->of(index_);
  const bool has_one = near != kNone;
  const std::uint64_t begin =
      has_one ? table.place(own.block(near).address)->position : position_for<F>(source, wish.source);
  auto& hopeful = pools_[source.index].hopeful[0];
  const std::uint64_t count = source.spaces.size();
  unsigned asked = 0;
  for (std::uint64_t i = 0; i < (has_one ? 1 : count) && asked < kMostAddresses; ++i) {
    const std::uint64_t position = (begin + i) % count;
    const std::uint64_t bit = std::uint64_t{1} << (position % 64);
    if (hopeful[position / 64] == 0 && position % 64 == 0 && i + 64 < count) {
      i += 63;
      continue;
    }
    if ((hopeful[position / 64] & bit) == 0) {
      continue;
    }
    ++asked;
    const auto ports =
        source.spaces[position]->claim_any(source.pool->ports, source.pool->block_size(), random());
    if (ports) {
      return hold(own, source, position, packet::to_address(wish.source), *ports);
    }
    hopeful[position / 64] &= ~bit;
  }
  return kNone;
}

template <class F>
SourceChoice<F> Allocator::take_in_block(const Table& table, std::uint32_t slot,
                                         const SourceWish<F>& wish) noexcept {
  BlockTable& own = table.blocks()->of(index_);
  const Block& block = own.block(slot);
  SourceChoice<F> choice;
  choice.address = load<typename F::Address>(block.address.bytes.data());
  typename F::Key answer = wish.answer;
  answer.destination = choice.address;
  answer.destination_port = 0;
  const bool steered = wish.klass != PortClass::icmp && table.definition().workers > 1;
  const std::uint32_t port = table.place(choice.address)
                                 ->space->blocks()
                                 ->take(block.ports(), {.steering = steered ? &steering_ : nullptr,
                                                        .hash = steered ? packet::owner_hash(answer) : 0,
                                                        .random = random()});
  if (port == BlockSpace::kNone) {
    return refused<F>(Refusal::no_port);
  }
  own.took(slot);
  choice.port = static_cast<std::uint16_t>(port);
  choice.pool = block.pool;
  choice.taken = choice.held = true;
  return choice;
}

// Its block is always the same one, and it may find there another's that an earlier rule gave it.
template <class F>
SourceChoice<F> Allocator::choose_by_rule(const Table& table, const Table::Source& source,
                                          const SourceWish<F>& wish) noexcept {
  BlockTable& own = table.blocks()->of(index_);
  const IpAddress host = packet::to_address(wish.source);
  const auto place = block_place(*source.pool, host);
  if (!place) {
    return refused<F>(Refusal::no_address);
  }
  std::uint32_t slot = block_with(own, host, source.addresses.address(place->position), place->ports.low);
  if (slot != kNone && own.block(slot).ports() != place->ports) {
    return refused<F>(Refusal::no_port);
  }
  if (slot == kNone && source.spaces[place->position]->claim(place->ports)) {
    slot = hold(own, source, place->position, host, place->ports);
  }
  return slot == kNone ? refused<F>(Refusal::no_port) : take_in_block<F>(table, slot, wish);
}

template <class F>
SourceChoice<F> Allocator::choose_in_block(const Table& table, const Table::Source& source,
                                           const SourceWish<F>& wish) noexcept {
  if (source.pool->deterministic) {
    return choose_by_rule<F>(table, source, wish);
  }
  BlockTable& own = table.blocks()->of(index_);
  const IpAddress host = packet::to_address(wish.source);
  Holding holding = holding_of(table, own, host, source);
  const bool in_time = holding.active != kNone && is_at(table, source, own.block(holding.active)) &&
                       !over(source, own, holding.active);
  if (in_time) {
    const SourceChoice<F> choice = take_in_block<F>(table, holding.active, wish);
    if (choice.refusal == Refusal::none) {
      return choice;
    }
  }
  if (holding.active != kNone) {
    const bool goes = own.used(holding.active) == 0;
    deactivate(table, holding.active);
    holding = goes ? holding_of(table, own, host, source) : holding;
  }
  const std::uint32_t slot = holding.blocks < source.pool->blocks->most_per_host
                                 ? new_block<F>(table, source, wish, holding.newest)
                                 : kNone;
  if (slot != kNone) {
    return take_in_block<F>(table, slot, wish);
  }
  // What was full before may have room again.
  if (holding.roomy == kNone) {
    return refused<F>(Refusal::no_port);
  }
  own.activate(holding.roomy, now_s_);
  return take_in_block<F>(table, holding.roomy, wish);
}
template SourceChoice<V4> Allocator::choose_in_block(const Table&, const Table::Source&,
                                                     const SourceWish<V4>&) noexcept;
template SourceChoice<V6> Allocator::choose_in_block(const Table&, const Table::Source&,
                                                     const SourceWish<V6>&) noexcept;

void Allocator::look_at_block(const Table& table, std::uint32_t slot) noexcept {
  BlockTable& own = table.blocks()->of(index_);
  BlockView view;
  if (!own.view(slot, view) || view.block.by_rule != 0) {
    return;
  }
  const Table::Source* source = source_of(table, view.block);
  if (view.active) {
    const bool idle = view.used == 0 && source != nullptr && source->pool->blocks->recycle_timeout_s != 0 &&
                      now_s_ - view.idle_s >= source->pool->blocks->recycle_timeout_s;
    if (source == nullptr || over(*source, own, slot) || idle) {
      return deactivate(table, slot);
    }
  }
  const std::uint32_t interim_s = source != nullptr ? source->pool->blocks->interim_s : 0;
  if (interim_s != 0 && own.tell_again(slot, interim_s, now_s_)) {
    tell(BlockNews::interim, own, view.block);
  }
}

// What other workers gave back is seen after a second.
void Allocator::sweep_blocks(const Table& table, std::uint32_t budget) noexcept {
  const bool second = table.blocks()->of(index_).sweep(
      now_s_, budget, [&](std::uint32_t slot) { look_at_block(table, slot); });
  if (!second) {
    return;
  }
  for (const SourcePool& pool : table.definition().source_pools) {
    const Table::Source& source = *table.source(pool.id);
    if (source.mixed) {
      hope(source);
    }
  }
}

}  // namespace sluice::nat
