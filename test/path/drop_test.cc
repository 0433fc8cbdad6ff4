// Every reason for which a packet can be lost, one by one: a packet that meets it is dropped, and its
// counter moves by one. The first word of a test's name is the reason's; the last test here makes sure
// that no reason lacks its test.
#include <algorithm>

#include "lab.h"

namespace sluice::path {
namespace {

using testing::IsEmpty;

SLUICE_PATH_SUITE(Drop);
SLUICE_PATH_SUITE_OF(DropV4, Family::inet);
SLUICE_PATH_SUITE_OF(DropV6, Family::inet6);

Datagram sent_to_server(const Lab& lab) {
  return udp(lab.at("client", 5000), lab.at("server", 4500));
}

// The frame of a packet, for spoiling; its IP header begins at kIp.
constexpr std::size_t kIp = 14;
Bytes frame_to_server(const Lab& lab) {
  return lab.frame_of("client", sent_to_server(lab));
}

// The IPv4 header of a frame gets a right checksum again.
Bytes& reseal(Bytes& frame) {
  const std::size_t header = (frame[kIp] & 0x0fU) * 4;
  frame[kIp + 10] = frame[kIp + 11] = 0;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < header && kIp + i + 1 < frame.size(); i += 2) {
    sum += static_cast<std::uint32_t>(frame[kIp + i] << 8 | frame[kIp + i + 1]);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  frame[kIp + 10] = static_cast<std::uint8_t>(~sum >> 8);
  frame[kIp + 11] = static_cast<std::uint8_t>(~sum);
  return frame;
}

// --- malformed

TEST_P(Drop, frame_too_short) {
  Lab lab(office(), GetParam());
  const Bytes frame = frame_to_server(lab);
  for (const std::size_t size : {1U, 6U, 13U, 14U, 17U}) {
    EXPECT_TRUE(lab.drops_frame("ge-0/0/0", Bytes(frame.begin(), frame.begin() + static_cast<long>(size)),
                                DropReason::frame_too_short))
        << size << " bytes";
  }
}

TEST_P(Drop, not_for_us) {
  Lab lab(office(), GetParam());
  Bytes frame = frame_to_server(lab);
  frame[5] ^= 0x55;
  EXPECT_TRUE(lab.drops_frame("ge-0/0/0", frame, DropReason::not_for_us));
}

TEST_P(Drop, ip_header_invalid) {
  Lab lab(office(), GetParam());
  const Bytes sound = frame_to_server(lab);
  Bytes version = sound;
  version[kIp] = static_cast<std::uint8_t>((version[kIp] & 0x0f) | 0x50);
  EXPECT_TRUE(lab.drops_frame("ge-0/0/0", version, DropReason::ip_header_invalid));
  Bytes longer = sound;
  longer[kIp + (v4() ? 3U : 5U)] += 1;
  EXPECT_TRUE(lab.drops_frame("ge-0/0/0", longer, DropReason::ip_header_invalid)) << "longer than its frame";
  Bytes cut(sound.begin(), sound.begin() + kIp + (v4() ? 19 : 39));
  EXPECT_TRUE(lab.drops_frame("ge-0/0/0", cut, DropReason::ip_header_invalid));
}

TEST_P(DropV4, ip_header_invalid_in_its_lengths) {
  Lab lab(office(), GetParam());
  Bytes small_header = frame_to_server(lab);
  small_header[kIp] = 0x44;
  EXPECT_TRUE(lab.drops_frame("ge-0/0/0", small_header, DropReason::ip_header_invalid));
  Bytes less_than_header = frame_to_server(lab);
  less_than_header[kIp + 3] = 19;
  EXPECT_TRUE(lab.drops_frame("ge-0/0/0", reseal(less_than_header), DropReason::ip_header_invalid));
  for (const Bytes& options : {Bytes{7, 1, 0, 0}, Bytes{7, 0, 0, 0}, Bytes{1, 1, 1, 7}, Bytes{7, 5, 0, 0}}) {
    Datagram packet = sent_to_server(lab);
    packet.options = options;
    EXPECT_TRUE(lab.drops(packet, DropReason::ip_header_invalid)) << testing::PrintToString(options);
  }
}

TEST_P(DropV4, ip_checksum_wrong) {
  Lab lab(office(), GetParam());
  Bytes frame = frame_to_server(lab);
  frame[kIp + 10] ^= 1;
  EXPECT_TRUE(lab.drops_frame("ge-0/0/0", frame, DropReason::ip_checksum_wrong));
  Datagram with_options = sent_to_server(lab);
  with_options.options = {148, 4, 0, 0};
  Bytes options = lab.frame_of("client", with_options);
  options[kIp + 22] ^= 1;
  EXPECT_TRUE(lab.drops_frame("ge-0/0/0", options, DropReason::ip_checksum_wrong)) << "options are covered";
}

TEST_P(Drop, l4_header_truncated) {
  Lab lab(office(), GetParam());
  struct Least {
    std::uint8_t protocol;
    std::size_t bytes;
  };
  for (const Least& least : {Least{kTcp, 20}, Least{kUdp, 8}, Least{v4() ? kIcmp : kIcmp6, 8}, Least{132, 12},
                             Least{33, 12}, Least{47, 4}, Least{50, 8}, Least{51, 12}}) {
    EXPECT_TRUE(
        lab.drops(other(least.protocol, lab.at("client"), lab.at("server"), Bytes(least.bytes - 1, 0x11)),
                  DropReason::l4_header_truncated))
        << "protocol " << int{least.protocol};
  }
}

TEST_P(DropV6, l4_header_truncated_by_extension_headers) {
  Lab lab(office(), GetParam());
  Datagram beyond = sent_to_server(lab);
  beyond.first_next = 60;
  beyond.options = {kUdp, 100, 0, 0, 0, 0, 0, 0};  // says 808 bytes
  EXPECT_TRUE(lab.drops(beyond, DropReason::l4_header_truncated));
  Datagram nothing_behind = other(0, lab.at("client"), lab.at("server"), Bytes{60, 0, 0});
  EXPECT_TRUE(lab.drops(nothing_behind, DropReason::l4_header_truncated));
}

TEST_P(Drop, tcp_header_invalid) {
  Lab lab(office(), GetParam());
  const Endpoint client = lab.at("client", 40000);
  const Endpoint server = lab.at("server", 443);
  for (const char* flags : {"SF", "SR", "SFA", "FR", ""}) {
    EXPECT_TRUE(lab.drops(tcp(client, server, {.flags = flags}), DropReason::tcp_header_invalid)) << flags;
  }
  Datagram small = tcp(client, server, {.flags = "S"});
  small.transport[12] = 0x40;
  EXPECT_TRUE(lab.drops(small.seal(), DropReason::tcp_header_invalid));
  Datagram large = tcp(client, server, {.flags = "S"});
  large.transport[12] = 0x60;
  EXPECT_TRUE(lab.drops(large.seal(), DropReason::tcp_header_invalid));
  // And within a session.
  Connection connection(client, server);
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.drops(connection.client_with({.flags = "SFA"}), DropReason::tcp_header_invalid));
  Datagram cut = connection.client_with({.flags = "A"});
  cut.transport[12] = 0xf0;
  EXPECT_TRUE(lab.drops(cut.seal(), DropReason::tcp_header_invalid));
}

TEST_P(Drop, ip_source_invalid) {
  Lab lab(office(), GetParam());
  const std::vector<std::string> sources =
      v4() ? std::vector<std::string>{"0.0.0.0", "127.0.0.1", "224.0.0.5", "239.1.1.1", "255.255.255.255"}
           : std::vector<std::string>{"::", "::1", "ff02::1", "ff0e::5"};
  for (const std::string& source : sources) {
    Datagram packet = sent_to_server(lab);
    packet.source = address(source);
    EXPECT_TRUE(lab.drops_from("client", packet.seal(), DropReason::ip_source_invalid)) << source;
  }
}

TEST_P(Drop, ip_destination_invalid) {
  Network net = office();
  net.routes.push_back({v4() ? "0.0.0.0/0" : "::/0", net.host("gateway").address4});
  if (!v4()) net.routes.back().via = net.host("gateway").address6;
  Lab lab(net, GetParam());
  const std::vector<std::string> destinations =
      v4() ? std::vector<std::string>{"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.0.1", "255.255.255.255"}
           : std::vector<std::string>{"::", "::1"};
  for (const std::string& destination : destinations) {
    const Datagram packet = udp(lab.at("client", 5000), {address(destination), 4500});
    EXPECT_TRUE(lab.drops(packet, DropReason::ip_destination_invalid)) << destination;
  }
}

TEST_P(Drop, ip_source_route) {
  Lab lab(office(), GetParam());
  Datagram packet = sent_to_server(lab);
  if (v4()) {
    for (const std::uint8_t option : {131, 137}) {
      packet.options = {option, 7, 4, 10, 0, 2, 1, 0};
      EXPECT_TRUE(lab.drops(packet, DropReason::ip_source_route));
    }
  } else {
    packet.first_next = 43;
    packet.options = Bytes(24);
    packet.options[0] = kUdp;
    packet.options[1] = 2;
    packet.options[3] = 1;  // type 0, one address left to visit
    EXPECT_TRUE(lab.drops(packet, DropReason::ip_source_route));
  }
}

// --- fragments

TEST_P(Drop, fragment_invalid) {
  Lab lab(office(), GetParam());
  const auto pieces = fragments(udp(lab.at("client", 5000), lab.at("server", 4500), 1000), 504, 1);
  Datagram empty = pieces[1];
  empty.transport.clear();
  EXPECT_TRUE(lab.drops(empty, DropReason::fragment_invalid)) << "no data";
  Datagram uneven = pieces[0];
  uneven.transport.resize(501);
  EXPECT_TRUE(lab.drops(uneven, DropReason::fragment_invalid)) << "not a multiple of 8, and more to follow";
  Datagram beyond = pieces[1];
  beyond.offset = 65528;
  EXPECT_TRUE(lab.drops(beyond, DropReason::fragment_invalid)) << "past 65535 bytes";
}

TEST_P(Drop, fragment_timeout) {
  Lab lab(office(), GetParam());
  const auto pieces = fragments(udp(lab.at("client", 5000), lab.at("server", 4500), 1000), 256, 1);
  EXPECT_THAT(lab.send(pieces[0]), IsEmpty());
  EXPECT_THAT(lab.send(pieces[2]), IsEmpty());
  lab.advance(4);
  EXPECT_EQ(lab.dropped(DropReason::fragment_timeout), 0U);
  lab.advance(2);
  EXPECT_EQ(lab.dropped(DropReason::fragment_timeout), 2U) << "one for each fragment that was kept";
  EXPECT_THAT(lab.send(pieces[1]), IsEmpty()) << "the late one begins anew";
}

TEST_P(Drop, fragment_table_full) {
  Lab lab(office(), {GetParam().family, 1});
  const Datagram whole = udp(lab.at("client", 5000), lab.at("server", 4500), 100);
  for (std::uint32_t id = 0; id < 5000 && lab.dropped(DropReason::fragment_table_full) == 0; ++id) {
    EXPECT_THAT(lab.send(fragments(whole, 64, id)[0]), IsEmpty());
  }
  EXPECT_EQ(lab.dropped(DropReason::fragment_table_full), 1U);
  lab.advance(6);
  EXPECT_EQ(lab.dropped(DropReason::fragment_timeout), lab.counted(&flow::Counters::fragments) - 1);
}

TEST_P(Drop, fragment_limit) {
  Lab lab(office(), {GetParam().family, 1});
  const Datagram whole = udp(lab.at("client", 5000), lab.at("server", 4500), 8 * 504 + 100 - 8);
  const auto pieces = fragments(whole, 504, 1);
  ASSERT_EQ(pieces.size(), 9U);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_THAT(lab.send(pieces[i]), IsEmpty());
  EXPECT_TRUE(lab.drops(pieces[7], DropReason::fragment_limit));
  EXPECT_THAT(lab.send(pieces[8]), IsEmpty());
  lab.advance(6);
  EXPECT_EQ(lab.counted(&flow::Counters::dropped), 9U) << "each of them is counted as lost";
  EXPECT_THAT(lab.flows(), IsEmpty());
}

// --- interfaces, zones, routes

TEST_P(Drop, interface_unknown) {
  Network net = office();
  net.unit("ge-0/0/2.200").enabled = false;
  Lab lab(net, GetParam());
  const Datagram packet = udp(lab.at("web", 5000), lab.at("server", 4500));
  const std::uint16_t type = ether_type(GetParam().family);
  for (const std::uint16_t vlan : {0, 300, 4095}) {
    EXPECT_TRUE(lab.drops_frame("ge-0/0/2", frame({port_mac(4), Mac{}, vlan, type}, packet.ip()),
                                DropReason::interface_unknown))
        << "no unit has VLAN " << vlan;
  }
  EXPECT_TRUE(lab.drops(udp(lab.at("phone", 5000), lab.at("web", 4500)), DropReason::interface_unknown))
      << "the unit is disabled";
  EXPECT_TRUE(lab.drops_frame("ge-0/0/2 host", frame({Mac{}, port_mac(4), 200, 0x0806}, Bytes(46)),
                              DropReason::interface_unknown))
      << "for the kernel too";
}

TEST_P(Drop, zone_unbound) {
  Network net = office();
  net.unit("ge-0/0/2.200").zone = "";
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.drops(udp(lab.at("phone", 5000), lab.at("server", 4500)), DropReason::zone_unbound));
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), lab.at("phone", 4500)), DropReason::zone_unbound));
}

TEST_P(Drop, no_route) {
  Lab lab(office(), GetParam());
  const Endpoint nowhere{address(v4() ? "192.0.2.1" : "2001:db8:dead::1"), 80};
  static_cast<void>(lab.answer_to_dropped(udp(lab.at("client", 5000), nowhere), DropReason::no_route));
}

TEST_P(Drop, route_discard) {
  Network net = office();
  net.routes.push_back({v4() ? "192.0.2.0/24" : "2001:db8:dead::/64", "discard"});
  Lab lab(net, GetParam());
  const Endpoint discarded{address(v4() ? "192.0.2.1" : "2001:db8:dead::1"), 80};
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), discarded), DropReason::route_discard));
}

TEST_P(Drop, reverse_route) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(
      lab.drops_from("client", udp(lab.at("server", 5000), lab.at("web", 4500)), DropReason::reverse_route));
}

TEST_P(Drop, neighbor_unresolved) {
  Network net = office();
  net.host("server").resolved = false;
  Lab lab(net, GetParam());
  EXPECT_THAT(lab.send(sent_to_server(lab)), IsEmpty());
  lab.advance(2);
  EXPECT_EQ(lab.dropped(DropReason::neighbor_unresolved), 0U);
  lab.advance(1);
  EXPECT_EQ(lab.dropped(DropReason::neighbor_unresolved), 1U);
}

TEST_P(Drop, ttl_expired) {
  Lab lab(office(), GetParam());
  Datagram packet = sent_to_server(lab);
  packet.hops = 1;
  static_cast<void>(lab.answer_to_dropped(packet, DropReason::ttl_expired));
  packet.hops = 0;
  static_cast<void>(lab.answer_to_dropped(packet, DropReason::ttl_expired));
}

TEST_P(Drop, fragmentation_needed) {
  Network net = office();
  net.unit("ge-0/0/1.0").mtu = 1280;
  Lab lab(net, GetParam());
  Datagram packet = udp(lab.at("client", 5000), lab.at("server", 4500), 1400);
  packet.dont_fragment = v4();
  static_cast<void>(lab.answer_to_dropped(packet, DropReason::fragmentation_needed));
}

TEST_P(Drop, multicast_unsupported) {
  Lab lab(office(), GetParam());
  const Endpoint group{address(v4() ? "239.1.1.1" : "ff0e::1"), 4500};
  Bytes bytes = lab.frame_of("client", udp(lab.at("client", 5000), group));
  bytes[0] |= 1;
  EXPECT_TRUE(lab.drops_frame("ge-0/0/0", bytes, DropReason::multicast_unsupported));
  Bytes syn = lab.frame_of("client", tcp(lab.at("client", 5000), group, {.flags = "S"}));
  EXPECT_TRUE(lab.drops_frame("ge-0/0/0", syn, DropReason::multicast_unsupported));
}

TEST_P(Drop, multicast_unsupported_of_ethernet) {
  Lab lab(office(), GetParam());
  Bytes bytes = frame_to_server(lab);
  for (const std::uint8_t first : {0x01, 0xff}) {
    bytes[0] = first;
    EXPECT_TRUE(lab.drops_frame("ge-0/0/0", bytes, DropReason::multicast_unsupported));
  }
}

TEST_P(Drop, multicast_unsupported_of_ethernet_though_the_session_is_known) {
  Lab lab(office(), GetParam());
  Bytes bytes = frame_to_server(lab);
  lab.send_frame("ge-0/0/0", bytes);
  ASSERT_EQ(lab.sessions().size(), 1U);
  bytes[0] = 0xff;
  EXPECT_TRUE(lab.drops_frame("ge-0/0/0", bytes, DropReason::multicast_unsupported));
  EXPECT_EQ(lab.session().packets[0], 1U);
}

// --- policy and host traffic

TEST_P(Drop, policy_deny) {
  Network net = office();
  net.policy("out").action = policy::Action::deny;
  Lab lab(net, GetParam());
  EXPECT_TRUE(lab.drops(sent_to_server(lab), DropReason::policy_deny));
}

TEST_P(Drop, policy_reject) {
  Network net = office();
  net.policy("out").action = policy::Action::reject;
  Lab lab(net, GetParam());
  static_cast<void>(lab.answer_to_dropped(sent_to_server(lab), DropReason::policy_reject));
}

TEST_P(Drop, default_deny) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.drops(udp(lab.at("server", 4500), lab.at("client", 5000)), DropReason::default_deny));
}

TEST_P(Drop, host_inbound) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.drops(echo_request(lab.at("server"), lab.at("firewall ge-0/0/1.0"), 1, 1),
                        DropReason::host_inbound));
}

TEST_P(Drop, dns_reply_unmatched) {
  Lab lab(office(), GetParam());
  const Bytes answer{0xab, 0xcd, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0};
  EXPECT_TRUE(
      lab.drops(udp(lab.at("client", 5353), lab.at("server", 53), answer), DropReason::dns_reply_unmatched));
  EXPECT_THAT(lab.flows(), IsEmpty());
}

// --- sessions

TEST_P(Drop, tcp_no_syn) {
  Lab lab(office(), GetParam());
  for (const char* flags : {"A", "PA", "SA", "FA", "R", "RA", "F"}) {
    EXPECT_TRUE(lab.drops(tcp(lab.at("client", 40000), lab.at("server", 443), {.flags = flags}),
                          DropReason::tcp_no_syn))
        << flags;
  }
}

TEST_P(Drop, tcp_window) {
  Lab lab(office(), GetParam());
  Connection connection(lab.at("client", 40000), lab.at("server", 443));
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(lab.drops(connection.client_with({.sequence = 100000, .payload = 10}), DropReason::tcp_window));
}

TEST_P(Drop, tcp_state) {
  Lab lab(office(), GetParam());
  Connection connection(lab.at("client", 40000), lab.at("server", 443));
  EXPECT_TRUE(lab.passes(connection.client("S")));
  EXPECT_TRUE(lab.drops(connection.client_with({.flags = "PA", .payload = 10}), DropReason::tcp_state));
}

TEST_P(Drop, tcp_rst_sequence) {
  Lab lab(office(), GetParam());
  Connection connection(lab.at("client", 40000), lab.at("server", 443));
  ASSERT_TRUE(connection.open(lab));
  EXPECT_TRUE(
      lab.drops(connection.client_with({.flags = "R", .sequence = 200000}), DropReason::tcp_rst_sequence));
}

TEST_P(Drop, icmp_no_session) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.drops(complain(lab.at("server").address, sent_to_server(lab), Complaint::port_unreachable),
                        DropReason::icmp_no_session));
}

TEST_P(Drop, icmp_reply_unsolicited) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(
      lab.drops(echo_reply(lab.at("client"), lab.at("server"), 7, 1), DropReason::icmp_reply_unsolicited));
}

TEST_P(Drop, session_table_full) {
  Lab lab(office(), {GetParam().family, 1}, {.capacity = 4, .host_reserve = 2});
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5001), lab.at("server", 4500))));
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5002), lab.at("server", 4500))));
  EXPECT_TRUE(lab.drops(sent_to_server(lab), DropReason::session_table_full));
}

TEST_P(Drop, session_invalidated) {
  // In one burst: a SYN makes a session, a reset closes it, and another SYN ends it, too late in the burst
  // for a session of its own.
  Lab lab(office(), {GetParam().family, 1});
  Connection connection(lab.at("client", 40000), lab.at("server", 443));
  const Datagram syn = connection.client("S");
  const Datagram reset = connection.client("R");
  for (const Datagram& packet : {syn, reset, syn}) lab.inject("ge-0/0/0", lab.frame_of("client", packet), 0);
  EXPECT_EQ(lab.run().size(), 2U);
  EXPECT_EQ(lab.dropped(DropReason::session_invalidated), 1U);
  EXPECT_TRUE(lab.passes(syn)) << "the next try has its session";
}

// --- machinery

TEST_P(Drop, hand_off_full) {
  Lab lab(office(), {GetParam().family, 2});
  // Only worker 0 runs, and half of the flows are the other's.
  for (std::uint16_t round = 0; round < 400 && lab.dropped(DropReason::hand_off_full) == 0; ++round) {
    for (std::uint16_t i = 0; i < 32; ++i) {
      const std::uint16_t port = static_cast<std::uint16_t>(1000 + round * 32 + i);
      lab.inject("ge-0/0/0", lab.frame_of("client", udp(lab.at("client", port), lab.at("server", 4500))), 0);
    }
    lab.worker(0).run_once(lab.now());
    for (const Left& left : lab.collect_now()) EXPECT_EQ(left.port, "ge-0/0/1");
  }
  EXPECT_GE(lab.dropped(DropReason::hand_off_full), 1U);
  EXPECT_LE(lab.dropped(DropReason::hand_off_full), 32U);
  EXPECT_EQ(lab.counted(&flow::Counters::handed_off), 4095U) << "what the queue holds";
  lab.run();
}

TEST_P(Drop, transmit_failed) {
  Lab lab(office(), {GetParam().family, 1}, {.port_depth = 16});
  for (int i = 0; i < 2; ++i) {
    for (int k = 0; k < 10; ++k) lab.inject("ge-0/0/0", frame_to_server(lab), 0);
    lab.worker(0).run_once(lab.now());
  }
  EXPECT_EQ(lab.run().size(), 16U) << "what the port's ring holds";
  EXPECT_EQ(lab.dropped(DropReason::transmit_failed), 4U);
  EXPECT_EQ(lab.counted(&flow::Counters::transmitted), 16U);
}

TEST_P(Drop, hold_queue_full) {
  Network net = office();
  net.host("server").resolved = false;
  Lab lab(net, {GetParam().family, 1});
  for (int i = 0; i < 256; ++i) EXPECT_THAT(lab.send(sent_to_server(lab)), IsEmpty());
  EXPECT_EQ(lab.counted(&flow::Counters::dropped), 0U);
  EXPECT_TRUE(lab.drops(sent_to_server(lab), DropReason::hold_queue_full));
}

TEST_P(Drop, no_buffer) {
  Lab lab(office(), GetParam(), {.fragment_buffers = 2});
  const auto pieces = fragments(udp(lab.at("client", 5000), lab.at("server", 4500), 4000), 1400, 1);
  EXPECT_THAT(lab.send(pieces[0]), IsEmpty());
  EXPECT_THAT(lab.send(pieces[1]), IsEmpty());
  EXPECT_TRUE(lab.drops(pieces[2], DropReason::no_buffer)) << "it had to leave in fragments";
}

// --- the list itself

// Whether some test of these suites is named after the reason.
bool has_test(DropReason reason) {
  std::string wanted(packet::name(reason));
  std::replace(wanted.begin(), wanted.end(), '-', '_');
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *all.GetTestSuite(i);
    if (!std::string(suite.name()).starts_with("path/Drop")) continue;
    for (int k = 0; k < suite.total_test_count(); ++k) {
      const std::string name = suite.GetTestInfo(k)->name();
      if (name.starts_with(wanted + "/") || name.starts_with(wanted + "_")) return true;
    }
  }
  return false;
}

TEST(DropReasons, each_has_a_test_named_after_it) {
  for (std::size_t i = 1; i < packet::kDropReasons; ++i) {
    const auto reason = static_cast<DropReason>(i);
    EXPECT_TRUE(has_test(reason)) << packet::name(reason) << " has no test";
  }
}

}  // namespace
}  // namespace sluice::path
