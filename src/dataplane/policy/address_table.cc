#include "dataplane/policy/address_table.h"

#include <algorithm>

#include "base/wire.h"
#include "dataplane/policy/address_classes.h"

namespace sluice::policy {
namespace {

// Bounds what one side of one family may take.
constexpr std::size_t kMaxRowBytes = std::size_t{256} << 20;

std::size_t words_of(packet::Family family) {
  return family == packet::Family::inet ? 1 : 4;
}

// Side, then the address in words of four bytes.
std::vector<AclField> fields_of(packet::Family family) {
  std::vector<AclField> fields = {{.kind = AclField::Kind::mask, .size = 1, .group = 0, .offset = 0}};
  for (std::size_t word = 0; word < words_of(family); ++word) {
    fields.push_back({.kind = AclField::Kind::prefix,
                      .size = 4,
                      .group = static_cast<std::uint8_t>(1 + word),
                      .offset = static_cast<std::uint8_t>(1 + 4 * word)});
  }
  return fields;
}

AclRule rule_of(Side side, const AddressClasses::Entry& entry) {
  const packet::IpPrefix& prefix = entry.prefix;
  AclRule rule{.priority = 1 + prefix.length, .result = entry.number, .values = {}};
  rule.values[0] = {.value = static_cast<std::uint32_t>(side), .second = 0xff};
  for (std::size_t word = 0; word < words_of(prefix.address.family); ++word) {
    const int bits_left = prefix.length - static_cast<int>(32 * word);
    rule.values[1 + word] = {.value = load_be<std::uint32_t>(prefix.address.bytes.data() + 4 * word),
                             .second = static_cast<std::uint32_t>(std::clamp(bits_left, 0, 32))};
  }
  return rule;
}

AddressClasses classes_of(const Ranking& ranking, AddressMatch Policy::*side, packet::Family family) {
  std::vector<const AddressMatch*> matches;
  for (const RankedPolicy& ranked : ranking.policies) matches.push_back(&(ranked.policy->*side));
  return {matches, family};
}

Result<BitRows> rows_of(const AddressClasses& classes, std::size_t policies) {
  const std::size_t rows = classes.highest() + std::size_t{1};
  if (BitRows::bytes(rows, policies) > kMaxRowBytes) {
    return Error{
        "resource-denied", "security policies",
        std::to_string(policies) + " policies tell " + std::to_string(classes.highest()) +
            " groups of addresses apart, which needs more memory than is allowed; fewer policies, or "
            "policies that share address sets, are needed"};
  }
  BitRows bits(rows, policies);
  for (std::size_t rank = 0; rank < policies; ++rank) {
    for (const AddressClass number : classes.covered(rank)) bits.set(number, rank);
  }
  return bits;
}

}  // namespace

Result<AddressTable> AddressTable::build(const Ranking& ranking, packet::Family family) {
  const AddressClasses sources = classes_of(ranking, &Policy::source, family);
  const AddressClasses destinations = classes_of(ranking, &Policy::destination, family);
  auto source_rows = rows_of(sources, ranking.policies.size());
  if (!source_rows) return source_rows.error();
  auto destination_rows = rows_of(destinations, ranking.policies.size());
  if (!destination_rows) return destination_rows.error();

  std::vector<AclRule> rules;
  for (const auto& entry : sources.entries()) rules.push_back(rule_of(Side::source, entry));
  for (const auto& entry : destinations.entries()) rules.push_back(rule_of(Side::destination, entry));
  auto prefixes = Acl::build(fields_of(family), rules);
  if (!prefixes) return prefixes.error();

  AddressTable table;
  table.prefixes_ = std::move(*prefixes);
  table.sources_ = std::move(*source_rows);
  table.destinations_ = std::move(*destination_rows);
  return table;
}

}  // namespace sluice::policy
