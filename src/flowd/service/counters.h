// Counters and tables as messages.
#pragma once

#include "base/clock.h"
#include "flowd/control.h"
#include "proto/flowd.pb.h"

namespace sluice::service {

void put_statistics(const flowd::Fleet& fleet, bool per_worker, v1::StatisticsReply& reply);
void put_policy_statistics(const flowd::Fleet& fleet, const snapshot::Snapshot& snapshot,
                           v1::PolicyStatisticsReply& reply);
void put_interfaces(const flowd::Running& running, const flowd::PortWatch& watch, v1::InterfacesReply& reply);
void put_routes(const snapshot::Snapshot& snapshot, const Now& now, v1::RoutesReply& reply);
void put_zones(const snapshot::Snapshot& snapshot, v1::ZonesReply& reply);

}  // namespace sluice::service
