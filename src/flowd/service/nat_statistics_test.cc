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
  void clear(v1::NatKind kind, bool pools, const std::string& name) {
    v1::ClearNatStatisticsRequest request;
    request.set_kind(kind);
    request.set_pools(pools);
    request.set_name(name);
    statistics_.clear(*control_.fleet(), control_.running()->snapshot, request);
  }

  NatStatistics statistics_;
};

TEST_F(NatStatisticsTest, are_sums_over_the_workers) {
  commit(kNatBase);
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
  commit(kNatBase + "set security nat source pool out port range 2000 to 2003\n");
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
  commit(kNatBase);
  send(8, 4);
  clear(v1::NAT_SOURCE, false, "hide");
  EXPECT_THAT(told(), ElementsAre("out/hide 0 0/0 4", "in/publish 4 4/0 4", "both/mail 0 0/0 0",
                                  "out 4 4/0 4 taken 4", "web 4 4/0 4 taken 0"));
  clear(v1::NAT_SOURCE, true, "");
  clear(v1::NAT_DESTINATION, true, "web");
  clear(v1::NAT_STATIC, false, "hide");  // it is a source rule
  send(80, 2);
  EXPECT_THAT(told(), ElementsAre("out/hide 2 2/0 6", "in/publish 4 4/0 4", "both/mail 0 0/0 0",
                                  "out 2 2/0 6 taken 6", "web 0 0/0 4 taken 0"));
}

TEST_F(NatStatisticsTest, of_destination_pools_stay_with_them_when_a_rule_takes_another) {
  commit(kNatBase);
  send(8, 4);
  commit(kNatBase +
         "set security nat destination pool farm address 203.0.113.81/32\n"
         "set security nat destination rule-set in rule publish then destination-nat pool farm\n");
  send(8, 5);  // the first four go on in their sessions
  EXPECT_THAT(told(), ElementsAre("out/hide 5 5/0 5", "in/publish 5 5/0 5", "both/mail 0 0/0 0",
                                  "out 5 5/0 5 taken 5", "web 4 4/0 4 taken 0", "farm 1 1/0 1 taken 0"));
  advance(61);
  EXPECT_THAT(told(), ElementsAre("out/hide 5 5/0 0", "in/publish 5 5/0 0", "both/mail 0 0/0 0",
                                  "out 5 5/0 0 taken 0", "web 4 4/0 0 taken 0", "farm 1 1/0 0 taken 0"));
}

TEST_F(NatStatisticsTest, go_on_when_a_rule_comes_back_under_its_name) {
  commit(kNatBase);
  send(80, 3);
  commit(kNatBase.substr(0, kNatBase.find("set security nat")));
  EXPECT_THAT(told(), ElementsAre());
  commit(kNatBase);
  EXPECT_EQ(told().front(), "out/hide 3 3/0 3");
}

TEST_F(NatStatisticsTest, are_none_where_nothing_is_translated) {
  commit(kNatBase.substr(0, kNatBase.find("set security nat")));
  EXPECT_THAT(told(), ElementsAre());
  clear(v1::NAT_SOURCE, true, "");
}

}  // namespace
}  // namespace sluice::service
