#include "dataplane/policy/first_match.h"

#include <algorithm>

#include "dataplane/packet/key.h"
#include "dataplane/policy/term_match.h"

namespace sluice::policy {
namespace {

bool matches(const AddressMatch& match, const packet::IpAddress& address) noexcept {
  if (match.any) return true;
  const bool listed = std::any_of(match.prefixes.begin(), match.prefixes.end(),
                                  [&](const packet::IpPrefix& prefix) { return prefix.contains(address); });
  return listed != match.excluded;
}

bool matches(const std::vector<ZoneId>& zones, ZoneId zone) noexcept {
  return zones.empty() || std::find(zones.begin(), zones.end(), zone) != zones.end();
}

bool zones_match(const Policy& policy, ZoneId from, ZoneId to) noexcept {
  if (is_global(policy)) return matches(policy.global_from, from) && matches(policy.global_to, to);
  return policy.from_zone == from && policy.to_zone == to;
}

const Application* find(const Definition& definition, AppId id) noexcept {
  const auto at = std::find_if(definition.applications.begin(), definition.applications.end(),
                               [&](const Application& application) { return application.id == id; });
  return at == definition.applications.end() ? nullptr : &*at;
}

// Steps 1 and 2 of the lookup, then 3: the application's own, then that of the port.
std::uint32_t resolve_timeout_s(const Definition& definition, AppId application, std::uint8_t protocol,
                                std::uint16_t destination_port) noexcept {
  if (const Application* own = find(definition, application); own && own->inactivity_timeout_s != 0) {
    return own->inactivity_timeout_s;
  }
  if (const Application* of_port = service(protocol, destination_port).application) {
    // As the definition carries it: the operator may have changed its timeout.
    const Application* defined = find(definition, of_port->id);
    const std::uint32_t timeout_s = (defined ? defined : of_port)->inactivity_timeout_s;
    if (timeout_s != 0) return timeout_s;
  }
  return protocol_timeout_s(protocol);
}

template <class Address>
Decision complete(Decision decision, const Definition& definition, const ApplicationMatch& match,
                  const Query<Address>& query) {
  if (match.application) {
    decision.application = match.application->id;
    decision.alg = match.term->alg != 0 ? match.term->alg : match.application->alg;
  }
  decision.timeout_s =
      resolve_timeout_s(definition, decision.application, query.protocol, query.destination_port);
  return decision;
}

template <class Address>
Decision first_match_of(const Definition& definition, const Query<Address>& query) {
  for (const bool global : {false, true}) {
    for (const Policy& policy : definition.policies) {
      if (is_global(policy) != global) continue;
      if (const auto match = match_policy(definition, policy, query)) {
        return complete(decision_of(policy), definition, *match, query);
      }
    }
  }
  return complete(default_decision(definition), definition, service(query.protocol, query.destination_port),
                  query);
}

}  // namespace

template <class Address>
std::optional<ApplicationMatch> match_policy(const Definition& definition, const Policy& policy,
                                             const Query<Address>& query) noexcept {
  if (!policy.enabled || !zones_match(policy, query.from_zone, query.to_zone) ||
      !matches(policy.source, packet::to_address(query.source)) ||
      !matches(policy.destination, packet::to_address(query.destination))) {
    return std::nullopt;
  }
  if (policy.applications.empty()) return service(query.protocol, query.destination_port);
  for (const AppId id : policy.applications) {
    const Application* application = find(definition, id);
    if (!application) continue;
    for (const ApplicationTerm& term : application->terms) {
      if (matches(term, query)) return ApplicationMatch{application, &term};
    }
  }
  return std::nullopt;
}

template std::optional<ApplicationMatch> match_policy(const Definition&, const Policy&,
                                                      const Query4&) noexcept;
template std::optional<ApplicationMatch> match_policy(const Definition&, const Policy&,
                                                      const Query6&) noexcept;

ApplicationMatch service(std::uint8_t protocol, std::uint16_t destination_port) noexcept {
  if (is_icmp(protocol)) return {};
  for (const Application& application : predefined_applications()) {
    for (const ApplicationTerm& term : application.terms) {
      // "junos-tcp-any" names no service; "junos-gre" is all of its protocol.
      if (term.protocol == protocol && contains(term.destination, destination_port) &&
          has_ports(protocol) != is_full(term.destination)) {
        return {&application, &term};
      }
    }
  }
  return {};
}

Decision decision_of(const Policy& policy) noexcept {
  Decision decision;
  decision.policy = policy.id;
  decision.action = policy.action;
  decision.log_init = policy.log_init;
  decision.log_close = policy.log_close;
  decision.count = policy.count;
  decision.syn_check_required = policy.syn_check_required;
  decision.sequence_check_required = policy.sequence_check_required;
  decision.initial_tcp_mss = policy.initial_tcp_mss;
  decision.reverse_tcp_mss = policy.reverse_tcp_mss;
  return decision;
}

Decision default_decision(const Definition& definition) noexcept {
  Decision decision;
  decision.policy = kDefaultPolicy;
  decision.action = definition.default_action;
  decision.log_init = definition.log_default;
  decision.log_close = definition.log_default;
  return decision;
}

std::uint32_t protocol_timeout_s(std::uint8_t protocol) noexcept {
  switch (protocol) {
    case kProtocolUdp:
    case kProtocolIcmp:
    case kProtocolIcmp6:
    case kProtocolOspf:
      return 60;
    default:
      return 1800;
  }
}

Decision first_match(const Definition& definition, const Query4& query) {
  return first_match_of(definition, query);
}
Decision first_match(const Definition& definition, const Query6& query) {
  return first_match_of(definition, query);
}

}  // namespace sluice::policy
