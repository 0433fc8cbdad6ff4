#include "flowd/compile/network.h"

namespace sluice::compile {

packet::IpPrefix network_of(const snapshot::InterfaceAddress& address) {
  packet::IpPrefix network{.address = address.address, .length = address.prefix_length};
  for (std::size_t byte = 0; byte < network.address.bytes.size(); ++byte) {
    const int kept = network.length - static_cast<int>(8 * byte);  // bits of this byte
    if (kept >= 8) continue;
    network.address.bytes[byte] &=
        kept <= 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(0xff << (8 - kept));
  }
  return network;
}

}  // namespace sluice::compile
