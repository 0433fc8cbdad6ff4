#include "dataplane/nat/steering.h"

#include "dataplane/packet/packet.h"

namespace sluice::nat {
namespace {

std::uint32_t port_hash(std::uint32_t port) noexcept {
  packet::Key4 key;
  key.protocol = packet::protocol::kUdp;
  key.destination_port = byte_swap(static_cast<std::uint16_t>(port));
  return packet::owner_hash(key);
}

}  // namespace

Steering::Steering(std::uint16_t index, std::uint16_t workers) noexcept {
  static_assert(packet::kOwnerClasses == std::tuple_size_v<decltype(masks_)>);
  for (std::uint32_t word = 0; word < word_hashes_.size(); ++word) {
    word_hashes_[word] = static_cast<std::uint8_t>(port_hash(64 * word) % packet::kOwnerClasses);
  }
  for (std::uint32_t bit = 0; bit < 64; ++bit) {
    for (std::uint32_t hash = 0; hash < masks_.size(); ++hash) {
      const bool here = packet::worker_of(hash ^ port_hash(bit), workers) == index;
      masks_[hash] |= std::uint64_t{here} << bit;
    }
  }
}

}  // namespace sluice::nat
