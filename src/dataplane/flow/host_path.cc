#include "dataplane/flow/steps.h"

namespace sluice::flow {
namespace {

using packet::DropReason;
using packet::Family;
using packet::Kind;
using packet::Packet;
using packet::Verdict;

bool is_link_local(const std::uint8_t* address) noexcept {
  return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

// Addresses that mean something on one link only: such packets have no session.
bool link_scope(const Packet& packet) noexcept {
  if (packet.family == Family::inet) {
    const auto destination = load_be<std::uint32_t>(packet.l3 + 16);
    constexpr std::uint32_t kEverybody = 0xffffffff;
    // RFC 919; as a unicast frame it is nobody's.
    return (destination == kEverybody && packet.to_group) || (destination >> 8) == 0xe00000;  // RFC 5771
  }
  constexpr std::uint8_t kLinkLocalScope = 2;  // RFC 4291 2.7
  const std::uint8_t* destination = packet.l3 + 24;
  const bool link_multicast = destination[0] == 0xff && (destination[1] & 0x0f) <= kLinkLocalScope;
  return link_multicast || is_link_local(packet.l3 + 8) || is_link_local(destination);
}

void pass_through(Core& core, Packet& packet) noexcept {
  packet.untouched = true;
  packet.verdict = Verdict::forward(core.snapshot->ports[packet.port.value].twin.value);
}

}  // namespace

bool host_inbound(const Core& core, const Packet& packet, IflId door) noexcept {
  const snapshot::Interface& interface = core.snapshot->interfaces[door.value];
  const policy::HostInbound& allowed = interface.has_host_inbound
                                           ? interface.host_inbound
                                           : core.snapshot->zones[interface.zone.value].host_inbound;
  return allowed.admits(packet.protocol, packet::policy_port(packet));
}

bool relay(Core& core, Packet& packet) noexcept {
  const bool own = core.snapshot->ports[packet.port.value].is_twin;
  if (packet.kind == Kind::host_only) {
    pass_through(core, packet);
    return true;
  }
  if (!link_scope(packet) && !(own && packet.to_group)) {
    return false;
  }
  if (own || host_inbound(core, packet, packet.ifl)) {
    pass_through(core, packet);
  } else {
    drop(core, packet, packet.zone == kNullZone ? DropReason::zone_unbound : DropReason::host_inbound);
  }
  return true;
}

}  // namespace sluice::flow
