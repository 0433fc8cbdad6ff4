// What is told of policies and packets since it was cleared, with two workers that count.
#include "flowd/service/policy_statistics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowd/service/flow_statistics.h"
#include "flowd/service/test_nat.h"

namespace sluice::service {
namespace {

using ::testing::ElementsAre;

const std::string kCounting = std::string(flowd::kTwoPorts) + R"(
set system flow workers 2
set security address-book global address some 203.0.113.8/32
set security policies from-zone trust to-zone untrust policy some match source-address any destination-address some application any
set security policies from-zone trust to-zone untrust policy some then permit
set security policies from-zone trust to-zone untrust policy some then count
set security policies global policy rest match source-address any destination-address any application any
set security policies global policy rest then deny
)";

class Clearing : public NatTest {
 protected:
  void SetUp() override { commit(kCounting); }

  // "some hits 4 lookups 4 made 4 live 4 packets 4": of each policy.
  std::vector<std::string> told() {
    v1::PolicyStatisticsReply reply;
    statistics_.put(*control_.fleet(), control_.running()->snapshot, reply);
    std::vector<std::string> lines;
    for (const v1::PolicyCounters& c : reply.policies()) {
      const std::string& name = control_.running()->snapshot.names->policy.at(c.policy_id());
      if (c.policy_id() < 4) continue;  // no configuration's
      lines.push_back(fmt::format("{} hits {} lookups {} made {} live {} packets {}", name, c.hits(),
                                  c.lookups(), c.created(), c.active(), c.input_packets_init()));
    }
    return lines;
  }
  void clear(bool only_hits, std::vector<std::string> names) {
    v1::ClearPolicyStatisticsRequest request;
    request.set_only_hits(only_hits);
    request.set_all(names.empty());
    for (const policy::Policy& policy : control_.running()->snapshot.policies->definition().policies) {
      if (std::ranges::find(names, policy.name) != names.end()) request.add_policy_ids(policy.id.value);
    }
    statistics_.clear(*control_.fleet(), control_.running()->snapshot, request);
  }
  v1::WorkerStatistics counted(const FlowStatistics& statistics, v1::StatisticsReply& reply) {
    reply.Clear();
    statistics.put(*control_.fleet(), true, reply);
    return reply.total();
  }

  PolicyStatistics statistics_;
};

TEST_F(Clearing, hits_of_policies_begin_anew_and_nothing_else) {
  send(8, 4);
  send(9, 2);
  EXPECT_THAT(told(), ElementsAre("some hits 4 lookups 4 made 4 live 4 packets 4",
                                  "rest hits 2 lookups 2 made 0 live 0 packets 0"));
  clear(true, {"some"});
  EXPECT_THAT(told(), ElementsAre("some hits 0 lookups 4 made 4 live 4 packets 4",
                                  "rest hits 2 lookups 2 made 0 live 0 packets 0"));
  clear(true, {});
  EXPECT_THAT(told(), ElementsAre("some hits 0 lookups 4 made 4 live 4 packets 4",
                                  "rest hits 0 lookups 2 made 0 live 0 packets 0"));
}

TEST_F(Clearing, statistics_of_policies_begin_anew_but_for_hits_and_sessions_that_live) {
  send(8, 4);
  clear(false, {});
  EXPECT_THAT(told(), ElementsAre("some hits 4 lookups 0 made 0 live 4 packets 0",
                                  "rest hits 0 lookups 0 made 0 live 0 packets 0"));
  clear(true, {});
  send(8, 6);  // four of them are of the sessions that live
  EXPECT_THAT(told().front(), "some hits 2 lookups 2 made 2 live 6 packets 6");
  advance(61);
  EXPECT_THAT(told().front(), "some hits 2 lookups 2 made 2 live 0 packets 6");
}

TEST_F(Clearing, flow_statistics_begin_anew_for_each_worker_but_for_sessions_that_live) {
  FlowStatistics statistics;
  v1::StatisticsReply reply;
  send(8, 4);
  send(9, 3);
  ASSERT_GE(counted(statistics, reply).received(), 7U);
  ASSERT_EQ(reply.total().dropped(), 3U);
  statistics.clear(*control_.fleet());
  EXPECT_EQ(counted(statistics, reply).received(), 0U);
  EXPECT_EQ(reply.total().dropped(), 0U);
  EXPECT_EQ(reply.total().current_sessions(), 4U);
  send(9, 2);
  const v1::WorkerStatistics total = counted(statistics, reply);
  EXPECT_EQ(total.dropped(), 2U);
  std::uint64_t received = 0, reasons = 0;
  for (const v1::WorkerStatistics& worker : reply.workers()) received += worker.received();
  for (const v1::DropCount& drop : total.drops()) reasons += drop.packets();
  EXPECT_EQ(received, total.received()) << "the sum is that of the workers";
  EXPECT_EQ(reasons, total.dropped());
}

}  // namespace
}  // namespace sluice::service
