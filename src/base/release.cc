#include "base/release.h"

#include <array>

namespace sluice {
namespace {

// In the order of Release.
constexpr std::array<ReleaseForms, 3> kForms = {{
    {.name = "12.3",
     .full_name = "12.3R1",
     .junos_version = false,
     .modern = false,
     .echo_sequence_first = true,
     .flow_cookie = false,
     .hit_count_action = false,
     .security_flow_wrapper = false,
     .nat_rule_set_line = false},
    {.name = "22.2",
     .full_name = "22.2R1",
     .junos_version = true,
     .modern = true,
     .echo_sequence_first = false,
     .flow_cookie = false,
     .hit_count_action = false,
     .security_flow_wrapper = false,
     .nat_rule_set_line = true},
    {.name = "24.4",
     .full_name = "24.4R1",
     .junos_version = true,
     .modern = true,
     .echo_sequence_first = false,
     .flow_cookie = true,
     .hit_count_action = true,
     .security_flow_wrapper = true,
     .nat_rule_set_line = true},
}};

}  // namespace

const ReleaseForms& forms_of(Release release) {
  return kForms.at(static_cast<std::size_t>(release));
}

std::optional<Release> release_named(std::string_view name) {
  for (std::size_t i = 0; i < kForms.size(); ++i) {
    if (kForms.at(i).name == name) return static_cast<Release>(i);
  }
  return std::nullopt;
}

}  // namespace sluice
