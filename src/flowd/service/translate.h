// Between messages and the query room: filters with names resolved, sessions with names put in.
#pragma once

#include "base/result.h"
#include "dataplane/snapshot/snapshot.h"
#include "flowd/query/query.h"
#include "proto/flowd.pb.h"

namespace sluice::service {

void put_failure(const Error& error, v1::Failure& failure);

// An address of 4 or 16 bytes; anything else is an error that names the field.
[[nodiscard]] Result<packet::IpAddress> address_of(const std::string& bytes, std::string_view field);

// The other way round.
[[nodiscard]] std::string bytes_of(const packet::IpAddress& address);

[[nodiscard]] Result<ZoneId> zone_of(const std::string& name, const snapshot::Snapshot& snapshot);

// An unknown zone, interface, pool or application, or a number out of range, is an error and never
// "matches all".
[[nodiscard]] Result<query::Filter> filter_of(const v1::SessionFilter& message,
                                              const snapshot::Snapshot& snapshot);

// The applications that a filter's keyword stands for: those that ask for this ALG, the predefined one of
// this name, and configured ones without an ALG that are wholly within its ports. Nothing for an
// unknown keyword.
[[nodiscard]] std::vector<AppId> applications_of(std::string_view keyword, const policy::Table& policies);

// The applications that have these names or are in the predefined sets that have them; a name that is
// neither is left out.
void put_applications(const v1::ApplicationsRequest& request, const policy::Table& policies,
                      v1::ApplicationsReply& reply);

void put_session(const query::Row& row, const snapshot::Snapshot& snapshot, v1::Session& message);
// The same of one that has ended (query::ended_row); its state says so, and why.
void put_ended_session(const sessionlog::Event& event, const snapshot::Snapshot& snapshot,
                       v1::Session& message);

}  // namespace sluice::service
