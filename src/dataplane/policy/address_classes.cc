#include "dataplane/policy/address_classes.h"

#include <algorithm>
#include <limits>
#include <map>

#include "dataplane/policy/address_set.h"

namespace sluice::policy {
namespace {

using packet::Family;
using packet::IpPrefix;

using SetIndex = std::uint32_t;
using Signature = std::vector<SetIndex>;      // the sets that contain an address, ascending
using Lists = std::map<IpPrefix, Signature>;  // the sets that list a prefix

constexpr std::size_t kMaxClasses = std::numeric_limits<AddressClass>::max();

std::vector<IpPrefix> of_family(const AddressMatch& match, Family family) {
  std::vector<IpPrefix> prefixes;
  std::copy_if(match.prefixes.begin(), match.prefixes.end(), std::back_inserter(prefixes),
               [&](const IpPrefix& prefix) { return prefix.address.family == family; });
  return merged(prefixes);
}

IpPrefix root(Family family) {
  IpPrefix prefix;
  prefix.address.family = family;
  return prefix;
}

Signature joined(const Signature& a, const Signature& b) {
  Signature both;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

// What std::map keeps for each distinct signature; its order makes the classes of one set neighbours.
using Signatures = std::map<Signature, AddressClass>;
struct Node {
  IpPrefix prefix;
  Signatures::iterator signature;
};

// Prefixes ascend by address, then by length, so the prefixes that contain the current one are on a
// stack; it is in their sets and in its own.
std::vector<Node> resolve(const Lists& lists, Signatures& signatures) {
  std::vector<Node> nodes;
  std::vector<std::size_t> open;
  for (const auto& [prefix, own] : lists) {
    while (!open.empty() && !nodes[open.back()].prefix.contains(prefix.address)) open.pop_back();
    Signature all = open.empty() ? own : joined(nodes[open.back()].signature->first, own);
    nodes.push_back({prefix, signatures.emplace(std::move(all), AddressClass{0}).first});
    open.push_back(nodes.size() - 1);
  }
  return nodes;
}

std::vector<ClassRange> to_ranges(const std::vector<AddressClass>& classes) {
  std::vector<ClassRange> ranges;
  for (const AddressClass number : classes) {
    if (!ranges.empty() && ranges.back().high + 1 == number) {
      ranges.back().high = number;
    } else {
      ranges.push_back({number, number});
    }
  }
  return ranges;
}

}  // namespace

Result<AddressClasses> AddressClasses::build(std::span<const AddressMatch* const> matches, Family family) {
  AddressClasses result;
  std::map<std::vector<IpPrefix>, SetIndex> sets;  // policies that share an address set share its number
  Lists lists{{root(family), {}}};
  for (const AddressMatch* match : matches) {
    const auto prefixes = of_family(*match, family);
    const auto [at, is_new] = sets.emplace(prefixes, static_cast<SetIndex>(sets.size()));
    result.matches_.push_back({match->any, match->excluded, at->second});
    if (!is_new) continue;
    for (const IpPrefix& prefix : prefixes) lists[prefix].push_back(at->second);
  }

  Signatures signatures;
  const std::vector<Node> nodes = resolve(lists, signatures);
  if (signatures.size() > kMaxClasses) {
    return Error{"resource-denied", "security policies",
                 "the policies' address sets overlap in " + std::to_string(signatures.size()) +
                     " different ways; at most " + std::to_string(kMaxClasses) + " are allowed"};
  }
  result.classes_of_set_.resize(sets.size());
  for (auto& [signature, number] : signatures) {
    number = ++result.highest_;
    for (const SetIndex set : signature) result.classes_of_set_[set].push_back(number);
  }
  for (const Node& node : nodes) result.entries_.push_back({node.prefix, node.signature->second});
  return result;
}

std::vector<ClassRange> AddressClasses::ranges(std::size_t index) const {
  const Match& match = matches_[index];
  if (match.any) return {{0, static_cast<AddressClass>(kMaxClasses)}};
  const std::vector<AddressClass>& listed = classes_of_set_[match.set];
  if (!match.excluded) return to_ranges(listed);
  std::vector<AddressClass> others;
  for (AddressClass number = 1; number <= highest_ && number != 0; ++number) {
    if (!std::binary_search(listed.begin(), listed.end(), number)) others.push_back(number);
  }
  return to_ranges(others);
}

}  // namespace sluice::policy
