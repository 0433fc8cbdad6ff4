#include "mgd/rpc/policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace sluice::rpc {
namespace {

void add_context(std::vector<Policy>& list, const config::Node& holder, std::string_view from,
                 std::string_view to) {
  std::uint32_t sequence = 0;
  for (const config::Node& node : holder.list("policy")) {
    list.push_back({std::string(from), std::string(to), node, 0, ++sequence});
  }
}

std::vector<Policy> list_policies(const config::Tree& tree) {
  std::vector<Policy> list;
  const config::Node policies = tree.root().child("security").child("policies");
  for (const config::Node& context : policies.list("policy")) {
    add_context(list, context, context.text("from-zone-name").value_or(""),
                context.text("to-zone-name").value_or(""));
  }
  add_context(list, policies.child("global"), "", "");
  return list;
}

using Book = std::pair<std::string, config::Node>;

// The books in which a policy from or to `zone` looks a name up, in order.
std::vector<Book> books_of(const config::Tree& tree, std::string_view zone) {
  std::vector<Book> books;
  const config::Node security = tree.root().child("security");
  if (const config::Node own = security.child("zones").entry("security-zone", zone).child("address-book")) {
    books.emplace_back(zone, own);
  }
  for (const config::Node& book : security.list("address-book")) {
    if (book.child("attach").entry("zone", zone)) books.emplace_back(book.key(), book);
  }
  if (const config::Node global = security.entry("address-book", "global"))
    books.emplace_back("global", global);
  return books;
}

ResolvedAddress resolved(const Book& book, const config::Node& address) {
  ResolvedAddress result{fmt::format("{}({})", address.key(), book.first), {}, {}, {}};
  if (address.has("ip-prefix")) {
    result.prefix = address.text("ip-prefix").value_or("");
    return result;
  }
  for (const std::string_view kind : {"range-address", "address-range"}) {
    for (const config::Node& range : address.list(kind)) {
      result.low = range.key();
      result.high = range.child("to").text("range-high").value_or("");
    }
  }
  return result;
}

// What a name means in one book.
std::vector<ResolvedAddress> members_of(const Book& book, std::string_view name) {
  std::vector<ResolvedAddress> members;
  open_sets(name, {"address", "address-set"}, [&](std::string_view member) {
    if (const config::Node address = book.second.entry("address", member)) {
      members.push_back(resolved(book, address));
    }
    return book.second.entry("address-set", member);
  });
  return members;
}

}  // namespace

v1::PolicyCounters Policies::counters(std::uint32_t id) const {
  for (const v1::PolicyCounters& one : statistics.policies()) {
    if (one.policy_id() == id) return one;
  }
  return {};
}

std::string Policies::default_action() const {
  const config::Node policies = tree.root().child("security").child("policies");
  return std::string(policies.child("default-policy").text("default-action").value_or("deny-all"));
}

Result<Policies> read_policies(const Context& context) {
  auto statistics =
      context.parts.flowd.ask(&link::Flowd::Stub::PolicyStatistics, v1::PolicyStatisticsRequest());
  if (!statistics) return statistics.error();
  Policies policies{context.parts.running.committed().tree->active(), {}, std::move(*statistics)};
  policies.list = list_policies(policies.tree);
  std::map<std::tuple<std::string, std::string, std::string>, std::uint32_t> ids;
  for (const v1::PolicyIdentity& identity : policies.statistics.identities()) {
    ids[{identity.from_zone(), identity.to_zone(), identity.name()}] = identity.policy_id();
  }
  for (Policy& policy : policies.list) {
    policy.id = ids[{policy.from_zone, policy.to_zone, std::string(policy.node.key())}];
  }
  return policies;
}

Status check_zone(const Policies& policies, const Inputs& inputs, std::string_view input) {
  const std::string_view zone = inputs.text(input);
  if (zone.empty() || zone == "junos-host") return {};
  const config::Node zones = policies.tree.root().child("security").child("zones");
  if (zones.entry("security-zone", zone)) return {};
  std::vector<std::string> known;
  for (const config::Node& one : zones.list("security-zone")) known.emplace_back(one.key());
  known.emplace_back("junos-host");
  return Error{"invalid-value", std::string(input),
               fmt::format("zone {} not found; {}", zone, there_are(known))};
}

namespace {

Status select_named(Policies& policies, std::string_view name) {
  // One name may stand in several zone pairs.
  std::vector<std::string> known;
  for (const Policy& policy : policies.list) {
    if (std::ranges::find(known, policy.node.key()) == known.end()) known.emplace_back(policy.node.key());
  }
  std::erase_if(policies.list, [&](const Policy& policy) { return policy.node.key() != name; });
  if (!policies.list.empty()) return {};
  return Error{"invalid-value", "policy-name",
               fmt::format("policy {} not found; {}", name, there_are(known))};
}

// "start 3 count 10": of those that are left.
void select_part(std::vector<Policy>& list, const Inputs& inputs) {
  const std::size_t before = inputs.has("start") ? inputs.number("start") - 1 : 0;
  list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(std::min(before, list.size())));
  if (inputs.has("count") && list.size() > inputs.number("count")) {
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(inputs.number("count")), list.end());
  }
}

}  // namespace

Status select_policies(Policies& policies, const Inputs& inputs) {
  if (auto known = check_zone(policies, inputs, "from-zone"); !known) return known;
  if (auto known = check_zone(policies, inputs, "to-zone"); !known) return known;
  std::erase_if(policies.list, [&](const Policy& policy) {
    return (inputs.has("from-zone") && policy.from_zone != inputs.text("from-zone")) ||
           (inputs.has("to-zone") && policy.to_zone != inputs.text("to-zone")) ||
           (inputs.has("global") && !policy.global());
  });
  if (inputs.has("policy-name")) {
    if (auto named = select_named(policies, inputs.text("policy-name")); !named) return named;
  }
  select_part(policies.list, inputs);
  return {};
}

void open_sets(std::string_view name, std::initializer_list<std::string_view> kinds,
               const std::function<config::Node(std::string_view)>& visit) {
  std::vector<std::string_view> waiting{name};  // the next one last
  std::set<std::string_view> seen;
  while (!waiting.empty()) {
    const std::string_view next = waiting.back();
    waiting.pop_back();
    if (!seen.insert(next).second) continue;
    const config::Node set = visit(next);
    if (!set) continue;
    const auto first = static_cast<std::ptrdiff_t>(waiting.size());
    for (const std::string_view kind : kinds) {
      for (const config::Node& member : set.list(kind)) waiting.push_back(member.key());
    }
    std::reverse(waiting.begin() + first, waiting.end());
  }
}

std::string_view action_of(const Policy& policy) {
  const config::Node then = policy.node.child("then");
  return then.has("permit") ? "permit" : then.has("reject") ? "reject" : "deny";
}

std::vector<ResolvedAddress> resolve_address(const config::Tree& tree, std::string_view zone,
                                             std::string_view name) {
  std::vector<ResolvedAddress> out;
  if (name == "any" || name == "any-ipv4") out.push_back({"any-ipv4(global)", "0.0.0.0/0", {}, {}});
  if (name == "any" || name == "any-ipv6") out.push_back({"any-ipv6(global)", "::/0", {}, {}});
  if (!out.empty()) return out;
  for (const Book& book : books_of(tree, zone)) {
    out = members_of(book, name);
    if (!out.empty()) return out;
  }
  return out;
}

}  // namespace sluice::rpc
