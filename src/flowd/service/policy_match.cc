#include "flowd/service/policy_match.h"

#include <algorithm>

#include "dataplane/packet/key.h"
#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

using packet::Family;
using packet::IpAddress;

struct Ends {
  ZoneId from_zone = kNullZone;
  ZoneId to_zone = kNullZone;
  IpAddress source;
  IpAddress destination;
};

Status find_zone(const std::string& name, const v1::MatchPoliciesRequest& request,
                 const snapshot::Snapshot& snapshot, ZoneId& zone) {
  if (request.only_global() && name.empty()) {
    return {};
  }
  const auto found = zone_of(name, snapshot);
  if (!found) {
    return found.error();
  }
  zone = *found;
  return {};
}

Result<Ends> ends_of(const v1::MatchPoliciesRequest& request, const snapshot::Snapshot& snapshot) {
  Ends ends;
  if (auto found = find_zone(request.from_zone(), request, snapshot, ends.from_zone); !found) {
    return found.error();
  }
  if (auto found = find_zone(request.to_zone(), request, snapshot, ends.to_zone); !found) {
    return found.error();
  }
  const auto source = address_of(request.source(), "source-ip");
  const auto destination = address_of(request.destination(), "destination-ip");
  if (!source || !destination) {
    return source ? destination.error() : source.error();
  }
  if (source->family == Family::inet && destination->family == Family::inet6) {
    return Error{"invalid-value", "destination-ip", "no flow goes from an IPv4 address to an IPv6 one"};
  }
  ends.source = *source;
  ends.destination = *destination;
  return ends;
}

void store_address(const IpAddress& from, policy::Address4& to) {
  to = load<policy::Address4>(from.bytes.data());
}
// Of a flow between the families the IPv4 address is in its IPv6 form.
void store_address(const IpAddress& from, policy::Address6& to) {
  to =
      from.family == Family::inet ? packet::to_mapped(load<policy::Address4>(from.bytes.data())) : from.bytes;
}

template <class Address>
policy::Query<Address> query_of(const v1::MatchPoliciesRequest& request, const Ends& ends) {
  policy::Query<Address> query;
  query.from_zone = ends.from_zone;
  query.to_zone = ends.to_zone;
  store_address(ends.source, query.source);
  store_address(ends.destination, query.destination);
  query.protocol = static_cast<std::uint8_t>(request.protocol());
  query.source_port = static_cast<std::uint16_t>(request.source_port());
  query.destination_port = static_cast<std::uint16_t>(request.destination_port());
  return query;
}

// Whether it may decide at all, be it met or not.
bool counts(const policy::Policy& policy, bool only_global, bool of_host) {
  const bool global = policy.from_zone == kNullZone && policy.to_zone == kNullZone;
  return (global || !only_global) && (!of_host || policy::names_host(policy));
}

template <class Address>
std::vector<PolicyId> matches(const policy::Table& policies, const policy::Query<Address>& query,
                              bool only_global) {
  const bool of_host = query.from_zone == kJunosHostZone || query.to_zone == kJunosHostZone;
  std::vector<PolicyId> ids = policies.all_matches(query);
  std::erase_if(ids, [&](PolicyId id) { return !counts(*policies.find(id), only_global, of_host); });
  if (only_global) {
    if (ids.empty()) {
      ids.push_back(of_host ? kSelfTrafficPolicy : kDefaultPolicy);
    }
    return ids;
  }
  policy::Decision decision;
  policies.match(std::span(&query, 1), std::span(&decision, 1));
  if (of_host) {
    policy::settle_host_policy(policies, decision);
  }
  if (policies.find(decision.policy) == nullptr) {
    return {decision.policy};  // one that no configuration names: nothing comes after it
  }
  std::erase(ids, decision.policy);
  ids.insert(ids.begin(), decision.policy);
  return ids;
}

}  // namespace

Status put_policy_match(const v1::MatchPoliciesRequest& request, const snapshot::Snapshot& snapshot,
                        v1::MatchPoliciesReply& reply) {
  const auto ends = ends_of(request, snapshot);
  if (!ends) {
    return ends.error();
  }
  const policy::Table& policies = *snapshot.policies;
  const std::vector<PolicyId> ids =
      ends->source.family == Family::inet
          ? matches(policies, query_of<policy::Address4>(request, *ends), request.only_global())
          : matches(policies, query_of<policy::Address6>(request, *ends), request.only_global());
  const std::size_t most = std::max<std::size_t>(request.most(), 1);
  for (std::size_t i = 0; i < std::min(ids.size(), most); ++i) {
    reply.add_policy_ids(ids[i].value);
  }
  return {};
}

}  // namespace sluice::service
