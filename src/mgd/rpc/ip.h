// IP protocols, addresses and prefixes as an operator writes and reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::rpc {

// "tcp"; the number for one without a name.
std::string protocol_word(std::uint32_t protocol);
// "tcp" or "6".
std::optional<std::uint32_t> protocol_number(std::string_view word);

// Of 4 or 16 bytes in wire order.
std::string address_text(std::string_view bytes);
std::optional<std::string> address_bytes(const std::string& text);

// Of 6 bytes: "02:00:5e:00:53:10".
std::string mac_text(std::string_view bytes);

struct Prefix {
  std::string address;  // wire order, host bits zero
  std::uint32_t length = 0;

  // Whether `other` (address and length) lies in this prefix.
  [[nodiscard]] bool covers(const Prefix& other) const;
};

// The last address of a prefix, in wire order.
std::string last_address(const Prefix& prefix);

// "10/8", "192.0.2.1", "2001:db8::/32". The error says what is wrong.
Result<Prefix> parse_prefix(std::string_view text);

}  // namespace sluice::rpc
