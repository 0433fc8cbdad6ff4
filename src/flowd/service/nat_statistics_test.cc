// What NAT rules and pools count, with two workers that run.
#include "flowd/service/nat_statistics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowd/service/test_nat.h"

namespace sluice::service {
namespace {

using ::testing::ElementsAre;

class NatStatisticsTest : public NatTest {
 protected:
  // "hide 4 3/1 2": hits, successes, failures, sessions now; of pools the ports that are taken too.
  std::vector<std::string> told() {
    v1::NatStatisticsReply reply;
    statistics_.put(*control_.fleet(), control_.running()->snapshot, reply);
    std::vector<std::string> lines;
    const auto text = [](const std::string& name, const v1::NatCounters& c) {
      return fmt::format("{} {} {}/{} {}", name, c.hits(), c.succeeded(), c.failed(), c.active());
    };
    for (const v1::NatRule& rule : reply.rules()) {
      lines.push_back(text(rule.rule_set() + "/" + rule.name(), rule.counters()));
    }
    for (const v1::NatPool& pool : reply.pools()) {
      lines.push_back(
          fmt::format("{} taken {}", text(pool.name(), pool.counters()), pool.ranges(0).ports_taken()));
    }
    return lines;
  }
  Status clear(v1::NatKind kind, bool pools, const std::string& name) {
    v1::ClearNatStatisticsRequest request;
    request.set_kind(kind);
    request.set_pools(pools);
    request.set_name(name);
    return statistics_.clear(*control_.fleet(), control_.running()->snapshot, request);
  }

  NatStatistics statistics_;
};

TEST_F(NatStatisticsTest, are_sums_over_the_workers_and_destination_pools_count_as_their_rules_do) {
  commit(std::string(kNatBase));
  EXPECT_THAT(told(), ElementsAre("out/hide 0 0/0 0", "in/publish 0 0/0 0", "both/mail 0 0/0 0",
                                  "out 0 0/0 0 taken 0", "web 0 0/0 0 taken 0"));
  send(80, 10);
  send(8, 4);
  for (const auto& worker : control_.fleet()->workers()) {
    EXPECT_GT(session::get(worker->counters().sessions_created), 0U) << "a worker made no session";
  }
  EXPECT_THAT(told(), ElementsAre("out/hide 14 14/0 14", "in/publish 4 4/0 4", "both/mail 0 0/0 0",
                                  "out 14 14/0 14 taken 14", "web 4 4/0 4 taken 0"));
  advance(61);
  EXPECT_THAT(told(), ElementsAre("out/hide 14 14/0 0", "in/publish 4 4/0 0", "both/mail 0 0/0 0",
                                  "out 14 14/0 0 taken 0", "web 4 4/0 0 taken 0"));
}

TEST_F(NatStatisticsTest, count_packets_for_which_nothing_is_left) {
  commit(std::string(kNatBase) + "set security nat source pool out port range 2000 to 2003\n");
  send(80, 10);
  v1::NatStatisticsReply reply;
  statistics_.put(*control_.fleet(), control_.running()->snapshot, reply);
  const v1::NatCounters& rule = reply.rules(0).counters();
  EXPECT_EQ(rule.hits(), 10U);
  EXPECT_GT(rule.failed(), 5U);
  EXPECT_EQ(rule.succeeded() + rule.failed(), 10U);
  EXPECT_EQ(reply.pools(0).counters().failed(), rule.failed());
  EXPECT_EQ(reply.pools(0).ranges(0).ports_taken(), rule.succeeded());
}

TEST_F(NatStatisticsTest, begin_anew_when_they_are_cleared_but_for_sessions_that_live) {
  commit(std::string(kNatBase));
  send(8, 4);
  ASSERT_TRUE(clear(v1::NAT_SOURCE, false, "hide"));
  EXPECT_THAT(told(), ElementsAre("out/hide 0 0/0 4", "in/publish 4 4/0 4", "both/mail 0 0/0 0",
                                  "out 4 4/0 4 taken 4", "web 4 4/0 4 taken 0"));
  ASSERT_TRUE(clear(v1::NAT_SOURCE, true, ""));
  ASSERT_TRUE(clear(v1::NAT_DESTINATION, true, "web"));
  send(80, 2);
  EXPECT_THAT(told(), ElementsAre("out/hide 2 2/0 6", "in/publish 4 4/0 4", "both/mail 0 0/0 0",
                                  "out 2 2/0 6 taken 6", "web 0 0/0 4 taken 0"));
  const Status unknown = clear(v1::NAT_STATIC, false, "hide");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().text(), "rule-name: rule hide not found; there is mail");
}

TEST_F(NatStatisticsTest, are_none_where_nothing_is_translated) {
  commit(std::string(kNatBase.substr(0, kNatBase.find("set security nat"))));
  EXPECT_THAT(told(), ElementsAre());
  EXPECT_TRUE(clear(v1::NAT_SOURCE, true, ""));
  EXPECT_FALSE(clear(v1::NAT_SOURCE, true, "out"));
}

}  // namespace
}  // namespace sluice::service
