// From a packet's two addresses to the rules that match them.
//
// rte_acl finds the longest listed prefix of each address, and with it the address's class; a class
// has a row of bits, one for each rule that lists it. A side on which the rules tell no addresses apart is
// not asked. One table serves one family.
#pragma once

#include <array>
#include <cstring>
#include <span>
#include <string>

#include "dataplane/match/acl.h"
#include "dataplane/match/bit_rows.h"
#include "dataplane/match/match.h"
#include "dataplane/packet/key.h"

namespace sluice::match {

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
  // Of the rules in order of rank: what each says of its source and of its destination.
  struct Rules {
    std::span<const AddressMatch* const> sources;
    std::span<const AddressMatch* const> destinations;
    std::string plural;     // what errors call them: "policies"
    std::string statement;  // the path of an error about them
    std::string addresses;  // and of one about the addresses that they list
  };
  [[nodiscard]] static Result<AddressTable> build(const Rules& rules, packet::Family family);

  // The rows of each query's `source` and `destination`, in wire order: rows[2 * i] and rows[2 * i + 1]. At
  // most kMaxQueries at a time.
  static constexpr std::size_t kMaxQueries = 64;
  template <class Query>
  void find(std::span<const Query> queries, const std::uint64_t** rows) const noexcept;

  // The row of one destination.
  template <class Address>
  [[nodiscard]] const std::uint64_t* destination_row(const Address& destination) const noexcept {
    AddressKey<Address> key;
    key.fill(Side::destination, destination);
    const std::uint8_t* pointer = key.bytes.data();
    std::uint32_t number = 0;
    prefixes_.classify(&pointer, &number, 1);
    return destinations_.row(number);
  }

 private:
  static constexpr std::uint32_t kOnlyClass = 1;

  Acl prefixes_;
  BitRows sources_;
  BitRows destinations_;
  bool sources_differ_ = true;
  bool destinations_differ_ = true;
};

template <class Query>
void AddressTable::find(std::span<const Query> queries, const std::uint64_t** rows) const noexcept {
  using Address = decltype(Query::source);
  std::array<AddressKey<Address>, 2 * kMaxQueries> keys;
  std::array<const std::uint8_t*, 2 * kMaxQueries> pointers;
  std::array<std::uint32_t, 2 * kMaxQueries> classes;
  std::uint32_t asked = 0;
  const auto ask = [&](Side side, const Address& address) {
    keys[asked].fill(side, address);
    pointers[asked] = keys[asked].bytes.data();
    ++asked;
  };
  for (const Query& query : queries) {
    if (sources_differ_) ask(Side::source, query.source);
    if (destinations_differ_) ask(Side::destination, query.destination);
  }
  if (asked != 0) {
    prefixes_.classify(pointers.data(), classes.data(), asked);
  }
  const std::uint32_t* next = classes.data();
  for (std::size_t i = 0; i < queries.size(); ++i) {
    rows[2 * i] = sources_.row(sources_differ_ ? *next++ : kOnlyClass);
    rows[2 * i + 1] = destinations_.row(destinations_differ_ ? *next++ : kOnlyClass);
  }
}

// The same for the tables of both families. What goes from IPv6 to IPv4 (packet::is_mapped) is matched by its
// IPv6 source and its IPv4 destination: ranks are the same in both tables, so rows of the two go together.
template <class Query>
void find_rows(const AddressTable& inet, const AddressTable& inet6, std::span<const Query> queries,
               const std::uint64_t** rows) noexcept {
  if constexpr (sizeof(Query::source) == 4) {
    inet.find(queries, rows);
  } else {
    inet6.find(queries, rows);
    for (std::size_t i = 0; i < queries.size(); ++i) {
      if (packet::is_mapped(queries[i].destination)) {
        rows[2 * i + 1] = inet.destination_row(packet::from_mapped(queries[i].destination));
      }
    }
  }
}

}  // namespace sluice::match
