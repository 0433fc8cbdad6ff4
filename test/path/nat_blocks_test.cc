// Pools with blocks: what hosts get, when they give it back, what the log is told; blocks by arithmetic.
#include <algorithm>
#include <set>

#include "nat_scene.h"

namespace sluice::path {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

SLUICE_PATH_SUITE(Blocks);

// The hidden office, with another host inside, whose pool has blocks of 64 ports of one address, two of them
// for a host.
Network block_office(Family family, nat::BlockAllocation blocks = {.size = 64, .most_per_host = 2}) {
  Network made = hidden_office(family);
  made.hosts.push_back({"second", "ge-0/0/0.0", "10.0.1.11", "2001:db8:1::11"});
  made.nat.source_pools[0].blocks = blocks;
  made.policy("out").log_init = made.policy("out").log_close = false;
  return made;
}

Endpoint seen_as(Lab& lab, const Endpoint& inside, std::uint16_t remote = 4500) {
  return source_end(lab.translated(udp(inside, lab.at("server", remote))));
}

// Of a record of a block.
std::string ports_of(const std::string& line) {
  const auto space = line.rfind(' ');
  const auto before = line.rfind(' ', space - 1);
  return line.substr(before + 1, space - before - 1);
}

TEST_P(Blocks, a_host_has_its_ports_of_one_block_and_one_record) {
  Lab lab(block_office(GetParam().family), GetParam());
  std::set<std::uint16_t> ports;
  for (std::uint16_t port = 5000; port < 5064; ++port) {
    const Datagram question = udp(lab.at("client", port), lab.at("server", 4500));
    const Datagram seen = lab.translated(question);
    EXPECT_EQ(seen.source, public_address(GetParam().family, 5));
    EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
    EXPECT_TRUE(lab.becomes(question, seen));
    ports.insert(seen.source_port());
  }
  EXPECT_EQ(ports.size(), 64U);
  EXPECT_EQ(*ports.rbegin() - *ports.begin(), 63);
  EXPECT_THAT(lab.log(),
              ElementsAre(fmt::format("block allocated client {} {}-{} 1/2",
                                      public_text(GetParam().family, 5), *ports.begin(), *ports.rbegin())));
}

TEST_P(Blocks, protocols_share_a_block_and_no_port_of_it) {
  Lab lab(block_office(GetParam().family), GetParam());
  std::set<std::uint16_t> ports;
  for (std::uint16_t port = 5000; port < 5016; ++port) {
    ports.insert(seen_as(lab, lab.at("client", port)).port);
    Connection connection(lab.at("client", port), lab.at("server", 443));
    const Datagram syn = lab.translated(connection.client("S"));
    const Datagram answer = connection.server("SA");
    EXPECT_TRUE(lab.becomes(between(answer, lab.at("server", 443), source_end(syn)), answer));
    ports.insert(syn.source_port());
    const Datagram ping = lab.translated(echo_request(lab.at("client"), lab.at("server"), port, 1));
    const auto identifier = static_cast<std::uint16_t>(ping.transport[4] << 8 | ping.transport[5]);
    EXPECT_TRUE(lab.becomes(echo_reply(lab.at("server"), {ping.source}, identifier, 1),
                            echo_reply(lab.at("server"), lab.at("client"), port, 1)));
    ports.insert(identifier);
  }
  EXPECT_EQ(ports.size(), 48U);
  EXPECT_EQ(lab.log().size(), 1U);
}

TEST_P(Blocks, a_host_gets_another_block_when_one_is_full_and_no_more_than_it_may_have) {
  Lab lab(block_office(GetParam().family), GetParam());
  for (std::uint16_t port = 5000; port < 5128; ++port) {
    EXPECT_EQ(lab.send(udp(lab.at("client", port), lab.at("server", 4500))).size(), 1U);
  }
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 6000), lab.at("server", 4500)), DropReason::nat_exhausted));
  EXPECT_EQ(seen_as(lab, lab.at("second", 5000)).address, public_address(GetParam().family, 5))
      << "others have blocks of their own";
  auto log = lab.log();
  ASSERT_EQ(log.size(), 3U);
  std::ranges::stable_sort(
      log, {}, [](const std::string& line) { return line.find(" second ") != std::string::npos; });
  EXPECT_THAT(log[0], testing::EndsWith(" 1/2"));
  EXPECT_THAT(log[1], testing::EndsWith(" 2/2"));
  EXPECT_THAT(log[2], testing::AllOf(StartsWith("block allocated second "), testing::EndsWith(" 1/2")));
  EXPECT_NE(ports_of(log[0]), ports_of(log[1]));
  EXPECT_EQ(lab.ports_taken("out"), 129U);
}

TEST_P(Blocks, a_block_is_given_back_with_its_last_port_when_it_is_not_active) {
  Lab lab(block_office(GetParam().family), GetParam());
  for (std::uint16_t port = 5000; port < 5065; ++port) {
    EXPECT_EQ(lab.send(udp(lab.at("client", port), lab.at("server", 4500))).size(), 1U);
  }
  const auto made = lab.log();
  ASSERT_EQ(made.size(), 2U);
  for (const Seen& session : lab.sessions()) lab.end(session);
  const auto gone = lab.log();
  ASSERT_EQ(gone.size(), 1U) << "the second one is active";
  EXPECT_THAT(gone[0], testing::AllOf(StartsWith("block released client "), testing::EndsWith(" 1/2")));
  EXPECT_EQ(ports_of(gone[0]), ports_of(made[0]));
  EXPECT_EQ(lab.ports_taken("out"), 0U);
  lab.advance(1000);
  EXPECT_THAT(lab.log(), IsEmpty());
}

TEST_P(Blocks, an_active_block_without_ports_goes_when_it_is_to_be_recycled) {
  Lab lab(block_office(GetParam().family, {.size = 64, .most_per_host = 2, .recycle_timeout_s = 120}),
          GetParam());
  EXPECT_EQ(lab.send(udp(lab.at("client", 5000), lab.at("server", 4500))).size(), 1U);
  lab.advance(60 + 118);
  EXPECT_EQ(lab.log().size(), 1U);
  lab.advance(4);
  const auto log = lab.log();
  ASSERT_EQ(log.size(), 1U);
  EXPECT_THAT(log[0], testing::AllOf(StartsWith("block released client "), testing::EndsWith(" 0/2")));
  EXPECT_EQ(lab.blocks(), 0U);
}

TEST_P(Blocks, an_active_block_whose_time_is_over_is_followed_by_another) {
  Lab lab(block_office(GetParam().family, {.size = 64, .most_per_host = 3, .active_timeout_s = 120}),
          GetParam());
  const Datagram kept = udp(lab.at("client", 4000), lab.at("server", 4500));
  const Datagram seen = lab.translated(kept);
  for (int i = 0; i < 3; ++i) {
    lab.advance(50);
    EXPECT_TRUE(lab.becomes(kept, seen));
  }
  const Endpoint next = seen_as(lab, lab.at("client", 4001));
  EXPECT_EQ(next.address, seen.source) << "a host keeps its address";
  auto log = lab.log();
  ASSERT_EQ(log.size(), 2U);
  EXPECT_NE(ports_of(log[0]), ports_of(log[1]));
  lab.advance(60);
  log = lab.log();
  ASSERT_EQ(log.size(), 1U) << "the first one's last session ended";
  lab.advance(120);
  ASSERT_EQ(lab.log().size(), 1U) << "the second's time is over";
  EXPECT_EQ(lab.blocks(), 0U);
}

TEST_P(Blocks, the_log_is_told_again_of_blocks_in_use) {
  Lab lab(block_office(GetParam().family, {.size = 64, .most_per_host = 2, .interim_s = 1800}), GetParam());
  EXPECT_EQ(lab.send(udp(lab.at("client", 5000), lab.at("server", 4500))).size(), 1U);
  const auto made = lab.log();
  lab.advance(1798);
  EXPECT_THAT(lab.log(), IsEmpty());
  lab.advance(4);
  const auto told = lab.log();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], StartsWith("block interim client "));
  EXPECT_EQ(ports_of(told[0]), ports_of(made[0]));
}

TEST_P(Blocks, the_log_says_nothing_when_it_is_not_to) {
  Lab lab(block_office(GetParam().family,
                       {.size = 64, .most_per_host = 2, .recycle_timeout_s = 120, .log = false}),
          GetParam());
  EXPECT_EQ(lab.send(udp(lab.at("client", 5000), lab.at("server", 4500))).size(), 1U);
  lab.advance(200);
  EXPECT_EQ(lab.blocks(), 0U);
  EXPECT_THAT(lab.log(), IsEmpty());
}

TEST_P(Blocks, a_pool_without_a_free_block_overflows_or_refuses) {
  Network network = block_office(GetParam().family, {.size = 64, .most_per_host = 1});
  network.nat.source_pools[0].ports = {2048, 2048 + 63};
  Lab lab(network, GetParam());
  EXPECT_EQ(lab.send(udp(lab.at("client", 5000), lab.at("server", 4500))).size(), 1U);
  EXPECT_TRUE(lab.drops(udp(lab.at("second", 5000), lab.at("server", 4500)), DropReason::nat_exhausted));
  lab.network().nat.source_pools[0].overflow = "interface";
  lab.publish();
  lab.run();
  const Endpoint own = lab.at("firewall ge-0/0/1.0");
  for (std::uint16_t port = 5000; port < 5010; ++port) {
    const Datagram question = udp(lab.at("second", port), lab.at("server", 4500));
    const Datagram seen = lab.translated(question);
    EXPECT_EQ(seen.source, own.address);
    EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
    const Datagram ping = lab.translated(echo_request(lab.at("second"), lab.at("server"), port, 1));
    EXPECT_EQ(ping.source, own.address);
  }
}

TEST_P(Blocks, errors_from_outside_reach_the_host) {
  Lab lab(block_office(GetParam().family), GetParam());
  for (std::uint16_t port = 5000; port < 5008; ++port) {
    const Datagram question = udp(lab.at("client", port), lab.at("server", 4500));
    const Datagram seen = lab.translated(question);
    EXPECT_TRUE(
        lab.becomes(complain(lab.at("server").address, forwarded(seen), Complaint::port_unreachable),
                    complain(lab.at("server").address, forwarded(question), Complaint::port_unreachable)));
  }
}

// --- commits

TEST_P(Blocks, a_commit_keeps_blocks_and_says_nothing_of_them) {
  Lab lab(block_office(GetParam().family), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(lab.log().size(), 1U);
  lab.network().nat.source_pools[0].blocks->most_per_host = 5;
  lab.publish();
  lab.run();
  EXPECT_TRUE(lab.becomes(question, seen));
  const Endpoint next = seen_as(lab, lab.at("client", 5001));
  EXPECT_LT(std::abs(next.port - seen.source_port()), 64);
  EXPECT_THAT(lab.log(), IsEmpty());
}

TEST_P(Blocks, blocks_of_another_size_stand_beside_those_in_use) {
  Lab lab(block_office(GetParam().family), GetParam());
  std::set<std::uint16_t> ports;
  for (std::uint16_t port = 5000; port < 5064; ++port) {
    ports.insert(seen_as(lab, lab.at("client", port)).port);
  }
  lab.network().nat.source_pools[0].blocks = {.size = 24, .most_per_host = 8};
  lab.publish();
  lab.run();
  for (std::uint16_t port = 5064; port < 5100; ++port) {
    ports.insert(seen_as(lab, lab.at("client", port)).port);
    ports.insert(seen_as(lab, lab.at("second", port)).port);
  }
  EXPECT_EQ(ports.size(), 64U + 72U);
  for (const Seen& session : lab.sessions()) lab.end(session);
  EXPECT_EQ(lab.ports_taken("out"), 0U);
}

TEST_P(Blocks, a_pool_that_gives_out_blocks_no_more_never_gives_a_port_of_one_twice) {
  Network network = block_office(GetParam().family);
  network.nat.source_pools[0].ports = {2048, 2048 + 255};
  Lab lab(network, GetParam());
  std::set<std::uint16_t> ports;
  std::vector<std::pair<Datagram, Datagram>> flows;
  const auto send = [&](const char* host, std::uint16_t port) {
    const Datagram question = udp(lab.at(host, port), lab.at("server", 4500));
    const auto left = lab.send(question);
    if (left.empty()) return false;
    EXPECT_TRUE(ports.insert(left[0].datagram.source_port()).second);
    flows.emplace_back(question, left[0].datagram);
    return true;
  };
  for (std::uint16_t port = 5000; port < 5080; ++port) EXPECT_TRUE(send("client", port));
  lab.network().nat.source_pools[0].blocks.reset();
  lab.publish();
  lab.run();
  for (std::uint16_t port = 5080; port < 5600; ++port) static_cast<void>(send("second", port));
  EXPECT_GE(ports.size(), 80U + 64U);
  EXPECT_LE(ports.size(), 80U + 192U);
  lab.network().nat.source_pools[0].blocks = nat::BlockAllocation{.size = 64, .most_per_host = 8};
  lab.publish();
  lab.run();
  for (std::uint16_t port = 5600; port < 6000; ++port) static_cast<void>(send("client", port));
  EXPECT_LE(ports.size(), 256U);
  for (const auto& [question, seen] : flows) EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
}

TEST_P(Blocks, of_a_pool_that_is_gone_go_with_their_last_session_and_are_released_once) {
  Lab lab(block_office(GetParam().family), GetParam());
  const Datagram question = udp(lab.at("client", 5000), lab.at("server", 4500));
  const Datagram seen = lab.translated(question);
  EXPECT_EQ(seen_as(lab, lab.at("second", 5000)).address, seen.source);
  for (const Seen& session : lab.sessions()) {
    if (session.flow.find("second") != std::string::npos) lab.end(session);
  }
  EXPECT_EQ(lab.log().size(), 2U);
  lab.network().nat = {};
  lab.publish();
  lab.advance(2);
  auto log = lab.log();
  ASSERT_EQ(log.size(), 1U) << "the second's has no port in use";
  EXPECT_THAT(log[0], StartsWith("block released second "));
  EXPECT_TRUE(lab.becomes(question, seen));
  for (const Seen& session : lab.sessions()) lab.end(session);
  log = lab.log();
  ASSERT_EQ(log.size(), 1U);
  EXPECT_THAT(log[0], StartsWith("block released client "));
  lab.publish();
  lab.advance(5);
  EXPECT_THAT(lab.log(), IsEmpty());
  EXPECT_EQ(lab.blocks(), 0U);
}

// --- by arithmetic

Network arithmetic_office(Family family, std::uint16_t size = 100) {
  Network made = block_office(family);
  made.nat.source_pools[0].blocks.reset();
  made.nat.source_pools[0].high = public_text(family, 8);
  made.nat.source_pools[0].ports = {2000, 2899};
  made.nat.source_pools[0].deterministic = nat::Deterministic{
      .size = size,
      .hosts = *packet::parse_prefix(family == Family::inet ? "10.0.1.0/27" : "2001:db8:1::/123")};
  return made;
}

TEST_P(Blocks, by_rule_a_host_has_the_block_that_its_address_says) {
  Lab lab(arithmetic_office(GetParam().family), GetParam());
  const unsigned place = v4() ? 10 : 0x10;  // of the host; an address has nine blocks
  std::set<std::uint16_t> ports;
  for (std::uint16_t port = 5000; port < 5100; ++port) {
    const Datagram question = udp(lab.at("client", port), lab.at("server", 4500));
    const Datagram seen = lab.translated(question);
    EXPECT_EQ(seen.source, public_address(GetParam().family, 5 + place / 9));
    EXPECT_TRUE(lab.becomes(reply_to(seen), reply_to(question)));
    ports.insert(seen.source_port());
  }
  EXPECT_EQ(*ports.begin(), 2000 + place % 9 * 100);
  EXPECT_EQ(*ports.rbegin(), 2000 + place % 9 * 100 + 99);
  EXPECT_EQ(ports.size(), 100U);
  EXPECT_TRUE(lab.drops(udp(lab.at("client", 6000), lab.at("server", 4500)), DropReason::nat_exhausted));
  EXPECT_THAT(lab.log(), IsEmpty()) << "arithmetic needs no log";
  for (const Seen& session : lab.sessions()) lab.end(session);
  EXPECT_EQ(lab.blocks(), 0U);
}

}  // namespace
}  // namespace sluice::path
