#include "replay/player.h"

#include <algorithm>

#include "dataplane/packet/packet.h"

namespace sluice::replay {
namespace {

bool has_vlan_units(const snapshot::Port& port) {
  return std::any_of(port.ifl_by_vlan.begin() + 1, port.ifl_by_vlan.end(),
                     [](IflId unit) { return unit != kNoIfl; });
}

void append(std::vector<std::uint8_t>& frame, std::uint16_t value) {
  frame.push_back(static_cast<std::uint8_t>(value >> 8));
  frame.push_back(static_cast<std::uint8_t>(value));
}

}  // namespace

void Player::note_time(std::uint64_t unix_ns) {
  if (tally_.frames == 0) tally_.first_ns = tally_.last_ns = unix_ns;
  if (unix_ns < tally_.last_ns) ++tally_.back;
  tally_.last_ns = std::max(tally_.last_ns, unix_ns);
}

void Player::play(const Captured& captured) {
  note_time(captured.unix_ns);
  ++tally_.frames;
  firewall_.advance(captured.unix_ns);
  switch (captured.kind) {
    case Captured::Kind::ip:
      return enter(captured);
    case Captured::Kind::other:
      ++tally_.other;
      return;
    case Captured::Kind::too_short:
      ++tally_.too_short;
      return;
    case Captured::Kind::too_large:
      ++tally_.too_large;
      return;
  }
}

void Player::enter(const Captured& captured) {
  const Place place = sides_.place_of(captured.source(), captured.destination());
  const Entry entry = entry_for(place, captured);
  write_frame(entry, captured);
  if (!firewall_.receive(entry.port, frame_)) {
    ++tally_.unbuffered;
    return;
  }
  ++counter_of(place.side);
  if (captured.filled_up) ++tally_.filled_up;
}

// A tag of the capture stays where the port knows VLANs: then it says which unit the frame belongs to, or
// that it belongs to none. On other ports it is the capturing switch's business, and goes.
Player::Entry Player::entry_for(const Place& place, const Captured& captured) const {
  const snapshot::Snapshot& snapshot = firewall_.snapshot();
  const snapshot::Interface& unit = snapshot.interfaces[place.unit.value];
  const snapshot::Port& wire = snapshot.ports[unit.port.value];
  const bool self = place.side == Place::Side::self;
  Entry entry{.port = self ? wire.twin : unit.port, .vlan = unit.vlan_id, .mac = wire.mac};
  if (!self && captured.vlan && has_vlan_units(wire)) entry.vlan = *captured.vlan;
  return entry;
}

void Player::write_frame(const Entry& entry, const Captured& captured) {
  const auto& receiver = captured.group ? *captured.group : entry.mac;
  frame_.assign(receiver.begin(), receiver.end());
  frame_.insert(frame_.end(), captured.sender.begin(), captured.sender.end());
  if (entry.vlan != 0) {
    append(frame_, packet::kEtherVlan);
    append(frame_, entry.vlan);
  }
  append(frame_, captured.family == packet::Family::inet ? packet::kEtherIpv4 : packet::kEtherIpv6);
  frame_.insert(frame_.end(), captured.packet.begin(), captured.packet.end());
}

std::uint64_t& Player::counter_of(Place::Side side) {
  switch (side) {
    case Place::Side::inside:
      return tally_.inside;
    case Place::Side::outside:
      return tally_.outside;
    case Place::Side::self:
      break;
  }
  return tally_.self;
}

}  // namespace sluice::replay
