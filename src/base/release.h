// Release: whose layouts and log records are used (`system junos-release`).
//
// Layouts and records changed between Junos releases, and scripts are written against one of them. What
// differs is in one table here, a field for each difference; all code that depends on the release asks that
// table and none compares releases.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice {

enum class Release : std::uint8_t { r12_3, r22_2, r24_4 };

inline constexpr Release kDefaultRelease = Release::r22_2;

struct ReleaseForms {
  std::string_view name;       // in the configuration: "22.2"
  std::string_view full_name;  // in XML namespaces and to clients: "22.2R1"
  bool junos_version;          // the release is told in an element of its own, which came with 15.1
  // Session state and Conn Tag on the lines of a session; ids of zones and of log profiles, groups of VRFs,
  // counters of offloaded and dropped flows: what the layouts of 12.3 do not have.
  bool modern;
  bool echo_sequence_first;    // the ports of an echo session are sequence/identifier
  bool flow_cookie;            // Attachment Id, Flow Cookie and Power-Mode in a session's details
  bool hit_count_action;       // a column of the table of hits
  bool security_flow_wrapper;  // session lists are in one more element
  bool nat_rule_set_line;      // a NAT rule's rule-set and match have lines of their own
};

const ReleaseForms& forms_of(Release release);

// From the configuration's words; nullopt: there is no such release.
std::optional<Release> release_named(std::string_view name);

}  // namespace sluice
