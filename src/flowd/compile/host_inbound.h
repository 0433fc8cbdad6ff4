// Private to the room: what `host-inbound-traffic` admits.
#pragma once

#include "config/config.h"
#include "dataplane/policy/zone.h"

namespace sluice::compile {

// `node` is the container 'host-inbound-traffic'; nothing below it admits nothing.
[[nodiscard]] policy::HostInbound read_host_inbound(const config::Node& node);

}  // namespace sluice::compile
