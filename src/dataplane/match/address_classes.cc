#include "dataplane/match/address_classes.h"

#include <algorithm>
#include <map>

#include "dataplane/match/address_set.h"

namespace sluice::match {
namespace {

using packet::Family;
using packet::IpPrefix;

using SetIndex = std::uint32_t;
using Signature = std::vector<SetIndex>;      // the sets that contain an address, ascending
using Lists = std::map<IpPrefix, Signature>;  // the sets that list a prefix

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

}  // namespace

AddressClasses::AddressClasses(std::span<const AddressMatch* const> matches, Family family) {
  std::map<std::vector<IpPrefix>, SetIndex> sets;  // rules that share an address set share its number
  Lists lists{{root(family), {}}};
  for (const AddressMatch* match : matches) {
    const auto prefixes = of_family(*match, family);
    const auto [at, is_new] = sets.emplace(prefixes, static_cast<SetIndex>(sets.size()));
    matches_.push_back({match->any, match->excluded, at->second});
    if (!is_new) continue;
    for (const IpPrefix& prefix : prefixes) lists[prefix].push_back(at->second);
  }

  Signatures signatures;
  const std::vector<Node> nodes = resolve(lists, signatures);
  classes_of_set_.resize(sets.size());
  for (auto& [signature, number] : signatures) {
    number = ++highest_;
    for (const SetIndex set : signature) classes_of_set_[set].push_back(number);
  }
  for (const Node& node : nodes) entries_.push_back({node.prefix, node.signature->second});
}

std::vector<AddressClass> AddressClasses::covered(std::size_t index) const {
  const Match& match = matches_[index];
  const std::vector<AddressClass>& listed = classes_of_set_[match.set];
  if (!match.any && !match.excluded) return listed;
  std::vector<AddressClass> rest;
  for (AddressClass number = 1; number <= highest_; ++number) {
    if (match.any || !std::binary_search(listed.begin(), listed.end(), number)) rest.push_back(number);
  }
  return rest;
}

}  // namespace sluice::match
