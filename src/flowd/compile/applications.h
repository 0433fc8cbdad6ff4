// Private to the room: applications and application-sets, predefined and configured.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "dataplane/policy/policy.h"
#include "flowd/compile/id_registry.h"

namespace sluice::compile {

struct Applications {
  // What a policy's name stands for: one application, or those of a set in order.
  using ByName = std::map<std::string, std::vector<AppId>, std::less<>>;

  std::vector<policy::Application> all;  // the predefined ones, then the configured ones
  ByName by_name;
};

// `node` is the container 'applications'. A configured application with the name of a predefined one
// changes that one: its timeout, terms and application-protocol as written, its number as before.
[[nodiscard]] Result<Applications> read_applications(const config::Node& node, IdRegistry& ids);

}  // namespace sluice::compile
