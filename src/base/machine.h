// What this machine is, and whose.
#pragma once

#include <string>

namespace sluice {

// Its host name, as the kernel knows it; what is configured is the management daemon's to say.
std::string machine_name();

// Whether the user may do everything to this process: root, and as whom it runs.
bool administers(unsigned uid);

}  // namespace sluice
