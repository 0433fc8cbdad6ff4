// Source NAT: pools, interfaces, rules that say no, and what is left of a port when its session ends.
#include <set>

#include "nat_scene.h"

namespace sluice::path {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SLUICE_PATH_SUITE(Source);
SLUICE_PATH_SUITE_OF(SourceV4, Family::inet);

TEST_P(Source, a_question_leaves_from_the_pool_and_its_answer_comes_back) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(seen.source, public_address(GetParam().family, 5));
  EXPECT_GE(seen.source_port(), 1024);
  EXPECT_EQ(seen, between(question, source_end(seen), lab.at("server", 4500))) << "nothing else has changed";
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
  EXPECT_TRUE(lab.becomes(question, seen)) << "later packets leave as the first one did";
  EXPECT_EQ(lab.session().flow, "udp client/5000 > server/4500");
  EXPECT_EQ(lab.session().answers,
            fmt::format("udp server/4500 > {}/{}", public_text(GetParam().family, 5), seen.source_port()));
  EXPECT_THAT(lab.session().packets, ElementsAre(2, 1));
}

TEST_P(Source, a_connection_is_translated_from_handshake_to_close) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  Connection inside(lab.at("client", 40000), lab.at("server", 443));
  const Datagram syn = inside.client("S");
  const Datagram outside_syn = lab.translated(syn);
  const Endpoint seen = source_end(outside_syn);
  const Endpoint server = lab.at("server", 443);
  const auto in_to_out = [&](const Datagram& packet) {
    return lab.becomes(packet, between(packet, seen, server));
  };
  const auto out_to_in = [&](const Datagram& packet) {
    return lab.becomes(between(packet, server, seen), packet);
  };
  expect_connection(lab, inside, 1400, in_to_out, out_to_in);
}

TEST_P(Source, an_interfaces_own_address_hides_a_zone) {
  Network network = office();
  network.nat.source = {{.name = "hide", .from = "trust", .to = "untrust", .then = "interface"}};
  Lab lab(network, GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(seen.source, lab.at("firewall ge-0/0/1.0").address);
  EXPECT_EQ(lab.nat_rule_counters("hide").created, 1U);
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
}

TEST_P(Source, a_rule_that_says_off_keeps_addresses_as_they_are) {
  Network network = hidden_office(GetParam().family);
  network.nat.source.insert(
      network.nat.source.begin(),
      {.name = "not-this", .from = "trust", .to = "untrust", .protocol = kTcp, .then = "off"});
  Lab lab(network, GetParam());
  EXPECT_TRUE(lab.passes(tcp(lab.at("client", 5000), lab.at("server", 443), {.flags = "S"})));
  EXPECT_EQ(lab.translated(udp(lab.at("client", 5000), lab.at("server", 443))).source,
            public_address(GetParam().family, 5));
  EXPECT_EQ(lab.nat_rule_counters("not-this").hits, 1U);
  EXPECT_EQ(lab.nat_rule_counters("not-this").created, 0U);
  EXPECT_EQ(lab.nat_rule_counters("hide").hits, 1U);
}

TEST_P(Source, other_zones_are_left_alone) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  EXPECT_TRUE(lab.passes(udp(lab.at("client", 5000), lab.at("web", 4500))));
  EXPECT_TRUE(lab.passes(udp(lab.at("web", 5000), lab.at("server", 4500))));
}

TEST_P(Source, the_most_specific_rule_set_counts) {
  Network network = hidden_office(GetParam().family);
  network.nat.source_pools.push_back({.name = "special", .low = public_text(GetParam().family, 9)});
  network.nat.source.push_back(
      {.name = "by-unit", .set = "units", .from = "trust", .to = "ge-0/0/1.0", .then = "special"});
  Lab lab(network, GetParam());
  EXPECT_EQ(lab.translated(udp(lab.at("client", 5000), lab.at("server", 4500))).source,
            public_address(GetParam().family, 9));
}

TEST_P(Source, policies_see_the_host_and_logs_show_both) {
  Network network = hidden_office(GetParam().family);
  network.policy("out").sources = {v4() ? "10.0.1.10" : "2001:db8:1::10"};
  Lab lab(network, GetParam());
  const Datagram seen = lab.translated(udp(lab.at("client", 5000), lab.at("server", 4500)));
  const auto events = lab.events();
  ASSERT_EQ(events.size(), 1U);
  const std::size_t length = v4() ? 4 : 16;
  EXPECT_TRUE(std::equal(events[0].nat_source.begin(),
                         events[0].nat_source.begin() + static_cast<long>(length),
                         seen.source.bytes.begin()));
  EXPECT_EQ(events[0].nat_source_port, seen.source_port());
  EXPECT_EQ(events[0].source_port, 5000);
  EXPECT_EQ(events[0].nat_destination_port, 4500);
  EXPECT_EQ(events[0].source_nat_rule, lab.numbers().of(Numbers::Kind::nat_rule, "hide"));
  EXPECT_EQ(events[0].destination_nat_rule, 0);
}

TEST_P(Source, sessions_at_once_never_share_a_port_and_ports_come_back) {
  Network network = hidden_office(GetParam().family);
  network.nat.source_pools[0].ports = {2000, 2255};
  Lab lab(network, GetParam());
  std::set<std::uint16_t> ports;
  for (std::uint16_t i = 0; i < 100; ++i) {
    ports.insert(lab.translated(udp(lab.at("client", 5000 + i), lab.at("server", 4500))).source_port());
  }
  EXPECT_EQ(ports.size(), 100U);
  EXPECT_GE(*ports.begin(), 2000);
  EXPECT_LE(*ports.rbegin(), 2255);
  const auto* table = lab.snapshot().nat.get();
  const auto* source = table->source(NatPoolId{2});
  EXPECT_EQ(source->spaces[0]->taken(), 100U);
  lab.advance(61);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_EQ(source->spaces[0]->taken(), 0U);
  EXPECT_EQ(lab.nat_rule_counters("hide").created, 100U);
  EXPECT_EQ(lab.nat_rule_counters("hide").ended, 100U);
  EXPECT_EQ(lab.nat_pool_counters("out").created, 100U);
}

TEST_P(Source, fragments_are_translated_together) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500), 1200);
  std::vector<Left> left;
  for (const Datagram& piece : fragments(question, 512, 77)) {
    for (const Left& frame : lab.send(piece)) left.push_back(frame);
  }
  std::vector<Datagram> pieces;
  for (const Left& frame : left) pieces.push_back(frame.datagram);
  const Datagram seen = pieces.size() > 1 ? reassemble(pieces) : pieces.at(0);
  EXPECT_EQ(seen.source, public_address(GetParam().family, 5));
  EXPECT_EQ(seen.transport, between(question, source_end(seen), lab.at("server", 4500)).transport);
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
}

TEST_P(SourceV4, a_udp_packet_without_checksum_stays_without) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  question.transport[6] = question.transport[7] = 0;
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(seen.source, public_address(GetParam().family, 5));
  EXPECT_EQ(seen.transport[6] + seen.transport[7], 0);
}

// RFC 3828 3.1: zero would say that there is none, which UDP-Lite does not know.
TEST_P(Source, a_udp_lite_checksum_that_comes_out_as_zero_is_sent_as_all_ones) {
  Network network = hidden_office(GetParam().family);
  network.nat.source_pools[0].translate_ports = false;  // so that each packet changes by the same
  Lab lab(network, GetParam());
  const auto translated = [&](std::uint16_t checksum) {
    const Bytes bytes{0x13,
                      0x88,
                      0x11,
                      0x94,
                      0,
                      8,
                      static_cast<std::uint8_t>(checksum >> 8),
                      static_cast<std::uint8_t>(checksum)};
    const Datagram seen = lab.translated(other(136, lab.at("client"), lab.at("server"), bytes));
    return static_cast<std::uint16_t>(seen.transport.at(6) << 8 | seen.transport.at(7));
  };
  constexpr std::uint16_t kOne = 0x1234;
  const unsigned change = (translated(kOne) + 0xffffU - kOne) % 0xffff;
  EXPECT_EQ(translated(static_cast<std::uint16_t>(0xffff - change)), 0xffff);
}

TEST_P(Source, what_an_interface_cannot_translate_is_counted_as_its_own) {
  Network network = office();
  network.hosts.push_back({"second", "ge-0/0/0.0", "10.0.1.11", "2001:db8:1::11"});
  network.nat.source = {{.name = "hide", .from = "trust", .to = "untrust", .then = "interface"}};
  Lab lab(network, GetParam());
  static_cast<void>(lab.translated(other(47, lab.at("client"), lab.at("server"), Bytes(16))));
  EXPECT_TRUE(lab.drops(other(47, lab.at("second"), lab.at("server"), Bytes(16)), DropReason::nat_conflict));
  const auto failed = [&](NatPoolId pool) {
    std::uint64_t sum = 0;
    for (std::uint16_t i = 0; i < lab.workers(); ++i) {
      sum += lab.worker(i).nat_pool_counters()[pool.value].failed;
    }
    return sum;
  };
  EXPECT_EQ(failed(kInterfaceNatPool), 1U);
  EXPECT_EQ(failed(kNoNatPool), 0U);
}

TEST_P(Source, protocols_without_ports_change_their_address_alone) {
  Lab lab(hidden_office(GetParam().family), GetParam());
  for (const std::uint8_t protocol : {47, 50, 132}) {
    const Datagram packet =
        other(protocol, lab.at("client"), lab.at("server"), Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13});
    const Datagram seen = lab.translated(packet);
    EXPECT_EQ(seen.source, public_address(GetParam().family, 5));
    EXPECT_EQ(seen.transport, packet.transport);
    Datagram answer = packet;
    std::swap(answer.source, answer.destination);
    if (protocol == 132) answer.transport = {3, 4, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13};
    Datagram from_outside = answer;
    from_outside.destination = seen.source;
    EXPECT_TRUE(lab.becomes(from_outside, answer)) << int{protocol};
    EXPECT_TRUE(lab.becomes(packet, seen));
  }
  EXPECT_EQ(lab.sessions().size(), 3U);
}

TEST_P(Source, no_translation_keeps_ports_and_host_address_base_pairs_hosts_with_addresses) {
  Network network = hidden_office(GetParam().family, 16);
  network.nat.source_pools[0].translate_ports = false;
  network.nat.source_pools[0].base = v4() ? "10.0.1.8" : "2001:db8:1::e";
  Lab lab(network, GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(seen.source, public_address(GetParam().family, 7));
  EXPECT_EQ(seen.source_port(), 5000);
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
  EXPECT_TRUE(lab.becomes(question, seen));
}

TEST_P(Source, a_change_of_the_pool_leaves_sessions_their_translation) {
  Network network = hidden_office(GetParam().family);
  Lab lab(network, GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  lab.network().nat.source_pools[0].low = lab.network().nat.source_pools[0].high =
      public_text(GetParam().family, 6);
  lab.publish();
  EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
  EXPECT_TRUE(lab.becomes(question, seen));
  EXPECT_EQ(lab.translated(udp(lab.at("client", 5001), lab.at("server", 4500))).source,
            public_address(GetParam().family, 6));
}

}  // namespace
}  // namespace sluice::path
