// `security policies`: zone pairs in configuration order, then global policies.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "dataplane/match/address_set.h"
#include "flowd/compile/parts.h"
#include "flowd/compile/statement.h"

namespace sluice::compile {
namespace {

using config::Node;
using policy::Action;
using policy::AddressMatch;
using policy::Policy;

// A policy's statement and the zones it stands under; both empty: a global policy.
struct Statement {
  Node node;
  std::string_view from_zone;
  std::string_view to_zone;

  [[nodiscard]] std::string key() const {
    return fmt::format("from-zone {} to-zone {} policy {}", from_zone, to_zone, node.key());
  }
};

std::vector<Statement> statements(const Node& policies) {
  std::vector<Statement> all;
  for (const Node& pair : policies.list("policy")) {
    const std::string_view from = pair.text("from-zone-name").value_or("");
    const std::string_view to = pair.text("to-zone-name").value_or("");
    for (const Node& policy : pair.list("policy")) all.push_back({policy, from, to});
  }
  for (const Node& policy : policies.child("global").list("policy")) all.push_back({policy, {}, {}});
  return all;
}

struct Side {
  std::string_view leaf;  // "source-address"
  std::string_view zone;  // whose book comes first; empty: the global book alone
};

Result<AddressMatch> read_addresses(const Node& match, const Side& side, const Names& names) {
  AddressMatch out;
  const std::string excluded = fmt::format("{}-excluded", side.leaf);
  out.excluded = match.has(excluded);
  Prefixes all;
  for (const std::string_view name : match.values(side.leaf)) {
    if (name == "any") {
      out.any = true;
    } else if (name == "any-ipv4" || name == "any-ipv6") {
      all.push_back(*packet::parse_prefix(name == "any-ipv4" ? "0.0.0.0/0" : "::/0"));
    } else if (const Prefixes* prefixes = names.books.find(side.zone, name)) {
      all.insert(all.end(), prefixes->begin(), prefixes->end());
    } else {
      const std::string books =
          side.zone.empty() ? "the global address book"
                            : fmt::format("the address book of zone '{}' or the global one", side.zone);
      return unknown(match, fmt::format("{} {}", side.leaf, name),
                     fmt::format("address '{}' is not defined in {}", name, books));
    }
  }
  if (out.any && out.excluded) {
    return wrong(match, excluded, "'any' excluded leaves nothing to match; name the addresses to exclude");
  }
  if (!out.any) out.prefixes = match::merged(all);
  return out;
}

// Empty: any.
Result<std::vector<AppId>> read_application_match(const Node& match, const Names& names) {
  std::vector<AppId> out;
  std::set<AppId> seen;
  bool any = false;
  for (const std::string_view name : match.values("application")) {
    if (name == "any") {
      any = true;
      continue;
    }
    const auto named = applications_named(name, match, names);
    if (!named) return named.error();
    for (const AppId id : *named) {
      if (seen.insert(id).second) out.push_back(id);
    }
  }
  if (any) out.clear();
  return out;
}

void read_action(const Node& then, Policy& out) {
  out.action = then.has("permit") ? Action::permit : then.has("reject") ? Action::reject : Action::deny;
  out.log_init = then.child("log").has("session-init");
  out.log_close = then.child("log").has("session-close");
  out.count = then.has("count");
  const Node tcp = then.child("permit").child("tcp-options");
  out.syn_check_required = tcp.has("syn-check-required");
  out.sequence_check_required = tcp.has("sequence-check-required");
  out.initial_tcp_mss = static_cast<std::uint16_t>(tcp.number("initial-tcp-mss").value_or(0));
  out.reverse_tcp_mss = static_cast<std::uint16_t>(tcp.number("reverse-tcp-mss").value_or(0));
}

// `match from-zone` and `to-zone` of a global policy; empty: any.
std::vector<ZoneId> read_global_zones(const Node& match, std::string_view leaf, const Names& names) {
  std::vector<ZoneId> out;
  const auto zones = match.values(leaf);
  if (std::find(zones.begin(), zones.end(), "any") != zones.end()) return out;
  for (const std::string_view zone : zones) out.push_back(names.zones.at(zone));
  return out;
}

// The schema has made sure that the zones are configured.
void read_zones(const Statement& statement, const Names& names, Policy& out) {
  if (!statement.from_zone.empty()) {
    out.from_zone = names.zones.at(statement.from_zone);
    out.to_zone = names.zones.at(statement.to_zone);
    return;
  }
  const Node match = statement.node.child("match");
  out.global_from = read_global_zones(match, "from-zone", names);
  out.global_to = read_global_zones(match, "to-zone", names);
}

Result<Policy> read_policy(const Statement& statement, PolicyId id, const Names& names) {
  Policy out;
  out.id = id;
  out.name = statement.node.key();
  out.path = statement.node.path();
  read_zones(statement, names, out);
  const Node match = statement.node.child("match");
  auto source = read_addresses(match, {.leaf = "source-address", .zone = statement.from_zone}, names);
  if (!source) return source.error();
  out.source = std::move(*source);
  auto destination = read_addresses(match, {.leaf = "destination-address", .zone = statement.to_zone}, names);
  if (!destination) return destination.error();
  out.destination = std::move(*destination);
  auto applications = read_application_match(match, names);
  if (!applications) return applications.error();
  out.applications = std::move(*applications);
  read_action(statement.node.child("then"), out);
  return out;
}

}  // namespace

Result<Names> read_names(const Node& root, Compiled& out) {
  Names names;
  for (const policy::Zone& zone : out.snapshot.zones) {
    if (!zone.name.empty()) names.zones.emplace(zone.name, zone.id);
  }
  auto books = AddressBooks::read(root.child("security"));
  if (!books) return books.error();
  names.books = std::move(*books);
  auto applications = read_applications(root.child("applications"), out.ids);
  if (!applications) return applications.error();
  names.applications = std::move(*applications);
  return names;
}

Result<std::vector<AppId>> applications_named(std::string_view name, const Node& match, const Names& names) {
  const auto found = names.applications.by_name.find(name);
  if (found == names.applications.by_name.end()) {
    return unknown(
        match, fmt::format("application {}", name),
        fmt::format("application or application-set '{}' is not defined, here or as predefined", name));
  }
  return found->second;
}

Status compile_policies(const Node& root, const CompileOptions& options, const Names& names, Compiled& out) {
  const Node node = root.child("security").child("policies");
  const std::vector<Statement> all = statements(node);
  std::vector<NamedThing> things;
  things.reserve(all.size());
  for (const Statement& statement : all) {
    things.push_back({.key = statement.key(), .name = std::string(statement.node.key())});
  }
  const auto ids = out.ids.policies(things);
  if (!ids) return ids.error();
  policy::Definition definition;
  const bool permit = node.child("default-policy").text("default-action") == "permit-all";
  definition.default_action = permit ? Action::permit : Action::deny;
  definition.applications = names.applications.all;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto policy = read_policy(all[i], (*ids)[i], names);
    if (!policy) return policy.error();
    definition.policies.push_back(std::move(*policy));
  }
  if (options.policies != nullptr && options.policies->definition() == definition) {
    out.snapshot.policies = options.policies;
    return {};
  }
  auto table = policy::Table::compile(definition);
  if (!table) return table.error();
  out.snapshot.policies = std::shared_ptr<const policy::Table>(std::move(*table));
  return {};
}

}  // namespace sluice::compile
