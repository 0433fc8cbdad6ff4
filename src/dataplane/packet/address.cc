#include "dataplane/packet/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/wire.h"

namespace sluice::packet {
namespace {

void clear_host_bits(IpAddress& address, int length) {
  for (int bit = length; bit < address.bits(); ++bit) {
    address.bytes[static_cast<std::size_t>(bit / 8)] &=
        static_cast<std::uint8_t>(~(0x80U >> (static_cast<unsigned>(bit) % 8)));
  }
}

// "10" -> "10.0.0.0", "192.168" -> "192.168.0.0".
std::string complete_dotted(std::string_view text) {
  std::string full(text);
  for (auto dots = std::count(text.begin(), text.end(), '.'); dots < 3; ++dots) {
    full += ".0";
  }
  return full;
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress address;
  store_be(address.bytes.data(), host_order);
  return address;
}

bool IpPrefix::contains(const IpAddress& other) const {
  if (other.family != address.family) {
    return false;
  }
  IpAddress masked = other;
  clear_host_bits(masked, length);
  return masked == address;
}

std::optional<IpAddress> parse_address(std::string_view text) {
  const std::string terminated(text);
  IpAddress address;
  address.family = text.find(':') == std::string_view::npos ? Family::inet : Family::inet6;
  const int family = address.family == Family::inet ? AF_INET : AF_INET6;
  if (inet_pton(family, terminated.c_str(), address.bytes.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

std::optional<IpPrefix> parse_prefix(std::string_view text) {
  const auto slash = text.find('/');
  const bool has_length = slash != std::string_view::npos;
  const std::string_view head = text.substr(0, slash);
  if (head.empty()) {
    return std::nullopt;
  }
  const bool dotted = head.find(':') == std::string_view::npos;
  const auto address = parse_address(dotted && has_length ? complete_dotted(head) : std::string(head));
  if (!address) {
    return std::nullopt;
  }
  int length = address->bits();
  if (has_length) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc{} || end != digits.data() + digits.size() || length < 0 ||
        length > address->bits()) {
      return std::nullopt;
    }
  }
  IpPrefix prefix{.address = *address, .length = static_cast<std::uint8_t>(length)};
  clear_host_bits(prefix.address, length);
  return prefix;
}

bool is_link_local(const IpAddress& address) {
  return address.family == Family::inet6 && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
}

std::string to_string(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN];
  const int family = address.family == Family::inet ? AF_INET : AF_INET6;
  inet_ntop(family, address.bytes.data(), text, sizeof text);
  return text;
}

std::string to_string(const IpPrefix& prefix) {
  return to_string(prefix.address) + "/" + std::to_string(prefix.length);
}

}  // namespace sluice::packet
