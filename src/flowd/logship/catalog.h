// What log messages say, as tables: attributes, messages, profiles (Junos reference 7.2 to 7.4).
//
// To add an attribute: one line in kAttributes, and its name in the lists and texts that have it.
// To add a profile: one Shape in kProfiles. Nothing else changes. Immutable; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "flowd/logship/logship.h"

namespace sluice::logship {

// Where an attribute's value comes from. Everything but `constant` is taken from the event.
enum class Value : std::uint8_t {
  constant,
  timestamp,  // of the line, not an attribute
  source_address,
  source_port,
  destination_address,
  destination_port,
  service,
  nat_source_address,
  nat_source_port,
  nat_destination_address,
  nat_destination_port,
  source_rule_type,
  source_rule_name,
  destination_rule_type,
  destination_rule_name,
  protocol,
  icmp_type,
  policy,
  from_zone,
  to_zone,
  ingress,
  session_id_32,
  session_id_64,
  packets_from_client,
  bytes_from_client,
  packets_from_server,
  bytes_from_server,
  elapsed,
  close_reason,
  block_low,
  block_high,
  block_used,  // of an alarm: percent
  block_most,  // of an alarm: its threshold
  block_time,
  pool,
  pool_kind,
  lost_records,
  worker,
  sequence,
};

enum class Kind : std::uint8_t { text, number };

struct Attribute {
  std::string_view name;
  Value value = Value::constant;
  Kind kind = Kind::text;
  std::string_view constant;  // Value::constant: what it always says
};

// Null when there is none of that name.
[[nodiscard]] const Attribute* find_attribute(std::string_view name);

struct Override {
  std::string_view attribute;
  std::string_view constant;
};

enum class Message : std::uint8_t {
  created,
  closed,
  denied,
  lost_in_ring,
  lost_in_stream,
  block_allocated,
  block_released,
  block_interim,
  pool_alarm_raised,
  pool_alarm_cleared,
  count_
};
inline constexpr std::size_t kMessages = static_cast<std::size_t>(Message::count_);

// One message of one profile. Lists come in two parts so that a release can add to its
// predecessor's.
struct Shape {
  std::string_view process;  // "RT_FLOW"
  std::string_view name;     // "RT_FLOW_SESSION_CREATE"
  Severity severity = Severity::info;
  std::array<std::string_view, 2> text{};        // unstructured, attributes in {braces}
  std::array<std::string_view, 2> attributes{};  // structured, separated by blanks
  std::array<Override, 2> overrides{};           // constants that differ in this message
};

struct ProfileShape {
  Profile profile;
  std::string_view no_rule;  // what a NAT rule field says without a rule
  std::array<Shape, kMessages> messages;
};

[[nodiscard]] const ProfileShape& profile_shape(Profile profile);

// Our own attributes, the last of every structured record of that process unless the list has them already.
[[nodiscard]] std::string_view extra_attributes(std::string_view process);

}  // namespace sluice::logship
