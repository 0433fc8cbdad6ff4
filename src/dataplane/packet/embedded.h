// IPv4 addresses within IPv6 ones (RFC 6052): behind a prefix of a NAT64, whose length says where the four
// bytes stand. Bits 64 to 71 are always zero, and what comes after the four bytes should be.
#pragma once

#include "dataplane/packet/key.h"

namespace sluice::packet {

// Whether a prefix may have so many bits (its 2.2).
[[nodiscard]] bool embeds(unsigned length) noexcept;

// The IPv4 address behind a prefix of so many bits.
[[nodiscard]] V4::Address embedded(const V6::Address& address, unsigned length) noexcept;
// This one behind the same prefix.
[[nodiscard]] V6::Address embed(const V6::Address& prefix, unsigned length, V4::Address address) noexcept;
// The length of the prefix behind which it stands there; the longest, where that leaves more than one. 0:
// behind none.
[[nodiscard]] unsigned length_before(const V6::Address& within, V4::Address address) noexcept;

// An address behind the well-known prefix, 64:ff9b::/96.
[[nodiscard]] bool is_well_known(const V6::Address& address) noexcept;
// Nobody's in the whole internet, so the well-known prefix does not lead there (its 3.1; the networks are
// those of RFC 6890, but for documentation's, which are in nobody's use).
[[nodiscard]] bool is_private(V4::Address address) noexcept;

}  // namespace sluice::packet
