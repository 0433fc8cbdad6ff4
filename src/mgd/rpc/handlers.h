// The handlers that the table in operations.cc names, one file each.
#pragma once

#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

Status show_flow_session(const Inputs& inputs, const Context& context, render::Sink& sink);
Status clear_flow_session(const Inputs& inputs, const Context& context, render::Sink& sink);
Status clear_flow_statistics(const Inputs& inputs, const Context& context, render::Sink& sink);
Status clear_policy_hit_count(const Inputs& inputs, const Context& context, render::Sink& sink);
Status clear_policy_statistics(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_flow_statistics(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_flow_status(const Inputs& inputs, const Context& context, render::Sink& sink);
Status match_policies(const Inputs& inputs, const Context& context, render::Sink& sink);
Status match_global_policies(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_monitoring(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_policies(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_policy_hit_count(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_source_nat_summary(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_source_nat_pool(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_source_nat_rule(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_destination_nat_summary(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_destination_nat_pool(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_destination_nat_rule(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_static_nat_rule(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_nat_who_had(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_persistent_nat(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_persistent_nat_of_interfaces(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_persistent_nat_summary(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_port_blocks(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_deterministic_nat(const Inputs& inputs, const Context& context, render::Sink& sink);
Status clear_persistent_nat(const Inputs& inputs, const Context& context, render::Sink& sink);
Status clear_persistent_nat_of_interfaces(const Inputs& inputs, const Context& context, render::Sink& sink);
Status clear_nat_rules(v1::NatKind kind, const Inputs& inputs, const Context& context);
Status clear_nat_pools(v1::NatKind kind, const Inputs& inputs, const Context& context);
Status show_log(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_zones(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_interfaces(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_arp(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_ipv6_neighbors(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_route_summary(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_route(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_software(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_system(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_chassis(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_route_engine(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_license(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_license_keys(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_cluster(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_alarms(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_environment(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_uptime(const Inputs& inputs, const Context& context, render::Sink& sink);
Status ping(const Inputs& inputs, const Context& context, render::Sink& sink);
Status traceroute(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_authorized_keys(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_flow_configuration(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_configuration(const Inputs& inputs, const Context& context, render::Sink& sink);
Status commit_file(const Inputs& inputs, const Context& context, render::Sink& sink);

Status open_configuration(const Inputs& inputs, const Context& context, render::Sink& sink);
Status close_configuration(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_database_status(const Inputs& inputs, const Context& context, render::Sink& sink);
Status lock_database(const Inputs& inputs, const Context& context, render::Sink& sink);
Status unlock_database(const Inputs& inputs, const Context& context, render::Sink& sink);
Status load_configuration(const Inputs& inputs, const Context& context, render::Sink& sink);
Status discard_changes(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_help(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_help_apropos(const Inputs& inputs, const Context& context, render::Sink& sink);
Status commit_configuration(const Inputs& inputs, const Context& context, render::Sink& sink);
Status clear_scheduled_commit(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_commit_history(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_rollback(const Inputs& inputs, const Context& context, render::Sink& sink);

Status get(const Inputs& inputs, const Context& context, render::Sink& sink);
Status get_config(const Inputs& inputs, const Context& context, render::Sink& sink);
Status edit_config(const Inputs& inputs, const Context& context, render::Sink& sink);
Status copy_config(const Inputs& inputs, const Context& context, render::Sink& sink);
Status validate_config(const Inputs& inputs, const Context& context, render::Sink& sink);
Status commit_candidate(const Inputs& inputs, const Context& context, render::Sink& sink);
Status cancel_commit(const Inputs& inputs, const Context& context, render::Sink& sink);

}  // namespace sluice::rpc
