// What the NAT tests have in common: public addresses, an office that is translated, and conversations seen
// from both sides of the firewall.
#pragma once

#include <fmt/format.h>

#include "lab.h"

namespace sluice::path {

// A public address that the outside routes to the firewall, of the test's family: 203.0.113.N or
// 2001:db8:ff::N.
[[nodiscard]] inline std::string public_text(Family family, unsigned n) {
  return family == Family::inet ? "203.0.113." + std::to_string(n) : fmt::format("2001:db8:ff::{:x}", n);
}
[[nodiscard]] inline IpAddress public_address(Family family, unsigned n) {
  return address(public_text(family, n));
}

// Of an echo.
[[nodiscard]] inline std::uint16_t identifier_of(const Datagram& echo) {
  return static_cast<std::uint16_t>(echo.transport[4] << 8 | echo.transport[5]);
}

// The rest of a connection whose SYN has left, to its close: `in_to_out` and `out_to_in` say whether a packet
// passes as it should.
template <class InToOut, class OutToIn>
void expect_connection(Lab& lab, Connection& inside, std::size_t answer, const InToOut& in_to_out,
                       const OutToIn& out_to_in) {
  EXPECT_TRUE(out_to_in(inside.server("SA")));
  EXPECT_TRUE(in_to_out(inside.client("A")));
  EXPECT_TRUE(in_to_out(inside.client("PA", 1000)));
  EXPECT_TRUE(out_to_in(inside.server("PA", answer)));
  EXPECT_EQ(lab.session().timeout_s, 1800U);
  EXPECT_TRUE(in_to_out(inside.client("FA")));
  EXPECT_TRUE(out_to_in(inside.server("FA")));
  EXPECT_TRUE(in_to_out(inside.client("A")));
  lab.advance(3);
  EXPECT_THAT(lab.flows(), testing::IsEmpty());
}

// The office, whose trust zone goes out by pool "out" of `addresses` public addresses from 5 on.
[[nodiscard]] inline Network hidden_office(Family family, unsigned addresses = 1) {
  Network made = office();
  made.nat.source_pools = {
      {.name = "out", .low = public_text(family, 5), .high = public_text(family, 4 + addresses)}};
  made.nat.source = {{.name = "hide", .from = "trust", .to = "untrust", .then = "out"}};
  return made;
}

// The hidden office, with another host inside, whose pool is persistent; hosts inside may be reached from
// outside, and by each other.
[[nodiscard]] inline Network persistent_office(Family family, nat::Persistence persistence,
                                               unsigned addresses = 1) {
  Network made = hidden_office(family, addresses);
  made.hosts.push_back({"second", "ge-0/0/0.0", "10.0.1.11", "2001:db8:1::11"});
  made.nat.source[0].persistence = persistence;
  made.policies.push_back({.name = "in", .from = "untrust", .to = "trust"});
  made.policies.push_back({.name = "within", .from = "trust", .to = "trust"});
  return made;
}

// The office, whose web server is reached from outside at public address 8, port 80, and listens at 8080. The
// policy names the server's own address.
[[nodiscard]] inline Network published_office(Family family) {
  Network made = office();
  const std::string web = family == Family::inet ? "10.0.3.30" : "2001:db8:3::30";
  made.nat.destination_pools = {{.name = "web-pool", .low = web, .port = 8080}};
  made.nat.destination = {{.name = "publish",
                           .from = "untrust",
                           .destinations = {public_text(family, 8)},
                           .protocol = kTcp,
                           .destination_ports = {80, 80},
                           .then = "web-pool"}};
  made.policies.push_back(
      {.name = "in", .from = "untrust", .to = "dmz", .destinations = {web}, .log_init = true});
  return made;
}

// The same packet between other ends.
[[nodiscard]] inline Datagram between(Datagram packet, const Endpoint& from, const Endpoint& to) {
  packet.source = from.address;
  packet.destination = to.address;
  const auto put = [&](std::size_t at, std::uint16_t port) {
    packet.transport[at] = static_cast<std::uint8_t>(port >> 8);
    packet.transport[at + 1] = static_cast<std::uint8_t>(port);
  };
  put(0, from.port);
  put(2, to.port);
  return packet.seal();
}

[[nodiscard]] inline Endpoint source_end(const Datagram& packet) {
  return {packet.source, packet.source_port()};
}
[[nodiscard]] inline Endpoint destination_end(const Datagram& packet) {
  return {packet.destination, packet.destination_port()};
}

// The answer to a UDP packet.
[[nodiscard]] inline Datagram reply_to(const Datagram& packet, std::size_t payload = 16) {
  return udp(destination_end(packet), source_end(packet), payload);
}

}  // namespace sluice::path
