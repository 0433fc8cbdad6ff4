// Alarms of pools: when the log is told that one is nearly used up, and when that it is not any more.
#include "nat_scene.h"

namespace sluice::path {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

SLUICE_PATH_SUITE(Alarms);

// The hidden office, with another host inside, whose pool has 128 ports, of two workers each half, and an
// alarm.
Network watched_office(Family family, nat::PoolAlarm alarm = {.raise = 50, .clear = 40}) {
  Network made = hidden_office(family);
  made.hosts.push_back({"second", "ge-0/0/0.0", "10.0.1.11", "2001:db8:1::11"});
  made.nat.source_pools[0].ports = {2048, 2048 + 127};
  made.nat.source_pools[0].alarm = alarm;
  made.policy("out").log_init = made.policy("out").log_close = false;
  return made;
}

// Sessions from ports `from` on, until so many ports of the pool are taken.
void take_ports(Lab& lab, std::uint32_t ports, std::uint16_t from = 5000) {
  for (std::uint16_t i = 0; lab.ports_taken("out") < ports && i < 1000; ++i) {
    static_cast<void>(lab.send(udp(lab.at("client", from + i), lab.at("server", 4500 + i))));
  }
  EXPECT_EQ(lab.ports_taken("out"), ports);
}

TEST_P(Alarms, an_alarm_says_once_that_a_pool_is_nearly_used_up_and_once_that_it_is_not) {
  Lab lab(watched_office(GetParam().family), GetParam());
  take_ports(lab, 63);
  lab.advance(2);
  EXPECT_THAT(lab.log(), IsEmpty());
  take_ports(lab, 64, 7000);
  lab.advance(3);
  EXPECT_THAT(lab.log(), ElementsAre("alarm raised out 50/50"));
  lab.advance(61);
  EXPECT_THAT(lab.log(), ElementsAre("alarm cleared out 0/40"));
}

TEST_P(Alarms, of_a_pool_with_blocks_count_blocks) {
  Network network = watched_office(GetParam().family, {.raise = 80, .clear = 64});
  network.nat.source_pools[0].blocks = nat::BlockAllocation{.size = 64, .most_per_host = 2};
  Lab lab(network, GetParam());
  static_cast<void>(lab.translated(udp(lab.at("client", 5000), lab.at("server", 4500))));
  lab.advance(2);
  EXPECT_EQ(lab.log().size(), 1U);
  static_cast<void>(lab.translated(udp(lab.at("second", 5000), lab.at("server", 4500))));
  lab.advance(2);
  EXPECT_THAT(lab.log(), testing::UnorderedElementsAre(StartsWith("block allocated second "),
                                                       "alarm raised out 100/80"));
}

TEST_P(Alarms, of_overloaded_ports_count_all_sessions_that_they_may_have) {
  Network network = watched_office(GetParam().family);
  network.nat.source_pools[0].overloading = 2;
  Lab lab(network, GetParam());
  take_ports(lab, 127);
  lab.advance(2);
  EXPECT_THAT(lab.log(), IsEmpty());
  take_ports(lab, 128, 7000);
  lab.advance(2);
  EXPECT_THAT(lab.log(), ElementsAre("alarm raised out 50/50"));
}

TEST_P(Alarms, are_cleared_when_their_statement_goes_and_raised_again_when_it_comes_back) {
  Lab lab(watched_office(GetParam().family), GetParam());
  take_ports(lab, 80);
  lab.advance(2);
  EXPECT_THAT(lab.log(), ElementsAre("alarm raised out 62/50"));
  lab.network().nat.source_pools[0].alarm = {};
  lab.publish();
  lab.advance(1);
  EXPECT_THAT(lab.log(), ElementsAre("alarm cleared out 62/40"));
  lab.advance(2);
  EXPECT_THAT(lab.log(), IsEmpty());
  lab.network().nat.source_pools[0].alarm = {.raise = 60, .clear = 50};
  lab.publish();
  lab.advance(2);
  EXPECT_THAT(lab.log(), ElementsAre("alarm raised out 62/60"));
}

TEST_P(Alarms, are_cleared_when_their_pool_goes) {
  Lab lab(watched_office(GetParam().family), GetParam());
  take_ports(lab, 80);
  lab.advance(2);
  EXPECT_THAT(lab.log(), ElementsAre("alarm raised out 62/50"));
  lab.network().nat.source_pools[0].name = "other";
  lab.network().nat.source_pools[0].low = public_text(GetParam().family, 9);
  lab.network().nat.source_pools[0].high = "";
  lab.network().nat.source[0].then = "other";
  lab.publish();
  lab.advance(3);
  EXPECT_THAT(lab.log(), ElementsAre("alarm cleared out 62/40"));
}

TEST_P(Alarms, outlive_a_commit_that_keeps_them) {
  Lab lab(watched_office(GetParam().family), GetParam());
  take_ports(lab, 80);
  lab.advance(2);
  EXPECT_THAT(lab.log(), ElementsAre("alarm raised out 62/50"));
  lab.network().nat.source_pools[0].alarm.clear = 45;
  lab.publish();
  lab.advance(2);
  EXPECT_THAT(lab.log(), IsEmpty());
  lab.advance(61);
  EXPECT_THAT(lab.log(), ElementsAre("alarm cleared out 0/45"));
}

}  // namespace
}  // namespace sluice::path
