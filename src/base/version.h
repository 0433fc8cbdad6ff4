// The version of this build: CMake's project version, compiled in at this one place.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// "0.1.0".
std::string_view version();

// What `PROGRAM --version` prints: "sluice-mgd 0.1.0".
std::string version_of(std::string_view program);

}  // namespace sluice
