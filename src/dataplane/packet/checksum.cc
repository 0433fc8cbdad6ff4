#include "dataplane/packet/checksum.h"

namespace sluice::packet {

std::uint64_t sum_bytes(const std::uint8_t* data, std::size_t length) noexcept {
  std::uint64_t sum = 0;
  for (; length >= 4; data += 4, length -= 4) {
    sum += load<std::uint32_t>(data);
  }
  if (length >= 2) {
    sum += load<std::uint16_t>(data);
    data += 2;
    length -= 2;
  }
  return length == 1 ? sum + *data : sum;
}

std::uint64_t pseudo_sum(const std::uint8_t* ip, std::uint8_t protocol, std::uint16_t length) noexcept {
  const bool v4 = (ip[0] >> 4) == 4;
  const std::uint64_t addresses = v4 ? sum_bytes(ip + 12, 8) : sum_bytes(ip + 8, 32);
  return addresses + byte_swap(std::uint16_t{protocol}) + byte_swap(length);
}

}  // namespace sluice::packet
