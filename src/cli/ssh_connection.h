// The SSH connection through which the operator works, so that a clear can answer before it ends it.
#pragma once

#include <string>

namespace sluice::cli {

// "192.0.2.7 50412 192.0.2.1 22" as sshd sets SSH_CONNECTION; empty when there is none. sudo and su hide
// the variable from us, so it is looked for in the processes that we descend from, too.
std::string ssh_connection();

}  // namespace sluice::cli
