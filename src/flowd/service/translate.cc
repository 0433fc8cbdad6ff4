#include "flowd/service/translate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "dataplane/session/tcp.h"

namespace sluice::service {
namespace {

constexpr std::uint8_t kTcp = 6;

Error bad(std::string_view field, std::string message) {
  return Error{"invalid-value", std::string(field), std::move(message)};
}

template <class T>
Result<std::optional<T>> number(bool present, std::uint64_t value, std::uint64_t most,
                                std::string_view field) {
  if (!present) {
    return std::optional<T>{};
  }
  if (value > most) {
    return bad(field, fmt::format("{} is too large: at most {}", value, most));
  }
  return std::optional<T>{static_cast<T>(value)};
}

Result<std::optional<packet::IpPrefix>> prefix_of(bool present, const v1::Prefix& message,
                                                  std::string_view field) {
  if (!present) {
    return std::optional<packet::IpPrefix>{};
  }
  const auto address = address_of(message.address(), field);
  if (!address) {
    return address.error();
  }
  if (message.length() > static_cast<std::uint32_t>(address->bits())) {
    return bad(field, fmt::format("a prefix length of {} is too long: at most {}", message.length(),
                                  address->bits()));
  }
  return std::optional{packet::IpPrefix{*address, static_cast<std::uint8_t>(message.length())}};
}

query::Bounds bounds_of(bool more, std::uint64_t more_than, bool less, std::uint64_t less_than) {
  query::Bounds bounds;
  if (more) {
    bounds.more_than = more_than;
  }
  if (less) {
    bounds.less_than = less_than;
  }
  return bounds;
}

// A unit by its name, or all units of a port by the port's.
Result<std::vector<IflId>> interfaces_of(const std::string& name, const snapshot::Snapshot& snapshot) {
  std::vector<IflId> ids;
  std::vector<std::string_view> known;
  for (const snapshot::Interface& interface : snapshot.interfaces) {
    if (interface.name.empty()) {
      continue;
    }
    known.push_back(interface.name);
    const bool of_port = interface.name.starts_with(name) && interface.name[name.size()] == '.';
    if (interface.name == name || of_port) {
      ids.push_back(interface.id);
    }
  }
  if (name.empty() || ids.empty()) {
    return bad("interface",
               fmt::format("there is no interface \"{}\"; there are: {}", name, fmt::join(known, ", ")));
  }
  return ids;
}

// What a filter asks of addresses and ports, and how the names of these fields begin.
struct TupleFields {
  std::string_view begin;
  bool has_source = false, has_destination = false;
  const v1::Prefix& source;
  const v1::Prefix& destination;
  bool has_source_port = false, has_destination_port = false;
  std::uint32_t source_port = 0, destination_port = 0;
};

TupleFields sent_fields(const v1::SessionFilter& m) {
  return {.begin = "",
          .has_source = m.has_source_prefix(),
          .has_destination = m.has_destination_prefix(),
          .source = m.source_prefix(),
          .destination = m.destination_prefix(),
          .has_source_port = m.has_source_port(),
          .has_destination_port = m.has_destination_port(),
          .source_port = m.source_port(),
          .destination_port = m.destination_port()};
}

TupleFields translated_fields(const v1::SessionFilter& m) {
  return {.begin = "nat-",
          .has_source = m.has_nat_source_prefix(),
          .has_destination = m.has_nat_destination_prefix(),
          .source = m.nat_source_prefix(),
          .destination = m.nat_destination_prefix(),
          .has_source_port = m.has_nat_source_port(),
          .has_destination_port = m.has_nat_destination_port(),
          .source_port = m.nat_source_port(),
          .destination_port = m.nat_destination_port()};
}

template <class T>
Status put(Result<std::optional<T>> value, std::optional<T>& to) {
  if (!value) {
    return value.error();
  }
  to = *value;
  return {};
}

Status put_tuple(const TupleFields& fields, query::Tuple& tuple) {
  const auto name = [&](const char* field) { return fmt::format("{}{}", fields.begin, field); };
  for (const Status& status :
       {put(prefix_of(fields.has_source, fields.source, name("source-prefix")), tuple.source),
        put(prefix_of(fields.has_destination, fields.destination, name("destination-prefix")),
            tuple.destination),
        put(number<std::uint16_t>(fields.has_source_port, fields.source_port, 65535, name("source-port")),
            tuple.source_port),
        put(number<std::uint16_t>(fields.has_destination_port, fields.destination_port, 65535,
                                  name("destination-port")),
            tuple.destination_port)}) {
    if (!status) {
      return status.error();
    }
  }
  return {};
}

// All that sessions may carry of this name: a pool whose statement is gone has sessions still. Pools of
// destinations are others, though one of them has the name.
Result<std::vector<NatPoolId>> source_pools_of(const std::string& name, const snapshot::Snapshot& snapshot) {
  std::vector<std::string> known;
  std::vector<NatPoolId> not_these;
  if (snapshot.nat != nullptr) {
    for (const nat::SourcePool& pool : snapshot.nat->definition().source_pools) {
      known.push_back(pool.name);
    }
    for (const nat::DestinationPool& pool : snapshot.nat->definition().destination_pools) {
      not_these.push_back(pool.id);
    }
  }
  const std::vector<std::string>& names = snapshot.names->nat_pool;
  known.push_back(names.at(kInterfaceNatPool.value));
  std::vector<NatPoolId> ids;
  for (std::size_t i = kInterfaceNatPool.value; i < names.size(); ++i) {
    const NatPoolId id{static_cast<std::uint16_t>(i)};
    if (names[i] == name && std::ranges::find(not_these, id) == not_these.end()) {
      ids.push_back(id);
    }
  }
  if (name.empty() || ids.empty()) {
    return bad("source-nat-pool", fmt::format("source NAT pool {} not found; {}", name, there_are(known)));
  }
  return ids;
}

Status put_names(const v1::SessionFilter& message, const snapshot::Snapshot& snapshot,
                 query::Filter& filter) {
  if (message.has_interface()) {
    auto interfaces = interfaces_of(message.interface(), snapshot);
    if (!interfaces) {
      return interfaces.error();
    }
    filter.interfaces = std::move(*interfaces);
  }
  if (message.has_zone()) {
    auto zone = zone_of(message.zone(), snapshot);
    if (!zone) {
      return zone.error();
    }
    filter.zone = *zone;
  }
  if (message.has_source_nat_pool()) {
    auto pools = source_pools_of(message.source_nat_pool(), snapshot);
    if (!pools) {
      return pools.error();
    }
    filter.source_nat_pools = std::move(*pools);
  }
  if (message.has_application()) {
    filter.applications = applications_of(message.application(), *snapshot.policies);
    if (filter.applications->empty()) {
      return bad("application",
                 fmt::format("\"{}\" is not an application to filter by", message.application()));
    }
  }
  return {};
}

void put_kind(v1::SessionKind kind, query::Filter& filter) {
  switch (kind) {
    case v1::KIND_NAT:
      filter.with_flags = session::flag::kNat;
      break;
    case v1::KIND_TUNNEL:
      filter.with_flags = session::flag::kTunnel;
      break;
    case v1::KIND_RESOURCE_MANAGER:
      filter.with_flags = session::flag::kResourceManager;
      break;
    default:
      break;
  }
}

const std::string& name_in(const std::vector<std::string>& names, std::size_t id) {
  static const std::string kNone;
  return id < names.size() ? names[id] : kNone;
}

// Where packets leave that go back to the wing's source: the neighbour, or the source itself on a link
// or on this machine.
std::string gateway_of(const query::Row& row, int wing, const route::View& routes) {
  const NextHopId id = row.wing[1 - wing].next_hop;
  const packet::IpAddress none{.family = row.family};
  const packet::IpAddress& gateway =
      id.value < routes.next_hops().size() ? routes.next_hop(id).gateway : none;
  return bytes_of(gateway.bytes == none.bytes ? row.wing[wing].source : gateway);
}

void put_wing(const query::Row& row, int wing, const snapshot::Snapshot& snapshot, v1::Wing& message) {
  const query::RowWing& from = row.wing[wing];
  message.set_source(bytes_of(from.source));
  message.set_destination(bytes_of(from.destination));
  message.set_source_port(from.source_port);
  message.set_destination_port(from.destination_port);
  message.set_interface(name_in(snapshot.names->interface, from.interface.value));
  message.set_packets(from.packets);
  message.set_bytes(from.bytes);
  message.set_flag(from.flag);
  if (from.protocol != row.protocol) {
    message.set_protocol(from.protocol);
  }
  message.set_gateway(gateway_of(row, wing, *snapshot.routes));
  message.set_route(row.wing[1 - wing].next_hop.value);
  message.set_session_token(from.zone.value);
  message.set_zone(name_in(snapshot.names->zone, from.zone.value));
  if (row.protocol == kTcp) {
    message.set_fin_sequence(from.fin_sequence);
    message.set_fin_state(from.fin_state);
  }
}

std::string_view tcp_state_name(std::uint8_t state) {
  using session::tcp::State;
  switch (static_cast<State>(state)) {
    case State::none:
      return "none";
    case State::syn_sent:
      return "syn-sent";
    case State::syn_received:
      return "syn-received";
    case State::established:
    case State::reopening:
      return "established";
    case State::closed:
      return "closed";
  }
  return "";
}

}  // namespace

Result<ZoneId> zone_of(const std::string& name, const snapshot::Snapshot& snapshot) {
  std::vector<std::string_view> known;
  for (const policy::Zone& zone : snapshot.zones) {
    if (!zone.name.empty() && zone.name == name) {
      return zone.id;
    }
    if (!zone.name.empty() && zone.id != kNullZone) {
      known.push_back(zone.name);
    }
  }
  return bad("zone", fmt::format("there is no zone \"{}\"; there are: {}", name, fmt::join(known, ", ")));
}

void put_failure(const Error& error, v1::Failure& failure) {
  failure.set_tag(error.tag);
  failure.set_path(error.path);
  failure.set_message(error.message);
}

Result<packet::IpAddress> address_of(const std::string& bytes, std::string_view field) {
  if (bytes.size() != 4 && bytes.size() != 16) {
    return bad(field, fmt::format("an address has 4 or 16 bytes, not {}", bytes.size()));
  }
  packet::IpAddress address;
  address.family = bytes.size() == 4 ? packet::Family::inet : packet::Family::inet6;
  std::ranges::copy(bytes, address.bytes.begin());
  return address;
}

std::string bytes_of(const packet::IpAddress& address) {
  return {reinterpret_cast<const char*>(address.bytes.data()), static_cast<std::size_t>(address.bits()) / 8};
}

Result<query::Filter> filter_of(const v1::SessionFilter& message, const snapshot::Snapshot& snapshot) {
  query::Filter filter;
  if (message.has_session_identifier()) {
    filter.identifier = message.session_identifier();
  }
  for (const Status& status :
       {put_tuple(sent_fields(message), filter.sent),
        put_tuple(translated_fields(message), filter.translated),
        put(number<std::uint8_t>(message.has_protocol(), message.protocol(), 255, "protocol"),
            filter.protocol),
        put_names(message, snapshot, filter)}) {
    if (!status) {
      return status.error();
    }
  }
  if (message.family() != v1::FAMILY_ANY) {
    filter.family = message.family() == v1::FAMILY_INET ? packet::Family::inet : packet::Family::inet6;
  }
  if (message.has_policy_id()) {
    filter.policy = message.policy_id();
  }
  put_kind(message.kind(), filter);
  filter.duration_s = bounds_of(message.has_duration_more_than(), message.duration_more_than(),
                                message.has_duration_less_than(), message.duration_less_than());
  filter.timeout_s = bounds_of(message.has_timeout_more_than(), message.timeout_more_than(),
                               message.has_timeout_less_than(), message.timeout_less_than());
  filter.remaining_s = bounds_of(message.has_curr_more_than(), message.curr_more_than(),
                                 message.has_curr_less_than(), message.curr_less_than());
  filter.packets = bounds_of(message.has_packets_more_than(), message.packets_more_than(),
                             message.has_packets_less_than(), message.packets_less_than());
  filter.bytes = bounds_of(message.has_bytes_more_than(), message.bytes_more_than(),
                           message.has_bytes_less_than(), message.bytes_less_than());
  return filter;
}

void put_session(const query::Row& row, const snapshot::Snapshot& snapshot, v1::Session& message) {
  const snapshot::Names& names = *snapshot.names;
  message.set_session_identifier(row.identifier);
  message.set_session_identifier_64(row.identifier_64);
  message.set_policy_name(name_in(names.policy, row.policy.value));
  message.set_policy_id(row.policy.value);
  message.set_source_nat_pool(name_in(names.nat_pool, row.source_nat_pool));
  message.set_application_name(name_in(names.application, row.application.value));
  if (const policy::Application* application = snapshot.policies->find(row.application)) {
    message.set_application_value(application->junos_value);
  }
  message.set_protocol(row.protocol);
  message.set_configured_timeout_s(row.timeout_s);
  message.set_timeout_s(row.remaining_s);
  message.set_start_unix_s(row.start_unix_s);
  message.set_duration_s(row.duration_s);
  // Of the summary's other states (query::Summary) a list has no words that were ever seen: a closed
  // connection is listed as it was before, with the two seconds that are left of it.
  message.set_state("Valid");
  message.set_logical_system("root-logical-system");
  message.set_flags(row.flags);
  if (row.protocol == kTcp) {
    message.set_tcp_state(std::string(tcp_state_name(row.tcp_state)));
  }
  message.set_worker(row.worker);
  put_wing(row, 0, snapshot, *message.mutable_in());
  put_wing(row, 1, snapshot, *message.mutable_out());
}

void put_ended_session(const sessionlog::Event& event, const snapshot::Snapshot& snapshot,
                       v1::Session& message) {
  put_session(query::ended_row(event), snapshot, message);
  message.set_state(fmt::format("Ended, {}", session::name(event.reason)));
}

}  // namespace sluice::service
