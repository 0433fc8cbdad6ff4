#include "dataplane/nat/allocator.h"

#include "dataplane/nat/pool_choice.h"
#include "dataplane/packet/packet.h"
#include "dataplane/packet/translate64.h"

namespace sluice::nat {
namespace {

using packet::V4;
using packet::V6;

PortWish ports_of(const SourcePool& pool, PortClass klass) noexcept {
  return {.klass = klass, .range = pool.ports, .overloading = pool.overloading};
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

// Whether the pool would give the binding its public tuple.
template <class F>
bool pool_gives(const Table& table, const Table::Source& source, const Binding& binding) noexcept {
  const auto inside = load<typename F::Address>(binding.inside.address.bytes.data());
  const auto address = load<typename F::Address>(binding.reflexive.address.bytes.data());
  if (source.addresses.family() != F::kFamily || outside<F>(source, inside)) {
    return false;
  }
  if (!source.spaces.empty()) {
    const Table::Place* place = table.place(address);
    return place != nullptr && place->pool == source.index;
  }
  return binding.inside.port == binding.reflexive.port &&
         source.addresses.at<typename F::Address>(position_for<F>(source, inside)) == address;
}

template <class F>
bool interface_gives(const Table& table, IflId egress, const Binding& binding) noexcept {
  typename F::Address own;
  return table.interface_address(egress, own) && packet::to_address(own) == binding.reflexive.address;
}

template <class F>
bool family_gives(const Table& table, const Rule& rule, const Binding& binding) noexcept {
  if (rule.action == Action::interface) {
    const IflId egress = egress_of(binding.realm);
    return binding.realm == realm_of(rule, egress) && interface_gives<F>(table, egress, binding);
  }
  const Table::Source* source = table.source(rule.pool);
  if (source == nullptr || binding.realm != realm_of(rule, {})) {
    return false;
  }
  if (binding.pool == rule.pool) {
    return pool_gives<F>(table, *source, binding);
  }
  if (binding.pool == kInterfaceNatPool) {  // the binding does not know which
    const Table::Place* place =
        table.place(load<typename F::Address>(binding.reflexive.address.bytes.data()));
    return source->pool->overflow_interface && place != nullptr && place->of_interface;
  }
  const Table::Source* overflow = table.source(source->pool->overflow);
  return binding.pool == source->pool->overflow && overflow != nullptr &&
         pool_gives<F>(table, *overflow, binding);
}

}  // namespace

bool gives(const Table& table, const Rule& rule, const Binding& binding) noexcept {
  return binding.inside.address.family == packet::Family::inet ? family_gives<V4>(table, rule, binding)
                                                               : family_gives<V6>(table, rule, binding);
}

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

SourceWish<V4> across(const SourceWish<V6>& wish) noexcept {
  return {.rule = wish.rule,
          .klass = wish.klass,
          .source = static_cast<std::uint32_t>(hash_of(wish.source)),
          .source_port = wish.source_port,
          .egress = wish.egress,
          .answer = packet::across(wish.answer),
          .across = true};
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
      hopeful.resize((source.spaces.size() + 63) / 64);
    }
    hope(source);
  }
}

void Allocator::hope(const Table::Source& source) noexcept {
  for (auto& hopeful : pools_[source.index].hopeful) {
    std::ranges::fill(hopeful, ~std::uint64_t{0});
    if (source.spaces.size() % 64 != 0) {
      hopeful.back() = ~std::uint64_t{0} >> (64 - source.spaces.size() % 64);
    }
  }
}

std::uint64_t Allocator::random() noexcept {
  constexpr std::uint64_t kStep = 0xa0761d6478bd642f;
  random_ += kStep;
  return packet::fold_multiply(random_, random_ ^ 0xe7037ed1a0b428db);
}

template <class F>
SourceChoice<F> Allocator::with_port(SourceChoice<F> choice, PortSpace& space, PortWish ports,
                                     const SourceWish<F>& wish) noexcept {
  typename F::Key answer = wish.answer;
  answer.destination = choice.address;
  answer.destination_port = 0;
  ports.hash = packet::owner_hash(answer);
  ports.random = random();
  const std::uint32_t port = space.take(index_, wish.rule->persistence ? nullptr : &steering_, ports);
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
  const PortWish ports = ports_of(*source.pool, wish.klass);
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
      choice = with_port<F>(choice, *source.spaces[position], ports, wish);
      if (choice.refusal == Refusal::none) {
        return choice;
      }
      if (source.spaces[position]->exhausted(index_, ports)) {
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
  if (source.addresses.family() != F::kFamily || unserved<F>(source, wish)) {
    return refused<F>(Refusal::no_address);
  }
  if (source.spaces.empty() || wish.klass == PortClass::count_) {
    return kept<F>(source, wish);
  }
  if (source.turned && !table.settled()) {
    return refused<F>(Refusal::no_port);
  }
  if (source.pool->block_size() != 0) {
    return choose_in_block<F>(table, source, wish);
  }
  const auto& persistence = wish.rule->persistence;
  const bool by_configuration = source.pool->paired || source.pool->has_base ||
                                table.definition().address_persistent ||
                                (persistence && persistence->address_mapping);
  const bool by_owner = wish.klass == PortClass::icmp && !persistence;
  if (!by_configuration && !by_owner) {
    return take_in_turn<F>(source, wish);
  }
  const SourceChoice<F> choice = kept<F>(source, wish);
  if (choice.refusal != Refusal::none) {
    return choice;
  }
  PortSpace& space = *source.spaces[position_for<F>(source, wish.source)];
  return with_port<F>(choice, space, ports_of(*source.pool, wish.klass), wish);
}

template <class F>
SourceChoice<F> Allocator::choose_from_interface(const Table& table, const SourceWish<F>& wish) noexcept {
  const SourceChoice<F> choice = of_interface<F>(table, wish);
  if (choice.refusal != Refusal::none || wish.klass == PortClass::count_) {
    return choice;
  }
  const Table::Place& place = *table.place(choice.address);
  if (place.turned && !table.settled()) {
    return refused<F>(Refusal::no_port);
  }
  const PortWish ports{.klass = wish.klass,
                       .range = kTranslatedPorts,
                       .overloading = table.definition().interface_overloading};
  return with_port<F>(choice, *place.space, ports, wish);
}

template <class F>
SourceChoice<F> Allocator::choose(const Table& table, const SourceWish<F>& wish) noexcept {
  const Table::Source* source = wish.rule->action == Action::pool ? serving<F>(table, wish) : nullptr;
  if (source == nullptr) {
    return choose_from_interface<F>(table, wish);
  }
  SourceChoice<F> choice = choose_from<F>(table, *source, wish);
  if (choice.refusal == Refusal::none) {
    return choice;
  }
  if (source->pool->overflow_interface) {
    choice = choose_from_interface<F>(table, wish);
  } else if (const Table::Source* overflow = table.source(source->pool->overflow); overflow != nullptr) {
    choice = choose_from<F>(table, *overflow, wish);
  }
  choice.held |= choice.taken && source->pool->block_size() != 0;
  return choice;
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
std::uint16_t Allocator::maker(const Table& table, const SourceWish<F>& wish, const Tuple& inside) noexcept {
  const Bindings& bindings = *table.bindings();
  const Table::Source* source = wish.rule->action == Action::pool ? serving<F>(table, wish) : nullptr;
  if (source != nullptr && source->spaces.empty()) {
    return bindings.holder(inside.port);
  }
  const PortRange range = source != nullptr ? source->pool->ports : kTranslatedPorts;
  return bindings.maker(inside, range.low, range.high);
}

template <class F>
std::optional<std::uint16_t> Allocator::holder(const Table& table, const SourceWish<F>& wish) noexcept {
  const Table::Source* source = wish.rule->action == Action::pool ? serving<F>(table, wish) : nullptr;
  return source == nullptr || source->pool->block_size() == 0 || wish.klass == PortClass::count_
             ? std::nullopt
             : std::optional(table.blocks()->holder(packet::to_address(wish.source)));
}

template <class F>
void Allocator::give_back(const Table& table, const typename F::Address& host,
                          const typename F::Address& address, PortClass klass, std::uint16_t port) noexcept {
  const Table::Place* place = klass == PortClass::count_ ? nullptr : table.place(address);
  if (place == nullptr) {
    return;
  }
  if (BlockSpace* blocks = place->space->blocks(); blocks != nullptr && blocks->give(port)) {
    return give_back_to_block(table, packet::to_address(host), packet::to_address(address), port);
  }
  if (!place->space->give(index_, klass, port) || place->pool == Table::kNoPool) {
    return;
  }
  pools_[place->pool].hopeful[static_cast<std::size_t>(klass)][place->position / 64] |=
      std::uint64_t{1} << (place->position % 64);
}

template SourceChoice<V4> Allocator::choose(const Table&, const SourceWish<V4>&) noexcept;
template SourceChoice<V6> Allocator::choose(const Table&, const SourceWish<V6>&) noexcept;
template std::optional<SourceChoice<V4>> Allocator::foretell(const Table&, const SourceWish<V4>&) noexcept;
template std::optional<SourceChoice<V6>> Allocator::foretell(const Table&, const SourceWish<V6>&) noexcept;
template std::uint16_t Allocator::maker(const Table&, const SourceWish<V4>&, const Tuple&) noexcept;
template std::uint16_t Allocator::maker(const Table&, const SourceWish<V6>&, const Tuple&) noexcept;
template std::optional<std::uint16_t> Allocator::holder(const Table&, const SourceWish<V4>&) noexcept;
template std::optional<std::uint16_t> Allocator::holder(const Table&, const SourceWish<V6>&) noexcept;
template void Allocator::give_back<V4>(const Table&, const V4::Address&, const V4::Address&, PortClass,
                                       std::uint16_t) noexcept;
template void Allocator::give_back<V6>(const Table&, const V6::Address&, const V6::Address&, PortClass,
                                       std::uint16_t) noexcept;

}  // namespace sluice::nat
