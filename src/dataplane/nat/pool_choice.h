// Private to the nat room: which address of which pool a host finds, as far as packet and configuration say.
#pragma once

#include "dataplane/nat/allocator.h"

namespace sluice::nat {

template <class Address>
[[nodiscard]] std::uint64_t hash_of(const Address& address) noexcept {
  const AddressNumber number = number_of(address);
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  return packet::fold_multiply(static_cast<std::uint64_t>(number) ^ kOdd,
                               static_cast<std::uint64_t>(number >> 64) ^ (kOdd * kOdd));
}

// Where in a pool a host finds its address when it is to be the same each time.
template <class F>
[[nodiscard]] std::uint64_t position_for(const Table::Source& source,
                                         const typename F::Address& host) noexcept {
  if (source.pool->deterministic) {
    return block_place(*source.pool, packet::to_address(host)).value_or(BlockPlace()).position;
  }
  return source.pool->has_base ? static_cast<std::uint64_t>(number_of(host) - number_of(source.pool->base))
                               : hash_of(host) % source.addresses.size();
}

// Whether a pool that says which hosts it is for has no address for this one, whose address is of its family.
template <class F>
[[nodiscard]] bool outside(const Table::Source& source, const typename F::Address& host) noexcept {
  if (source.pool->deterministic) {
    return !source.pool->deterministic->hosts.contains(packet::to_address(host));
  }
  if (!source.pool->has_base) {
    return false;
  }
  const AddressNumber base = number_of(source.pool->base);
  const AddressNumber number = number_of(host);
  return number < base || number - base >= source.addresses.size();
}

// Whether it has none for the packet. Between the families a host has no address by which a pool with
// host-address-base or blocks could know it.
template <class F>
[[nodiscard]] bool unserved(const Table::Source& source, const SourceWish<F>& wish) noexcept {
  if (!wish.across) {
    return outside<F>(source, wish.source);
  }
  return source.pool->has_base || source.pool->block_size() != 0;
}

template <class F>
[[nodiscard]] SourceChoice<F> refused(Refusal why) noexcept {
  SourceChoice<F> choice;
  choice.refusal = why;
  return choice;
}

// The same address of the pool for a host each time; the port as it is.
template <class F>
[[nodiscard]] SourceChoice<F> kept(const Table::Source& source, const SourceWish<F>& wish) noexcept {
  if (unserved<F>(source, wish)) {
    return refused<F>(Refusal::no_address);
  }
  SourceChoice<F> choice;
  choice.address = source.addresses.at<typename F::Address>(position_for<F>(source, wish.source));
  choice.port = wish.source_port;
  choice.pool = source.pool->id;
  return choice;
}

// The pool that serves the host: that of the rule, or its overflow pool when it has no address for the host.
// Null: the interface's address.
template <class F>
[[nodiscard]] const Table::Source* serving(const Table& table, const SourceWish<F>& wish) noexcept {
  const Table::Source* source = table.source(wish.rule->pool);
  if (source != nullptr && unserved<F>(*source, wish)) {
    const NatPoolId overflow = source->pool->overflow;
    return overflow != kNoNatPool || source->pool->overflow_interface ? table.source(overflow) : source;
  }
  return source;
}

}  // namespace sluice::nat
