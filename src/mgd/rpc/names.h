// Names that an operator may use, checked against what runs.
#pragma once

#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

// A unit, or a port, which stands for all of its units. An Error: there is no such interface.
Result<std::string> known_interface(const Context& context, std::string_view name);
Result<std::string> known_zone(const Context& context, std::string_view name);
// The sentence for a name that is not among those there are.
std::string unknown_interface(const v1::InterfacesReply& there, std::string_view name);
std::string unknown_zone(const v1::ZonesReply& there, std::string_view name);
Status known_policy_id(const Context& context, std::uint32_t id);

}  // namespace sluice::rpc
