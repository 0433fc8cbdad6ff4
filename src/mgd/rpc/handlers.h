// The handlers that the table in operations.cc names, one file each.
#pragma once

#include "mgd/rpc/rpc.h"

namespace sluice::rpc {

Status show_flow_session(const Inputs& inputs, const Context& context, render::Sink& sink);
Status clear_flow_session(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_flow_statistics(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_flow_status(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_policies(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_policy_hit_count(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_zones(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_interfaces(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_route(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_flow_configuration(const Inputs& inputs, const Context& context, render::Sink& sink);
Status show_configuration(const Inputs& inputs, const Context& context, render::Sink& sink);
Status commit_configuration(const Inputs& inputs, const Context& context, render::Sink& sink);

}  // namespace sluice::rpc
