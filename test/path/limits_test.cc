// What happens at the edges: a full table, early ageing, requests of the control thread, hand-off.
#include "dataplane/session/tcp.h"
#include "lab.h"

namespace sluice::path {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SLUICE_PATH_SUITE(Limits);
SLUICE_PATH_SUITE(Requests);
SLUICE_PATH_SUITE(Workers);

Datagram flow_number(const Lab& lab, std::uint16_t number) {
  return udp(lab.at("client", static_cast<std::uint16_t>(10000 + number)), lab.at("server", 4500));
}

// --- a full table

TEST_P(Limits, a_full_table_refuses_new_sessions_and_serves_those_it_has) {
  Lab lab(office(), {GetParam().family, 1}, {.capacity = 40, .host_reserve = 8});
  for (std::uint16_t i = 0; i < 32; ++i) EXPECT_TRUE(lab.passes(flow_number(lab, i)));
  EXPECT_TRUE(lab.drops(flow_number(lab, 32), DropReason::session_table_full));
  EXPECT_EQ(lab.counted(&flow::Counters::sessions_failed), 1U);
  EXPECT_TRUE(lab.passes(flow_number(lab, 5)));
  lab.end(lab.sessions().front());
  EXPECT_TRUE(lab.passes(flow_number(lab, 32)));
}

TEST_P(Limits, a_reserve_is_kept_for_the_firewall_itself) {
  Lab lab(office(), {GetParam().family, 1}, {.capacity = 40, .host_reserve = 8});
  for (std::uint16_t i = 0; i < 32; ++i) EXPECT_TRUE(lab.passes(flow_number(lab, i)));
  const Endpoint firewall = lab.at("firewall ge-0/0/0.0", 22);
  for (std::uint16_t i = 0; i < 8; ++i) {
    EXPECT_TRUE(lab.reaches_kernel("ge-0/0/0", tcp(lab.at("client", 1000 + i), firewall, {.flags = "S"})));
  }
  EXPECT_TRUE(
      lab.drops(tcp(lab.at("client", 2000), firewall, {.flags = "S"}), DropReason::session_table_full));
}

TEST_P(Limits, a_full_table_comes_and_goes_for_hours) {
  Lab lab(office(), {GetParam().family, 1}, {.capacity = 40, .host_reserve = 8});
  for (int hour = 0; hour < 3; ++hour) {
    for (std::uint16_t i = 0; i < 32; ++i) EXPECT_TRUE(lab.passes(flow_number(lab, i)));
    // Ended and made again in the same second.
    for (const Seen& session : lab.sessions()) lab.end(session);
    for (std::uint16_t i = 0; i < 32; ++i) EXPECT_TRUE(lab.passes(flow_number(lab, i)));
    lab.advance(61);
    EXPECT_THAT(lab.flows(), IsEmpty());
  }
  EXPECT_EQ(lab.counted(&flow::Counters::sessions_created), 192U);
  EXPECT_EQ(lab.counted(&flow::Counters::sessions_closed), 192U);
}

TEST_P(Limits, identifiers_differ_over_workers_and_families) {
  Lab lab(office(), GetParam(), {.capacity = 64, .host_reserve = 0});
  for (std::uint16_t i = 0; i < 40; ++i) EXPECT_TRUE(lab.passes(flow_number(lab, i)));
  std::vector<std::uint32_t> identifiers;
  for (const Seen& session : lab.sessions()) identifiers.push_back(session.identifier);
  std::sort(identifiers.begin(), identifiers.end());
  EXPECT_EQ(std::adjacent_find(identifiers.begin(), identifiers.end()), identifiers.end());
}

TEST_P(Limits, above_the_high_watermark_sessions_age_early_until_the_low_one) {
  Network net = office();
  net.flow.aging_high_watermark = 50;
  net.flow.aging_low_watermark = 25;
  net.flow.early_ageout_s = 5;
  Lab lab(net, {GetParam().family, 1}, {.capacity = 40, .host_reserve = 4});
  for (std::uint16_t i = 0; i < 20; ++i) EXPECT_TRUE(lab.passes(flow_number(lab, i)));
  lab.advance(6);
  EXPECT_EQ(lab.flows().size(), 20U) << "at the watermark, not above it";
  EXPECT_TRUE(lab.passes(flow_number(lab, 20)));
  lab.advance(1);
  const std::vector<std::string> left = lab.flows();
  EXPECT_LE(left.size(), 10U) << "the silent ones went until the low watermark";
  EXPECT_THAT(left, testing::Contains("udp client/10020 > server/4500")) << "the newest is not silent";
  EXPECT_THAT(lab.log().back(), testing::HasSubstr("aged out"));
  lab.advance(10);
  EXPECT_EQ(lab.flows(), left) << "below the low watermark timeouts are the usual ones";
}

// --- the mailbox

TEST_P(Requests, a_cleared_session_ends_with_its_reason_and_packets_need_a_new_one) {
  Lab lab(office(), GetParam());
  Connection connection(lab.at("client", 40000), lab.at("server", 443));
  ASSERT_TRUE(connection.open(lab));
  const Seen session = lab.session();
  lab.end(session);
  EXPECT_THAT(lab.flows(), IsEmpty());
  EXPECT_EQ(lab.worker(session.worker).mailbox().ended(), 1U);
  EXPECT_EQ(lab.log().back(), "closed tcp client/40000 > server/443 trust > untrust out junos-https CLI 2/1");
  EXPECT_TRUE(lab.drops(connection.client("PA", 10), DropReason::tcp_no_syn));
}

TEST_P(Requests, a_stale_request_leaves_the_slots_new_session_alone) {
  Lab lab(office(), {GetParam().family, 1}, {.capacity = 1, .host_reserve = 0});
  EXPECT_TRUE(lab.passes(flow_number(lab, 1)));
  const Seen old = lab.session();
  lab.end(old);
  EXPECT_TRUE(lab.passes(flow_number(lab, 2)));
  ASSERT_EQ(lab.session().identifier, old.identifier) << "the slot was reused";
  lab.end(old);
  worker::Request stale;
  stale.kind = worker::Request::Kind::keep;
  stale.policy = PolicyId{9};
  lab.post(old, stale);
  stale.kind = worker::Request::Kind::reroute;
  lab.post(old, stale);
  lab.run();
  EXPECT_EQ(lab.session().flow, "udp client/10002 > server/4500");
  EXPECT_EQ(lab.session().policy, "out");
  EXPECT_EQ(lab.worker(0).mailbox().ended(), 1U);
  EXPECT_EQ(lab.worker(0).mailbox().handled(), 4U);
}

TEST_P(Requests, a_slot_that_never_was_is_no_session) {
  Lab lab(office(), GetParam());
  Seen invented;
  invented.family = GetParam().family;
  invented.handle = {3000, 2};
  lab.end(invented);
  EXPECT_EQ(lab.worker(0).mailbox().handled(), 1U);
  EXPECT_EQ(lab.worker(0).mailbox().ended(), 0U);
}

TEST_P(Requests, a_session_kept_by_another_policy_counts_there) {
  Lab lab(office(), GetParam());
  EXPECT_TRUE(lab.passes(flow_number(lab, 1)));
  worker::Request keep;
  keep.kind = worker::Request::Kind::keep;
  keep.policy = PolicyId{lab.numbers().of(Numbers::Kind::policy, "web-out")};
  lab.post(lab.session(), keep);
  lab.run();
  EXPECT_EQ(lab.session().policy, "web-out");
  lab.end(lab.session(), session::CloseReason::policy_delete);
  EXPECT_EQ(lab.policy_counters("web-out").closed, 1U);
  EXPECT_THAT(lab.log().back(), testing::HasSubstr("web-out junos-ike-nat policy delete 1/0"));
}

TEST_P(Requests, a_thousand_requests_are_dealt_with_within_the_budget_of_each_turn) {
  Lab lab(office(), GetParam());
  for (std::uint16_t i = 0; i < 1000; ++i) EXPECT_TRUE(lab.passes(flow_number(lab, i)));
  for (const Seen& session : lab.sessions()) lab.post(session, {});
  std::uint32_t before = static_cast<std::uint32_t>(lab.flows().size());
  lab.worker(0).run_once(lab.now());
  EXPECT_GE(lab.flows().size() + 128, before);
  for (int turn = 0; turn < 10; ++turn) lab.run();
  EXPECT_THAT(lab.flows(), IsEmpty());
}

// --- several workers

TEST_P(Workers, a_packet_that_meets_the_wrong_worker_is_handed_to_its_owner) {
  Lab lab(office(), {GetParam().family, 2});
  for (std::uint16_t i = 0; i < 20; ++i) {
    const Datagram question = flow_number(lab, i);
    for (std::uint16_t queue = 0; queue < 2; ++queue) {
      lab.inject("ge-0/0/0", lab.frame_of("client", question), queue);
      EXPECT_TRUE(lab.left_towards_destination(lab.run(), question));
    }
  }
  EXPECT_EQ(lab.flows().size(), 20U) << "each flow has one owner";
  EXPECT_EQ(lab.counted(&flow::Counters::handed_off), 20U);
  for (const Seen& session : lab.sessions()) EXPECT_EQ(session.packets[0], 2U);
}

TEST_P(Workers, both_directions_have_the_same_owner) {
  Lab lab(office(), {GetParam().family, 2});
  for (std::uint16_t i = 0; i < 20; ++i) {
    EXPECT_TRUE(lab.passes(flow_number(lab, i)));
    EXPECT_TRUE(
        lab.passes(udp(lab.at("server", 4500), lab.at("client", static_cast<std::uint16_t>(10000 + i)))));
  }
  for (const Seen& session : lab.sessions()) EXPECT_THAT(session.packets, ElementsAre(1, 1)) << session.flow;
}

TEST_P(Workers, flows_spread_over_the_workers) {
  Lab lab(office(), {GetParam().family, 4});
  for (std::uint16_t i = 0; i < 200; ++i) EXPECT_TRUE(lab.passes(flow_number(lab, i)));
  std::array<int, 4> share{};
  for (const Seen& session : lab.sessions()) ++share[session.worker];
  for (const int sessions : share) EXPECT_GT(sessions, 20);
}

TEST_P(Workers, fragments_that_meet_different_workers_still_find_together) {
  Lab lab(office(), {GetParam().family, 2});
  for (std::uint16_t i = 0; i < 10; ++i) {
    const auto pieces = fragments(
        udp(lab.at("client", static_cast<std::uint16_t>(10000 + i)), lab.at("server", 4500), 1000), 504, i);
    lab.inject("ge-0/0/0", lab.frame_of("client", pieces[i % 2]), 0);
    lab.inject("ge-0/0/0", lab.frame_of("client", pieces[1 - i % 2]), 1);
    EXPECT_EQ(lab.run().size(), 1U) << i;
  }
  EXPECT_EQ(lab.flows().size(), 10U);
}

TEST_P(Workers, a_large_datagram_gathered_by_one_and_owned_by_another_leaves_in_fragments) {
  Lab lab(office(), {GetParam().family, 2});
  for (std::uint16_t i = 0; i < 10; ++i) {
    const Datagram whole =
        udp(lab.at("client", static_cast<std::uint16_t>(10000 + i)), lab.at("server", 4500), 4000);
    std::vector<Datagram> out;
    for (const Datagram& piece : fragments(whole, 1400, 500U + i)) {
      for (const Left& left : lab.send(piece)) out.push_back(left.datagram);
    }
    ASSERT_GE(out.size(), 3U);
    const Datagram together = reassemble(out);
    EXPECT_EQ(together.transport, whole.transport);
    EXPECT_EQ(together.identification, 500U + i);
  }
}

TEST_P(Workers, an_icmp_error_is_handed_to_the_owner_of_what_it_quotes) {
  Lab lab(office(), {GetParam().family, 2});
  for (std::uint16_t i = 0; i < 20; ++i) {
    Datagram question = flow_number(lab, i);
    EXPECT_TRUE(lab.passes(question));
    --question.hops;
    EXPECT_TRUE(lab.passes(complain(lab.at("gateway").address, question, Complaint::port_unreachable)));
  }
}

TEST_P(Workers, a_handed_off_frame_whose_port_has_gone_is_dropped) {
  Network net = office();
  net.units.push_back(
      {.name = "ge-0/0/3.0", .zone = "trust", .addresses = {"10.0.9.1/24", "2001:db8:9::1/64"}});
  net.hosts.push_back({"late", "ge-0/0/3.0", "10.0.9.9", "2001:db8:9::9"});
  Lab lab(net, {GetParam().family, 2});
  // One of two flows from the other port's queue 0 belongs to worker 1.
  std::uint16_t i = 0;
  while (lab.counted(&flow::Counters::handed_off) == 0) {
    const Datagram packet =
        udp(lab.at("late", static_cast<std::uint16_t>(10000 + i++)), lab.at("server", 4500));
    lab.inject("ge-0/0/3", lab.frame_of("late", packet), 0);
    lab.worker(0).run_once(lab.now());
  }
  lab.network().units.pop_back();
  lab.network().hosts.pop_back();
  lab.publish();
  const std::uint64_t before = lab.dropped(DropReason::interface_unknown);
  lab.worker(1).run_once(lab.now());
  EXPECT_EQ(lab.dropped(DropReason::interface_unknown), before + 1);
  lab.run();
}

}  // namespace
}  // namespace sluice::path
