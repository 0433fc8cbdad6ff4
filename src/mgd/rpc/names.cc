#include "mgd/rpc/names.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::rpc {
namespace {

using Stub = link::Flowd::Stub;

// The self side of sessions with the firewall itself.
constexpr std::string_view kLocalInterface = ".local..0";
// Policies that no configuration names: self traffic, default, before identification.
constexpr std::uint32_t kLastBuiltInPolicy = 3;

}  // namespace

Result<std::string> known_interface(const Context& context, std::string_view name) {
  if (name == kLocalInterface) return std::string(name);
  auto reply = context.parts.flowd.ask(&Stub::Interfaces, v1::InterfacesRequest());
  if (!reply) return reply.error();
  std::string known;
  for (const v1::Interface& interface : reply->interfaces()) {
    if (interface.name() == name) return std::string(name);
    known += (known.empty() ? "" : ", ") + interface.name();
  }
  return Error{
      "invalid-value", "interface",
      fmt::format("interface {} not found; there {}", name, known.empty() ? "are none" : "are " + known)};
}

Result<std::string> known_zone(const Context& context, std::string_view name) {
  auto reply = context.parts.flowd.ask(&Stub::Zones, v1::ZonesRequest());
  if (!reply) return reply.error();
  std::string known;
  for (const v1::Zone& zone : reply->zones()) {
    if (zone.name() == name) return std::string(name);
    known += (known.empty() ? "" : ", ") + zone.name();
  }
  if (name == "junos-host") return std::string(name);
  return Error{"invalid-value", "zone",
               fmt::format("zone {} not found; there {}", name, known.empty() ? "are none" : "are " + known)};
}

Status known_policy_id(const Context& context, std::uint32_t id) {
  if (id <= kLastBuiltInPolicy) return {};
  auto reply = context.parts.flowd.ask(&Stub::PolicyStatistics, v1::PolicyStatisticsRequest());
  if (!reply) return reply.error();
  const auto has_id = [&](const v1::PolicyIdentity& identity) { return identity.policy_id() == id; };
  if (std::ranges::any_of(reply->identities(), has_id)) return {};
  return Error{"invalid-value", "policy-id",
               fmt::format("policy {} not found; 'show security policies' lists each policy's index", id)};
}

}  // namespace sluice::rpc
