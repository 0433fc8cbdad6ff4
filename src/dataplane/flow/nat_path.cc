#include "dataplane/flow/newcomers.h"
#include "dataplane/flow/steps.h"
#include "dataplane/packet/translate64.h"

namespace sluice::flow {
namespace {

using nat::Action;
using nat::PortClass;
using nat::Stage;
using packet::DropReason;
using packet::Packet;
using packet::V4;
using packet::V6;
namespace flag = session::flag;

template <class F>
using Query = nat::Query<typename F::Address>;

template <class F>
Query<F> query_of(const Newcomer<F>& newcomer) noexcept {
  const Packet& packet = *newcomer.packet;
  const bool ports = packet::has_ports(newcomer.sent.protocol);
  return {.from_ifl = packet.ifl,
          .from_zone = packet.zone,
          .to_ifl = newcomer.egress,
          .to_zone = newcomer.to_zone,
          .source = newcomer.sent.source,
          .destination = newcomer.sent.destination,
          .protocol = newcomer.sent.protocol,
          .source_port = ports ? byte_swap(newcomer.sent.source_port) : std::uint16_t{0},
          .destination_port = ports ? byte_swap(newcomer.sent.destination_port) : std::uint16_t{0}};
}

// For each of up to so many newcomers the rule of an earlier stage, or else that of a later one.
template <class F, std::size_t kMost = kBurst>
class Found {
 public:
  Found(const nat::Table& table, std::span<const Newcomer<F>> newcomers, Stage earlier,
        Stage later) noexcept {
    for (std::size_t i = 0; i < newcomers.size(); ++i) {
      make_in_place(queries_[i], [&] { return query_of(newcomers[i]); });
    }
    const std::span<const Query<F>> queries(queries_.data(), newcomers.size());
    table.find(earlier, queries, std::span(earlier_.data(), newcomers.size()));
    table.find(later, queries, std::span(later_.data(), newcomers.size()));
    for (std::size_t i = 0; i < newcomers.size(); ++i) {
      if (crosses(newcomers[i])) {
        earlier_[i] = nullptr;  // static NAT has no IPv4 source for a host of IPv6
      }
    }
  }

  [[nodiscard]] const Query<F>& query(std::size_t i) const noexcept { return queries_[i]; }
  // Null: there is none.
  [[nodiscard]] const nat::Rule* matched(std::size_t i) const noexcept {
    return earlier_[i] != nullptr ? earlier_[i] : later_[i];
  }
  // Null: there is none, or it says `off`.
  [[nodiscard]] const nat::Rule* rule(std::size_t i) const noexcept {
    const nat::Rule* rule = matched(i);
    return rule == nullptr || rule->action == Action::off ? nullptr : rule;
  }

 private:
  std::array<Query<F>, kMost> queries_;
  std::array<const nat::Rule*, kMost> earlier_{};
  std::array<const nat::Rule*, kMost> later_{};
};

// Puts an end of the key, which is `address` and `port` of it, where it is mapped to.
template <class F>
void move_end(typename F::Key& key, typename F::Address& address, std::uint16_t& port,
              const nat::Mapped<typename F::Address>& to) noexcept {
  address = to.address;
  if (packet::has_ports(key.protocol)) {
    port = byte_swap(to.port);
  }
  settle_asker<F>(key);
}

template <class F>
void send_to_mapped(const nat::Table& table, const Query<F>& query, Newcomer<F>& newcomer) noexcept {
  auto& sent = newcomer.sent;
  move_end<F>(sent, sent.destination, sent.destination_port,
              table.map_destination(*newcomer.destination_rule, query));
}

template <class F>
void send_from_mapped(const nat::Table& table, const Query<F>& query, Newcomer<F>& newcomer) noexcept {
  auto& sent = newcomer.sent;
  move_end<F>(sent, sent.source, sent.source_port, table.map_source(*newcomer.source_rule, query));
}

template <class F>
nat::SourceWish<F> wish_of(const Newcomer<F>& newcomer) noexcept {
  return {.rule = newcomer.source_rule,
          .klass = port_class<F>(newcomer.sent),
          .source = newcomer.sent.source,
          .source_port = byte_swap(newcomer.sent.source_port),
          .egress = newcomer.leaves_by,
          .answer = packet::mirror(newcomer.sent, newcomer.to_zone)};
}

// Also one that says `off`.
void count_rule_hit(Core& core, const nat::Rule* matched) noexcept {
  if (matched != nullptr) {
    count(core.nat_rule_counters[matched->id.value].hits);
  }
}

// Static NAT, or else destination NAT.
template <class F>
void send_by_rules(Core& core, const nat::Table& table, std::span<Newcomer<F>> newcomers) noexcept {
  const Found<F> found(table, newcomers, Stage::static_in, Stage::destination);
  for (std::size_t i = 0; i < newcomers.size(); ++i) {
    Newcomer<F>& newcomer = newcomers[i];
    newcomer.destination_rule = found.rule(i);
    count_rule_hit(core, found.matched(i));
    if (newcomer.destination_rule != nullptr) {
      if (const NatPoolId pool = newcomer.destination_rule->pool; pool != kNoNatPool) {
        count(core.nat_pool_counters[pool.value].hits);
      }
      send_to_mapped(table, found.query(i), newcomer);
    }
  }
}

// The interface and zone by which packets leave for an address; for one of the firewall's own, those that
// have it.
struct Exit {
  IflId ifl;
  ZoneId zone;
};

template <class F>
Exit exit_towards(const Core& core, const typename F::Address& address) noexcept {
  const route::NextHop& next_hop = core.next_hop(core.snapshot->routes->lookup(address));
  const bool own = next_hop.kind == route::NextHopKind::local && next_hop.owner != kNoIfl;
  const IflId ifl = own ? next_hop.owner : next_hop.ifl;
  return {ifl, core.snapshot->interfaces[ifl.value].zone};
}

// What a hairpin is translated by: the rule of packets that leave for the public address, if it is persistent
// (RFC 4787 REQ-9). Only when no rule is for where the packet really goes. Who comes from that side is no
// hairpin.
template <class F>
void find_hairpin_rule(const Core& core, const typename F::Key& key, Newcomer<F>& newcomer) noexcept {
  const Exit exit = exit_towards<F>(core, key.destination);
  if (exit.zone == newcomer.packet->zone) {
    return;
  }
  Query<F> query = query_of(newcomer);
  query.destination = key.destination;
  query.destination_port = byte_swap(key.destination_port);
  query.to_ifl = exit.ifl;
  query.to_zone = exit.zone;
  const nat::Rule* rule = nullptr;
  core.snapshot->nat->find(Stage::source, std::span<const Query<F>>(&query, 1), std::span(&rule, 1));
  if (rule != nullptr && rule->persistence) {
    newcomer.source_rule = rule;
    newcomer.leaves_by = exit.ifl;
  }
}

// What find_source_rules() would find for the packet.
template <class F>
void foretell_source_rule(const Core& core, const typename F::Key& key, Newcomer<F>& newcomer) noexcept {
  const nat::Table& table = *core.snapshot->nat;
  newcomer.egress = core.next_hop(core.snapshot->routes->lookup(newcomer.sent.destination)).ifl;
  newcomer.to_zone = core.snapshot->interfaces[newcomer.egress.value].zone;
  newcomer.leaves_by = newcomer.egress;
  const Found<F, 1> found(table, std::span<const Newcomer<F>>(&newcomer, 1), Stage::static_out,
                          Stage::source);
  newcomer.source_rule = found.rule(0);
  if (newcomer.destination_binding && found.matched(0) == nullptr) {
    find_hairpin_rule<F>(core, key, newcomer);
  }
}

nat::SourceChoice<V6> mapped(const nat::SourceChoice<V4>& choice) noexcept {
  return {.refusal = choice.refusal,
          .address = packet::to_mapped(choice.address),
          .port = choice.port,
          .pool = choice.pool,
          .taken = choice.taken};
}

// Or none come: an ICMP error is nobody's question.
template <class F>
bool answers_come_here(const Core& core, const Newcomer<F>& newcomer) noexcept {
  return core.workers == 1 || packet::is_icmp_error(*newcomer.packet) ||
         packet::worker_of(packet::owner_hash_on_wire(newcomer.sent), core.workers) == core.index;
}

// What the allocator gives for the wish; to a packet that goes to IPv4 an IPv4 address, in its IPv6 form.
template <class F>
nat::SourceChoice<F> choose(Core& core, const Newcomer<F>& newcomer,
                            const nat::SourceWish<F>& wish) noexcept {
  const nat::Table& table = *core.snapshot->nat;
  if constexpr (F::kFamily == packet::Family::inet6) {
    if (crosses(newcomer)) {
      return mapped(core.allocator.choose<V4>(table, nat::across(wish)));
    }
  }
  return core.allocator.choose<F>(table, wish);
}

// The same, as far as any worker can tell.
template <class F>
std::optional<nat::SourceChoice<F>> foretell(const nat::Table& table, const Newcomer<F>& newcomer,
                                             const nat::SourceWish<F>& wish) noexcept {
  if constexpr (F::kFamily == packet::Family::inet6) {
    if (crosses(newcomer)) {
      const auto choice = nat::Allocator::foretell<V4>(table, nat::across(wish));
      return choice ? std::optional(mapped(*choice)) : std::nullopt;
    }
  }
  return nat::Allocator::foretell<F>(table, wish);
}

// Whether its source is translated by a binding, or by one that is to be made.
template <class F>
bool is_bound(const Newcomer<F>& newcomer, const nat::SourceWish<F>& wish) noexcept {
  return newcomer.source_rule->persistence && wish.klass != PortClass::count_ && !crosses(newcomer);
}

// Between the families a packet needs an IPv4 source. False: it has its verdict.
template <class F>
bool may_cross(Core& core, const Newcomer<F>& newcomer) noexcept {
  if constexpr (F::kFamily == packet::Family::inet6) {
    if (crosses(newcomer) && !packet::has_translation(newcomer.sent)) {
      fail_translation(core, newcomer, DropReason::nat64_unsupported);
      return false;
    }
  }
  if (crosses(newcomer) && newcomer.source_rule == nullptr) {
    fail_translation(core, newcomer, DropReason::nat_no_address);
    return false;
  }
  return true;
}

// Where translations of the rule come from.
NatPoolId pool_of(const nat::Rule& rule) noexcept {
  return rule.action == Action::interface ? kInterfaceNatPool : rule.pool;
}

}  // namespace

DropReason reason_of(nat::Refusal refusal) noexcept {
  return refusal == nat::Refusal::no_address ? DropReason::nat_no_address : DropReason::nat_exhausted;
}

template <class F>
bool comes_from_outside(const Core& core, const Packet& packet, const typename F::Address& address) noexcept {
  return exit_towards<F>(core, address).zone == packet.zone;
}
template bool comes_from_outside<V4>(const Core&, const Packet&, const V4::Address&) noexcept;
template bool comes_from_outside<V6>(const Core&, const Packet&, const V6::Address&) noexcept;

template <class F>
void translate_destinations(Core& core, std::span<Newcomer<F>> newcomers) noexcept {
  const nat::Table* table = core.snapshot->nat.get();
  if (table == nullptr) {
    return;
  }
  if (table->has(Stage::static_in) || table->has(Stage::destination)) {
    send_by_rules(core, *table, newcomers);
  }
  if (table->bindings() != nullptr) {
    for (Newcomer<F>& newcomer : newcomers) {
      send_to_bound(core, newcomer);
    }
  }
}
template void translate_destinations(Core&, std::span<Newcomer<V4>>) noexcept;
template void translate_destinations(Core&, std::span<Newcomer<V6>>) noexcept;

template <class F>
void find_source_rules(Core& core, std::span<Newcomer<F>> newcomers) noexcept {
  const nat::Table* table = core.snapshot->nat.get();
  if (table == nullptr || !(table->has(Stage::static_out) || table->has(Stage::source))) {
    return;
  }
  const Found<F> found(*table, newcomers, Stage::static_out, Stage::source);
  for (std::size_t i = 0; i < newcomers.size(); ++i) {
    Newcomer<F>& newcomer = newcomers[i];
    newcomer.source_rule = found.rule(i);
    newcomer.leaves_by = newcomer.egress;
    const nat::Rule* matched = found.matched(i);
    if (newcomer.destination_binding && matched == nullptr) {
      find_hairpin_rule<F>(core, core.lane<F>().key[newcomer.lane_index], newcomer);
      matched = newcomer.source_rule;
    }
    count_rule_hit(core, matched);
  }
}
template void find_source_rules(Core&, std::span<Newcomer<V4>>) noexcept;
template void find_source_rules(Core&, std::span<Newcomer<V6>>) noexcept;

template <class F>
bool translate_source(Core& core, Newcomer<F>& newcomer) noexcept {
  if (!may_cross(core, newcomer)) {
    return false;
  }
  if (newcomer.source_rule == nullptr) {
    return true;
  }
  const nat::Table& table = *core.snapshot->nat;
  if (newcomer.source_rule->action == Action::prefix) {
    send_from_mapped(table, query_of(newcomer), newcomer);
    return true;
  }
  nat::SourceWish<F> wish = wish_of(newcomer);
  const auto& key = core.lane<F>().key[newcomer.lane_index];  // as it came: this may be a second try
  wish.source = key.source;
  wish.source_port = byte_swap(key.source_port);
  if (is_bound(newcomer, wish)) {
    return bind_source(core, newcomer, wish);
  }
  const nat::SourceChoice<F> choice = choose(core, newcomer, wish);
  newcomer.port_taken = choice.taken;
  newcomer.held = choice.held;
  if (choice.refusal != nat::Refusal::none) {
    fail_translation(core, newcomer, reason_of(choice.refusal));
    return false;
  }
  newcomer.pool = choice.pool;
  newcomer.sent.source = choice.address;
  newcomer.sent.source_port = byte_swap(choice.port);
  settle_asker<F>(newcomer.sent);
  if (!newcomer.held && !answers_come_here(core, newcomer)) {
    fail_translation(core, newcomer, DropReason::nat_exhausted);
    return false;
  }
  return true;
}
template bool translate_source(Core&, Newcomer<V4>&) noexcept;
template bool translate_source(Core&, Newcomer<V6>&) noexcept;

template <class F>
void count_pool_hit(Core& core, const Newcomer<F>& newcomer) noexcept {
  if (newcomer.pool != kNoNatPool) {
    count(core.nat_pool_counters[newcomer.pool.value].hits);
  }
}
template void count_pool_hit(Core&, const Newcomer<V4>&) noexcept;
template void count_pool_hit(Core&, const Newcomer<V6>&) noexcept;

template <class F>
void release(Core& core, const Newcomer<F>& newcomer) noexcept {
  if (newcomer.port_taken) {
    core.allocator.give_back<F>(*core.snapshot->nat, core.lane<F>().key[newcomer.lane_index].source,
                                newcomer.sent.source, port_class<F>(newcomer.sent),
                                byte_swap(newcomer.sent.source_port));
  }
}
template void release(Core&, const Newcomer<V4>&) noexcept;
template void release(Core&, const Newcomer<V6>&) noexcept;

template <class F>
void fail_translation(Core& core, const Newcomer<F>& newcomer, DropReason reason) noexcept {
  release(core, newcomer);
  if (reason != DropReason::nat_filtered) {  // who was sent to may answer all the same
    unmake_binding(core, newcomer);
  }
  const nat::Rule* rule = newcomer.source_rule != nullptr ? newcomer.source_rule : newcomer.destination_rule;
  if (rule != nullptr) {
    count(core.nat_rule_counters[rule->id.value].failed);
    if (const NatPoolId pool = pool_of(*rule); pool != kNoNatPool) {
      count(core.nat_pool_counters[pool.value].failed);
    }
  }
  count(core.counters.sessions_failed);
  drop(core, *newcomer.packet, reason);
}
template void fail_translation(Core&, const Newcomer<V4>&, DropReason) noexcept;
template void fail_translation(Core&, const Newcomer<V6>&, DropReason) noexcept;

template <class F>
void end_translation(Core& core, std::uint32_t slot) noexcept {
  const session::Record<F>& record = core.table<F>().record(slot);
  const session::Cold<F>& cold = core.table<F>().cold(slot);
  core.nat64_live -= (record.flags & flag::kNat64) != 0 ? 1 : 0;
  count_translation(core, cold, &NatCounters::ended);
  end_bindings<F>(core, slot);
  if ((record.flags & flag::kNatPort) != 0 && core.snapshot->nat != nullptr) {
    core.allocator.give_back<F>(*core.snapshot->nat, record.key.source, cold.far.destination,
                                port_class<F>(cold.far), byte_swap(cold.far.destination_port));
  }
}
template void end_translation<V4>(Core&, std::uint32_t) noexcept;
template void end_translation<V6>(Core&, std::uint32_t) noexcept;

template <class F>
std::uint16_t nat_owner(const Core& core, Packet& packet, const typename F::Key& key) noexcept {
  const nat::Table& table = *core.snapshot->nat;
  Newcomer<F> newcomer;
  newcomer.packet = &packet;
  newcomer.sent = key;
  const Found<F, 1> found(table, std::span<const Newcomer<F>>(&newcomer, 1), Stage::static_in,
                          Stage::destination);
  newcomer.destination_rule = found.rule(0);
  if (newcomer.destination_rule != nullptr) {
    send_to_mapped(table, found.query(0), newcomer);
  }
  send_to_bound(core, newcomer);
  foretell_source_rule<F>(core, key, newcomer);
  const nat::Rule* rule = newcomer.source_rule;
  if (newcomer.destination_binding && rule == nullptr) {
    return newcomer.destination_binding.worker;
  }
  if (rule != nullptr && rule->action == Action::prefix) {
    send_from_mapped(table, query_of(newcomer), newcomer);
  } else if (rule != nullptr) {
    const nat::SourceWish<F> wish = wish_of(newcomer);
    if (is_bound(newcomer, wish)) {
      return nat::Allocator::maker<F>(table, wish, nat::inside_of(wish, newcomer.sent.protocol));
    }
    if (table.blocks() != nullptr && !crosses(newcomer)) {
      if (const auto holder = nat::Allocator::holder<F>(table, wish)) {
        return *holder;
      }
    }
    const auto choice = foretell(table, newcomer, wish);
    if (!choice || choice->refusal != nat::Refusal::none) {
      return core.index;
    }
    newcomer.sent.source = choice->address;
  }
  return packet::worker_of(packet::owner_hash_on_wire(newcomer.sent), core.workers);
}
template std::uint16_t nat_owner<V4>(const Core&, Packet&, const V4::Key&) noexcept;
template std::uint16_t nat_owner<V6>(const Core&, Packet&, const V6::Key&) noexcept;

}  // namespace sluice::flow
