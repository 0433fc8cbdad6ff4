// The arithmetic of `port deterministic`: hosts in order have the blocks of the first address, then those of
// the second, and so on. Nothing is written down, so it can be told backwards at any time (RFC 7422).
#include "dataplane/nat/nat.h"

namespace sluice::nat {

std::optional<BlockPlace> block_place(const SourcePool& pool, const packet::IpAddress& host) noexcept {
  const Deterministic& rule = *pool.deterministic;
  if (!rule.hosts.contains(host)) {
    return std::nullopt;
  }
  const auto number = static_cast<std::uint64_t>(number_of(host) - number_of(rule.hosts.address));
  const std::uint32_t each = pool.blocks_each();
  const auto low = static_cast<std::uint32_t>(pool.ports.low + number % each * rule.size);
  return BlockPlace{
      .position = number / each,
      .ports = {static_cast<std::uint16_t>(low), static_cast<std::uint16_t>(low + rule.size - 1)}};
}

std::optional<packet::IpAddress> block_host(const SourcePool& pool, std::uint64_t position,
                                            std::uint16_t port) noexcept {
  const Deterministic& rule = *pool.deterministic;
  const std::uint32_t each = pool.blocks_each();
  const std::uint32_t block =
      port < pool.ports.low ? each : (port - pool.ports.low) / std::uint32_t{rule.size};
  if (block >= each) {
    return std::nullopt;
  }
  const AddressNumber number = number_of(rule.hosts.address) + position * each + block;
  const packet::IpAddress host = rule.hosts.address.family == packet::Family::inet
                                     ? packet::to_address(address_of<std::uint32_t>(number))
                                     : packet::to_address(address_of<std::array<std::uint8_t, 16>>(number));
  return rule.hosts.contains(host) ? std::optional(host) : std::nullopt;
}

}  // namespace sluice::nat
