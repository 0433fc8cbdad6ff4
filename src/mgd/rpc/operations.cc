#include <algorithm>

#include "mgd/render/layouts.h"
#include "mgd/rpc/handlers.h"

namespace sluice::rpc {
namespace {

constexpr Operation kOperations[] = {
    {{"clear security flow session", "clear-flow-session"}, clear_flow_session, &render::kClearSession},
    {{"clear security flow session", "clear-flow-session-by-session-identifier"},
     clear_flow_session,
     &render::kClearSession},
    {{"clear security flow session all", "clear-flow-session-all"},
     clear_flow_session,
     &render::kClearSession},
    {{"commit", "commit-file"}, commit_file, &render::kCommit},
    {{"exit", "exit-cli"}, nullptr, nullptr},
    {{"help", "get-help"}, show_help, &render::kHelp},
    {{"help apropos", "get-help-apropos"}, show_help_apropos, &render::kHelp},
    {{"quit", "exit-cli"}, nullptr, nullptr},
    {{"set cli screen-length", "set-cli-screen-length"}, nullptr, nullptr},
    {{"set cli screen-width", "set-cli-screen-width"}, nullptr, nullptr},
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
    {{"show route", "get-route-information"}, show_route, &render::kRoute},
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
    {{"show security policies", "get-firewall-policies"},
     show_policies,
     &render::kPolicies,
     Shows::configuration},
    {{"show security policies hit-count", "get-security-policies-hit-count"},
     show_policy_hit_count,
     &render::kPolicyHitCount,
     Shows::configuration},
    {{"show security zones", "get-zones-information"}, show_zones, &render::kZones, Shows::configuration},
    {{"show system commit", "get-commit-information"},
     show_commit_history,
     &render::kCommitHistory,
     Shows::configuration},
    {{"show system information", "get-system-information"}, show_system, &render::kSystem},
    {{"show system rollback", "get-rollback-information"},
     show_rollback,
     &render::kConfiguration,
     Shows::configuration},
    {{"show version", "get-software-information"}, show_software, &render::kSoftware},

    // For programs: Junos's operations on the candidate configuration, then NETCONF's.
    {{"", "open-configuration"}, open_configuration, &render::kDatabaseStatus},
    {{"", "close-configuration"}, close_configuration, &render::kDone},
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

// Permissions come with `system login`; until then whoever may open the socket may do everything,
// and the socket's file mode decides who that is.
Status authorize(const Operation&, const Caller&) {
  return {};
}

}  // namespace

std::span<const Operation> operations() {
  return kOperations;
}

std::vector<command::Entry> commands() {
  std::vector<command::Entry> entries;
  for (const Operation& operation : kOperations) entries.push_back(operation.command);
  return entries;
}

const Operation* find_operation(std::string_view rpc) {
  const auto at = std::ranges::find_if(kOperations, [&](const Operation& o) { return o.command.rpc == rpc; });
  return at == std::end(kOperations) ? nullptr : &*at;
}

Status dispatch(const Operation& operation, const Inputs& inputs, const Context& context,
                render::Sink& sink) {
  if (auto allowed = authorize(operation, context.caller); !allowed) return allowed;
  return operation.handle(inputs, context, sink);
}

}  // namespace sluice::rpc
