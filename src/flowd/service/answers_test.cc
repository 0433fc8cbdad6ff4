// What flowd answers about applications, routes and zones, from a snapshot made by hand.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/route/route.h"
#include "flowd/compile/test_compile.h"
#include "flowd/service/counters.h"
#include "flowd/service/translate.h"

namespace sluice::service {
namespace {

using compile::must_compile;
using compile::with;
using ::testing::ElementsAre;

// "http/web: tcp 0-0 80-80 300": set, name and the terms' protocol, ports and timeout.
std::vector<std::string> told(const compile::Compiled& compiled, const std::vector<std::string>& names) {
  v1::ApplicationsRequest request;
  for (const std::string& name : names) {
    request.add_names(name);
  }
  v1::ApplicationsReply reply;
  put_applications(request, *compiled.snapshot.policies, reply);
  std::vector<std::string> lines;
  for (const v1::Application& application : reply.applications()) {
    std::string line = application.set() + (application.set().empty() ? "" : "/") + application.name();
    for (const v1::ApplicationTerm& t : application.terms()) {
      line += fmt::format(" | {} {}-{} {}-{} {}", t.protocol(), t.source_port_low(), t.source_port_high(),
                          t.destination_port_low(), t.destination_port_high(), t.inactivity_timeout_s());
      line += t.has_icmp_type() ? fmt::format(" type {}", t.icmp_type()) : "";
      line += t.has_icmp_code() ? fmt::format(" code {}", t.icmp_code()) : "";
      line += t.alg().empty() ? "" : " alg " + t.alg();
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

TEST(Applications, are_told_with_their_terms_and_the_timeout_that_rules) {
  const auto compiled = must_compile(with(
      "set applications application chat protocol tcp destination-port 7000-7009 source-port 1024-65535\n"
      "set applications application chat inactivity-timeout 600\n"
      "set applications application odd protocol icmp icmp-type 13 icmp-code 0\n"
      "set applications application gre protocol gre\n"));
  EXPECT_THAT(
      told(compiled, {"junos-http", "junos-ftp", "chat", "odd", "gre", "junos-ping", "junos-icmp-all"}),
      ElementsAre("junos-http | 6 0-0 80-80 300", "junos-ftp | 6 0-0 21-21 1800 alg ftp",
                  "chat | 6 1024-65535 7000-7009 600", "odd | 1 0-0 0-0 60 type 13 code 0",
                  "gre | 47 0-0 0-0 1800", "junos-ping | 1 0-0 0-0 60 type 8",
                  "junos-icmp-all | 1 0-0 0-0 60"));
}

TEST(Applications, a_predefined_set_is_told_as_its_members_and_a_name_once) {
  const auto compiled = must_compile(with(""));
  EXPECT_THAT(told(compiled, {"junos-cifs", "junos-cifs", "nobody", "any"}),
              ElementsAre("junos-cifs/junos-netbios-session | 6 0-0 139-139 1800",
                          "junos-cifs/junos-smb-session | 6 0-0 445-445 1800"));
}

route::Route route_to(const char* prefix, std::uint16_t next_hop, route::Route::Source source,
                      std::uint8_t preference) {
  return {.prefix = *packet::parse_prefix(prefix),
          .next_hop = NextHopId{next_hop},
          .source = source,
          .preference = preference,
          .metric = 0,
          .installed_unix_s = 100};
}

TEST(Routes, are_told_as_junos_tells_them) {
  auto compiled = must_compile(with(""));
  using Source = route::Route::Source;
  route::Definition definition;
  definition.next_hops.resize(3);
  definition.next_hops[1].kind = route::NextHopKind::local;
  definition.next_hops[2].kind = route::NextHopKind::glean;
  definition.next_hops[2].ifl = compile::find_interface(compiled, "ge-0/0/1.0")->id;
  definition.routes = {
      route_to("192.0.2.0/24", 2, Source::direct, 1), route_to("192.0.2.1/32", 1, Source::local, 0),
      route_to("192.0.2.255/32", 1, Source::local, 0), route_to("192.0.2.9/32", 2, Source::neighbor, 7)};
  compiled.snapshot.routes = std::move(route::View::compile(std::move(definition))).value();
  v1::RoutesReply reply;
  put_routes(compiled.snapshot, Now{.ns = 0, .unix_s = 160, .unix_fraction_ns = 0}, reply);
  std::vector<std::string> lines;
  for (const v1::Route& r : reply.routes()) {
    lines.push_back(fmt::format("{} {}/{} {} via {}", r.prefix(), r.protocol(), r.preference(), r.age_s(),
                                r.interface()));
  }
  EXPECT_THAT(lines, ::testing::UnorderedElementsAre("192.0.2.0/24 Direct/0 60 via ge-0/0/1.0",
                                                     "192.0.2.1/32 Local/0 60 via ge-0/0/1.0"));
}

v1::InterfacesReply interfaces_of(const compile::Compiled& compiled) {
  flowd::Running running;
  running.wires = compiled.ports;
  running.snapshot = compiled.snapshot;
  v1::InterfacesReply reply;
  put_interfaces(running, flowd::PortWatch(), reply);
  return reply;
}

TEST(Neighbors, are_told_with_their_ethernet_address_when_it_is_known) {
  auto compiled = must_compile(with(""));
  using Source = route::Route::Source;
  route::Definition definition;
  definition.next_hops.resize(3);
  route::NextHop& known = definition.next_hops[1];
  known.kind = route::NextHopKind::forward;
  known.ifl = compile::find_interface(compiled, "ge-0/0/1.0")->id;
  known.l2_length = 18;
  for (std::uint8_t i = 0; i < 6; ++i) {
    known.l2[2U + i] = static_cast<std::uint8_t>(0x10 + i);
  }
  definition.next_hops[2].kind = route::NextHopKind::glean;
  definition.routes = {route_to("192.0.2.9/32", 1, Source::neighbor, 7),
                       route_to("192.0.2.10/32", 2, Source::neighbor, 7)};
  compiled.snapshot.routes = std::move(route::View::compile(std::move(definition))).value();
  v1::RoutesReply reply;
  put_routes(compiled.snapshot, Now(), reply);
  ASSERT_EQ(reply.neighbors_size(), 1);
  EXPECT_EQ(reply.neighbors(0).address(), "192.0.2.9");
  EXPECT_EQ(reply.neighbors(0).mac(), "\x10\x11\x12\x13\x14\x15");
  EXPECT_EQ(reply.neighbors(0).interface(), "ge-0/0/1.0");
}

TEST(Interfaces, a_disabled_port_is_down_with_its_units_and_a_disabled_unit_alone) {
  const v1::InterfacesReply reply = interfaces_of(
      must_compile(with("set interfaces ge-0/0/0 disable\nset interfaces ge-0/0/1 unit 0 disable\n")));
  std::vector<std::string> lines;
  for (const v1::Interface& interface : reply.interfaces()) {
    lines.push_back(interface.name() + (interface.admin_up() ? " up" : " down"));
  }
  EXPECT_THAT(lines, ElementsAre("ge-0/0/0 down", "ge-0/0/1 up", "ge-0/0/0.0 down", "ge-0/0/1.0 down"));
}

TEST(Interfaces, a_unit_admits_what_its_zone_does_or_what_is_said_for_itself) {
  const v1::InterfacesReply reply = interfaces_of(must_compile(
      with("set interfaces ge-0/0/0 description uplink\nset interfaces ge-0/0/1 unit 0 description lan\n"
           "set security zones security-zone trust host-inbound-traffic system-services ssh\n"
           "set security zones security-zone trust host-inbound-traffic system-services ping\n"
           "set security zones security-zone untrust host-inbound-traffic system-services ssh\n"
           "set security zones security-zone untrust interfaces ge-0/0/0.0 host-inbound-traffic protocols "
           "ospf\n")));
  std::vector<std::string> lines;
  for (const v1::Interface& interface : reply.interfaces()) {
    lines.push_back(fmt::format("{} '{}' {}", interface.name(), interface.description(),
                                fmt::join(interface.host_inbound(), " ")));
  }
  EXPECT_THAT(lines, ElementsAre("ge-0/0/0 'uplink' ", "ge-0/0/1 '' ", "ge-0/0/0.0 '' ospf",
                                 "ge-0/0/1.0 'lan' ping ssh"));
}

TEST(Zones, are_told_in_their_order_and_the_firewalls_own_last) {
  const auto compiled = must_compile(with(""));
  v1::ZonesReply reply;
  put_zones(compiled.snapshot, reply);
  std::vector<std::string> names;
  for (const v1::Zone& zone : reply.zones()) {
    names.push_back(zone.name());
  }
  EXPECT_THAT(names, ElementsAre("untrust", "trust", "junos-host"));
}

}  // namespace
}  // namespace sluice::service
