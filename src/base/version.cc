#include "base/version.h"

#include <fmt/format.h>

namespace sluice {

std::string_view version() {
  return SLUICE_VERSION;
}

std::string version_of(std::string_view program) {
  return fmt::format("{} {}", program, version());
}

}  // namespace sluice
