#include "mgd/rpc/live_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.h"
#include "mgd/rpc/configuration_mode.h"
#include "mgd/rpc/log_files.h"

namespace sluice::rpc {
namespace {

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

Items nat_pools(const config::Node& root, std::string_view kind) {
  Items items;
  for (const config::Node& pool : root.child("security").child("nat").child(kind).list("pool")) {
    add(items, pool.key(), described(pool));
  }
  return items;
}

Items nat_rules(const config::Node& root, std::string_view kind) {
  Items items;
  for (const config::Node& set : root.child("security").child("nat").child(kind).list("rule-set")) {
    for (const config::Node& rule : set.list("rule")) add(items, rule.key(), described(rule));
  }
  return items;
}

// What sessions show as their pool.
Items session_nat_pools(const config::Node& root) {
  Items items = nat_pools(root, "source");
  add(items, "interface", "Addresses of interfaces");
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

Items log_file_names(const Context& context) {
  Items items;
  for (const LogFile& file : log_files(context))
    add(items, file.name, file.kind == LogFile::Kind::audit_log ? "Audit log" : "Session log");
  return items;
}

// By their numbers, with who made them and when.
Items rollbacks(const storage::Store* store) {
  Items items;
  if (store == nullptr) return items;
  for (const auto& [number, commit, damage] : store->history()) {
    std::string help = damage.empty() ? std::string() : "Damaged";
    if (damage.empty() && commit.unix_s != 0) {
      help = fmt::format("{} by {}", utc_time(commit.unix_s), commit.user);
      if (!commit.client.empty()) help += " via " + commit.client;
    }
    add(items, fmt::to_string(number), std::move(help));
  }
  return items;
}

}  // namespace

std::vector<Suggestion> LiveNames::of(std::string_view kind) const {
  if (kind == "rollbacks") return rollbacks(context_.parts.store);
  if (kind == "log-files") return log_file_names(context_);
  if (kind == "policy-ids") return policy_ids(context_.parts.flowd);
  const config::SharedTree committed = context_.parts.running.committed().tree;
  const config::Node root = committed->root();
  if (kind == "zones") return zones(root);
  if (kind == "interfaces") return interfaces(root);
  if (kind == "policies") return policies(root);
  if (kind == "session-nat-pools") return session_nat_pools(root);
  if (kind == "nat-source-pools") return nat_pools(root, "source");
  if (kind == "nat-destination-pools") return nat_pools(root, "destination");
  if (kind == "nat-source-rules") return nat_rules(root, "source");
  if (kind == "nat-destination-rules") return nat_rules(root, "destination");
  if (kind == "nat-static-rules") return nat_rules(root, "static");
  if (kind == "logical-systems") {
    return {{"all", "All logical systems", Suggestion::Kind::name},
            {"root-logical-system", "The root logical system", Suggestion::Kind::name}};
  }
  return {};
}

command::Suggestions LiveNames::words(std::string_view kind, std::string_view text,
                                      command::From from) const {
  if (kind != "statements") return suggest_statements(kind, text, context_, from);
  const config::SharedTree committed = context_.parts.running.committed().tree;
  return suggestions_of(config::suggest(*committed, text, config::Purpose::find));
}

command::Suggestions suggestions_of(config::Suggestions found) {
  return {found.position, std::move(found.items), found.complete, std::move(found.error),
          found.error_position};
}

}  // namespace sluice::rpc
