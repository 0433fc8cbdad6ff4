// Private to the room: address books, and what an address name of a policy means.
//
// A name of a policy's match is looked up in the book of the policy's zone, then in the global one. A
// zone's book is the one under the zone or the one that is attached to it, not both. The names in a set
// are those of its own book.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "dataplane/packet/address.h"

namespace sluice::compile {

using Prefixes = std::vector<packet::IpPrefix>;
// Address or address-set -> the fewest prefixes that cover it.
using AddressBook = std::map<std::string, Prefixes, std::less<>>;

class AddressBooks {
 public:
  // `security` is the container of that name.
  [[nodiscard]] static Result<AddressBooks> read(const config::Node& security);

  // Null when neither the zone's book nor the global one has the name. An empty zone: global only.
  [[nodiscard]] const Prefixes* find(std::string_view zone, std::string_view name) const;

 private:
  Status attach(const config::Node& node);
  Status read_own(const config::Node& zone);

  std::vector<AddressBook> books_;
  std::map<std::string, std::size_t, std::less<>> book_of_zone_;
  std::map<std::string, std::string, std::less<>> attached_;  // zone -> the book's name
  AddressBook global_;
};

}  // namespace sluice::compile
