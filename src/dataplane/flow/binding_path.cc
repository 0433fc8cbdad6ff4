#include "dataplane/flow/newcomers.h"
#include "dataplane/flow/steps.h"

namespace sluice::flow {
namespace {

using nat::Bindings;
using nat::BindingTable;
using nat::Permit;
using nat::PortClass;
using nat::Tuple;
using packet::DropReason;
using packet::V4;
using packet::V6;
namespace flag = session::flag;

constexpr std::uint32_t kBindingBudget = 64;  // slots per turn

template <class F>
Tuple tuple_of(const typename F::Address& address, std::uint8_t protocol, std::uint16_t wire_port) noexcept {
  return {.address = packet::to_address(address), .protocol = protocol, .port = byte_swap(wire_port)};
}

// The remote end, as the binding remembers it.
template <class F>
std::uint32_t target_of(const Bindings& bindings, Permit permit, const typename F::Address& address,
                        std::uint16_t wire_port) noexcept {
  return bindings.target_of(packet::to_address(address),
                            permit == Permit::target_host_port ? byte_swap(wire_port) : std::uint16_t{0});
}

// Only ports can be sent to: whoever sends a query chooses its identifier.
bool can_be_sent_to(PortClass klass) noexcept {
  return klass == PortClass::tcp || klass == PortClass::udp;
}

// Whether the binding that the packet was sent to lets its sender in, as others know that one: a hairpin's by
// its public end.
template <class F>
bool permits(const nat::Table& table, const Bound& bound, const typename F::Key& from) noexcept {
  const Permit permit = table.persistent_rule(bound.rule)->persistence->permit;
  const Bindings& bindings = *table.bindings();
  return permit == Permit::any_remote_host ||
         bindings.of(bound.worker)
             .has_target(bound.handle, target_of<F>(bindings, permit, from.source, from.source_port));
}

// Whom the packet is sent to may answer from now on, whatever becomes of the packet.
template <class F>
void note_target(Core& core, const Newcomer<F>& newcomer) noexcept {
  const Bound& bound = newcomer.source_binding;
  const Permit permit = newcomer.source_rule->persistence->permit;
  if (permit == Permit::any_remote_host) {
    return;
  }
  Bindings& bindings = *core.snapshot->nat->bindings();
  const auto& to = core.lane<F>().key[newcomer.lane_index];
  bindings.of(bound.worker)
      .add_target(bound.handle, target_of<F>(bindings, permit, to.destination, to.destination_port));
}

// One of its bindings counts the session.
template <class F>
bool join(Core& core, const Newcomer<F>& newcomer, const Bound& bound) noexcept {
  const nat::Table& table = *core.snapshot->nat;
  const nat::Rule* rule = table.persistent_rule(bound.rule);
  const auto joined = table.bindings()->of(bound.worker).join(bound.handle, rule->persistence->max_sessions);
  if (joined == BindingTable::Joined::joined) {
    return true;
  }
  fail_translation(
      core, newcomer,
      joined == BindingTable::Joined::full ? DropReason::nat_session_limit : DropReason::nat_filtered);
  return false;
}

void leave(Core& core, const Bound& bound) noexcept {
  core.snapshot->nat->bindings()->of(bound.worker).leave(bound.handle, core.now.unix_s);
}

// The worker's own binding of the inside tuple that the rule still gives.
template <class F>
std::optional<BindingTable::Found> known_binding(BindingTable& own, const nat::Table& table,
                                                 const nat::SourceWish<F>& wish,
                                                 const Tuple& inside) noexcept {
  auto found = own.find_inside(inside, nat::realm_of(*wish.rule, wish.egress));
  if (found && !nat::gives(table, *wish.rule, found->binding)) {
    own.supersede(*found);
    return std::nullopt;
  }
  if (found && found->binding.rule != wish.rule->id) {
    own.follow(found->handle, wish.rule->id);
  }
  return found;
}

// A new one. None: the packet has its verdict.
template <class F>
std::optional<BindingTable::Found> make_binding(Core& core, BindingTable& own, Newcomer<F>& newcomer,
                                                const nat::SourceWish<F>& wish,
                                                const Tuple& inside) noexcept {
  const nat::Table& table = *core.snapshot->nat;
  const auto choice = core.allocator.choose<F>(table, wish);
  if (choice.refusal != nat::Refusal::none) {
    fail_translation(core, newcomer, reason_of(choice.refusal));
    return std::nullopt;
  }
  BindingTable::Found made;
  made.binding = {.inside = inside,
                  .reflexive = {.address = packet::to_address(choice.address),
                                .protocol = inside.protocol,
                                .port = choice.port},
                  .realm = nat::realm_of(*wish.rule, wish.egress),
                  .rule = wish.rule->id,
                  .pool = choice.pool,
                  .made_s = core.now.unix_s,
                  .taken = choice.taken ? 1U : 0U};
  const bool in_use = own.find_reflexive(made.binding.reflexive).has_value();
  const auto handle = in_use ? std::nullopt : own.add(made.binding, core.now.unix_s);
  if (!handle) {
    if (choice.taken) {
      core.allocator.give_back<F>(table, wish.source, choice.address, wish.klass, choice.port);
    }
    fail_translation(core, newcomer, in_use ? DropReason::nat_conflict : DropReason::nat_bindings_full);
    return std::nullopt;
  }
  made.handle = *handle;
  return made;
}

template <class F>
void give_back(Core& core, const nat::Binding& binding) noexcept {
  const Tuple& end = binding.reflexive;
  core.allocator.give_back<F>(*core.snapshot->nat,
                              load<typename F::Address>(binding.inside.address.bytes.data()),
                              load<typename F::Address>(end.address.bytes.data()),
                              nat::class_of(F::kFamily, end.protocol, true), end.port);
}

}  // namespace

template <class F>
void send_to_bound(const Core& core, Newcomer<F>& newcomer) noexcept {
  const nat::Table* table = core.snapshot->nat.get();
  auto& sent = newcomer.sent;
  if (table == nullptr || table->bindings() == nullptr || newcomer.destination_rule != nullptr ||
      !can_be_sent_to(port_class<F>(sent))) {
    return;
  }
  const Bindings& bindings = *table->bindings();
  const Tuple reflexive = tuple_of<F>(sent.destination, sent.protocol, sent.destination_port);
  const std::uint16_t holder = bindings.holder(reflexive.port);
  if (bindings.of(holder).live() == 0) {
    return;
  }
  const auto found = bindings.of(holder).find_reflexive(reflexive);
  const nat::Rule* rule = found ? table->persistent_rule(found->binding.rule) : nullptr;
  if (rule == nullptr || !nat::gives(*table, *rule, found->binding)) {
    return;
  }
  const Bound bound{.worker = holder, .handle = found->handle, .rule = rule->id};
  if (found->binding.pool == kInterfaceNatPool &&
      comes_from_outside<F>(core, *newcomer.packet, sent.destination) && !permits<F>(*table, bound, sent)) {
    return;  // to the firewall itself, as far as the stranger knows
  }
  newcomer.destination_binding = bound;
  sent.destination = load<typename F::Address>(found->binding.inside.address.bytes.data());
  sent.destination_port = byte_swap(found->binding.inside.port);
}
template void send_to_bound(const Core&, Newcomer<V4>&) noexcept;
template void send_to_bound(const Core&, Newcomer<V6>&) noexcept;

template <class F>
bool bind_source(Core& core, Newcomer<F>& newcomer, const nat::SourceWish<F>& wish) noexcept {
  const nat::Table& table = *core.snapshot->nat;
  BindingTable& own = table.bindings()->of(core.index);
  const Tuple inside = nat::inside_of(wish, newcomer.sent.protocol);
  auto bound = known_binding(own, table, wish, inside);
  const bool fresh = !bound;
  if (fresh) {
    bound = make_binding(core, own, newcomer, wish, inside);
  }
  if (!bound) {
    return false;
  }
  newcomer.source_binding = {
      .worker = core.index, .handle = bound->handle, .rule = wish.rule->id, .fresh = fresh};
  newcomer.pool = bound->binding.pool;
  newcomer.sent.source = load<typename F::Address>(bound->binding.reflexive.address.bytes.data());
  newcomer.sent.source_port = byte_swap(bound->binding.reflexive.port);
  settle_asker<F>(newcomer.sent);
  return true;
}
template bool bind_source(Core&, Newcomer<V4>&, const nat::SourceWish<V4>&) noexcept;
template bool bind_source(Core&, Newcomer<V6>&, const nat::SourceWish<V6>&) noexcept;

template <class F>
bool join_bindings(Core& core, const Newcomer<F>& newcomer) noexcept {
  const Bound& source = newcomer.source_binding;
  const Bound& destination = newcomer.destination_binding;
  if (source) {
    note_target(core, newcomer);
  }
  const nat::Rule* rule = newcomer.source_rule;
  const bool known_by_translation = source || (rule != nullptr && rule->action == nat::Action::prefix);
  const auto& from = known_by_translation ? newcomer.sent : core.lane<F>().key[newcomer.lane_index];
  if (destination && !permits<F>(*core.snapshot->nat, destination, from)) {
    fail_translation(core, newcomer, DropReason::nat_filtered);
    return false;
  }
  if (destination && !join(core, newcomer, destination)) {
    return false;
  }
  if (!source || join(core, newcomer, source)) {
    return true;
  }
  if (destination) {
    leave(core, destination);
  }
  return false;
}
template bool join_bindings(Core&, const Newcomer<V4>&) noexcept;
template bool join_bindings(Core&, const Newcomer<V6>&) noexcept;

template <class F>
void unmake_binding(Core& core, const Newcomer<F>& newcomer) noexcept {
  const Bound& bound = newcomer.source_binding;
  nat::Binding binding;
  if (bound.fresh && core.snapshot->nat->bindings()->of(core.index).remove(bound.handle, binding) &&
      binding.taken != 0) {
    give_back<F>(core, binding);
  }
}
template void unmake_binding(Core&, const Newcomer<V4>&) noexcept;
template void unmake_binding(Core&, const Newcomer<V6>&) noexcept;

template <class F>
void leave_bindings(Core& core, const Newcomer<F>& newcomer) noexcept {
  for (const Bound& bound : {newcomer.source_binding, newcomer.destination_binding}) {
    if (bound) {
      leave(core, bound);
    }
  }
}
template void leave_bindings(Core&, const Newcomer<V4>&) noexcept;
template void leave_bindings(Core&, const Newcomer<V6>&) noexcept;

template <class F>
void end_bindings(Core& core, std::uint32_t slot) noexcept {
  const session::Record<F>& record = core.table<F>().record(slot);
  const nat::Table* table = core.snapshot->nat.get();
  if ((record.flags & (flag::kSourceBound | flag::kDestinationBound)) == 0 || table == nullptr ||
      table->bindings() == nullptr) {
    return;
  }
  // A binding lives, and is found, while it has sessions.
  const auto end = [&](std::uint16_t bound, const typename F::Key& key) {
    if ((record.flags & bound) == 0) {
      return;
    }
    const Tuple reflexive = tuple_of<F>(key.destination, key.protocol, key.destination_port);
    BindingTable& bindings = table->bindings()->of(table->bindings()->holder(reflexive.port));
    if (const auto found = bindings.find_reflexive(reflexive)) {
      bindings.leave(found->handle, core.now.unix_s);
    }
  };
  end(flag::kSourceBound, core.table<F>().cold(slot).far);
  end(flag::kDestinationBound, record.key);
}
template void end_bindings<V4>(Core&, std::uint32_t) noexcept;
template void end_bindings<V6>(Core&, std::uint32_t) noexcept;

void expire_bindings(Core& core) noexcept {
  const nat::Table* table = core.snapshot->nat.get();
  if (table == nullptr || table->bindings() == nullptr) {
    return;
  }
  const auto due = [&](const nat::BindingView& view) {
    const nat::Rule* rule = table->persistent_rule(view.binding.rule);
    return rule == nullptr || view.idle_since_s == 0 || !nat::gives(*table, *rule, view.binding) ||
           // Another worker's second may be ahead of this one's.
           static_cast<std::int32_t>(core.now.unix_s - view.idle_since_s) >=
               std::int32_t{rule->persistence->inactivity_timeout_s};
  };
  table->bindings()->of(core.index).sweep(core.now.unix_s, kBindingBudget, due, [&](const auto& binding) {
    if (binding.taken == 0) {
      return;
    }
    if (binding.inside.address.family == packet::Family::inet) {
      give_back<V4>(core, binding);
    } else {
      give_back<V6>(core, binding);
    }
  });
}

}  // namespace sluice::flow
