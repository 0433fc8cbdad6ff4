#include "base/machine.h"

#include <unistd.h>

#include <array>

namespace sluice {

std::string machine_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

bool administers(unsigned uid) {
  return uid == 0 || uid == ::geteuid();
}

}  // namespace sluice
