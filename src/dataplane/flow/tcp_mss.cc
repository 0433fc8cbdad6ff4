#include "dataplane/flow/steps.h"
#include "dataplane/packet/checksum.h"

namespace sluice::flow {
namespace {

using packet::Packet;
using packet::V4;
using packet::V6;
namespace tcp = session::tcp;

constexpr std::size_t kChecksum = 16;
constexpr std::uint8_t kMssOption = 2;  // RFC 9293 3.2
constexpr std::uint8_t kMssLength = 4;

// What a SYN on this wing may announce; 0: whatever it likes. A policy's own goes before that of all TCP.
template <class F>
std::uint16_t allowed_mss(Core& core, std::uint32_t entry) noexcept {
  const auto& table = core.table<F>();
  const unsigned wing = entry & 1;
  if ((table.record(entry >> 1).flags & session::flag::kAdjustMss) != 0) {
    const policy::Policy* policy = core.snapshot->policies->find(PolicyId{table.cold(entry >> 1).policy});
    const std::uint16_t own = policy == nullptr
                                  ? std::uint16_t{0}
                                  : (wing == 0 ? policy->initial_tcp_mss : policy->reverse_tcp_mss);
    if (own != 0) {
      return own;
    }
  }
  return core.snapshot->flow.tcp_mss_all;
}

}  // namespace

template <class F>
void limit_mss(Core& core, const Packet& packet, std::uint32_t entry) noexcept {
  const std::uint16_t allowed = allowed_mss<F>(core, entry);
  if (allowed == 0) {
    return;
  }
  std::uint8_t* transport = packet.transport();
  const auto header_length = static_cast<std::uint8_t>((transport[12] >> 4) * 4);
  const unsigned at = tcp::find_option(transport, header_length, kMssOption, kMssLength);
  if (at == 0) {
    return;  // then it is the least that everybody takes (RFC 9293 3.7.1)
  }
  std::uint8_t* field = transport + at + 2;
  if (load_be<std::uint16_t>(field) <= allowed) {
    return;
  }
  const auto before = load<std::uint16_t>(field);
  store_be(field, allowed);
  const std::uint16_t change = packet::delta(before, load<std::uint16_t>(field));
  // An option may stand at an odd place: its bytes then are in two of the sum's words.
  const std::uint16_t delta = at % 2 == 0 ? change : byte_swap(change);
  store(transport + kChecksum, packet::correct(load<std::uint16_t>(transport + kChecksum), delta));
}
template void limit_mss<V4>(Core&, const Packet&, std::uint32_t) noexcept;
template void limit_mss<V6>(Core&, const Packet&, std::uint32_t) noexcept;

}  // namespace sluice::flow
