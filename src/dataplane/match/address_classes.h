// Private to the match room: addresses that no rule can tell apart are one class.
//
// Two addresses that are in exactly the same address sets of all rules get the same number. An
// address's class is that of the longest listed prefix which contains it.
#pragma once

#include <span>
#include <vector>

#include "dataplane/match/match.h"

namespace sluice::match {

using AddressClass = std::uint32_t;  // from 1

class AddressClasses {
 public:
  struct Entry {
    packet::IpPrefix prefix;
    AddressClass number = 0;
  };

  // Of one family, over one side (source or destination) of the rules.
  AddressClasses(std::span<const AddressMatch* const> matches, packet::Family family);

  // Every prefix that any rule lists, and 0/0: the longest that contains an address decides.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] AddressClass highest() const { return highest_; }
  // The classes that matches[index] of the constructor covers, ascending.
  [[nodiscard]] std::vector<AddressClass> covered(std::size_t index) const;

 private:
  struct Match {
    bool any = false;
    bool excluded = false;
    std::size_t set = 0;  // index in classes_of_set_
  };

  std::vector<Entry> entries_;
  std::vector<Match> matches_;
  std::vector<std::vector<AddressClass>> classes_of_set_;  // ascending
  AddressClass highest_ = 0;
};

}  // namespace sluice::match
