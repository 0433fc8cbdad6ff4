#include "mgd/users/public_key.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::users {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::string> decoded(std::string_view base64) {
  const std::size_t end = base64.find_last_not_of('=');
  if (base64.size() % 4 != 0 || end == std::string_view::npos || base64.size() - end > 3) return std::nullopt;
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : base64.substr(0, end + 1)) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>((bits >> static_cast<unsigned>(held)) & 0xFFU);
  }
  return bytes;
}

// nullopt: the bytes end in the middle of a row.
std::optional<std::vector<std::string_view>> rows_of(std::string_view bytes) {
  constexpr std::size_t kLength = 4;
  std::vector<std::string_view> rows;
  while (!bytes.empty()) {
    if (bytes.size() < kLength) return std::nullopt;
    std::size_t length = 0;
    for (const char c : bytes.substr(0, kLength)) length = (length << 8U) | static_cast<unsigned char>(c);
    bytes.remove_prefix(kLength);
    if (length > bytes.size()) return std::nullopt;
    rows.push_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return rows;
}

}  // namespace

bool is_key_body(std::string_view type, std::string_view base64) {
  constexpr std::string_view kEcdsa = "ecdsa-sha2-";  // the curve's name follows
  constexpr std::size_t kRsaRows = 3, kEcdsaRows = 3, kEd25519Rows = 2, kEd25519Bytes = 32;
  const auto bytes = decoded(base64);
  const auto rows = bytes ? rows_of(*bytes) : std::nullopt;
  if (!rows || rows->empty() || rows->front() != type) return false;
  if (type == "ssh-ed25519") return rows->size() == kEd25519Rows && rows->back().size() == kEd25519Bytes;
  if (type == "ssh-rsa") return rows->size() == kRsaRows && !(*rows)[1].empty() && !(*rows)[2].empty();
  return rows->size() == kEcdsaRows && type.substr(kEcdsa.size()) == (*rows)[1] && !(*rows)[2].empty();
}

}  // namespace sluice::users
