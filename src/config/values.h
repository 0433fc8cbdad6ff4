// How values are written, beyond what YANG types say; shared by the text forms and by compile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::config {

struct PortRange {
  std::uint16_t low = 0;
  std::uint16_t high = 0;  // inclusive
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

// "80", "8080-8090", "http". nullopt: none of these, or a range that runs backwards.
std::optional<PortRange> parse_port_range(std::string_view text);
// "tcp", "58".
std::optional<std::uint8_t> parse_ip_protocol(std::string_view text);
// "echo-request", "8": of ICMP and of ICMPv6.
std::optional<std::uint8_t> parse_icmp_type(std::string_view text);
std::optional<std::uint8_t> parse_icmp6_type(std::string_view text);

// The canonical writing of `text` in one of the forms that the extension sx:value-form names
// ("10/8" as an ip-prefix is "10.0.0.0/8"). The error's message says what is allowed.
Result<std::string> canonical_value(std::string_view form, std::string_view text);

}  // namespace sluice::config
