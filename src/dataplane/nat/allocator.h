// Allocator: what a worker gives out of source pools and interface addresses.
//
// A pool's addresses take turns, unless a host is to keep one: then its address decides. An address that has
// nothing left for the worker is not tried again until one of its ports comes back, so that a pool with
// nothing left is seen at once. Who owns it: one worker; no other thread touches it.
//
// Of a pool with blocks a host keeps its address as long as it has a block there, and its ports come from its
// active block (block_table.h). What becomes of blocks is told to whoever writes the log, each when it
// happens.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "dataplane/nat/nat.h"
#include "dataplane/nat/steering.h"

namespace sluice::nat {

// Why there is no translation.
enum class Refusal : std::uint8_t {
  none,
  no_port,     // nothing left in pool and overflow pool
  no_address,  // the interface has none of the family, or the host is none of the pool's
};

template <class F>
struct SourceChoice {
  Refusal refusal = Refusal::none;
  typename F::Address address{};
  std::uint16_t port = 0;  // host order
  NatPoolId pool;          // where it is from
  bool taken = false;      // the port must be given back
  bool held = false;       // the session is the holder's, wherever answers come to: its pool has blocks
};

// The answers that a translated packet will have, but for their destination.
template <class F>
struct SourceWish {
  const Rule* rule = nullptr;  // of stage `source`, and not `off`
  PortClass klass = PortClass::count_;
  typename F::Address source{};   // the packet's own
  std::uint16_t source_port = 0;  // host order
  IflId egress;
  typename F::Key answer;
  bool across = false;  // of IPv6: its source stands for one, and is none of IPv4
};

// What a packet of IPv6 that goes to an IPv4 address wishes. Its source is a number that the host's address
// alone decides, so that it has the same public address each time where it is to.
[[nodiscard]] SourceWish<packet::V4> across(const SourceWish<packet::V6>& wish) noexcept;

// Of a packet that a persistent rule translates: of a class that has ports.
template <class F>
[[nodiscard]] inline Tuple inside_of(const SourceWish<F>& wish, std::uint8_t protocol) noexcept {
  return {.address = packet::to_address(wish.source), .protocol = protocol, .port = wish.source_port};
}
[[nodiscard]] inline Realm realm_of(const Rule& rule, IflId egress) noexcept {
  constexpr Realm kOfInterface = 1U << 16;
  const Realm permit = static_cast<Realm>(rule.persistence->permit) << 17;
  return permit | (rule.action == Action::interface ? kOfInterface | egress.value : rule.pool.value);
}
// The interface whose address it is, when it is one's.
[[nodiscard]] inline IflId egress_of(Realm realm) noexcept {
  return IflId{static_cast<std::uint16_t>(realm)};
}
// Whether the rule would give the binding its public tuple still.
[[nodiscard]] bool gives(const Table& table, const Rule& rule, const Binding& binding) noexcept;

// What the log is to be told of a block.
enum class BlockNews : std::uint8_t { allocated, released, interim };
struct BlockNote {
  BlockNews news = BlockNews::allocated;
  const Block& block;
  std::uint32_t have = 0;  // blocks of the pool that the host has then
};
// Called by the worker. `of`: who listens.
struct BlockListener {
  void* of = nullptr;
  void (*tell)(void* of, const BlockNote& note) noexcept = nullptr;
};

class Allocator {
 public:
  // `secret`: what nobody outside can guess ports without (RFC 6056).
  Allocator(std::uint16_t index, std::uint16_t workers, std::uint64_t secret)
      : index_(index), steering_(index, workers), random_(secret) {}

  // Which pools there are from now on; null: none. Between bursts; allocates when the table is another than
  // before. The caller keeps a table until it has brought the next one, so no two in turn have one address.
  void adopt(const Table* table);
  // The time of what follows.
  void set_time(std::uint32_t now_s) noexcept { now_s_ = now_s; }
  void set_listener(const BlockListener& listener) noexcept { listener_ = listener; }

  // For a persistent rule wherever answers come to, and as if there were no binding.
  template <class F>
  [[nodiscard]] SourceChoice<F> choose(const Table& table, const SourceWish<F>& wish) noexcept;

  // What choose() answers when that follows from packet and configuration alone and is the same for every
  // worker; but for the port, when the class has any. Nothing when the worker may choose.
  template <class F>
  [[nodiscard]] static std::optional<SourceChoice<F>> foretell(const Table& table,
                                                               const SourceWish<F>& wish) noexcept;

  // The worker that makes the binding of a packet which a persistent rule translates.
  template <class F>
  [[nodiscard]] static std::uint16_t maker(const Table& table, const SourceWish<F>& wish,
                                           const Tuple& inside) noexcept;

  // The worker that has all sessions of the packet's host by a pool with blocks. Nothing: it has none, or its
  // protocol no ports.
  template <class F>
  [[nodiscard]] static std::optional<std::uint16_t> holder(const Table& table,
                                                           const SourceWish<F>& wish) noexcept;

  // A port that choose() gave `host`, of this address.
  template <class F>
  void give_back(const Table& table, const typename F::Address& host, const typename F::Address& address,
                 PortClass klass, std::uint16_t port) noexcept;

  // Blocks whose time has come become inactive or go, and the log is told of others again; looks at about
  // `budget` of them.
  void sweep_blocks(const Table& table, std::uint32_t budget) noexcept;

 private:
  struct PoolState {
    std::uint32_t turn = 0;  // the position that is next
    // A bit for each address that may have a free port of the class.
    std::array<std::vector<std::uint64_t>, kPortClasses> hopeful;
  };

  template <class F>
  [[nodiscard]] SourceChoice<F> choose_from(const Table& table, const Table::Source& source,
                                            const SourceWish<F>& wish) noexcept;
  template <class F>
  [[nodiscard]] SourceChoice<F> choose_from_interface(const Table& table, const SourceWish<F>& wish) noexcept;
  // `choice` with one of these ports of its address, or refused.
  template <class F>
  [[nodiscard]] SourceChoice<F> with_port(SourceChoice<F> choice, PortSpace& space, PortWish ports,
                                          const SourceWish<F>& wish) noexcept;
  template <class F>
  [[nodiscard]] SourceChoice<F> take_in_turn(const Table::Source& source, const SourceWish<F>& wish) noexcept;
  [[nodiscard]] std::uint64_t random() noexcept;
  // Every address may have something again.
  void hope(const Table::Source& source) noexcept;

  // --- allocator_blocks.cc
  template <class F>
  [[nodiscard]] SourceChoice<F> choose_in_block(const Table& table, const Table::Source& source,
                                                const SourceWish<F>& wish) noexcept;
  template <class F>
  [[nodiscard]] SourceChoice<F> choose_by_rule(const Table& table, const Table::Source& source,
                                               const SourceWish<F>& wish) noexcept;
  // With a port of the block, or refused: it is full.
  template <class F>
  [[nodiscard]] SourceChoice<F> take_in_block(const Table& table, std::uint32_t slot,
                                              const SourceWish<F>& wish) noexcept;
  // Its slot; kNone: there is none left. `near`: an address that the host has a block of, or kNone.
  template <class F>
  [[nodiscard]] std::uint32_t new_block(const Table& table, const Table::Source& source,
                                        const SourceWish<F>& wish, std::uint32_t near) noexcept;
  [[nodiscard]] std::uint32_t hold(BlockTable& own, const Table::Source& source, std::uint64_t position,
                                   const packet::IpAddress& host, PortRange ports) noexcept;
  void give_back_to_block(const Table& table, const packet::IpAddress& host, const packet::IpAddress& address,
                          std::uint16_t port) noexcept;
  void deactivate(const Table& table, std::uint32_t slot) noexcept;
  void release_block(const Table& table, std::uint32_t slot) noexcept;
  void look_at_block(const Table& table, std::uint32_t slot) noexcept;
  void tell(BlockNews news, const BlockTable& own, const Block& block) noexcept;
  [[nodiscard]] bool over(const Table::Source& source, const BlockTable& own,
                          std::uint32_t slot) const noexcept;

  std::uint16_t index_;
  Steering steering_;
  const Table* adopted_ = nullptr;  // only to be compared
  std::vector<PoolState> pools_;    // by index of Table::Source
  std::uint64_t random_;
  std::uint32_t now_s_ = 0;
  BlockListener listener_;
};

}  // namespace sluice::nat
