// IP addresses and prefixes of either family, as values. Control path and tests; the packet path
// works on keys (packet/key.h).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::packet {

enum class Family : std::uint8_t { inet = 4, inet6 = 6 };

// An address in wire order; IPv4 uses the first four bytes and the rest are zero.
struct IpAddress {
  Family family = Family::inet;
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] static IpAddress v4(std::uint32_t host_order);
  [[nodiscard]] int bits() const { return family == Family::inet ? 32 : 128; }
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

// fe80::/10: every link has it.
[[nodiscard]] bool is_link_local(const IpAddress& address);

struct IpPrefix {
  IpAddress address;  // host bits are zero
  std::uint8_t length = 0;

  [[nodiscard]] bool contains(const IpAddress& other) const;
  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
};

[[nodiscard]] std::optional<IpAddress> parse_address(std::string_view text);

// "192.0.2.0/24", "2001:db8::/32", a bare address (a host), and Junos's shorthand "10/8" or
// "192.168/16". Host bits are cleared.
[[nodiscard]] std::optional<IpPrefix> parse_prefix(std::string_view text);

// IPv6 in lower case, compressed (RFC 5952), no brackets.
[[nodiscard]] std::string to_string(const IpAddress& address);
[[nodiscard]] std::string to_string(const IpPrefix& prefix);

}  // namespace sluice::packet
