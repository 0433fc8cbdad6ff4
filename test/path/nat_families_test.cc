// NAT64: hosts of IPv6 that reach hosts of IPv4 (RFC 6146, RFC 7915). What leaves is read as its receiver
// would read it, so every checksum that was corrected is compared with one that is computed.
#include <algorithm>
#include <random>
#include <set>

#include "nat_scene.h"

namespace sluice::path {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

SLUICE_PATH_SUITE_OF(Nat64, Family::inet6);

constexpr const char* kServer4 = "10.0.2.20";
constexpr const char* kServer6 = "2001:db8:64::a00:214";
constexpr const char* kPublic = "203.0.113.5";

Network office64() {
  Network made = office();
  made.hosts.push_back({"second", "ge-0/0/0.0", "10.0.1.11", "2001:db8:1::11"});
  made.nat.source_pools = {{.name = "out", .low = kPublic}};
  made.nat.static_nat = {
      {.name = "to-inet", .from = "trust", .destinations = {"2001:db8:64::/96"}, .then = "inet"}};
  made.nat.source = {{.name = "hide",
                      .from = "trust",
                      .to = "untrust",
                      .sources = {"2001:db8:1::/64"},
                      .destinations = {"10.0.2.0/24"},
                      .then = "out"}};
  return made;
}

Endpoint server4(std::uint16_t port = 0) {
  return {address(kServer4), port};
}
Endpoint server6(std::uint16_t port = 0) {
  return {address(kServer6), port};
}

// The same packet in the other family, between these ends.
Datagram in_family(const Datagram& packet, const Endpoint& from, const Endpoint& to) {
  Datagram made = packet;
  made.options.clear();
  made.first_next = 0;
  made.identification = 0;
  made.dont_fragment = false;
  made.source = from.address;
  made.destination = to.address;
  if (made.protocol == kTcp || made.protocol == kUdp) {
    return between(made, from, to);
  }
  return made.seal();
}

// What leaves, but for what a translator gives IPv4 headers of its own.
Datagram plain(Datagram packet) {
  packet.identification = 0;
  packet.dont_fragment = false;
  return packet;
}

TEST_P(Nat64, a_question_leaves_as_ipv4_and_its_answer_comes_back_as_ipv6) {
  Lab lab(office64(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), server6(4500));
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(seen.source, address(kPublic));
  EXPECT_GE(seen.source_port(), 1024);
  EXPECT_EQ(plain(seen), in_family(question, source_end(seen), server4(4500)));
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
  const Datagram again = lab.translated(question);
  EXPECT_EQ(plain(again), plain(seen));
  EXPECT_NE(again.identification, seen.identification)
      << "it may be fragmented, so it has a number of its own";
  EXPECT_EQ(lab.session().flow, "udp client/5000 > 2001:db8:64::a00:214/4500");
  EXPECT_EQ(lab.session().answers, fmt::format("udp server/4500 > {}/{}", kPublic, seen.source_port()));
  EXPECT_EQ(lab.session().zones, "trust > untrust");
  EXPECT_THAT(lab.session().packets, ElementsAre(2, 1));
  EXPECT_THAT(lab.session().bytes, ElementsAre(2 * (40 + 24), 20 + 24)) << "of each wing as they arrive";
  EXPECT_EQ(lab.session().timeout_s, 60U);
}

TEST_P(Nat64, a_connection_is_translated_from_handshake_to_close) {
  Lab lab(office64(), GetParam());
  for (std::uint16_t port = 40000; port < 40008; ++port) {
    Connection inside(lab.at("client", port), server6(443));
    const Datagram outside_syn = lab.translated(inside.client("S"));
    const Endpoint seen = source_end(outside_syn);
    const auto in_to_out = [&](const Datagram& packet) {
      return plain(lab.translated(packet)) == in_family(packet, seen, server4(443));
    };
    const auto out_to_in = [&](const Datagram& packet) {
      return lab.becomes(in_family(packet, server4(443), seen), packet);
    };
    expect_connection(lab, inside, 1200, in_to_out, out_to_in);
  }
  EXPECT_EQ(lab.ports_taken("out"), 0U);
}

TEST_P(Nat64, a_reset_of_the_server_ends_the_connection) {
  Lab lab(office64(), GetParam());
  Connection inside(lab.at("client", 40000), server6(443));
  const Datagram seen = lab.translated(inside.client("S"));
  const Datagram reset = inside.server("RA");
  EXPECT_TRUE(lab.becomes(in_family(reset, server4(443), source_end(seen)), reset));
  lab.advance(3);
  EXPECT_THAT(lab.flows(), IsEmpty());
}

TEST_P(Nat64, a_ping_is_answered_in_the_other_family) {
  Lab lab(office64(), GetParam());
  for (std::uint16_t sequence = 1; sequence < 20; ++sequence) {
    const Datagram ping = echo_request(lab.at("client"), server6(), 7, sequence);
    const Datagram seen = lab.translated(ping);
    EXPECT_EQ(plain(seen), echo_request({address(kPublic)}, server4(), identifier_of(seen), sequence));
    EXPECT_TRUE(lab.becomes(echo_reply(server4(), {address(kPublic)}, identifier_of(seen), sequence),
                            echo_reply(server6(), lab.at("client"), 7, sequence)));
    EXPECT_EQ(lab.sessions().back().timeout_s, 4U) << "an answered query is soon over";
  }
}

// The order of addresses, by which keys say who asks, is another in each family.
TEST_P(Nat64, a_ping_is_answered_wherever_the_hosts_addresses_lie) {
  for (const char* pool : {"10.0.2.99", "203.0.113.5"}) {
    for (const char* host : {"2001:db8:1::10", "40::10"}) {
      Network network = office64();
      network.unit("ge-0/0/0.0").addresses.push_back("40::1/64");
      network.host("client").address6 = host;
      network.nat.source[0].sources.clear();
      network.nat.source_pools[0].low = pool;
      Lab lab(network, GetParam());
      const Datagram ping = echo_request(lab.at("client"), server6(), 7, 1);
      const Datagram seen = lab.translated(ping);
      EXPECT_TRUE(lab.becomes(echo_reply(server4(), {address(pool)}, identifier_of(seen), 1),
                              echo_reply(server6(), lab.at("client"), 7, 1)));
    }
  }
}

TEST_P(Nat64, hosts_that_use_one_port_are_told_apart) {
  Lab lab(office64(), GetParam());
  const Datagram first = lab.translated(udp(lab.at("client", 5000), server6(4500)));
  const Datagram second = lab.translated(udp(lab.at("second", 5000), server6(4500)));
  EXPECT_NE(first.source_port(), second.source_port());
  EXPECT_TRUE(lab.becomes(reply_to(second), udp(server6(4500), lab.at("second", 5000), 16)));
}

TEST_P(Nat64, the_address_of_the_interface_serves_as_well) {
  Network network = office64();
  network.nat.source[0].then = "interface";
  Lab lab(network, GetParam());
  const Datagram question = udp(lab.at("client", 5000), server6(4500));
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(seen.source, address("10.0.2.1"));
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
}

TEST_P(Nat64, a_pool_may_keep_ports_and_give_a_host_one_address) {
  Network network = office64();
  network.nat.source_pools[0].high = "203.0.113.12";
  network.nat.source_pools[0].translate_ports = false;
  Lab lab(network, GetParam());
  const Datagram question = udp(lab.at("client", 5000), server6(4500));
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(seen.source_port(), 5000);
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
  EXPECT_EQ(lab.translated(udp(lab.at("client", 5001), server6(4500))).source, seen.source);
}

TEST_P(Nat64, pools_that_know_hosts_by_their_address_have_nothing_for_it) {
  Network blocks = office64();
  blocks.nat.source_pools[0].blocks = nat::BlockAllocation{};
  Network by_rule = office64();
  by_rule.nat.source_pools[0].deterministic =
      nat::Deterministic{.size = 256, .hosts = *packet::parse_prefix("10.0.1.0/25")};
  for (const Network& network : {blocks, by_rule}) {
    Lab lab(network, GetParam());
    EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), server6(4500)), DropReason::nat_no_address));
    lab.advance(3600);
    EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), server6(4500)), DropReason::nat_no_address));
  }
}

TEST_P(Nat64, a_pool_with_blocks_may_overflow_into_one_that_has_something) {
  Network network = office64();
  network.nat.source_pools[0].blocks = nat::BlockAllocation{};
  network.nat.source_pools[0].overflow = "more";
  network.nat.source_pools.push_back({.name = "more", .low = "203.0.113.77"});
  Lab lab(network, GetParam());
  const Datagram question = udp(lab.at("client", 5000), server6(4500));
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(seen.source, address("203.0.113.77"));
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
}

TEST_P(Nat64, policies_see_the_ipv6_source_and_the_ipv4_destination) {
  Network network = office64();
  network.policy("out").sources = {"2001:db8:1::10/128"};
  network.policy("out").destinations = {"10.0.2.20/32"};
  Lab lab(network, GetParam());
  EXPECT_THAT(lab.send(udp(lab.at("client", 5000), server6(4500))), SizeIs(1));
  EXPECT_TRUE(lab.drops(udp(lab.at("second", 5000), server6(4500)), DropReason::default_deny));
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), {address("2001:db8:64::a00:2fe"), 4500}),
                        DropReason::default_deny));
}

TEST_P(Nat64, a_policy_for_the_ipv6_destination_does_not_match) {
  Network network = office64();
  network.policy("out").destinations = {"2001:db8:64::/96"};
  Lab lab(network, GetParam());
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), server6(4500)), DropReason::default_deny));
}

TEST_P(Nat64, source_rules_match_the_ipv4_destination) {
  Network network = office64();
  network.nat.source_pools.push_back({.name = "special", .low = "203.0.113.77"});
  network.nat.source.insert(network.nat.source.begin(), {.name = "one",
                                                         .from = "trust",
                                                         .to = "untrust",
                                                         .destinations = {"10.0.2.254/32"},
                                                         .then = "special"});
  Lab lab(network, GetParam());
  EXPECT_EQ(lab.translated(udp(lab.at("client", 5000), server6(4500))).source, address(kPublic));
  EXPECT_EQ(lab.translated(udp(lab.at("client", 5000), {address("2001:db8:64::a00:2fe"), 4500})).source,
            address("203.0.113.77"));
  EXPECT_EQ(lab.nat_rule_counters("to-inet").created, 2U);
  EXPECT_EQ(lab.nat_rule_counters("hide").created, 1U);
}

TEST_P(Nat64, records_have_each_address_in_its_family) {
  Lab lab(office64(), GetParam());
  const Datagram seen = lab.translated(udp(lab.at("client", 5000), server6(4500)));
  const auto events = lab.events();
  ASSERT_EQ(events.size(), 1U);
  const sessionlog::Event& event = events[0];
  EXPECT_EQ(sessionlog::address_in(event, event.source), lab.at("client").address);
  EXPECT_EQ(sessionlog::address_in(event, event.destination), address(kServer6));
  EXPECT_EQ(sessionlog::address_in(event, event.nat_source), address(kPublic));
  EXPECT_EQ(sessionlog::address_in(event, event.nat_destination), address(kServer4));
  EXPECT_EQ(event.nat_source_port, seen.source_port());
  EXPECT_EQ(event.source_nat_rule, lab.numbers().of(Numbers::Kind::nat_rule, "hide"));
  EXPECT_EQ(event.destination_nat_rule, lab.numbers().of(Numbers::Kind::nat_rule, "to-inet"));
}

TEST_P(Nat64, a_session_ages_and_is_cleared_like_others) {
  Lab lab(office64(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), server6(4500));
  const Datagram seen = lab.translated(question);
  lab.end(lab.session());
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_EQ(lab.ports_taken("out"), 0U);
  EXPECT_TRUE(lab.drops(reply_to(seen), DropReason::default_deny)) << "an answer of no session any more";
  static_cast<void>(lab.translated(question));
  lab.advance(61);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_EQ(lab.ports_taken("out"), 0U);
}

TEST_P(Nat64, sessions_outlive_their_rules) {
  Lab lab(office64(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), server6(4500));
  const Datagram seen = lab.translated(question);
  lab.network().nat.static_nat.clear();
  lab.network().nat.source.clear();
  lab.publish();
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
  EXPECT_EQ(plain(lab.translated(question)), plain(seen));
  const Datagram fresh = udp(lab.at("client", 5001), server6(4500));
  EXPECT_TRUE(is_complaint(lab.answer_to_dropped(fresh, DropReason::no_route), fresh, Complaint::no_route));
}

TEST_P(Nat64, ipv4_goes_on_beside_it) {
  Network network = office64();
  network.nat.source.push_back(
      {.name = "four", .from = "trust", .to = "untrust", .sources = {"10.0.1.0/24"}, .then = "out"});
  Lab lab(network, GetParam());
  static_cast<void>(lab.translated(udp(lab.at("client", 5000), server6(4500))));
  const Datagram question = udp({address("10.0.1.10"), 5000}, server4(4500));
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(seen.source, address(kPublic));
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
}

// As for other traffic to an address of another zone: that zone admits it, and its interface does.
TEST_P(Nat64, the_firewalls_own_ipv4_address_is_reached_where_a_rule_leads_to_it) {
  Network network = office64();
  network.zone("untrust").inbound = {"ping"};
  Lab lab(network, GetParam());
  const Datagram ping = echo_request(lab.at("client"), {address("2001:db8:64::a00:201")}, 7, 1);
  EXPECT_TRUE(lab.drops(ping, DropReason::nat_no_address));
  lab.network().nat.source.push_back(
      {.name = "own", .set = "own", .from = "trust", .to = "junos-host", .then = "out"});
  lab.publish();
  const auto left = lab.send(ping);
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].port, "ge-0/0/1 host");
  const Datagram seen = left[0].datagram;
  EXPECT_EQ(plain(seen), echo_request({address(kPublic)}, {address("10.0.2.1")}, identifier_of(seen), 1));
  const Datagram answer = echo_reply({address("10.0.2.1")}, {address(kPublic)}, identifier_of(seen), 1);
  EXPECT_TRUE(
      lab.left_towards_destination(lab.send_from_kernel("ge-0/0/1", answer),
                                   echo_reply({address("2001:db8:64::a00:201")}, lab.at("client"), 7, 1), 0));
}

TEST_P(Nat64, who_is_rejected_is_told_in_his_family) {
  Network network = office64();
  network.policy("out").action = policy::Action::reject;
  Lab lab(network, GetParam());
  const Datagram question = udp(lab.at("client", 5000), server6(4500));
  EXPECT_TRUE(is_complaint(lab.answer_to_dropped(question, DropReason::policy_reject), question,
                           Complaint::prohibited));
}

// --- refusals

TEST_P(Nat64, without_an_ipv4_source_there_is_no_translation) {
  Network network = office64();
  network.nat.source.clear();
  Lab lab(network, GetParam());
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), server6(4500)), DropReason::nat_no_address));
  EXPECT_EQ(lab.nat_rule_counters("to-inet").failed, 1U);
}

TEST_P(Nat64, a_pool_of_ipv6_has_no_address_for_it) {
  Network network = office64();
  network.nat.source_pools[0].low = "2001:db8:ff::5";
  Lab lab(network, GetParam());
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), server6(4500)), DropReason::nat_no_address));
}

TEST_P(Nat64, impossible_ipv4_destinations_are_refused) {
  Lab lab(office64(), GetParam());
  for (const char* bad : {"2001:db8:64::7f00:1", "2001:db8:64::", "2001:db8:64::ffff:ffff"}) {
    EXPECT_TRUE(
        lab.drops(udp(lab.at("client", 5000), {address(bad), 4500}), DropReason::ip_destination_invalid));
  }
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 5000), {address("2001:db8:64::e000:5"), 4500}),
                        DropReason::multicast_unsupported));
}

// The form that IPv4 addresses have in the keys of such sessions must come from nowhere else.
TEST_P(Nat64, ipv4_addresses_in_ipv6_form_are_refused_on_the_wire) {
  Lab lab(office64(), GetParam());
  Connection inside(lab.at("client", 40000), server6(443));
  const Datagram syn = lab.translated(inside.client("S"));
  const auto mapped = [](const IpAddress& of) { return address("::ffff:" + packet::to_string(of)); };
  const Endpoint from{mapped(syn.destination), 443};
  const Endpoint to{mapped(syn.source), syn.source_port()};
  EXPECT_TRUE(lab.drops_from("server", tcp(from, to, {.flags = "S"}), DropReason::ip_source_invalid));
  EXPECT_TRUE(lab.drops_from("server", tcp(from, to, {.flags = "A"}), DropReason::session_invalidated));
  EXPECT_TRUE(lab.drops_from("server", udp(lab.at("server", 1), to), DropReason::ip_destination_invalid));
  Datagram quoted = tcp(to, from, {.flags = "S"});
  EXPECT_TRUE(lab.drops_from("server", complain(lab.at("server").address, quoted, Complaint::no_route),
                             DropReason::icmp_no_session));
  EXPECT_EQ(lab.session().state, raw(session::tcp::State::syn_sent));
}

// --- errors

TEST_P(Nat64, an_error_of_ipv4_reaches_the_ipv6_host) {
  for (const Complaint what :
       {Complaint::port_unreachable, Complaint::time_exceeded, Complaint::no_route, Complaint::prohibited}) {
    Lab lab(office64(), GetParam());
    for (std::uint16_t port = 5000; port < 5004; ++port) {
      const Datagram question = udp(lab.at("client", port), server6(4500), 40);
      const Datagram seen = lab.translated(question);
      EXPECT_TRUE(lab.becomes(complain(address(kServer4), forwarded(seen), what),
                              complain(address(kServer6), forwarded(question), what)));
      EXPECT_TRUE(lab.becomes(complain(address("10.0.2.254"), forwarded(seen), what),
                              complain(address("2001:db8:64::a00:2fe"), forwarded(question), what)))
          << "a router between";
    }
  }
}

TEST_P(Nat64, an_error_about_a_ping_has_the_identifier_that_was_used) {
  Lab lab(office64(), GetParam());
  const Datagram ping = echo_request(lab.at("client"), server6(), 7, 1);
  const Datagram seen = lab.translated(ping);
  EXPECT_TRUE(
      lab.becomes(complain(address("10.0.2.254"), forwarded(seen), Complaint::time_exceeded),
                  complain(address("2001:db8:64::a00:2fe"), forwarded(ping), Complaint::time_exceeded)));
  EXPECT_EQ(lab.session().timeout_s, 4U) << "it is answered";
}

TEST_P(Nat64, an_error_of_ipv6_reaches_the_ipv4_host) {
  struct {
    Complaint what;
    std::uint8_t type, code;
  } const errors[] = {{Complaint::port_unreachable, 3, 3},
                      {Complaint::time_exceeded, 11, 0},
                      {Complaint::no_route, 3, 1},
                      {Complaint::prohibited, 3, 10}};
  for (const auto& [what, type, code] : errors) {
    Lab lab(office64(), GetParam());
    for (std::uint16_t port = 5000; port < 5004; ++port) {
      const Datagram question = udp(lab.at("client", port), server6(4500), 40);
      const Datagram seen = lab.translated(question);
      const Datagram answer4 = reply_to(seen);
      const Datagram answer6 = reply_to(question);
      EXPECT_TRUE(lab.becomes(answer4, answer6));
      Datagram error = icmp({address(kPublic)}, server4(), type, code, 0, forwarded(answer4).ip());
      EXPECT_EQ(plain(lab.translated(complain(lab.at("client").address, forwarded(answer6), what))), error);
    }
  }
}

TEST_P(Nat64, an_error_without_a_word_in_the_other_family_is_dropped) {
  Lab lab(office64(), GetParam());
  const Datagram seen = lab.translated(udp(lab.at("client", 5000), server6(4500)));
  const Datagram redirect = icmp(server4(), {address(kPublic)}, 5, 1, 0, forwarded(seen).ip());
  EXPECT_TRUE(lab.drops(redirect, DropReason::nat64_unsupported));
}

TEST_P(Nat64, a_long_error_is_cut_to_what_ipv6_allows) {
  Lab lab(office64(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), server6(4500), 1300);
  const Datagram seen = lab.translated(question);
  const Datagram error = icmp({address("10.0.2.254")}, {address(kPublic)}, 3, 1, 0, forwarded(seen).ip());
  EXPECT_TRUE(lab.becomes(
      error, complain(address("2001:db8:64::a00:2fe"), forwarded(question), Complaint::no_route)));
}

// --- sizes

TEST_P(Nat64, path_mtu_discovery_of_the_ipv6_host_learns_of_narrow_ipv4_links) {
  Network network = office64();
  network.unit("ge-0/0/1.0").mtu = 1400;
  Lab lab(network, GetParam());
  const Datagram fits = udp(lab.at("client", 5000), server6(4500), 1420 - 48);
  EXPECT_TRUE(lab.translated(fits).dont_fragment) << "the host of IPv6 is told of narrow links";
  const Datagram large = udp(lab.at("client", 5000), server6(4500), 1421 - 48);
  EXPECT_TRUE(is_complaint(lab.answer_to_dropped(large, DropReason::fragmentation_needed), large,
                           Complaint::too_big, 1420));
  // And from farther away.
  const Datagram seen = forwarded(lab.translated(fits));
  for (const auto& [said, told] : {std::pair{1300U, 1320U}, {1000U, 1280U}, {0U, 1280U}}) {
    const Datagram error = complain(address("10.0.2.254"), seen, Complaint::too_big, said);
    Bytes quoted = forwarded(fits).ip();
    quoted.resize(error.transport.size() - 8 + 20);
    EXPECT_TRUE(
        lab.becomes(error, icmp({address("2001:db8:64::a00:2fe")}, lab.at("client"), 2, 0, told, quoted)));
  }
}

TEST_P(Nat64, what_ipv6_may_not_make_shorter_is_fragmented_as_ipv4) {
  Network network = office64();
  network.unit("ge-0/0/1.0").mtu = 600;
  Lab lab(network, GetParam());
  const Datagram question = udp(lab.at("client", 5000), server6(4500), 1280 - 48);
  const auto left = lab.send(question);
  ASSERT_THAT(left, SizeIs(3));
  std::vector<Datagram> pieces;
  for (const Left& frame : left) {
    EXPECT_LE(frame.content.size(), 600U);
    pieces.push_back(frame.datagram);
  }
  const Datagram whole = reassemble(pieces);
  EXPECT_EQ(plain(whole), forwarded(in_family(question, source_end(whole), server4(4500))));
  const Datagram large = udp(lab.at("client", 5000), server6(4500), 1281 - 48);
  EXPECT_TRUE(is_complaint(lab.answer_to_dropped(large, DropReason::fragmentation_needed), large,
                           Complaint::too_big, 1280));
}

TEST_P(Nat64, path_mtu_discovery_of_the_ipv4_host_learns_of_narrow_ipv6_links) {
  Network network = office64();
  network.unit("ge-0/0/0.0").mtu = 1400;
  Lab lab(network, GetParam());
  const Datagram question = udp(lab.at("client", 5000), server6(4500));
  const Datagram seen = lab.translated(question);
  Datagram fits = reply_to(seen, 1380 - 28);
  fits.dont_fragment = true;
  EXPECT_TRUE(lab.becomes(fits, reply_to(question, 1380 - 28)));
  Datagram large = reply_to(seen, 1381 - 28);
  large.dont_fragment = true;
  EXPECT_TRUE(is_complaint(lab.answer_to_dropped(large, DropReason::fragmentation_needed), large,
                           Complaint::too_big, 1380));
  // And from farther away.
  const Datagram known = forwarded(reply_to(question, 1380 - 28));
  Datagram quoted = forwarded(fits);
  quoted.dont_fragment = false;
  const Datagram told = icmp({address(kPublic)}, server4(), 3, 4, 1300 - 20, {});
  const Datagram error = lab.translated(complain(lab.at("client").address, known, Complaint::too_big, 1300));
  Bytes start = quoted.ip();
  start.resize(error.transport.size() - 8);
  EXPECT_EQ(plain(error), icmp({address(kPublic)}, server4(), 3, 4, 1300 - 20, start));
}

TEST_P(Nat64, what_ipv4_may_fragment_leaves_in_fragments_of_ipv6) {
  Lab lab(office64(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), server6(4500));
  const Datagram seen = lab.translated(question);
  Datagram answer = reply_to(seen, 1400);
  answer.identification = 0xbeef;
  const auto left = lab.send(answer);
  ASSERT_THAT(left, SizeIs(2));
  std::vector<Datagram> pieces;
  for (const Left& frame : left) {
    EXPECT_LE(frame.content.size(), 1280U);
    EXPECT_EQ(frame.datagram.identification, 0xbeefU);
    pieces.push_back(frame.datagram);
  }
  Datagram whole = reassemble(pieces);
  whole.identification = 0;
  EXPECT_EQ(whole, forwarded(reply_to(question, 1400)));
}

TEST_P(Nat64, fragments_pass_both_ways) {
  Lab lab(office64(), GetParam());
  for (std::uint16_t port = 5000; port < 5008; ++port) {
    const bool small = port % 2 != 0;  // so that the whole leaves in one piece
    const Datagram question = udp(lab.at("client", port), server6(4500), small ? 1201 : 3001);
    std::vector<Left> left;
    for (const Datagram& piece : fragments(question, small ? 600 : 1200, port)) {
      EXPECT_THAT(left, IsEmpty());
      left = lab.send(piece);
    }
    std::vector<Datagram> pieces;
    for (const Left& frame : left) pieces.push_back(frame.datagram);
    const Datagram seen = reassemble(pieces);
    EXPECT_FALSE(seen.dont_fragment);
    EXPECT_EQ(plain(seen), forwarded(in_family(question, source_end(seen), server4(4500))));

    const std::size_t size = small ? 1199 : 2999;
    const Datagram answer = reply_to(seen, size);
    left.clear();
    for (const Datagram& piece : fragments(answer, small ? 800 : 1480, 4711)) {
      EXPECT_THAT(left, IsEmpty());
      left = lab.send(piece);
    }
    pieces.clear();
    for (const Left& frame : left) pieces.push_back(frame.datagram);
    Datagram back = reassemble(pieces);
    EXPECT_EQ(back.identification, small ? 0U : 4711U);
    back.identification = 0;
    EXPECT_EQ(back, forwarded(reply_to(question, size)));
  }
}

// RFC 7915 4.5: IPv6 wants a checksum where IPv4 needs none. Whole, and of fragments at odd and even places.
TEST_P(Nat64, an_answer_without_a_checksum_gets_one) {
  Lab lab(office64(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), server6(4500));
  const Datagram seen = lab.translated(question);
  for (const std::size_t size : {0U, 1U, 100U, 1001U}) {
    Datagram answer = reply_to(seen, size);
    answer.transport[6] = answer.transport[7] = 0;
    EXPECT_TRUE(lab.becomes(answer, reply_to(question, size)));
  }
  Datagram answer = reply_to(seen, 2001);
  answer.transport[6] = answer.transport[7] = 0;
  std::vector<Left> left;
  for (const Datagram& piece : fragments(answer, 1000, 9)) left = lab.send(piece);
  std::vector<Datagram> pieces;
  for (const Left& frame : left) pieces.push_back(frame.datagram);
  Datagram whole = reassemble(pieces);
  whole.identification = 0;
  EXPECT_EQ(whole, forwarded(reply_to(question, 2001)));
}

TEST_P(Nat64, a_checksum_that_was_wrong_stays_wrong) {
  Lab lab(office64(), GetParam());
  lab.allow_unsound_frames();
  const Datagram question = udp(lab.at("client", 5000), server6(4500));
  static_cast<void>(lab.translated(question));
  Datagram damaged = question;
  damaged.transport[12] ^= 1;
  Datagram seen = lab.translated(damaged);
  const Bytes as_is = seen.transport;
  EXPECT_NE(seen.seal().transport, as_is);
}

TEST_P(Nat64, extension_headers_and_options_are_left_out) {
  Lab lab(office64(), GetParam());
  Datagram question = udp(lab.at("client", 5000), server6(4500));
  question.first_next = 60;
  question.options = {kUdp, 0, 1, 4, 0, 0, 0, 0};
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(plain(seen), in_family(question, source_end(seen), server4(4500)));
  Datagram answer = reply_to(seen);
  answer.options = {1, 1, 1, 0};
  EXPECT_TRUE(lab.becomes(answer, udp(server6(4500), lab.at("client", 5000), 16)));
}

// RFC 7915 5.1: it is on its way to somewhere else still.
TEST_P(Nat64, a_routing_header_that_has_not_been_everywhere_is_refused) {
  Lab lab(office64(), GetParam());
  Datagram question = udp(lab.at("client", 5000), server6(4500));
  question.first_next = 60;
  question.options = {43, 0, 1, 4, 0, 0, 0, 0, kUdp, 2, 4, 1, 0, 0, 0, 0};
  question.options.insert(question.options.end(), 16, 0x20);
  const Datagram told = lab.answer_to_dropped(question, DropReason::ip_source_route);
  EXPECT_EQ(told.source, lab.at("firewall ge-0/0/0.0").address);
  EXPECT_EQ(told.destination, lab.at("client").address);
  EXPECT_EQ(told.transport[0], 4) << "parameter problem";
  EXPECT_EQ(told.transport[1], 0) << "erroneous header field";
  EXPECT_EQ(told.transport[7], 40 + 8 + 3) << "segments left";
  question.options[8 + 3] = 0;
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(plain(seen), in_family(question, source_end(seen), server4(4500)));
}

TEST_P(Nat64, prefixes_have_the_lengths_of_rfc_6052) {
  const std::pair<const char*, const char*> behind[] = {
      {"2001:db9::/32", "2001:db9:a00:214::"},
      {"2001:db9:100::/40", "2001:db9:10a:2:14::"},
      {"2001:db9:122::/48", "2001:db9:122:a00:2:1400::"},
      {"2001:db9:122:300::/56", "2001:db9:122:30a:0:214::"},
      {"2001:db9:122:344::/64", "2001:db9:122:344:a:2:1400::"}};
  for (const auto& [prefix, server] : behind) {
    Network network = office64();
    network.nat.static_nat[0].destinations = {prefix};
    Lab lab(network, GetParam());
    const Datagram question = udp(lab.at("client", 5000), {address(server), 4500}, 40);
    const Datagram seen = lab.translated(question);
    EXPECT_EQ(plain(seen), in_family(question, source_end(seen), server4(4500))) << prefix;
    EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
    EXPECT_TRUE(lab.becomes(complain(address(kServer4), forwarded(seen), Complaint::port_unreachable),
                            complain(address(server), forwarded(question), Complaint::port_unreachable)));
  }
}

// --- the well-known prefix

// The gateway leads to 8.8.8.8.
Network well_known64() {
  Network made = office64();
  made.nat.static_nat[0].destinations = {"64:ff9b::/96"};
  made.nat.source[0].destinations.clear();
  made.routes.push_back({"8.0.0.0/7", "10.0.2.254"});
  return made;
}

TEST_P(Nat64, the_well_known_prefix_leads_to_public_addresses) {
  Lab lab(well_known64(), GetParam());
  const Datagram question = udp(lab.at("client", 5000), {address("64:ff9b::808:808"), 53});
  const Datagram seen = forwarded(lab.translated(question));
  EXPECT_EQ(seen.destination, address("8.8.8.8"));
  EXPECT_TRUE(
      lab.becomes_from("gateway", complain(address("9.9.9.9"), seen, Complaint::time_exceeded),
                       complain(address("64:ff9b::909:909"), forwarded(question), Complaint::time_exceeded)));
  EXPECT_TRUE(
      lab.becomes_from("gateway", complain(address("10.9.9.9"), seen, Complaint::time_exceeded),
                       complain(address("64:ff9b::808:808"), forwarded(question), Complaint::time_exceeded)))
      << "a private router has no address behind the prefix";
}

TEST_P(Nat64, hops_run_out_in_the_family_of_the_sender) {
  Lab lab(office64(), GetParam());
  Datagram question = udp(lab.at("client", 5000), server6(4500));
  const Datagram seen = lab.translated(question);
  question.hops = 1;
  EXPECT_TRUE(is_complaint(lab.answer_to_dropped(question, DropReason::ttl_expired), question,
                           Complaint::time_exceeded));
  Datagram answer = reply_to(seen);
  answer.hops = 1;
  EXPECT_TRUE(
      is_complaint(lab.answer_to_dropped(answer, DropReason::ttl_expired), answer, Complaint::time_exceeded));
}

TEST_P(Nat64, unknown_neighbors_are_asked_for_in_their_family) {
  Network network = office64();
  network.host("server").resolved = false;
  Lab lab(network, GetParam());
  EXPECT_THAT(lab.send(udp(lab.at("client", 5000), server6(4500))), IsEmpty());
  EXPECT_THAT(lab.wanted_neighbors(), ElementsAre("ge-0/0/1.0 server"));
  lab.network().host("server").resolved = true;
  lab.publish();
  const auto left = lab.run();
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].datagram.destination, address(kServer4));
}

// Any of them at once: every translation is unique, and answers come back exactly.
TEST_P(Nat64, many_random_sessions_keep_apart) {
  Lab lab(office64(), GetParam());
  std::mt19937 random(64);
  const auto any = [&](unsigned most) { return std::uniform_int_distribution<unsigned>(0, most)(random); };
  std::set<std::pair<std::uint8_t, Endpoint>> taken;
  std::vector<std::pair<Datagram, Datagram>> questions;
  for (std::uint16_t i = 0; i < 300; ++i) {
    const Endpoint from = lab.at(any(1) == 0 ? "client" : "second", static_cast<std::uint16_t>(1000 + i));
    const auto port = static_cast<std::uint16_t>(1 + any(3));
    Bytes payload(any(1100));
    for (std::uint8_t& byte : payload) byte = static_cast<std::uint8_t>(any(255));
    const Datagram question = any(2) == 0
                                  ? tcp(from, server6(port), {.flags = "S", .sequence = any(1U << 30)})
                                  : udp(from, server6(port), payload);
    const Datagram seen = lab.translated(question);
    EXPECT_EQ(plain(seen), in_family(question, source_end(seen), server4(port)));
    EXPECT_TRUE(taken.emplace(seen.protocol, source_end(seen)).second);
    questions.emplace_back(question, seen);
  }
  std::shuffle(questions.begin(), questions.end(), random);
  for (const auto& [question, seen] : questions) {
    if (question.protocol == kUdp) {
      const unsigned size = any(1200);
      EXPECT_TRUE(lab.becomes(reply_to(seen, size), reply_to(question, size)));
    }
  }
}

}  // namespace
}  // namespace sluice::path
