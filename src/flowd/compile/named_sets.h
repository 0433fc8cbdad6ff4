// Private to the room: sets of names that hold names and other sets, as address-set and application-set.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace sluice::compile {

struct SetMember {
  std::string name;
  bool is_set = false;
};

struct NamedSet {
  std::string name;
  config::Node node;  // its statement; false for a predefined set
  std::vector<SetMember> members;
};

// A set as configured: `kind` is "address" or "application"; its sets are list KIND-set.
[[nodiscard]] NamedSet read_set(const config::Node& node, std::string_view kind);

// Set -> the names in it, in order, each once, with sets replaced by what they hold.
using ExpandedSets = std::map<std::string, std::vector<std::string>, std::less<>>;

// `defined` tells whether something of this kind has the name. Fails on an unknown name, a set without
// members, and a set that holds itself.
[[nodiscard]] Result<ExpandedSets> expand_sets(const std::vector<NamedSet>& sets, std::string_view kind,
                                               const std::function<bool(const std::string&)>& defined);

}  // namespace sluice::compile
