// Private to the policy room: from a packet's two addresses to the policies that match them.
//
// rte_acl finds the longest listed prefix of each address, and with it the address's class; a class
// has a row of bits, one for each policy that lists it. One table serves one family.
#pragma once

#include <array>
#include <cstring>

#include "dataplane/policy/acl.h"
#include "dataplane/policy/bit_rows.h"
#include "dataplane/policy/ranking.h"

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

class AddressTable {
 public:
  AddressTable() = default;
  [[nodiscard]] static Result<AddressTable> build(const Ranking& ranking, packet::Family family);

  // The rows of each query's source and destination: rows[2 * i] and rows[2 * i + 1]. At most
  // kMaxQueries at a time.
  static constexpr std::size_t kMaxQueries = 64;
  template <class Address>
  void find(std::span<const Query<Address>> queries, const std::uint64_t** rows) const noexcept;

 private:
  Acl prefixes_;
  BitRows sources_;
  BitRows destinations_;
};

template <class Address>
void AddressTable::find(std::span<const Query<Address>> queries, const std::uint64_t** rows) const noexcept {
  std::array<AddressKey<Address>, 2 * kMaxQueries> keys;
  std::array<const std::uint8_t*, 2 * kMaxQueries> pointers;
  std::array<std::uint32_t, 2 * kMaxQueries> classes;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    keys[2 * i].fill(Side::source, queries[i].source);
    keys[2 * i + 1].fill(Side::destination, queries[i].destination);
    pointers[2 * i] = keys[2 * i].bytes.data();
    pointers[2 * i + 1] = keys[2 * i + 1].bytes.data();
  }
  prefixes_.classify(pointers.data(), classes.data(), static_cast<std::uint32_t>(2 * queries.size()));
  for (std::size_t i = 0; i < queries.size(); ++i) {
    rows[2 * i] = sources_.row(classes[2 * i]);
    rows[2 * i + 1] = destinations_.row(classes[2 * i + 1]);
  }
}

}  // namespace sluice::policy
