#include "mgd/rpc/live_names.h"

#include <algorithm>

#include "mgd/rpc/configuration_mode.h"

namespace sluice::rpc {
namespace {

using command::Suggestion;
using Items = std::vector<Suggestion>;

void add(Items& items, std::string_view name, std::string help) {
  const auto same = [&](const Suggestion& item) { return item.text == name; };
  if (std::ranges::any_of(items, same)) return;
  items.push_back({std::string(name), std::move(help), Suggestion::Kind::name});
}

std::string described(const config::Node& node) {
  return std::string(node.text("description").value_or(""));
}

Items zones(const config::Node& root) {
  Items items;
  for (const config::Node& zone : root.child("security").child("zones").list("security-zone")) {
    add(items, zone.key(), described(zone));
  }
  add(items, "junos-host", "The firewall itself");
  return items;
}

Items interfaces(const config::Node& root) {
  Items items;
  for (const config::Node& interface : root.child("interfaces").list("interface")) {
    add(items, interface.key(), described(interface));
    for (const config::Node& unit : interface.list("unit")) {
      add(items, std::string(interface.key()) + '.' + std::string(unit.key()), described(unit));
    }
  }
  return items;
}

Items policies(const config::Node& root) {
  Items items;
  const config::Node all = root.child("security").child("policies");
  for (const config::Node& pair : all.list("policy")) {
    for (const config::Node& policy : pair.list("policy")) add(items, policy.key(), described(policy));
  }
  for (const config::Node& policy : all.child("global").list("policy")) {
    add(items, policy.key(), described(policy));
  }
  return items;
}

Items policy_ids(const link::Flowd& flowd) {
  Items items;
  const auto reply = flowd.ask(&link::Flowd::Stub::PolicyStatistics, v1::PolicyStatisticsRequest());
  if (!reply) return items;
  for (const v1::PolicyIdentity& identity : reply->identities()) {
    add(items, std::to_string(identity.policy_id()), identity.name());
  }
  return items;
}

}  // namespace

std::vector<Suggestion> LiveNames::of(std::string_view kind) const {
  if (kind == "policy-ids") return policy_ids(context_.parts.flowd);
  const commit::Committed committed = context_.parts.running.copy();
  const config::Node root = committed.tree.root();
  if (kind == "zones") return zones(root);
  if (kind == "interfaces") return interfaces(root);
  if (kind == "policies") return policies(root);
  if (kind == "logical-systems") {
    return {{"all", "All logical systems", Suggestion::Kind::name},
            {"root-logical-system", "The root logical system", Suggestion::Kind::name}};
  }
  return {};
}

command::Suggestions LiveNames::words(std::string_view kind, std::string_view text,
                                      command::From from) const {
  if (kind != "statements") return suggest_statements(kind, text, context_, from);
  const commit::Committed committed = context_.parts.running.copy();
  return suggestions_of(config::suggest(committed.tree, text, config::Purpose::find));
}

command::Suggestions suggestions_of(config::Suggestions found) {
  command::Suggestions result{
      found.position, {}, found.complete, std::move(found.error), found.error_position};
  for (config::Suggestion& item : found.items) {
    const auto kind = item.kind == config::Suggestion::Kind::word   ? Suggestion::Kind::word
                      : item.kind == config::Suggestion::Kind::name ? Suggestion::Kind::name
                                                                    : Suggestion::Kind::placeholder;
    result.items.push_back({std::move(item.text), std::move(item.help), kind, item.mark});
  }
  return result;
}

}  // namespace sluice::rpc
