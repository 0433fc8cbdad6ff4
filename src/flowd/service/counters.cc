#include "flowd/service/counters.h"

#include "dataplane/flow/counters.h"
#include "flowd/host/host.h"
#include "flowd/service/sums.h"

namespace sluice::service {
namespace {

using session::get;

void add_worker(const worker::Worker& worker, v1::WorkerStatistics& to) {
  const flow::Counters& from = worker.counters();
  to.set_current_sessions(to.current_sessions() + worker.table<packet::V4>().live_count() +
                          worker.table<packet::V6>().live_count());
  to.set_received(to.received() + get(from.received));
  to.set_transmitted(to.transmitted() + get(from.transmitted));
  to.set_forwarded(to.forwarded() + get(from.forwarded) + get(from.handed_off));
  to.set_copied(to.copied() + get(from.copied));
  to.set_dropped(to.dropped() + get(from.dropped));
  to.set_fragments(to.fragments() + get(from.fragments));
  to.set_post_fragments_generated(to.post_fragments_generated() + get(from.fragments_made));
  to.set_sessions_created(to.sessions_created() + get(from.sessions_created));
  to.set_sessions_failed(to.sessions_failed() + get(from.sessions_failed));
  // The ring's numbers belong to its ends; these two may be read by anyone.
  const sessionlog::EventRing& events = const_cast<worker::Worker&>(worker).events();
  to.set_log_records(to.log_records() + events.written());
  to.set_log_records_lost(to.log_records_lost() + events.lost());
  for (std::size_t i = 1; i < packet::kDropReasons; ++i) {
    v1::DropCount& drop = *to.mutable_drops(static_cast<int>(i) - 1);
    drop.set_packets(drop.packets() + get(from.drops[i]));
  }
}

// Every reason is listed, whether it occurred or not.
void name_reasons(v1::WorkerStatistics& to) {
  for (std::size_t i = 1; i < packet::kDropReasons; ++i) {
    const auto reason = static_cast<packet::DropReason>(i);
    v1::DropCount& drop = *to.add_drops();
    drop.set_reason(std::string(packet::name(reason)));
    drop.set_description(std::string(packet::describe(reason)));
  }
}

void put_counters(PolicyId policy, const flowd::Fleet& fleet, const query::PolicyTraffic& carried,
                  v1::PolicyCounters& to) {
  using flow::PolicyCounters;
  const PolicyCounters sum =
      sum_of(fleet, &worker::Worker::policy_counters, policy.value,
             {&PolicyCounters::closed, &PolicyCounters::created, &PolicyCounters::lookups});
  to.set_policy_id(policy.value);
  to.set_lookups(sum.lookups);
  to.set_hits(sum.lookups);
  to.set_created(sum.created);
  to.set_deleted(sum.closed);
  to.set_active(sum.created - std::min(sum.closed, sum.created));
  // What comes in goes out: a session's packets are neither made nor swallowed on their way.
  to.set_input_packets_init(carried.packets[0]);
  to.set_output_packets_init(to.input_packets_init());
  to.set_input_packets_reply(carried.packets[1]);
  to.set_output_packets_reply(to.input_packets_reply());
  to.set_input_bytes_init(carried.bytes[0]);
  to.set_output_bytes_init(to.input_bytes_init());
  to.set_input_bytes_reply(carried.bytes[1]);
  to.set_output_bytes_reply(to.input_bytes_reply());
}

const std::string& zone_name(const snapshot::Snapshot& snapshot, ZoneId id) {
  static const std::string kNone;
  return id != kNullZone && id.value < snapshot.zones.size() ? snapshot.zones[id.value].name : kNone;
}

std::string_view source_name(route::Route::Source source) {
  switch (source) {
    case route::Route::Source::direct:
      return "Direct";
    case route::Route::Source::local:
      return "Local";
    case route::Route::Source::fixed:
      return "Static";
    case route::Route::Source::kernel:
      return "Kernel";
    case route::Route::Source::neighbor:
      return "Neighbor";
  }
  return "";
}

std::string_view kind_name(route::NextHopKind kind) {
  switch (kind) {
    case route::NextHopKind::local:
      return "local";
    case route::NextHopKind::discard:
      return "discard";
    case route::NextHopKind::reject:
      return "reject";
    default:
      return "forward";
  }
}

// The interface that has an address of ours; empty for what the kernel answers beside those, such as
// the broadcast addresses of its networks.
std::string holder_of(const snapshot::Snapshot& snapshot, const packet::IpAddress& address) {
  for (const snapshot::Interface& interface : snapshot.interfaces) {
    for (const snapshot::InterfaceAddress& own : interface.addresses) {
      if (own.address == address) {
        return interface.name;
      }
    }
  }
  return {};
}

void put_addresses(const snapshot::Interface& interface, v1::Interface& to) {
  for (const snapshot::InterfaceAddress& address : interface.addresses) {
    const std::string text =
        packet::to_string(address.address) + "/" + std::to_string(unsigned{address.prefix_length});
    *(address.address.family == packet::Family::inet ? to.add_inet_addresses() : to.add_inet6_addresses()) =
        text;
  }
}

void put_port_state(const port::Port& port, const flowd::PortHistory& history, v1::PortState& to) {
  const std::array<std::uint8_t, 6> mac = port.mac();
  to.set_mac(std::string(mac.begin(), mac.end()));
  to.set_speed_mbps(port.speed_mbps());
  to.set_flapped_unix_s(history.flapped_unix_s);
  to.set_carrier_transitions(history.carrier_transitions);
  const port::PortStatistics counted = port.statistics();
  to.set_input_packets(counted.received_packets);
  to.set_input_bytes(counted.received_bytes);
  to.set_input_drops(counted.missed);
  to.set_input_errors(counted.receive_errors);
  to.set_output_packets(counted.transmitted_packets);
  to.set_output_bytes(counted.transmitted_bytes);
  to.set_output_errors(counted.transmit_errors);
  to.set_input_pps(history.received_pps);
  to.set_input_bps(history.received_bps);
  to.set_output_pps(history.transmitted_pps);
  to.set_output_bps(history.transmitted_bps);
}

void put_neighbor(const snapshot::Snapshot& snapshot, const route::Route& route,
                  const route::NextHop& next_hop, v1::RoutesReply& reply) {
  if (next_hop.kind != route::NextHopKind::forward || next_hop.ifl.value >= snapshot.interfaces.size()) {
    return;
  }
  v1::Neighbor& to = *reply.add_neighbors();
  to.set_address(packet::to_string(route.prefix.address));
  // A frame begins with its destination.
  const auto mac = next_hop.l2.end() - next_hop.l2_length;
  to.set_mac(std::string(mac, mac + 6));
  to.set_interface(snapshot.interfaces[next_hop.ifl.value].name);
}

void put_zone(const policy::Zone& zone, const snapshot::Snapshot& snapshot, v1::Zone& to) {
  to.set_zone_id(zone.id.value);
  to.set_name(zone.name);
  to.set_description(zone.description);
  to.set_tcp_rst(zone.tcp_rst);
  to.set_screen(zone.screen);
  for (const snapshot::Interface& interface : snapshot.interfaces) {
    if (!interface.name.empty() && interface.zone == zone.id && interface.id != kLocalIfl) {
      to.add_interfaces(interface.name);
    }
  }
}

}  // namespace

void put_statistics(const flowd::Fleet& fleet, bool per_worker, v1::StatisticsReply& reply) {
  name_reasons(*reply.mutable_total());
  for (const auto& worker : fleet.workers()) {
    add_worker(*worker, *reply.mutable_total());
    if (per_worker) {
      v1::WorkerStatistics& one = *reply.add_workers();
      one.set_worker(worker->index());
      name_reasons(one);
      add_worker(*worker, one);
    }
  }
}

void put_policy_statistics(const flowd::Fleet& fleet, const snapshot::Snapshot& snapshot,
                           v1::PolicyStatisticsReply& reply) {
  std::vector<PolicyId> all{kSelfTrafficPolicy, kDefaultPolicy};
  for (const policy::Policy& policy : snapshot.policies->definition().policies) {
    all.push_back(policy.id);
  }
  const std::vector<query::PolicyTraffic> carried = query::policy_traffic(fleet.shards(), all);
  for (const policy::Policy& policy : snapshot.policies->definition().policies) {
    put_counters(policy.id, fleet, carried[policy.id.value], *reply.add_policies());
    v1::PolicyIdentity& identity = *reply.add_identities();
    identity.set_policy_id(policy.id.value);
    identity.set_from_zone(zone_name(snapshot, policy.from_zone));
    identity.set_to_zone(zone_name(snapshot, policy.to_zone));
    identity.set_name(policy.name);
  }
  for (const PolicyId own : {kSelfTrafficPolicy, kDefaultPolicy}) {
    put_counters(own, fleet, carried[own.value], *reply.add_policies());
  }
}

void put_interfaces(const flowd::Running& running, const flowd::PortWatch& watch,
                    v1::InterfacesReply& reply) {
  const snapshot::Snapshot& snapshot = running.snapshot;
  const auto open_port = [&](PortId port) {
    return port.value < running.ports.size() ? running.ports[port.value].lock() : nullptr;
  };
  const auto link_up = [&](PortId port) {
    const auto open = open_port(port);
    return open != nullptr && open->link_up();
  };
  for (const compile::WirePort& wire : running.wires) {
    v1::Interface& port = *reply.add_interfaces();
    port.set_name(wire.options.name);
    port.set_admin_up(wire.enabled);
    port.set_link_up(wire.enabled && link_up(wire.id));
    port.set_mtu(wire.options.mtu);
    port.set_description(wire.description);
    port.set_index(wire.id.value);
    if (const auto open = open_port(wire.id)) {
      put_port_state(*open, watch.history(wire.id), *port.mutable_port());
    }
  }
  for (const snapshot::Interface& interface : snapshot.interfaces) {
    if (interface.name.empty() || interface.id == kLocalIfl) {
      continue;
    }
    v1::Interface& unit = *reply.add_interfaces();
    unit.set_name(interface.name);
    unit.set_admin_up(interface.enabled);
    unit.set_link_up(interface.enabled && link_up(interface.port));
    unit.set_zone(zone_name(snapshot, interface.zone));
    unit.set_mtu(interface.mtu);
    unit.set_description(interface.description);
    unit.set_index(interface.id.value);
    unit.set_vlan_id(interface.vlan_id);
    if (auto twin = host::kernel_name(interface.name)) {
      unit.set_kernel_name(std::move(*twin));
    }
    const policy::HostInbound& admitted = interface.has_host_inbound
                                              ? interface.host_inbound
                                              : snapshot.zones[interface.zone.value].host_inbound;
    for (const std::string& name : admitted.names) {
      unit.add_host_inbound(name);
    }
    put_addresses(interface, unit);
  }
}

void put_routes(const snapshot::Snapshot& snapshot, const Now& now, v1::RoutesReply& reply) {
  for (const route::Route& route : snapshot.routes->routes()) {
    const route::NextHop& next_hop = snapshot.routes->next_hop(route.next_hop);
    if (route.source == route::Route::Source::neighbor) {
      // How an on-link route is carried out, not a route of its own.
      put_neighbor(snapshot, route, next_hop, reply);
      continue;
    }
    const bool local = next_hop.kind == route::NextHopKind::local;
    const std::string holder = local ? holder_of(snapshot, route.prefix.address) : std::string();
    if (local && holder.empty()) {
      continue;  // Junos does not list them either
    }
    v1::Route& to = *reply.add_routes();
    to.set_prefix(packet::to_string(route.prefix));
    to.set_protocol(std::string(source_name(route.source)));
    // Between ours, local routes go before direct ones; for operators both have Junos's 0.
    to.set_preference(route.source == route::Route::Source::direct ? 0 : route.preference);
    to.set_age_s(now.unix_s > route.installed_unix_s ? now.unix_s - route.installed_unix_s : 0);
    to.set_kind(std::string(kind_name(next_hop.kind)));
    const bool on_link = route.source == route::Route::Source::direct ||
                         next_hop.gateway.bytes == std::array<std::uint8_t, 16>{};
    if (!on_link && to.kind() == "forward") {
      to.set_gateway(packet::to_string(next_hop.gateway));
    }
    if (local) {
      to.set_interface(holder);
    } else if (next_hop.ifl.value < snapshot.interfaces.size()) {
      to.set_interface(snapshot.interfaces[next_hop.ifl.value].name);
    }
  }
}

// The firewall's own zone comes last, as operators are used to.
void put_zones(const snapshot::Snapshot& snapshot, v1::ZonesReply& reply) {
  for (const policy::Zone& zone : snapshot.zones) {
    if (!zone.name.empty() && zone.id != kNullZone && zone.id != kJunosHostZone) {
      put_zone(zone, snapshot, *reply.add_zones());
    }
  }
  for (const policy::Zone& zone : snapshot.zones) {
    if (zone.id == kJunosHostZone && !zone.name.empty()) {
      put_zone(zone, snapshot, *reply.add_zones());
    }
  }
}

}  // namespace sluice::service
