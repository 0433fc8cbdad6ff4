#include "flowd/compile/named_sets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

// Deep enough for any operator, shallow enough for the stack.
constexpr std::size_t kDeepest = 64;

class Expansion {
 public:
  Expansion(const std::vector<NamedSet>& sets, std::string_view kind,
            const std::function<bool(const std::string&)>& defined)
      : kind_(kind), defined_(defined) {
    for (const NamedSet& set : sets) sets_.emplace(set.name, &set);
  }

  Status expand(const NamedSet& set);
  ExpandedSets take() { return std::move(done_); }

 private:
  struct Gathered {
    std::vector<std::string> names;
    std::set<std::string> seen;
    void add(const std::string& name) {
      if (seen.insert(name).second) names.push_back(name);
    }
  };
  Status add_set(const NamedSet& set, const SetMember& member, Gathered& gathered);

  std::string_view kind_;
  const std::function<bool(const std::string&)>& defined_;
  std::map<std::string, const NamedSet*, std::less<>> sets_;
  std::vector<std::string> open_;  // the sets around the one being expanded
  ExpandedSets done_;
};

Status Expansion::expand(const NamedSet& set) {
  if (done_.contains(set.name)) return {};
  if (set.members.empty()) {
    return wrong(set.node, "", fmt::format("the set is empty; give it an '{0}' or '{0}-set'", kind_));
  }
  open_.push_back(set.name);
  Gathered gathered;
  for (const SetMember& member : set.members) {
    if (member.is_set) {
      if (Status added = add_set(set, member, gathered); !added) return added;
    } else if (defined_(member.name)) {
      gathered.add(member.name);
    } else {
      return unknown(set.node, fmt::format("{} {}", kind_, member.name),
                     fmt::format("{} '{}' is not defined", kind_, member.name));
    }
  }
  open_.pop_back();
  done_.emplace(set.name, std::move(gathered.names));
  return {};
}

Status Expansion::add_set(const NamedSet& set, const SetMember& member, Gathered& gathered) {
  const std::string words = fmt::format("{}-set {}", kind_, member.name);
  const auto inner = sets_.find(member.name);
  if (inner == sets_.end()) return unknown(set.node, words, words + " is not defined");
  const auto around = std::find(open_.begin(), open_.end(), member.name);
  if (around != open_.end()) {
    return wrong(set.node, words,
                 fmt::format("the set would hold itself: {} in {}", member.name,
                             fmt::join(std::make_reverse_iterator(open_.end()),
                                       std::make_reverse_iterator(around), " in ")));
  }
  if (open_.size() >= kDeepest) {
    return wrong(set.node, words, fmt::format("sets may hold sets {} deep at most", kDeepest));
  }
  if (Status expanded = expand(*inner->second); !expanded) return expanded;
  for (const std::string& name : done_.at(member.name)) gathered.add(name);
  return {};
}

}  // namespace

NamedSet read_set(const config::Node& node, std::string_view kind) {
  NamedSet set{.name = std::string(node.key()), .node = node, .members = {}};
  for (const config::Node& member : node.list(kind)) {
    set.members.push_back({.name = std::string(member.key()), .is_set = false});
  }
  for (const config::Node& member : node.list(std::string(kind) + "-set")) {
    set.members.push_back({.name = std::string(member.key()), .is_set = true});
  }
  return set;
}

Result<ExpandedSets> expand_sets(const std::vector<NamedSet>& sets, std::string_view kind,
                                 const std::function<bool(const std::string&)>& defined) {
  Expansion expansion(sets, kind, defined);
  for (const NamedSet& set : sets) {
    if (const Status expanded = expansion.expand(set); !expanded) return expanded.error();
  }
  return expansion.take();
}

}  // namespace sluice::compile
