#include "dataplane/nat/allocator.h"

#include "dataplane/packet/packet.h"

namespace sluice::nat {
namespace {

using packet::V4;
using packet::V6;

template <class Address>
std::uint64_t hash_of(const Address& address) noexcept {
  const AddressNumber number = number_of(address);
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  return packet::fold_multiply(static_cast<std::uint64_t>(number) ^ kOdd,
                               static_cast<std::uint64_t>(number >> 64) ^ (kOdd * kOdd));
}

// Where in a pool a host finds its address when it is to be the same each time.
template <class F>
std::uint64_t position_for(const Table::Source& source, const typename F::Address& host) noexcept {
  return source.pool->has_base ? static_cast<std::uint64_t>(number_of(host) - number_of(source.pool->base))
                               : hash_of(host) % source.addresses.size();
}

// Whether a pool with host-address-base has no address for the host.
template <class F>
bool outside(const Table::Source& source, const typename F::Address& host) noexcept {
  if (!source.pool->has_base) {
    return false;
  }
  const AddressNumber base = number_of(source.pool->base);
  const AddressNumber number = number_of(host);
  return number < base || number - base >= source.addresses.size();
}

template <class F>
SourceChoice<F> refused(Refusal why) noexcept {
  SourceChoice<F> choice;
  choice.refusal = why;
  return choice;
}

template <class F>
SourceChoice<F> of_interface(const Table& table, const SourceWish<F>& wish) noexcept {
  SourceChoice<F> choice;
  choice.port = wish.source_port;
  choice.pool = kInterfaceNatPool;
  if (!table.interface_address(wish.egress, choice.address)) {
    choice.refusal = Refusal::no_address;
  }
  return choice;
}

// The pool that serves the host: that of the rule, or its overflow pool when it has no address for the host.
// Null: the interface's address.
template <class F>
const Table::Source* serving(const Table& table, const SourceWish<F>& wish) noexcept {
  const Table::Source* source = table.source(wish.rule->pool);
  if (source != nullptr && outside<F>(*source, wish.source)) {
    const NatPoolId overflow = source->pool->overflow;
    return overflow != kNoNatPool || source->pool->overflow_interface ? table.source(overflow) : source;
  }
  return source;
}

// The same address of the pool for a host each time; the port as it is.
template <class F>
SourceChoice<F> kept(const Table::Source& source, const SourceWish<F>& wish) noexcept {
  if (outside<F>(source, wish.source)) {
    return refused<F>(Refusal::no_address);
  }
  SourceChoice<F> choice;
  choice.address = source.addresses.at<typename F::Address>(position_for<F>(source, wish.source));
  choice.port = wish.source_port;
  choice.pool = source.pool->id;
  return choice;
}

}  // namespace

PortClass class_of(packet::Family family, std::uint8_t protocol, bool query) noexcept {
  switch (protocol) {
    case packet::protocol::kTcp:
      return PortClass::tcp;
    case packet::protocol::kUdp:
    case packet::protocol::kUdpLite:
    case packet::protocol::kDccp:
      return PortClass::udp;
    case packet::protocol::kIcmp:
      return query && family == packet::Family::inet ? PortClass::icmp : PortClass::count_;
    case packet::protocol::kIcmp6:
      return query && family == packet::Family::inet6 ? PortClass::icmp : PortClass::count_;
    default:
      return PortClass::count_;
  }
}

void Allocator::adopt(const Table* table) {
  if (adopted_ == table) return;
  adopted_ = table;
  pools_.clear();
  if (table == nullptr) return;
  pools_.resize(table->source_count());
  for (const SourcePool& pool : table->definition().source_pools) {
    const Table::Source& source = *table->source(pool.id);
    for (auto& hopeful : pools_[source.index].hopeful) {
      hopeful.assign((source.spaces.size() + 63) / 64, ~std::uint64_t{0});
      if (source.spaces.size() % 64 != 0) {
        hopeful.back() = ~std::uint64_t{0} >> (64 - source.spaces.size() % 64);
      }
    }
  }
}

std::uint64_t Allocator::random() noexcept {
  constexpr std::uint64_t kStep = 0xa0761d6478bd642f;
  random_ += kStep;
  return packet::fold_multiply(random_, random_ ^ 0xe7037ed1a0b428db);
}

template <class F>
SourceChoice<F> Allocator::with_port(SourceChoice<F> choice, PortSpace& space, PortRange range,
                                     const SourceWish<F>& wish) noexcept {
  typename F::Key answer = wish.answer;
  answer.destination = choice.address;
  answer.destination_port = 0;
  const std::uint32_t port = space.take(
      index_, steering_,
      {.klass = wish.klass, .range = range, .hash = packet::owner_hash(answer), .random = random()});
  if (port == PortSpace::kNone) {
    return refused<F>(Refusal::no_port);
  }
  choice.port = static_cast<std::uint16_t>(port);
  choice.taken = true;
  return choice;
}

// Addresses take turns, those with something left. What they have may lead answers elsewhere, for this remote
// end: so many are asked and no more, whatever the pool's size.
template <class F>
SourceChoice<F> Allocator::take_in_turn(const Table::Source& source, const SourceWish<F>& wish) noexcept {
  constexpr unsigned kMostAddresses = 4;
  PoolState& state = pools_[source.index];
  auto& hopeful = state.hopeful[static_cast<std::size_t>(wish.klass)];
  const auto count = static_cast<std::uint32_t>(source.spaces.size());
  state.turn = state.turn + 1 < count ? state.turn + 1 : 0;
  unsigned asked = 0;
  // Once round, and the first word again for what is before the turn in it.
  std::uint32_t word = state.turn / 64;
  std::uint64_t allowed = ~std::uint64_t{0} << (state.turn % 64);
  for (std::size_t words = 0; words <= hopeful.size(); ++words) {
    for (std::uint64_t bits = hopeful[word] & allowed; bits != 0; bits &= bits - 1) {
      const std::uint32_t position = 64 * word + static_cast<std::uint32_t>(std::countr_zero(bits));
      SourceChoice<F> choice;
      choice.address = source.addresses.at<typename F::Address>(position);
      choice.pool = source.pool->id;
      choice = with_port<F>(choice, *source.spaces[position], source.pool->ports, wish);
      if (choice.refusal == Refusal::none) {
        return choice;
      }
      if (source.spaces[position]->exhausted(index_, wish.klass, source.pool->ports)) {
        hopeful[word] &= ~(std::uint64_t{1} << (position % 64));
      } else if (++asked == kMostAddresses) {
        state.turn = position;
        return choice;
      }
    }
    word = word + 1 < hopeful.size() ? word + 1 : 0;
    allowed = ~std::uint64_t{0};
  }
  return refused<F>(Refusal::no_port);
}

template <class F>
SourceChoice<F> Allocator::choose_from(const Table& table, const Table::Source& source,
                                       const SourceWish<F>& wish) noexcept {
  if (source.addresses.family() != F::kFamily) {
    return refused<F>(Refusal::no_address);
  }
  if (source.spaces.empty() || wish.klass == PortClass::count_) {
    return kept<F>(source, wish);
  }
  const bool one_address = source.pool->paired || source.pool->has_base ||
                           table.definition().address_persistent || wish.klass == PortClass::icmp;
  if (!one_address) {
    return take_in_turn<F>(source, wish);
  }
  const SourceChoice<F> choice = kept<F>(source, wish);
  if (choice.refusal != Refusal::none) {
    return choice;
  }
  PortSpace& space = *source.spaces[position_for<F>(source, wish.source)];
  return with_port<F>(choice, space, source.pool->ports, wish);
}

template <class F>
SourceChoice<F> Allocator::choose_from_interface(const Table& table, const SourceWish<F>& wish) noexcept {
  const SourceChoice<F> choice = of_interface<F>(table, wish);
  if (choice.refusal != Refusal::none || wish.klass == PortClass::count_) {
    return choice;
  }
  return with_port<F>(choice, *table.place(choice.address)->space, kTranslatedPorts, wish);
}

template <class F>
SourceChoice<F> Allocator::choose(const Table& table, const SourceWish<F>& wish) noexcept {
  const Table::Source* source = wish.rule->action == Action::pool ? serving<F>(table, wish) : nullptr;
  if (source == nullptr) {
    return choose_from_interface<F>(table, wish);
  }
  const SourceChoice<F> choice = choose_from<F>(table, *source, wish);
  if (choice.refusal == Refusal::none) {
    return choice;
  }
  if (source->pool->overflow_interface) {
    return choose_from_interface<F>(table, wish);
  }
  const Table::Source* overflow = table.source(source->pool->overflow);
  return overflow != nullptr ? choose_from<F>(table, *overflow, wish) : choice;
}

template <class F>
std::optional<SourceChoice<F>> Allocator::foretell(const Table& table, const SourceWish<F>& wish) noexcept {
  const bool by_addresses_alone = wish.klass == PortClass::count_ || wish.klass == PortClass::icmp;
  const Table::Source* source = wish.rule->action == Action::pool ? serving<F>(table, wish) : nullptr;
  if (source == nullptr) {
    return by_addresses_alone ? std::optional(of_interface<F>(table, wish)) : std::nullopt;
  }
  return by_addresses_alone || source->spaces.empty() ? std::optional(kept<F>(*source, wish)) : std::nullopt;
}

template <class F>
void Allocator::give_back(const Table& table, const typename F::Address& address, PortClass klass,
                          std::uint16_t port) noexcept {
  const Table::Place* place = klass == PortClass::count_ ? nullptr : table.place(address);
  if (place == nullptr || !place->space->give(index_, klass, port) || place->pool == Table::kNoPool) {
    return;
  }
  pools_[place->pool].hopeful[static_cast<std::size_t>(klass)][place->position / 64] |=
      std::uint64_t{1} << (place->position % 64);
}

template SourceChoice<V4> Allocator::choose(const Table&, const SourceWish<V4>&) noexcept;
template SourceChoice<V6> Allocator::choose(const Table&, const SourceWish<V6>&) noexcept;
template std::optional<SourceChoice<V4>> Allocator::foretell(const Table&, const SourceWish<V4>&) noexcept;
template std::optional<SourceChoice<V6>> Allocator::foretell(const Table&, const SourceWish<V6>&) noexcept;
template void Allocator::give_back<V4>(const Table&, const V4::Address&, PortClass, std::uint16_t) noexcept;
template void Allocator::give_back<V6>(const Table&, const V6::Address&, PortClass, std::uint16_t) noexcept;

}  // namespace sluice::nat
