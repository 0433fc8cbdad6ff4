// Sessions between the families: known as sessions of IPv6 (packet/translate64.h says why). Their packets
// leave the loops of the fast path as those of an obstructed session do, so no other packet is asked about
// them; and an IPv4 packet is, only when no session of IPv4 has it and there is a session between the
// families here.
#include <algorithm>

#include "dataplane/flow/newcomers.h"
#include "dataplane/flow/steps.h"
#include "dataplane/packet/embedded.h"
#include "dataplane/packet/ip.h"
#include "dataplane/packet/mbuf_fragments.h"
#include "dataplane/packet/translate64.h"

namespace sluice::flow {
namespace {

using packet::DropReason;
using packet::Family;
using packet::Packet;
using packet::V4;
using packet::V6;

bool says_dont_fragment(const Packet& packet) noexcept {
  return !packet.reassembled && (packet.l3[6] & packet::kDontFragment) != 0;
}

// An IPv6 router does not fragment, and neither does a translator, but for packets so short that their sender
// is never told of less (RFC 7915 5.1).
bool keeps_whole(const Packet& packet) noexcept {
  return !packet.reassembled &&
         packet::length_across(packet) > packet::kLeastMtu6 - packet::kHeaderDifference;
}

// RFC 7915 5.1. True: it may leave, in one piece or as fragments.
bool fits_inet(Core& core, Packet& packet, const route::NextHop& next_hop) noexcept {
  if (packet::length_across(packet) <= next_hop.mtu) {
    return true;
  }
  if (keeps_whole(packet)) {
    drop_with_too_big(
        core, packet,
        static_cast<std::uint16_t>(std::max(next_hop.mtu + packet::kHeaderDifference, packet::kLeastMtu6)));
    return false;
  }
  packet.egress_mtu = next_hop.mtu;
  return true;
}

// RFC 7915 4: beyond the first link nobody can fragment what IPv4 would have, so it leaves in fragments that
// pass everywhere.
bool fits_inet6(Core& core, Packet& packet, const route::NextHop& next_hop) noexcept {
  const bool whole = says_dont_fragment(packet);
  const std::uint32_t most = whole ? next_hop.mtu : std::min<std::uint32_t>(next_hop.mtu, packet::kLeastMtu6);
  if (packet::length_across(packet) <= most) {
    return true;
  }
  if (whole) {
    drop_with_too_big(core, packet, static_cast<std::uint16_t>(next_hop.mtu - packet::kHeaderDifference));
    return false;
  }
  packet.egress_mtu = static_cast<std::uint16_t>(most);
  packet::set_identification(packet, load_be<std::uint16_t>(packet.l3 + 4));
  return true;
}

// Of IPv4 packets that may be fragmented. A worker has numbers of its own, one as many as the other.
std::uint16_t next_identification(Core& core) noexcept {
  const std::uint32_t each = 65536U / core.workers;
  core.identification = static_cast<std::uint16_t>((core.identification + 1U) % each);
  return static_cast<std::uint16_t>(core.index * each + core.identification);
}

packet::Datagram4 header_for(Core& core, const Packet& packet) noexcept {
  if (packet.family == Family::inet || keeps_whole(packet)) {
    return {.dont_fragment = true, .identification = 0};
  }
  return {.dont_fragment = false, .identification = next_identification(core)};
}

// A router of IPv4, in IPv6: behind the prefix by which the IPv6 host knows its peer (RFC 6052 2.2). Where
// that does not lead to the router, being private, it seems to be the peer.
V6::Address behind_prefix(const V6::Address& peer, V4::Address peer4, V4::Address router) noexcept {
  const unsigned length = packet::length_before(peer, peer4);
  if (length == 0 || (packet::is_well_known(peer) && packet::is_private(router))) {
    return peer;
  }
  return packet::embed(peer, length, router);
}

}  // namespace

std::uint32_t find_across(const Core& core, const packet::Key4& key) noexcept {
  if (core.nat64_live == 0) {
    return session::Index::kNone;
  }
  const packet::Key6 sister = packet::across(key);
  return core.table6.find(sister, core.table6.hash_of(sister));
}

bool expected_across(const Core& core, const packet::Key4& answer) noexcept {
  return find_across(core, answer) != session::Index::kNone;
}

bool expected_across(const Core& core, const packet::Key6& answer) noexcept {
  if (!packet::is_mapped(answer.destination)) {
    return false;
  }
  const packet::Key4 sister = packet::across(answer);
  return core.table4.find(sister, core.table4.hash_of(sister)) != session::Index::kNone;
}

std::span<const std::uint16_t> pass_across(Core& core, std::span<Packet> burst,
                                           std::span<const std::uint16_t> which,
                                           std::array<std::uint16_t, kBurst>& others) noexcept {
  if (core.nat64_live == 0) {
    return which;
  }
  std::size_t count = 0;
  for (const std::uint16_t at : which) {
    const std::uint32_t entry = find_across(core, core.lane4.key[at]);
    if (entry == session::Index::kNone) {
      others[count++] = at;
    } else {
      fast_path<V6>(core, burst[core.lane4.packet[at]], entry);
    }
  }
  return {others.data(), count};
}

bool fits_across(Core& core, Packet& packet, const route::NextHop& next_hop) noexcept {
  const DropReason hindrance = packet::hindrance_across(packet);
  if (const auto at = packet::segments_left(packet)) {
    drop_with_parameter_problem(core, packet, hindrance, *at);
    return false;
  }
  if (hindrance != DropReason::none) {
    drop(core, packet, hindrance);
    return false;
  }
  return packet.family == Family::inet ? fits_inet6(core, packet, next_hop)
                                       : fits_inet(core, packet, next_hop);
}

void leave_across(Core& core, Packet& packet, std::uint32_t entry, unsigned ttl_step) noexcept {
  const packet::Key6 leaving = packet::mirror(core.table6.key(entry >> 1, (entry & 1) ^ 1U), packet.zone);
  const packet::Datagram4 header = header_for(core, packet);
  if (packet.family == Family::inet) {
    packet::become<V6>(packet, leaving, header);
    step_hops<V6>(packet, ttl_step);
  } else {
    packet::become<V4>(packet, packet::across(leaving), header);
    step_hops<V4>(packet, ttl_step);
  }
}

bool carry_error_across(Core& core, Packet& packet, std::uint32_t entry,
                        const route::NextHop& towards) noexcept {
  const unsigned wing = entry & 1;
  const packet::Key6 sent = core.table6.key(entry >> 1, wing ^ 1U);
  const route::NextHop& forth = core.next_hop(NextHopId{core.table6.record(entry >> 1).next_hop[wing ^ 1U]});
  const bool to_inet6 = packet.family == Family::inet;
  const std::uint32_t passes =
      to_inet6 ? forth.mtu + packet::kHeaderDifference : forth.mtu - packet::kHeaderDifference;
  const auto most = static_cast<std::uint16_t>(std::min<std::uint32_t>(passes, towards.mtu));
  const auto words = packet::error_across(packet, most);
  if (!words || packet::segments_left(packet)) {
    return false;
  }
  if (to_inet6) {
    const packet::Key6 answer = core.table6.key(entry >> 1, wing);
    const V6::Address from =
        behind_prefix(sent.destination, packet::from_mapped(answer.source), source_of<V4>(packet));
    return packet::become_error<V6>(packet, *words, from, sent, {});
  }
  // Whoever behind the public address complains, it seems to come from there.
  const packet::Key4 sent4 = packet::across(sent);
  return packet::become_error<V4>(packet, *words, sent4.destination, sent4,
                                  {.dont_fragment = false, .identification = next_identification(core)});
}

}  // namespace sluice::flow
