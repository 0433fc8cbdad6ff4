// What this machine is.
#pragma once

#include <string>

namespace sluice {

// Its host name, as the kernel knows it; what is configured is the management daemon's to say.
std::string machine_name();

}  // namespace sluice
