// Snapshot: every compiled table that packets are decided by, immutable, under one generation
// number.
//
// The control thread builds one (flowd/compile from the configuration, host for routes), publishes a
// pointer, and frees the previous one when every worker has moved on. Workers read it without locks
// and never keep a reference to it across packets of different bursts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/nat/nat.h"
#include "dataplane/packet/address.h"
#include "dataplane/packet/ids.h"
#include "dataplane/policy/policy.h"
#include "dataplane/policy/zone.h"
#include "dataplane/route/route.h"

namespace sluice::snapshot {

struct InterfaceAddress {
  packet::IpAddress address;
  std::uint8_t prefix_length = 0;
};

// A logical interface (unit). Index in Snapshot::interfaces = its IflId.
struct Interface {
  IflId id;
  std::string name;  // "ge-0/0/0.0"; ".local..0" for the firewall itself
  std::string description;
  PortId port;
  std::uint16_t vlan_id = 0;  // 0: untagged
  ZoneId zone = kNullZone;
  bool enabled = true;
  std::uint16_t mtu = 1500;  // largest IP packet
  std::array<std::uint8_t, 6> mac{};
  std::vector<InterfaceAddress> addresses;
  // The interface's own host-inbound-traffic replaces the zone's when it has one.
  bool has_host_inbound = false;
  policy::HostInbound host_inbound;
};

// A port: a wire, or the twin in the kernel of a wire. Index in Snapshot::ports = its PortId.
struct Port {
  std::string name;  // "ge-0/0/0"
  PortId twin;       // the other side: frames for the host go there, the host's frames come from it
  bool is_twin = false;
  std::array<std::uint8_t, 6> mac{};
  std::vector<IflId> ifl_by_vlan;  // 4096 entries; [0] is the untagged unit; kNoIfl where none
};

// `security flow`, in effective values (Junos reference 8.1 and appendix A).
struct FlowOptions {
  bool allow_dns_reply = false;
  bool allow_embedded_icmp = false;  // errors that quote no session are subject to policy like other packets
  bool tcp_syn_check = true;         // no-syn-check
  bool tcp_strict_syn_check = false;
  bool tcp_sequence_check = true;  // no-sequence-check
  bool tcp_rst_sequence_check = false;
  bool rst_invalidate_session = false;
  bool fin_invalidate_session = false;
  std::uint32_t tcp_initial_timeout_s = 20;
  // time-wait-state: 2 when the statement is absent.
  std::uint32_t tcp_close_timeout_s = 2;
  bool time_wait_service_timeout = false;    // session-ageout
  bool time_wait_half_close = false;         // apply-to-half-close-state
  std::uint16_t tcp_mss_all = 0;             // 0: unchanged
  std::uint32_t route_change_timeout_s = 0;  // 0: not configured
  std::uint8_t aging_low_watermark = 100;    // percent of the table
  std::uint8_t aging_high_watermark = 100;
  std::uint32_t early_ageout_s = 20;
  bool policy_rematch = false;
  bool policy_rematch_extensive = false;
};

struct NatRuleName {
  std::string type;  // "source rule", "destination rule", "static rule"
  std::string name;
};

// Names of everything that a session or a log record may still refer to, retired ones included.
struct Names {
  std::vector<std::string> policy;       // by PolicyId
  std::vector<std::string> zone;         // by ZoneId
  std::vector<std::string> interface;    // by IflId
  std::vector<std::string> application;  // by AppId; "" for kNoApp
  std::vector<NatRuleName> nat_rule;     // by NatRuleId; [0] is none
  std::vector<std::string> nat_pool;     // by NatPoolId; [0] is none
};

struct Snapshot {
  std::uint32_t generation = 0;
  std::string host_name;
  std::vector<Interface> interfaces;
  std::vector<policy::Zone> zones;  // by ZoneId; unused ids have an empty name
  std::vector<Port> ports;
  std::shared_ptr<const policy::Table> policies;
  std::shared_ptr<const nat::Table> nat;  // null: nothing is translated, and no session holds a port
  std::shared_ptr<const route::View> routes;
  std::shared_ptr<const Names> names;
  FlowOptions flow;
  // The zone that a policy must permit packets of zone `from` towards, when they take next hop `forth`. An
  // address of the firewall in another zone than the packet's is reached through that zone, by two lookups:
  // this one as if in transit, and one from there to junos-host (Juniper KB27211, KB30997).
  [[nodiscard]] ZoneId zone_towards(ZoneId from, const route::NextHop& forth) const noexcept {
    const bool local = forth.kind == route::NextHopKind::local;
    const ZoneId zone = interfaces[(local ? forth.owner : forth.ifl).value].zone;
    return local && zone == from ? kJunosHostZone : zone;
  }

  // Every session that ends becomes an event, whether its policy logs that or not (flag::kLogClose in the
  // event says). For who lists ended sessions; what ships logs wants only those that are logged.
  bool record_every_end = false;
};

}  // namespace sluice::snapshot
