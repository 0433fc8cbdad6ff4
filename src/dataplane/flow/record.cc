#include <algorithm>
#include <cstring>

#include "dataplane/flow/steps.h"

namespace sluice::flow {
namespace {

using packet::V4;
using packet::V6;
using sessionlog::Event;
using sessionlog::EventType;

template <class Key>
void put_tuple(const Key& key, const Key& answer, Event& event) noexcept {
  std::memcpy(event.source.data(), &key.source, sizeof key.source);
  std::memcpy(event.destination.data(), &key.destination, sizeof key.destination);
  // The answer's tuple mirrored is the tuple after translation.
  std::memcpy(event.nat_source.data(), &answer.destination, sizeof answer.destination);
  std::memcpy(event.nat_destination.data(), &answer.source, sizeof answer.source);
  event.source_port = byte_swap(key.source_port);
  event.destination_port = byte_swap(key.destination_port);
  event.nat_source_port = byte_swap(answer.destination_port);
  event.nat_destination_port = byte_swap(answer.source_port);
}

void put_common(const Core& core, EventType type, Event& event) noexcept {
  event.type = type;
  event.unix_ns = core.now.unix_s * kNsPerSecond + core.now.unix_fraction_ns;
  event.worker = static_cast<std::uint8_t>(core.index);
  event.generation = core.snapshot->generation;
}

template <class F>
void put_session(const Core& core, const session::Table<F>& table, std::uint32_t slot,
                 Event& event) noexcept {
  const session::Record<F>& record = table.record(slot);
  const session::Cold<F>& cold = table.cold(slot);
  const auto near = table.key(slot, 0);
  const auto far = table.key(slot, 1);
  event.family = F::kFamily;
  event.protocol = near.protocol;
  event.icmp_type = 0;
  event.policy_action = static_cast<std::uint8_t>(policy::Action::permit);
  event.session_id_32 = table.identifier(slot);
  event.session_id_64 = table.identifier_64(slot, cold.version);
  event.policy = PolicyId{cold.policy};
  event.application = AppId{cold.application};
  event.from_zone = ZoneId{near.zone};
  event.to_zone = ZoneId{far.zone};
  event.ingress = IflId{cold.ifl[0]};
  event.egress = IflId{cold.ifl[1]};
  event.source_nat_rule = cold.source_nat_rule;
  event.destination_nat_rule = cold.destination_nat_rule;
  put_tuple(near, far, event);
  for (int wing = 0; wing < 2; ++wing) {
    const session::Traffic traffic = session::traffic(record, cold, wing);
    event.packets[wing] = traffic.packets;
    event.bytes[wing] = traffic.bytes;
  }
  event.elapsed_s = core.now.unix_s - cold.start_unix_s;
}

template <class F>
void put_end(const session::Table<F>& table, std::uint32_t slot, Event& event) noexcept {
  const session::Record<F>& record = table.record(slot);
  event.alg = table.cold(slot).alg;
  event.flags = record.flags;
  event.tcp_state = record.state;
  event.tcp_detail = record.detail;
  event.timeout_s = table.timeout_s(slot);
  for (int wing = 0; wing < 2; ++wing) {
    event.next_hop[wing] = record.next_hop[wing];
    event.sequence_end[wing] = session::tcp::packed::end_of(record.tcp[wing]);
  }
}

template <class F>
void put_refused(const packet::Packet& packet, Event& event) noexcept {
  const auto key = packet::key_of<F>(packet);
  put_tuple(key, packet::mirror(key, packet.zone), event);
}

}  // namespace

template <class F>
void record_created(Core& core, std::uint32_t slot) noexcept {
  if (Event* event = core.events.reserve()) {
    put_common(core, EventType::created, *event);
    event->reason = session::CloseReason::unset;
    put_session(core, core.table<F>(), slot, *event);
    core.events.commit();
  }
}
template void record_created<V4>(Core&, std::uint32_t) noexcept;
template void record_created<V6>(Core&, std::uint32_t) noexcept;

template <class F>
void record_closed(Core& core, std::uint32_t slot, session::CloseReason reason) noexcept {
  if (Event* event = core.events.reserve()) {
    put_common(core, EventType::closed, *event);
    event->reason = reason;
    put_session(core, core.table<F>(), slot, *event);
    put_end(core.table<F>(), slot, *event);
    core.events.commit();
  }
}
template void record_closed<V4>(Core&, std::uint32_t, session::CloseReason) noexcept;
template void record_closed<V6>(Core&, std::uint32_t, session::CloseReason) noexcept;

namespace {

// With nothing of a session's in it.
void begin_nat_event(const Core& core, EventType type, Event& event) noexcept {
  Event fresh;
  fresh.sequence = event.sequence;
  fresh.lost_before = event.lost_before;
  put_common(core, type, fresh);
  event = fresh;
}

EventType type_of(nat::BlockNews news) noexcept {
  switch (news) {
    case nat::BlockNews::allocated:
      return EventType::block_allocated;
    case nat::BlockNews::released:
      return EventType::block_released;
    case nat::BlockNews::interim:
      break;
  }
  return EventType::block_interim;
}

}  // namespace

void record_block(Core& core, const nat::BlockNote& note) noexcept {
  if (Event* event = core.events.reserve()) {
    begin_nat_event(core, type_of(note.news), *event);
    event->family = note.block.host.family;
    event->source = note.block.host.bytes;
    event->nat_source = note.block.address.bytes;
    sessionlog::put_note(*event, {.pool = note.block.pool,
                                  .low = note.block.low,
                                  .high = note.block.high,
                                  .have = static_cast<std::uint16_t>(note.have),
                                  .most = note.block.most,
                                  .kind = 0,
                                  .made_s = note.block.made_s});
    core.events.commit();
  }
}

void record_pool_alarm(Core& core, const nat::PoolWatch::Change& change) noexcept {
  if (Event* event = core.events.reserve()) {
    begin_nat_event(core, change.raised ? EventType::pool_alarm_raised : EventType::pool_alarm_cleared,
                    *event);
    const auto kind = change.kind == nat::PoolKind::deterministic ? sessionlog::PoolKind::deterministic
                      : change.kind == nat::PoolKind::blocks      ? sessionlog::PoolKind::blocks
                                                                  : sessionlog::PoolKind::single;
    sessionlog::put_note(*event, {.pool = change.pool,
                                  .low = 0,
                                  .high = 0,
                                  .have = static_cast<std::uint16_t>(change.percent),
                                  .most = static_cast<std::uint16_t>(change.threshold),
                                  .kind = static_cast<std::uint16_t>(kind),
                                  .made_s = 0});
    core.events.commit();
  }
}

void record_denied(Core& core, const packet::Packet& packet, const policy::Decision& decision,
                   ZoneId to_zone) noexcept {
  Event* event = core.events.reserve();
  if (event == nullptr) {
    return;
  }
  put_common(core, EventType::denied, *event);
  event->reason = session::CloseReason::unset;
  event->family = packet.family;
  event->protocol = packet.protocol;
  event->icmp_type = packet::is_icmp(packet) ? packet.transport()[0] : std::uint8_t{0};
  event->policy_action = static_cast<std::uint8_t>(decision.action);
  event->session_id_32 = 0;
  event->session_id_64 = 0;
  event->policy = decision.policy;
  event->application = decision.application;
  event->from_zone = packet.zone;
  event->to_zone = to_zone;
  event->ingress = packet.ifl;
  event->egress = kNoIfl;
  event->source_nat_rule = event->destination_nat_rule = 0;
  event->elapsed_s = 0;
  std::fill_n(event->packets, 2, 0);
  std::fill_n(event->bytes, 2, 0);
  if (packet.family == packet::Family::inet) {
    put_refused<V4>(packet, *event);
  } else {
    put_refused<V6>(packet, *event);
  }
  core.events.commit();
}

}  // namespace sluice::flow
