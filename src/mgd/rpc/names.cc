#include "mgd/rpc/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace sluice::rpc {
namespace {

using Stub = link::Flowd::Stub;

// The self side of sessions with the firewall itself.
constexpr std::string_view kLocalInterface = ".local..0";
// Policies that no configuration names: self traffic, default, before identification.
constexpr std::uint32_t kLastBuiltInPolicy = 3;

std::string not_found(std::string_view kind, std::string_view name, const auto& there) {
  std::vector<std::string> known;
  for (const auto& one : there) known.push_back(one.name());
  return fmt::format("{} {} not found; {}", kind, name, there_are(known));
}

}  // namespace

std::string unknown_interface(const v1::InterfacesReply& there, std::string_view name) {
  return not_found("interface", name, there.interfaces());
}

std::string unknown_zone(const v1::ZonesReply& there, std::string_view name) {
  return not_found("zone", name, there.zones());
}

Result<std::string> known_interface(const Context& context, std::string_view name) {
  if (name == kLocalInterface) return std::string(name);
  auto reply = context.parts.flowd.ask(&Stub::Interfaces, v1::InterfacesRequest());
  if (!reply) return reply.error();
  for (const v1::Interface& interface : reply->interfaces()) {
    if (interface.name() == name) return std::string(name);
  }
  return Error{"invalid-value", "interface", unknown_interface(*reply, name)};
}

Result<std::string> known_zone(const Context& context, std::string_view name) {
  auto reply = context.parts.flowd.ask(&Stub::Zones, v1::ZonesRequest());
  if (!reply) return reply.error();
  for (const v1::Zone& zone : reply->zones()) {
    if (zone.name() == name) return std::string(name);
  }
  if (name == "junos-host") return std::string(name);
  return Error{"invalid-value", "zone", unknown_zone(*reply, name)};
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
