#include "dataplane/match/address_table.h"

#include <algorithm>

#include "base/wire.h"
#include "dataplane/match/address_classes.h"

namespace sluice::match {
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

Result<BitRows> rows_of(const AddressClasses& classes, const AddressTable::Rules& rules) {
  const std::size_t rows = classes.highest() + std::size_t{1};
  const std::size_t ranks = rules.sources.size();
  if (BitRows::bytes(rows, ranks) > kMaxRowBytes) {
    return Error{"resource-denied", rules.statement,
                 std::to_string(ranks) + " " + rules.plural + " tell " + std::to_string(classes.highest()) +
                     " groups of addresses apart, which needs more memory than is allowed; fewer " +
                     rules.plural + ", or " + rules.plural + " that share address sets, are needed"};
  }
  BitRows bits(rows, ranks);
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    for (const AddressClass number : classes.covered(rank)) bits.set(number, rank);
  }
  return bits;
}

}  // namespace

Result<AddressTable> AddressTable::build(const Rules& rules, packet::Family family) {
  const AddressClasses sources(rules.sources, family);
  const AddressClasses destinations(rules.destinations, family);
  auto source_rows = rows_of(sources, rules);
  if (!source_rows) return source_rows.error();
  auto destination_rows = rows_of(destinations, rules);
  if (!destination_rows) return destination_rows.error();

  std::vector<AclRule> all;
  for (const auto& entry : sources.entries()) all.push_back(rule_of(Side::source, entry));
  for (const auto& entry : destinations.entries()) all.push_back(rule_of(Side::destination, entry));
  auto prefixes = Acl::build(fields_of(family), all, rules.addresses);
  if (!prefixes) return prefixes.error();

  AddressTable table;
  table.prefixes_ = std::move(*prefixes);
  table.sources_ = std::move(*source_rows);
  table.destinations_ = std::move(*destination_rows);
  table.sources_differ_ = sources.highest() != kOnlyClass;
  table.destinations_differ_ = destinations.highest() != kOnlyClass;
  return table;
}

}  // namespace sluice::match
