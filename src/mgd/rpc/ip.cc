#include "mgd/rpc/ip.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sluice::rpc {
namespace {

struct Protocol {
  std::uint32_t number;
  std::string_view word;
};
constexpr Protocol kProtocols[] = {{1, "icmp"},   {2, "igmp"},  {4, "ipip"},  {6, "tcp"},   {8, "egp"},
                                   {17, "udp"},   {46, "rsvp"}, {47, "gre"},  {50, "esp"},  {51, "ah"},
                                   {58, "icmp6"}, {89, "ospf"}, {103, "pim"}, {132, "sctp"}};

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

void clear_host_bits(std::string& address, std::uint32_t length) {
  for (std::size_t i = 0; i < address.size(); ++i) {
    const std::uint32_t before = static_cast<std::uint32_t>(i) * 8;
    const std::uint32_t kept = length <= before ? 0 : std::min(length - before, 8U);
    address[i] = static_cast<char>(static_cast<unsigned char>(address[i]) & (0xff00U >> kept));
  }
}

}  // namespace

std::string protocol_word(std::uint32_t protocol) {
  const auto at = std::ranges::find(kProtocols, protocol, &Protocol::number);
  return at != std::end(kProtocols) ? std::string(at->word) : std::to_string(protocol);
}

std::optional<std::uint32_t> protocol_number(std::string_view word) {
  const auto at = std::ranges::find(kProtocols, word, &Protocol::word);
  return at != std::end(kProtocols) ? std::optional(at->number) : number(word, 255);
}

std::string address_text(std::string_view bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  if (bytes.size() == 4) {
    // Long lists have several in every line, and inet_ntop() goes through sprintf().
    char* end = text;
    for (const char byte : bytes) {
      if (end != text) *end++ = '.';
      end = std::to_chars(end, std::end(text), static_cast<unsigned char>(byte)).ptr;
    }
    return {text, end};
  }
  if (bytes.size() == 16) inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

std::optional<std::string> address_bytes(const std::string& text) {
  char bytes[16];
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) return std::string(bytes, 4);
  if (inet_pton(AF_INET6, text.c_str(), bytes) == 1) return std::string(bytes, 16);
  return std::nullopt;
}

std::string mac_text(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += fmt::format("{}{:02x}", text.empty() ? "" : ":", static_cast<unsigned char>(byte));
  }
  return text;
}

bool Prefix::covers(const Prefix& other) const {
  if (other.address.size() != address.size() || other.length < length) return false;
  std::string theirs = other.address;
  clear_host_bits(theirs, length);
  return theirs == address;
}

std::string last_address(const Prefix& prefix) {
  std::string address = prefix.address;
  for (std::size_t bit = prefix.length; bit < address.size() * 8; ++bit) {
    address[bit / 8] = static_cast<char>(static_cast<unsigned char>(address[bit / 8]) | (0x80U >> (bit % 8)));
  }
  return address;
}

Result<Prefix> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  std::string address(text.substr(0, slash));
  if (slash != std::string_view::npos && address.find(':') == std::string::npos) {
    for (auto dots = std::ranges::count(address, '.'); dots < 3; ++dots) address += ".0";
  }
  const auto bytes = address_bytes(address);
  if (!bytes) {
    return Error{
        "invalid-value", "",
        fmt::format("'{}' is not an address or prefix; write 192.0.2.1, 10/8 or 2001:db8::/32", text)};
  }
  Prefix prefix{*bytes, static_cast<std::uint32_t>(bytes->size() * 8)};
  if (slash != std::string_view::npos) {
    const auto length = number(text.substr(slash + 1), prefix.length);
    if (!length) {
      return Error{"invalid-value", "",
                   fmt::format("the length of '{}' is not 0 to {}", text, prefix.length)};
    }
    prefix.length = *length;
  }
  clear_host_bits(prefix.address, prefix.length);
  return prefix;
}

}  // namespace sluice::rpc
