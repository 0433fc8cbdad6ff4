// Private to the policy room: addresses that no policy can tell apart are one class.
//
// Why: a rule for every pair of a policy's source and destination prefixes would be the cross
// product of its address sets. Two addresses that are in exactly the same address sets of all
// policies get the same class number; a set is then a few ranges of class numbers, however many
// prefixes it lists, and an excluded set is the other numbers. An address's class is that of the
// longest prefix which contains it.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "dataplane/policy/policy.h"

namespace sluice::policy {

using AddressClass = std::uint16_t;  // from 1

struct ClassRange {
  AddressClass low = 0;
  AddressClass high = 0;
};

class AddressClasses {
 public:
  struct Entry {
    packet::IpPrefix prefix;
    AddressClass number = 0;
  };

  // Of one family, over one side (source or destination) of all policies. Fails when there are more
  // classes than numbers.
  [[nodiscard]] static Result<AddressClasses> build(std::span<const AddressMatch* const> matches,
                                                    packet::Family family);

  // Every prefix that any policy lists, and 0/0: the longest that contains an address decides.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  // The classes that matches[index] of build() covers, ascending; empty when it matches no address.
  [[nodiscard]] std::vector<ClassRange> ranges(std::size_t index) const;

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

}  // namespace sluice::policy
