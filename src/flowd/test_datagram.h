// A first packet, for tests that send through a TestMachine.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/wire.h"

namespace sluice::flowd {

inline std::uint16_t header_checksum(const std::vector<std::uint8_t>& frame) {
  std::uint32_t sum = 0;
  for (std::size_t i = 14; i < 34; i += 2) {
    sum += load_be<std::uint16_t>(&frame[i]);
  }
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~((sum & 0xffff) + (sum >> 16)));
}

// UDP from 192.0.2.CLIENT to port 9 of 203.0.113.SERVER.
inline std::vector<std::uint8_t> datagram(std::uint8_t client, std::uint8_t server,
                                          std::uint16_t source_port) {
  std::vector<std::uint8_t> frame(60);
  const std::uint8_t macs[] = {2, 0, 0, 0, 0, '1', 2, 0, 0, 0, 0, 9, 8, 0};
  std::copy(std::begin(macs), std::end(macs), frame.begin());
  const std::uint8_t ip[] = {0x45, 0, 0,   46, 0, 0,      0,   0, 64,  17,
                             0,    0, 192, 0,  2, client, 203, 0, 113, server};
  std::copy(std::begin(ip), std::end(ip), frame.begin() + 14);
  store_be<std::uint16_t>(&frame[24], header_checksum(frame));
  store_be<std::uint16_t>(&frame[34], source_port);
  store_be<std::uint16_t>(&frame[36], 9);
  store_be<std::uint16_t>(&frame[38], 26);
  return frame;
}

}  // namespace sluice::flowd
