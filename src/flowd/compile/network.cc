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

packet::IpPrefix read_prefix(std::string_view text) {
  return packet::parse_prefix(text).value();
}

match::AddressRange read_range(std::string_view from, std::optional<std::string_view> to) {
  const packet::IpPrefix low = read_prefix(from);
  match::AddressRange range = match::ranges_of({low}, low.address.family).front();
  if (to) {
    const packet::IpPrefix high = read_prefix(*to);
    range.high = match::ranges_of({high}, high.address.family).front().high;
  }
  return range;
}

}  // namespace sluice::compile
