#include "dataplane/policy/zone_table.h"

#include <algorithm>
#include <set>

#include "dataplane/policy/first_match.h"

namespace sluice::policy {
namespace {

// A policy's from-zones, or its to-zones. Empty: any.
std::vector<ZoneId> zones_of(const Policy& policy, ZoneId Policy::*own, std::vector<ZoneId> Policy::*global) {
  return is_global(policy) ? policy.*global : std::vector<ZoneId>{policy.*own};
}
std::vector<ZoneId> from_zones(const Policy& policy) {
  return zones_of(policy, &Policy::from_zone, &Policy::global_from);
}
std::vector<ZoneId> to_zones(const Policy& policy) {
  return zones_of(policy, &Policy::to_zone, &Policy::global_to);
}

std::set<ZoneId> named_zones(const Ranking& ranking) {
  std::set<ZoneId> zones;
  for (const RankedPolicy& ranked : ranking.policies) {
    for (const ZoneId zone : from_zones(*ranked.policy)) zones.insert(zone);
    for (const ZoneId zone : to_zones(*ranked.policy)) zones.insert(zone);
  }
  return zones;
}

}  // namespace

ZoneTable::ZoneTable(const Ranking& ranking) {
  for (const ZoneId zone : named_zones(ranking)) {
    index_.resize(zone.value + std::size_t{1});
    index_[zone.value] = static_cast<std::uint16_t>(zones_++);
  }
  const std::size_t policies = ranking.policies.size();
  from_ = BitRows(zones_, policies);
  to_ = BitRows(zones_, policies);
  pairs_.resize(zones_ * zones_);
  const auto mark = [this](BitRows& rows, const std::vector<ZoneId>& zones, std::size_t rank) {
    for (const ZoneId zone : zones) rows.set(index(zone), rank);
    for (std::size_t any = 0; zones.empty() && any < zones_; ++any) rows.set(any, rank);
  };
  for (std::size_t rank = 0; rank < policies; ++rank) {
    const Policy& policy = *ranking.policies[rank].policy;
    mark(from_, from_zones(policy), rank);
    mark(to_, to_zones(policy), rank);
    if (is_global(policy)) continue;
    Words& words = pairs_[index(policy.from_zone) * zones_ + index(policy.to_zone)];
    if (words.last == 0) words.first = static_cast<std::uint16_t>(rank / 64);
    words.last = static_cast<std::uint16_t>(rank / 64 + 1);
  }
  global_ = {static_cast<std::uint16_t>(ranking.first_global / 64),
             static_cast<std::uint16_t>((policies + 63) / 64)};
}

}  // namespace sluice::policy
