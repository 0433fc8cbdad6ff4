#include "flowd/service/persistent_bindings.h"

#include <algorithm>
#include <optional>

#include "dataplane/nat/allocator.h"
#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

using nat::Bindings;
using nat::BindingView;

constexpr int kMostBindings = 4096;  // of a reply

struct BindingFilter {
  std::optional<packet::IpAddress> address;
  std::optional<std::uint32_t> port;
  std::optional<std::uint32_t> protocol;
  std::optional<std::vector<NatPoolId>> pools;

  [[nodiscard]] bool matches(const nat::Binding& binding) const {
    return (!address || *address == binding.inside.address) && (!port || *port == binding.inside.port) &&
           (!protocol || *protocol == binding.inside.protocol) &&
           (!pools || std::ranges::find(*pools, binding.pool) != pools->end());
  }
};

Result<BindingFilter> binding_filter_of(const v1::PersistentBindingsRequest& request,
                                        const snapshot::Snapshot& snapshot) {
  BindingFilter filter;
  if (!request.internal_address().empty()) {
    const auto address = address_of(request.internal_address(), "ip");
    if (!address) {
      return address.error();
    }
    filter.address = *address;
  }
  if (request.has_internal_port()) {
    filter.port = request.internal_port();
  }
  if (request.has_internal_protocol()) {
    filter.protocol = request.internal_protocol();
  }
  if (request.has_pool_name()) {
    v1::SessionFilter named;
    named.set_source_nat_pool(request.pool_name());
    const auto known = filter_of(named, snapshot);
    if (!known) {
      return Error{known.error().tag, "pool-name", known.error().message};
    }
    filter.pools = known->source_nat_pools;
  }
  return filter;
}

// Calls act(table, slot, view) with those that match, from the place on, until it answers false. Where it
// would go on; 0: there are no more. A place is worker and slot as one number.
template <class Act>
std::uint64_t each(Bindings& bindings, const BindingFilter& filter, std::uint64_t from, Act act) {
  BindingView view;
  for (auto worker = static_cast<std::uint16_t>(from >> 32); worker < bindings.workers(); ++worker) {
    nat::BindingTable& table = bindings.of(worker);
    for (auto slot = static_cast<std::uint32_t>(from); slot < table.slots_used(); ++slot) {
      if (table.view(slot, view) && filter.matches(view.binding) && !act(table, slot, view)) {
        return std::uint64_t{worker} << 32 | slot;
      }
    }
    from = 0;
  }
  return 0;
}

v1::PersistentBinding::Permit permit_of(nat::Permit permit) {
  switch (permit) {
    case nat::Permit::target_host:
      return v1::PersistentBinding::TARGET_HOST;
    case nat::Permit::target_host_port:
      return v1::PersistentBinding::TARGET_HOST_PORT;
    case nat::Permit::any_remote_host:
      break;
  }
  return v1::PersistentBinding::ANY_REMOTE_HOST;
}

void put_binding(const snapshot::Snapshot& snapshot, std::uint32_t now_s, const BindingView& view,
                 v1::PersistentBinding& message) {
  const nat::Binding& binding = view.binding;
  message.set_internal_address(bytes_of(binding.inside.address));
  message.set_internal_port(binding.inside.port);
  message.set_protocol(binding.inside.protocol);
  message.set_reflexive_address(bytes_of(binding.reflexive.address));
  message.set_reflexive_port(binding.reflexive.port);
  if (binding.pool.value < snapshot.names->nat_pool.size()) {
    message.set_pool_name(snapshot.names->nat_pool[binding.pool.value]);
  }
  if (binding.rule.value < snapshot.names->nat_rule.size()) {
    message.set_rule_name(snapshot.names->nat_rule[binding.rule.value].name);
  }
  message.set_sessions(view.sessions);
  const nat::Rule* rule = snapshot.nat->persistent_rule(binding.rule);
  const bool given = rule != nullptr && nat::gives(*snapshot.nat, *rule, binding);
  const std::uint32_t timeout_s = given ? rule->persistence->inactivity_timeout_s : 0;
  if (given) {
    message.set_permit(permit_of(rule->persistence->permit));
    message.set_timeout_s(timeout_s);
    message.set_maximum_sessions(rule->persistence->max_sessions);
  }
  if (view.sessions == 0) {
    const std::uint32_t idle_s = now_s - std::min(view.idle_since_s, now_s);
    message.set_left_s(timeout_s - std::min(idle_s, timeout_s));
  }
}

}  // namespace

Status put_persistent_bindings(const snapshot::Snapshot& snapshot, std::uint32_t now_s,
                               const v1::PersistentBindingsRequest& request,
                               v1::PersistentBindingsReply& reply) {
  const auto filter = binding_filter_of(request, snapshot);
  if (!filter) {
    return filter.error();
  }
  Bindings* bindings = snapshot.nat == nullptr ? nullptr : snapshot.nat->bindings();
  if (bindings == nullptr) {
    return {};
  }
  for (std::uint16_t worker = 0; worker < bindings->workers(); ++worker) {
    reply.set_maximum(reply.maximum() + bindings->of(worker).capacity());
    reply.set_in_use(reply.in_use() + bindings->of(worker).live());
  }
  reply.set_next(
      each(*bindings, *filter, request.from(), [&](const auto&, std::uint32_t, const BindingView& view) {
        const bool room = reply.bindings_size() < kMostBindings;
        if (room) {
          put_binding(snapshot, now_s, view, *reply.add_bindings());
        }
        return room;
      }));
  return {};
}

Status clear_persistent_bindings(const snapshot::Snapshot& snapshot,
                                 const v1::PersistentBindingsRequest& request) {
  const auto filter = binding_filter_of(request, snapshot);
  if (!filter) {
    return filter.error();
  }
  if (snapshot.nat != nullptr && snapshot.nat->bindings() != nullptr) {
    each(*snapshot.nat->bindings(), *filter, 0,
         [](nat::BindingTable& table, std::uint32_t slot, const auto&) {
           table.clear(slot);
           return true;
         });
  }
  return {};
}

}  // namespace sluice::service
