#include "dataplane/policy/random_policies.h"

#include <cstring>

#include "dataplane/packet/key.h"

namespace sluice::policy::testing {

using packet::Family;
using packet::IpAddress;
using packet::IpPrefix;

ZoneId RandomPolicies::zone() {
  return ZoneId{static_cast<std::uint16_t>(kFirstUserZone.value + below(3))};
}

// Few values in few bytes: random prefixes nest, touch and repeat.
IpAddress RandomPolicies::address(Family family) {
  IpAddress at;
  at.family = family;
  at.bytes[0] = family == Family::inet ? 10 : 0x20;
  at.bytes[1] = static_cast<std::uint8_t>(below(2));
  if (family == Family::inet6) {
    at.bytes[4] = static_cast<std::uint8_t>(below(2) * 0x80);
    at.bytes[8] = static_cast<std::uint8_t>(below(2));
    at.bytes[12] = static_cast<std::uint8_t>(below(2) * 0xff);
  }
  const std::size_t last = family == Family::inet ? 3 : 15;
  at.bytes[last - 1] = static_cast<std::uint8_t>(below(2));
  at.bytes[last] = static_cast<std::uint8_t>(once_in(3) ? random_() : below(4));
  return at;
}

IpPrefix RandomPolicies::prefix() {
  const Family family = once_in(2) ? Family::inet : Family::inet6;
  IpAddress at = address(family);
  const int length = once_in(3) ? static_cast<int>(below(static_cast<unsigned>(at.bits()) + 1))
                                : at.bits() - static_cast<int>(below(9));
  for (int bit = length; bit < at.bits(); ++bit) {
    at.bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80 >> (bit % 8)));
  }
  return {at, static_cast<std::uint8_t>(length)};
}

AddressMatch RandomPolicies::addresses() {
  AddressMatch match;
  if (once_in(4)) {
    match.any = true;
    return match;
  }
  match.excluded = once_in(5);
  const unsigned count = below(5);  // none at all is possible
  for (unsigned i = 0; i < count; ++i) match.prefixes.push_back(prefix());
  return match;
}

PortRange RandomPolicies::ports() {
  if (once_in(4)) return {};
  static constexpr std::uint16_t kEdges[] = {0, 1, 53, 80, 255, 256, 443, 2048, 2303, 65534, 65535};
  const std::uint16_t a = kEdges[below(std::size(kEdges))];
  const std::uint16_t b = once_in(2) ? a : kEdges[below(std::size(kEdges))];
  return {std::min(a, b), std::max(a, b)};
}

ApplicationTerm RandomPolicies::term() {
  static constexpr std::uint8_t kProtocols[] = {6, 6, 17, 17, 1, 58, 47, 132, 255};
  ApplicationTerm term;
  if (once_in(8)) return term;
  term.protocol = kProtocols[below(std::size(kProtocols))];
  term.destination = ports();
  if (once_in(3)) term.source = ports();
  if (once_in(4)) term.alg = static_cast<std::uint8_t>(below(5));
  return term;
}

std::vector<Application> RandomPolicies::applications() {
  std::vector<Application> all = predefined_applications();
  for (Application& application : all) {
    if (once_in(50)) application.inactivity_timeout_s = 4 + below(1000);
  }
  const unsigned count = 1 + below(6);
  for (unsigned i = 0; i < count; ++i) {
    Application application;
    application.id = AppId{static_cast<std::uint16_t>(all.size() + 1 + below(2) * 10)};
    while (all.back().id >= application.id) ++application.id.value;
    application.name = "custom-" + std::to_string(i);
    if (once_in(2)) application.inactivity_timeout_s = 4 + below(1000);
    if (once_in(3)) application.alg = static_cast<std::uint8_t>(below(5));
    const unsigned terms = below(4);
    for (unsigned t = 0; t < terms; ++t) application.terms.push_back(term());
    all.push_back(application);
  }
  return all;
}

Policy RandomPolicies::policy(std::uint16_t id, bool global, const std::vector<Application>& applications) {
  Policy policy;
  policy.id = PolicyId{id};
  policy.name = "p" + std::to_string(id);
  if (global) {
    for (unsigned i = below(3); i > 0; --i) policy.global_from.push_back(zone());
    for (unsigned i = below(3); i > 0; --i) policy.global_to.push_back(zone());
  } else {
    policy.from_zone = zone();
    policy.to_zone = zone();
  }
  policy.action = static_cast<Action>(below(3));
  policy.enabled = !once_in(10);
  policy.log_init = once_in(2);
  policy.log_close = once_in(2);
  policy.count = once_in(2);
  policy.syn_check_required = once_in(2);
  policy.sequence_check_required = once_in(2);
  policy.initial_tcp_mss = static_cast<std::uint16_t>(below(2) * 1400);
  policy.reverse_tcp_mss = static_cast<std::uint16_t>(below(2) * 1300);
  policy.source = addresses();
  policy.destination = addresses();
  for (unsigned i = below(4); i > 0; --i) {
    // Half of them custom: those are last, and overlap most.
    const auto span = static_cast<unsigned>(applications.size());
    policy.applications.push_back(applications[once_in(2) ? below(span) : span - 1 - below(4)].id);
  }
  return policy;
}

Definition RandomPolicies::definition(unsigned most) {
  Definition definition;
  definition.applications = applications();
  definition.default_action = once_in(2) ? Action::permit : Action::deny;
  definition.log_default = once_in(2);
  const unsigned count = below(most + 1);
  const unsigned first_global = below(count + 1);
  for (unsigned i = 0; i < count; ++i) {
    const auto id = static_cast<std::uint16_t>(kFirstUserPolicy.value + 3 * i);
    definition.policies.push_back(policy(id, i >= first_global, definition.applications));
  }
  return definition;
}

// The first or last address of a listed prefix, or the neighbour outside; else any address.
IpAddress RandomPolicies::near(const AddressMatch& match, Family family) {
  if (match.prefixes.empty() || once_in(4)) return address(family);
  const IpPrefix& prefix = match.prefixes[below(static_cast<unsigned>(match.prefixes.size()))];
  if (prefix.address.family != family) return address(family);
  IpAddress at = prefix.address;
  const bool last = once_in(2);
  for (int bit = prefix.length; last && bit < at.bits(); ++bit) {
    at.bytes[static_cast<std::size_t>(bit / 8)] |= static_cast<std::uint8_t>(0x80 >> (bit % 8));
  }
  if (!once_in(3)) return at;
  for (int byte = at.bits() / 8 - 1; byte >= 0; --byte) {  // one further, with its carry
    std::uint8_t& value = at.bytes[static_cast<std::size_t>(byte)];
    value = static_cast<std::uint8_t>(value + (last ? 1 : 255));
    if (value != (last ? 0 : 255)) break;
  }
  return at;
}

std::uint16_t RandomPolicies::near(PortRange range) {
  switch (below(5)) {
    case 0:
      return range.low;
    case 1:
      return range.high;
    case 2:
      return static_cast<std::uint16_t>(range.low - 1);
    case 3:
      return static_cast<std::uint16_t>(range.high + 1);
    default:
      return static_cast<std::uint16_t>(random_());
  }
}

template <class Address>
Query<Address> RandomPolicies::query(const Definition& definition, Family family) {
  static const Policy kNone;
  const Policy& aim = definition.policies.empty()
                          ? kNone
                          : definition.policies[below(static_cast<unsigned>(definition.policies.size()))];
  const ApplicationTerm* term = nullptr;
  if (!aim.applications.empty()) {
    const AppId id = aim.applications[below(static_cast<unsigned>(aim.applications.size()))];
    for (const Application& application : definition.applications) {
      if (application.id != id || application.terms.empty()) continue;
      term = &application.terms[below(static_cast<unsigned>(application.terms.size()))];
    }
  }
  static constexpr std::uint8_t kProtocols[] = {1, 6, 17, 47, 50, 58, 89, 132, 255};
  Query<Address> query{};
  query.from_zone = aim.from_zone == kNullZone || once_in(8) ? zone() : aim.from_zone;
  query.to_zone = aim.to_zone == kNullZone || once_in(8) ? zone() : aim.to_zone;
  const IpAddress source = near(aim.source, family);
  const IpAddress destination = near(aim.destination, family);
  std::memcpy(&query.source, source.bytes.data(), sizeof query.source);
  std::memcpy(&query.destination, destination.bytes.data(), sizeof query.destination);
  const bool aimed = term && term->protocol != 0 && !once_in(8);
  query.protocol = aimed ? term->protocol : kProtocols[below(std::size(kProtocols))];
  query.source_port = near(term ? term->source : PortRange{});
  query.destination_port = near(term ? term->destination : ports());
  return query;
}

Query4 RandomPolicies::query4(const Definition& definition) {
  return query<Address4>(definition, Family::inet);
}
Query6 RandomPolicies::query6(const Definition& definition) {
  Query6 made = query<Address6>(definition, Family::inet6);
  if (once_in(4)) {  // from IPv6 to IPv4
    made.destination = packet::to_mapped(query4(definition).destination);
  }
  return made;
}

}  // namespace sluice::policy::testing
