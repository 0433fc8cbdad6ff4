// Private to the policy room: the keys of the two classifications, and how a query fills them.
//
// First: side and address -> address class (longest prefix). Second: protocol, zones, ports and the
// two classes -> outcome. compile.cc writes rules for these fields, table.cc fills these keys.
#pragma once

#include <array>
#include <cstring>

#include "base/wire.h"
#include "dataplane/policy/acl.h"
#include "dataplane/policy/policy.h"
#include "dataplane/policy/term_match.h"

namespace sluice::policy {

enum class Side : std::uint8_t { source, destination };

template <class Address>
struct AddressKey {
  std::array<std::uint8_t, 1 + sizeof(Address)> bytes;

  void fill(Side side, const Address& address) noexcept {
    bytes[0] = static_cast<std::uint8_t>(side);
    std::memcpy(bytes.data() + 1, &address, sizeof address);
  }
};

template <class Address>
inline constexpr std::size_t kAddressWords = sizeof(Address) / 4;

template <class Address>
[[nodiscard]] constexpr auto address_fields() {
  std::array<AclField, 1 + kAddressWords<Address>> fields{};
  fields[0] = {.kind = AclField::Kind::mask, .size = 1, .group = 0, .offset = 0};
  for (std::size_t word = 0; word < kAddressWords<Address>; ++word) {
    fields[1 + word] = {.kind = AclField::Kind::prefix,
                        .size = 4,
                        .group = static_cast<std::uint8_t>(1 + word),
                        .offset = static_cast<std::uint8_t>(1 + 4 * word)};
  }
  return fields;
}

// The order of the fields was measured: zones first keep the tries of zone pairs apart.
enum RuleField : std::size_t {
  kProtocol,
  kFromZone,
  kToZone,
  kDestinationPort,
  kDestinationClass,
  kSourceClass,
  kSourcePort,
  kRuleFields,
};

inline constexpr std::array<AclField, kRuleFields> kRuleKeyFields = {{
    {.kind = AclField::Kind::mask, .size = 1, .group = 0, .offset = 0},
    {.kind = AclField::Kind::mask, .size = 2, .group = 1, .offset = 1},
    {.kind = AclField::Kind::mask, .size = 2, .group = 1, .offset = 3},
    {.kind = AclField::Kind::range, .size = 2, .group = 2, .offset = 5},
    {.kind = AclField::Kind::range, .size = 2, .group = 2, .offset = 7},
    {.kind = AclField::Kind::range, .size = 2, .group = 3, .offset = 9},
    {.kind = AclField::Kind::range, .size = 2, .group = 3, .offset = 11},
}};

struct RuleKey {
  std::array<std::uint8_t, 13> bytes;

  template <class Address>
  void fill(const Query<Address>& query, std::uint16_t source_class,
            std::uint16_t destination_class) noexcept {
    bytes[0] = query.protocol;
    put(kFromZone, query.from_zone.value);
    put(kToZone, query.to_zone.value);
    put(kDestinationPort, query.destination_port);
    put(kDestinationClass, destination_class);
    put(kSourceClass, source_class);
    put(kSourcePort, query.source_port);
  }

 private:
  void put(RuleField field, std::uint16_t value) noexcept {
    store_be(bytes.data() + kRuleKeyFields[field].offset, value);
  }
};

}  // namespace sluice::policy
