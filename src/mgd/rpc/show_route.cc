#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/time_text.h"
#include "mgd/rpc/handlers.h"
#include "mgd/rpc/ip.h"

// show route: what flowd forwards by, as the tables inet.0 and inet6.0.
namespace sluice::rpc {
namespace {

using render::Element;
using render::Sink;

struct Entry {
  Prefix prefix;
  const v1::Route* route;
  bool wanted = true;  // asked for; what a table's head counts is all that is in it
};

// "00:10:12", "1d 02:03:04", "2w3d 04:12:33"
std::string age_text(std::uint32_t seconds) {
  return fmt::format("{}{:02}:{:02}:{:02}", weeks_and_days(seconds), seconds / 3600 % 24, seconds / 60 % 60,
                     seconds % 60);
}

void next_hop_element(Sink& sink, const v1::Route& route, bool selected) {
  if (route.kind() == "discard" || route.kind() == "reject") return;
  const Element element(sink, "nh");
  if (route.kind() == "local") {
    sink.leaf("nh-local-interface", route.interface());
    return;
  }
  if (selected) sink.flag("selected-next-hop");
  if (!route.gateway().empty()) sink.leaf("to", route.gateway());
  sink.leaf("via", route.interface());
}

bool same_entry(const Entry& a, const Entry& b) {
  return a.prefix.address == b.prefix.address && a.prefix.length == b.prefix.length &&
         a.route->protocol() == b.route->protocol() && a.route->preference() == b.route->preference();
}

bool same_destination(const Entry& a, const Entry& b) {
  return a.prefix.address == b.prefix.address && a.prefix.length == b.prefix.length;
}

using Entries = std::span<const Entry>;

// One protocol's route to a destination, with all its next hops.
void route_entry(Sink& sink, Entries hops, bool active) {
  const v1::Route& route = *hops.front().route;
  const Element element(sink, "rt-entry");
  if (active) {
    sink.leaf("active-tag", "*");
    sink.flag("current-active");
    sink.flag("last-active");
  }
  sink.leaf("protocol-name", route.protocol());
  sink.leaf("preference", route.preference());
  sink.leaf("age", age_text(route.age_s()), {{"junos:seconds", fmt::format("{}", route.age_s())}});
  if (route.kind() == "local") sink.leaf("nh-type", "Local");
  if (route.kind() == "discard") sink.leaf("nh-type", "Discard");
  if (route.kind() == "reject") sink.leaf("nh-type", "Reject");
  for (std::size_t i = 0; i < hops.size(); ++i) next_hop_element(sink, *hops[i].route, active && i == 0);
}

// The leading run of entries for which `same` holds with the first.
template <class Same>
Entries leading(Entries entries, Same same) {
  std::size_t count = 1;
  while (count < entries.size() && same(entries.front(), entries[count])) ++count;
  return entries.first(count);
}

struct Counts {
  std::size_t destinations = 0, routes = 0;
};

Counts count(Entries entries) {
  Counts counts;
  while (!entries.empty()) {
    Entries destination = leading(entries, same_destination);
    entries = entries.subspan(destination.size());
    for (++counts.destinations; !destination.empty(); ++counts.routes) {
      destination = destination.subspan(leading(destination, same_entry).size());
    }
  }
  return counts;
}

void count_leaves(Sink& sink, std::string_view name, Entries entries) {
  const Counts counts = count(entries);
  sink.leaf("table-name", name);
  sink.leaf("destination-count", counts.destinations);
  sink.leaf("total-route-count", counts.routes);
  sink.leaf("active-route-count", counts.destinations);
  sink.leaf("holddown-route-count", 0);
  sink.leaf("hidden-route-count", 0);
}

// Of a protocol: its routes, and those of them that are used.
using ProtocolCounts = std::map<std::string_view, std::pair<std::size_t, std::size_t>>;

ProtocolCounts count_protocols(Entries entries) {
  ProtocolCounts counts;
  while (!entries.empty()) {
    Entries destination = leading(entries, same_destination);
    entries = entries.subspan(destination.size());
    for (bool active = true; !destination.empty(); active = false) {
      const Entries hops = leading(destination, same_entry);
      auto& [routes, used] = counts[hops.front().route->protocol()];
      ++routes;
      used += active ? 1 : 0;
      destination = destination.subspan(hops.size());
    }
  }
  return counts;
}

void summary_element(Sink& sink, std::string_view name, Entries entries) {
  const Element table(sink, "route-table");
  count_leaves(sink, name, entries);
  for (const auto& [protocol, counts] : count_protocols(entries)) {
    const Element element(sink, "protocols");
    sink.leaf("protocol-name", protocol);
    sink.leaf("protocol-route-count", counts.first);
    sink.leaf("active-route-count", counts.second);
  }
}

bool any_wanted(Entries entries) {
  return std::ranges::any_of(entries, &Entry::wanted);
}

void destination_element(Sink& sink, Entries destination) {
  const Element element(sink, "rt", {{"junos:style", "brief"}});
  const Prefix& prefix = destination.front().prefix;
  sink.leaf("rt-destination", fmt::format("{}/{}", address_text(prefix.address), prefix.length));
  for (bool active = true; !destination.empty(); active = false) {
    const Entries hops = leading(destination, same_entry);
    if (any_wanted(hops)) route_entry(sink, hops, active);
    destination = destination.subspan(hops.size());
  }
}

void table_element(Sink& sink, std::string_view name, Entries entries) {
  const Element table(sink, "route-table");
  count_leaves(sink, name, entries);
  while (!entries.empty()) {
    const Entries destination = leading(entries, same_destination);
    entries = entries.subspan(destination.size());
    if (any_wanted(destination)) destination_element(sink, destination);
  }
}

template <class Keep>
void want_only(std::vector<Entry>& entries, Keep keep) {
  for (Entry& entry : entries) entry.wanted = entry.wanted && keep(entry);
}

// At and below a prefix; for an address, the route it would take.
Status select_destination(std::vector<Entry>& entries, std::string_view destination) {
  auto wanted = parse_prefix(destination);
  if (!wanted) return Error{wanted.error().tag, "destination", wanted.error().message};
  if (destination.find('/') != std::string_view::npos) {
    want_only(entries, [&](const Entry& entry) { return wanted->covers(entry.prefix); });
    return {};
  }
  want_only(entries, [&](const Entry& entry) { return entry.prefix.covers(*wanted); });
  std::uint32_t best = 0;
  for (const Entry& entry : entries) best = std::max(best, entry.wanted ? entry.prefix.length : 0);
  want_only(entries, [&](const Entry& entry) { return entry.prefix.length == best; });
  return {};
}

// Those that an operator asks for.
Status select(std::vector<Entry>& entries, const Inputs& inputs) {
  if (inputs.has("table")) {
    const std::size_t bytes = inputs.text("table") == "inet.0" ? 4 : 16;
    want_only(entries, [&](const Entry& entry) { return entry.prefix.address.size() == bytes; });
  }
  if (inputs.has("destination")) {
    if (auto selected = select_destination(entries, inputs.text("destination")); !selected) return selected;
  }
  if (inputs.has("protocol")) {
    std::string name(inputs.text("protocol"));
    name.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(name.front())));
    want_only(entries, [&](const Entry& entry) { return entry.route->protocol() == name; });
  }
  return {};
}

// In the order in which tables and destinations are shown.
std::vector<Entry> entries_of(const v1::RoutesReply& reply) {
  std::vector<Entry> entries;
  for (const v1::Route& route : reply.routes()) {
    // Neighbours are next hops that flowd keeps beside its routes; Junos lists them elsewhere too.
    if (route.protocol() == "Neighbor") continue;
    if (auto prefix = parse_prefix(route.prefix())) entries.push_back({std::move(*prefix), &route});
  }
  std::ranges::stable_sort(entries, {}, [](const Entry& entry) {
    return std::tuple(entry.prefix.address.size(), std::string_view(entry.prefix.address),
                      entry.prefix.length, entry.route->preference(),
                      std::string_view(entry.route->protocol()));
  });
  return entries;
}

template <class Tell>
void tell_tables(Sink& sink, Entries all, Tell tell) {
  const auto is_v6 = [](const Entry& entry) { return entry.prefix.address.size() == 16; };
  const auto v4 = static_cast<std::size_t>(std::ranges::find_if(all, is_v6) - all.begin());
  if (any_wanted(all.first(v4))) tell(sink, "inet.0", all.first(v4));
  if (any_wanted(all.subspan(v4))) tell(sink, "inet6.0", all.subspan(v4));
}

}  // namespace

Status show_route(const Inputs& inputs, const Context& context, Sink& sink) {
  auto reply = context.parts.flowd.ask(&link::Flowd::Stub::Routes, v1::RoutesRequest());
  if (!reply) return reply.error();
  std::vector<Entry> entries = entries_of(*reply);
  if (auto selected = select(entries, inputs); !selected) return selected;
  const render::Document document(sink, "route-information", "junos-routing");
  tell_tables(sink, entries, table_element);
  return {};
}

Status show_route_summary(const Inputs&, const Context& context, Sink& sink) {
  auto reply = context.parts.flowd.ask(&link::Flowd::Stub::Routes, v1::RoutesRequest());
  if (!reply) return reply.error();
  const std::vector<Entry> entries = entries_of(*reply);
  const render::Document document(sink, "route-summary-information", "junos-routing");
  tell_tables(sink, entries, summary_element);
  return {};
}

}  // namespace sluice::rpc
