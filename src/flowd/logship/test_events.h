// Events and names that this room's tests share.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "dataplane/sessionlog/sessionlog.h"
#include "dataplane/snapshot/snapshot.h"

namespace sluice::logship::test {

// 2026-06-07 16:49:31.401 UTC, a Sunday.
inline constexpr std::uint64_t kWhen = 1'780'850'971'401'000'000;

inline void set(std::array<std::uint8_t, 16>& to, std::string_view text) {
  const auto address = packet::parse_address(text);
  check(address.has_value(), "a test's address is well-formed");
  to = address->bytes;
}

inline std::shared_ptr<const snapshot::Names> names() {
  auto made = std::make_shared<snapshot::Names>();
  made->policy = {"", "self-traffic-policy", "default-policy-00", "", "mgmt", "ping-out", "block-all"};
  made->zone = {"", "null", "junos-host", "", "", "", "", "", "untrust", "trust"};
  made->interface = {"", ".local..0", "ge-0/0/1.0"};
  made->application = {"", "junos-ssh", "junos-http"};
  made->nat_rule = {{}, {.type = "source rule", .name = "nat1"}, {.type = "destination rule", .name = "web"}};
  made->nat_pool = {"", "interface", "pool-1"};
  return made;
}

// A host's block of pool-1; or of it an alarm.
inline sessionlog::Event nat_event(sessionlog::EventType type) {
  using sessionlog::EventType;
  sessionlog::Event event;
  event.unix_ns = kWhen;
  event.sequence = 17;
  event.type = type;
  event.worker = 3;
  const bool alarm = type == EventType::pool_alarm_raised || type == EventType::pool_alarm_cleared;
  if (!alarm) {
    set(event.source, "10.0.10.10");
    set(event.nat_source, "203.0.113.16");
  }
  const auto kind = static_cast<std::uint16_t>(sessionlog::PoolKind::blocks);
  sessionlog::put_note(event, alarm ? sessionlog::NatNote{NatPoolId{2}, 0, 0, 91, 90, kind, 0}
                                    : sessionlog::NatNote{NatPoolId{2}, 48640, 48895, 1, 4, 0, 0x624b0492});
  return event;
}

// The session of the reference's example lines.
inline sessionlog::Event ssh(sessionlog::EventType type) {
  sessionlog::Event event;
  event.unix_ns = kWhen;
  event.sequence = 17;
  event.type = type;
  event.protocol = 6;
  event.worker = 3;
  event.session_id_32 = 5;
  event.session_id_64 = 4'294'967'301;
  event.policy = PolicyId{4};
  event.application = AppId{1};
  event.from_zone = ZoneId{8};
  event.to_zone = kJunosHostZone;
  event.ingress = IflId{2};
  set(event.source, "192.0.2.10");
  set(event.destination, "198.51.100.7");
  event.nat_source = event.source;
  event.nat_destination = event.destination;
  event.source_port = event.nat_source_port = 41000;
  event.destination_port = event.nat_destination_port = 22;
  if (type == sessionlog::EventType::closed) {
    event.reason = session::CloseReason::tcp_fin;
    event.packets[0] = 78;
    event.bytes[0] = 6657;
    event.packets[1] = 122;
    event.bytes[1] = 13305;
    event.elapsed_s = 45;
  }
  if (type == sessionlog::EventType::denied) {
    event.session_id_32 = 0;
    event.session_id_64 = 0;
    event.policy = PolicyId{6};
    event.to_zone = ZoneId{9};
  }
  return event;
}

}  // namespace sluice::logship::test
