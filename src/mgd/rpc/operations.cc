#include <algorithm>

#include "mgd/render/layouts.h"
#include "mgd/rpc/configuration_mode.h"
#include "mgd/rpc/handlers.h"

namespace sluice::rpc {
namespace {

constexpr command::Mode kConfiguring = command::Mode::configuration;
constexpr Shows kSees = Shows::configuration;
constexpr Operator kMoves = Operator::moves, kRuns = Operator::runs;

constexpr char kActivate[] = "activate", kAnnotate[] = "annotate", kCopy[] = "copy",
               kDeactivate[] = "deactivate", kInsert[] = "insert", kRename[] = "rename", kSet[] = "set";

template <const char* verb>
Status obey(const Inputs& inputs, const Context& context, render::Sink& sink) {
  return obey_statement(verb, inputs, context, sink);
}

template <v1::NatKind kind>
Status clear_rules(const Inputs& inputs, const Context& context, render::Sink&) {
  return clear_nat_rules(kind, inputs, context);
}
template <v1::NatKind kind>
Status clear_pools(const Inputs& inputs, const Context& context, render::Sink&) {
  return clear_nat_pools(kind, inputs, context);
}

constexpr Operation kOperations[] = {
    {{"clear security flow session", "clear-flow-session"}, clear_flow_session, &render::kClearSession},
    {{"clear security flow session", "clear-flow-session-by-session-identifier"},
     clear_flow_session,
     &render::kClearSession},
    {{"clear security flow session all", "clear-flow-session-all"},
     clear_flow_session,
     &render::kClearSession},
    {{"clear security flow statistics", "clear-security-flow-statistics"},
     clear_flow_statistics,
     &render::kDone},
    {{"clear security nat source persistent-nat-table all", "clear-persist-nat-all"},
     clear_persistent_nat,
     &render::kDone},
    {{"clear security nat source persistent-nat-table interface", "clear-persist-nat-interface-information"},
     clear_persistent_nat_of_interfaces,
     &render::kDone},
    {{"clear security nat source persistent-nat-table internal-ip", "clear-persist-nat-ip-port-information"},
     clear_persistent_nat,
     &render::kDone},
    {{"clear security nat source persistent-nat-table pool", "clear-persist-nat-pool-information"},
     clear_persistent_nat,
     &render::kDone},
    {{"clear security nat statistics destination pool", "clear-destination-nat-pool-information"},
     clear_pools<v1::NAT_DESTINATION>,
     &render::kDone},
    {{"clear security nat statistics destination rule", "clear-destination-nat-rule-sets-information"},
     clear_rules<v1::NAT_DESTINATION>,
     &render::kDone},
    {{"clear security nat statistics source pool", "clear-source-nat-pool-information"},
     clear_pools<v1::NAT_SOURCE>,
     &render::kDone},
    {{"clear security nat statistics source rule", "clear-source-nat-rule-sets-information"},
     clear_rules<v1::NAT_SOURCE>,
     &render::kDone},
    {{"clear security nat statistics static rule", "clear-static-nat-rule-sets-information"},
     clear_rules<v1::NAT_STATIC>,
     &render::kDone},
    {{"clear security policies hit-count", "clear-security-policies-hit-count"},
     clear_policy_hit_count,
     &render::kDone},
    {{"clear security policies statistics", "clear-security-policies-statistics"},
     clear_policy_statistics,
     &render::kDone},
    {{"clear system commit", "clear-system-commit"}, clear_scheduled_commit, &render::kClearCommit},
    {{"commit", "commit-file"}, commit_file, &render::kCommit},
    {{"configure", "open-configuration"}, open_configuration, &render::kOpened, kSees, kMoves},
    {{"edit", "open-configuration"}, open_configuration, &render::kOpened, kSees, kMoves},
    {{"exit", "exit-cli"}, nullptr, &render::kDone, Shows::data_plane, kMoves},
    {{"help", "get-help"}, show_help, &render::kHelp},
    {{"help apropos", "get-help-apropos"}, show_help_apropos, &render::kHelp},
    {{"ping", "ping"}, ping, &render::kDone, Shows::data_plane, kRuns},
    {{"quit", "exit-cli"}, nullptr, &render::kDone, Shows::data_plane, kMoves},
    {{"set cli screen-length", "set-cli-screen-length"}, nullptr, &render::kDone},
    {{"set cli screen-width", "set-cli-screen-width"}, nullptr, &render::kDone},
    {{"show arp", "get-arp-table-information"}, show_arp, &render::kArp},
    {{"show chassis alarms", "get-alarm-information"}, show_alarms, &render::kAlarms},
    {{"show chassis cluster status", "get-chassis-cluster-status"}, show_cluster, &render::kDone},
    {{"show chassis environment", "get-environment-information"}, show_environment, &render::kDone},
    {{"show chassis hardware", "get-chassis-inventory"}, show_chassis, &render::kChassis},
    {{"show chassis routing-engine", "get-route-engine-information"},
     show_route_engine,
     &render::kRouteEngine},
    {{"show configuration", "get-configuration"},
     show_configuration,
     &render::kConfiguration,
     Shows::configuration},
    {{"show interfaces", "get-interface-information"},
     show_interfaces,
     &render::kInterfaces,
     Shows::configuration},
    {{"show ipv6 neighbors", "get-ipv6-nd-information"}, show_ipv6_neighbors, &render::kIpv6Neighbors},
    {{"show log", "get-log"}, show_log, &render::kLog},
    {{"show route", "get-route-information"}, show_route, &render::kRoute},
    {{"show route summary", "get-route-summary-information"}, show_route_summary, &render::kRouteSummary},
    {{"show security flow", "get-flow-configuration"},
     show_flow_configuration,
     &render::kConfiguration,
     Shows::configuration},
    {{"show security flow session", "get-flow-session-information"},
     show_flow_session,
     &render::kFlowSession},
    {{"show security flow session", "get-flow-session-information-by-session-identifier"},
     show_flow_session,
     &render::kFlowSession},
    {{"show security flow statistics", "get-flow-statistics-all"},
     show_flow_statistics,
     &render::kFlowStatistics},
    {{"show security flow status", "get-flow-status-all"},
     show_flow_status,
     &render::kFlowStatus,
     Shows::configuration},
    {{"show security match-policies", "match-firewall-policies"},
     match_policies,
     &render::kPolicyMatch,
     Shows::configuration},
    {{"show security match-policies global", "match-global-policies"},
     match_global_policies,
     &render::kPolicyMatch,
     Shows::configuration},
    {{"show security monitoring", "get-performance-summary-information"},
     show_monitoring,
     &render::kMonitoring},
    {{"show security nat destination pool", "get-destination-nat-pool-information"},
     show_destination_nat_pool,
     &render::kDestinationNatPools,
     Shows::configuration},
    {{"show security nat destination rule", "get-destination-nat-rule-sets-information"},
     show_destination_nat_rule,
     &render::kDestinationNatRules,
     Shows::configuration},
    {{"show security nat destination summary", "retrieve-destination-nat-summary-information"},
     show_destination_nat_summary,
     &render::kDestinationNatSummary,
     Shows::configuration},
    {{"show security nat source deterministic", "get-source-nat-deterministic-information"},
     show_deterministic_nat,
     &render::kPortBlocks},
    {{"show security nat source persistent-nat-table all", "get-persist-nat-all"},
     show_persistent_nat,
     &render::kPersistentNat},
    {{"show security nat source persistent-nat-table interface", "get-persist-nat-interface-information"},
     show_persistent_nat_of_interfaces,
     &render::kPersistentNat},
    {{"show security nat source persistent-nat-table internal-ip",
      "retrieve-persist-nat-ip-port-information"},
     show_persistent_nat,
     &render::kPersistentNat},
    {{"show security nat source persistent-nat-table pool", "retrieve-persist-nat-pool-information"},
     show_persistent_nat,
     &render::kPersistentNat},
    {{"show security nat source persistent-nat-table summary", "get-persist-nat-sum"},
     show_persistent_nat_summary,
     &render::kPersistentNat},
    {{"show security nat source pool", "retrieve-source-nat-pool-information"},
     show_source_nat_pool,
     &render::kSourceNatPools,
     Shows::configuration},
    {{"show security nat source port-block", "get-source-nat-port-block-information"},
     show_port_blocks,
     &render::kPortBlocks},
    {{"show security nat source rule", "get-source-nat-rule-sets-information"},
     show_source_nat_rule,
     &render::kSourceNatRules,
     Shows::configuration},
    {{"show security nat source summary", "retrieve-source-nat-summary"},
     show_source_nat_summary,
     &render::kSourceNatSummary,
     Shows::configuration},
    {{"show security nat static rule", "get-static-nat-rule-information"},
     show_static_nat_rule,
     &render::kStaticNatRules,
     Shows::configuration},
    {{"show security nat who-had", "get-nat-who-had"}, show_nat_who_had, &render::kWhoHad},
    {{"show security policies", "get-firewall-policies"},
     show_policies,
     &render::kPolicies,
     Shows::configuration},
    {{"show security policies hit-count", "get-security-policies-hit-count"},
     show_policy_hit_count,
     &render::kPolicyHitCount,
     Shows::configuration},
    {{"show security zones", "get-zones-information"}, show_zones, &render::kZones, Shows::configuration},
    {{"show system alarms", "get-system-alarm-information"}, show_alarms, &render::kAlarms},
    {{"show system commit", "get-commit-information"},
     show_commit_history,
     &render::kCommitHistory,
     Shows::configuration},
    {{"show system information", "get-system-information"}, show_system, &render::kSystem},
    {{"show system license", "get-license-summary-information"}, show_license, &render::kLicense},
    {{"show system license keys", "get-license-key-information"}, show_license_keys, &render::kDone},
    {{"show system rollback", "get-rollback-information"},
     show_rollback,
     &render::kConfiguration,
     Shows::configuration},
    {{"show system uptime", "get-system-uptime-information"},
     show_uptime,
     &render::kUptime,
     Shows::configuration},
    {{"show version", "get-software-information"}, show_software, &render::kSoftware},
    {{"traceroute", "traceroute"}, traceroute, &render::kDone, Shows::data_plane, kRuns},

    // Configuration mode.
    {{"activate", "activate-statement", kConfiguring}, obey<kActivate>, &render::kDone},
    {{"annotate", "annotate-statement", kConfiguring}, obey<kAnnotate>, &render::kDone},
    {{"commit", "commit-changes", kConfiguring}, commit_changes, &render::kCommit, kSees, kMoves},
    {{"copy", "copy-statement", kConfiguring}, obey<kCopy>, &render::kDone},
    {{"deactivate", "deactivate-statement", kConfiguring}, obey<kDeactivate>, &render::kDone},
    {{"delete", "delete-statement", kConfiguring}, delete_statement, &render::kDone},
    {{"edit", "edit-statement", kConfiguring}, edit_statement, &render::kDone, kSees, kMoves},
    {{"exit", "exit-configuration", kConfiguring}, nullptr, &render::kDone, kSees, kMoves},
    {{"help", "get-help", kConfiguring}, show_help, &render::kHelp},
    {{"help apropos", "get-help-apropos", kConfiguring}, show_help_apropos, &render::kHelp},
    {{"insert", "insert-statement", kConfiguring}, obey<kInsert>, &render::kDone},
    {{"load", "load-file", kConfiguring}, load_file, &render::kLoad},
    {{"quit", "exit-configuration", kConfiguring}, nullptr, &render::kDone, kSees, kMoves},
    {{"rename", "rename-statement", kConfiguring}, obey<kRename>, &render::kDone},
    {{"replace pattern", "replace-pattern", kConfiguring}, replace_pattern, &render::kDone},
    {{"rollback", "rollback-candidate", kConfiguring}, rollback_candidate, &render::kLoad},
    {{"run", "run-command", kConfiguring}, nullptr, &render::kDone},
    {{"save", "save-configuration", kConfiguring}, show_candidate, &render::kConfiguration},
    {{"set", "set-statement", kConfiguring}, obey<kSet>, &render::kDone},
    {{"show", "show-candidate", kConfiguring}, show_candidate, &render::kConfiguration},
    {{"status", "show-status", kConfiguring}, show_database_status, &render::kDatabaseStatus},
    {{"top", "edit-top", kConfiguring}, edit_top, &render::kDone, kSees, kMoves},
    {{"up", "edit-up", kConfiguring}, edit_up, &render::kDone, kSees, kMoves},
    {{"wildcard delete", "wildcard-delete", kConfiguring}, wildcard_delete, &render::kDone},

    // For programs: Junos's operations on the candidate configuration, then NETCONF's.
    {{"", "close-configuration"}, close_configuration, &render::kDone},
    {{"", "get-authorized-keys"}, show_authorized_keys, &render::kAuthorizedKeys},
    {{"", "get-database-status-information"}, show_database_status, &render::kDatabaseStatus},
    {{"", "load-configuration"}, load_configuration, &render::kDone},
    {{"", "commit-configuration"}, commit_configuration, &render::kCommit},
    {{"", "lock-database"}, lock_database, &render::kDone},
    {{"", "lock-configuration"}, lock_database, &render::kDone},
    {{"", "unlock-database"}, unlock_database, &render::kDone},
    {{"", "unlock-configuration"}, unlock_database, &render::kDone},
    {{"", "get"}, get, &render::kConfiguration},
    {{"", "get-config"}, get_config, &render::kConfiguration},
    {{"", "edit-config"}, edit_config, &render::kDone},
    {{"", "copy-config"}, copy_config, &render::kDone},
    {{"", "lock"}, lock_database, &render::kDone},
    {{"", "unlock"}, unlock_database, &render::kDone},
    {{"", "validate"}, validate_config, &render::kDone},
    {{"", "commit"}, commit_candidate, &render::kDone},
    {{"", "cancel-commit"}, cancel_commit, &render::kDone},
    {{"", "discard-changes"}, discard_changes, &render::kDone},
};

}  // namespace

std::span<const Operation> operations() {
  return kOperations;
}

std::vector<command::Entry> commands() {
  std::vector<command::Entry> entries;
  for (const Operation& operation : kOperations) {
    entries.push_back(operation.command);
    entries.back().configuration = operation.layout == &render::kConfiguration;
  }
  return entries;
}

const Operation* find_operation(std::string_view rpc) {
  const auto at = std::ranges::find_if(kOperations, [&](const Operation& o) { return o.command.rpc == rpc; });
  return at == std::end(kOperations) ? nullptr : &*at;
}

}  // namespace sluice::rpc
