// What is shown of blocks of ports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nat_configuration.h"
#include "world.h"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kBlocks = "show security nat source port-block";
constexpr const char* kArithmetic = "show security nat source deterministic";

class PortBlocks : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(world_.commit(kNatConfiguration).refused()); }
  std::string show(const std::string& command) { return world_.ask(command).transcript(); }
  World world_;
};

TEST_F(PortBlocks, blocks_stand_below_their_pools_however_many_replies_they_come_in) {
  EXPECT_EQ(show(kBlocks), R"(Pool name: pool-1
Port-overloading-factor:     1     Port block size:  256
Max port blocks per host:   10     Port block active timeout: 1200
Used/total port blocks: 5/1008
Host_IP                       External_IP                    Port_Block  Ports_Used/       Block_State/
                                                             Range       Ports_Total       Left_Time(s)
192.0.2.11                    203.0.113.16                   1024-1279   12/256*1          Active/1186
192.0.2.11                    203.0.113.16                   1024-1279   0/256*1           Inactive/-

Pool name: kept
Port-overloading-factor:     1     Port block size:  256
Max port blocks per host:   10     Port block active timeout: 1200
Used/total port blocks: 5/1008
Host_IP                       External_IP                    Port_Block  Ports_Used/       Block_State/
                                                             Range       Ports_Total       Left_Time(s)
192.0.2.11                    203.0.113.16                   1024-1279   0/256*1           Inactive/-
)");
}

TEST_F(PortBlocks, deterministic_pools_say_less) {
  EXPECT_EQ(show(kArithmetic), R"(Pool name: pool-1
Port-overloading-factor:     1     Port block size: 256
Used/total port blocks: 5/1008
Host_IP                       External_IP                         Port_Block              Ports_Used/
                                                                    Range                 Ports_Total
192.0.2.11                    203.0.113.16                        1024-1279                   12/256*1
192.0.2.11                    203.0.113.16                        1024-1279                   0/256*1
)");
}

TEST_F(PortBlocks, programs_read_them_by_the_names_that_they_know) {
  const std::string reply = world_.rpc("<get-source-nat-port-block-information/>");
  EXPECT_THAT(reply, HasSubstr("<pba-blk-table "));
  EXPECT_THAT(reply, HasSubstr("<pba-last-blk-timeout>0</pba-last-blk-timeout>"));
  EXPECT_THAT(reply, HasSubstr("<blk-status>Active</blk-status>"));
  EXPECT_THAT(reply, HasSubstr("<blk-left-time>1186</blk-left-time>"));
  const std::string arithmetic = world_.rpc("<get-source-nat-deterministic-information/>");
  EXPECT_THAT(arithmetic, HasSubstr("<blk-ports-used>12</blk-ports-used>"));
  EXPECT_THAT(arithmetic, Not(HasSubstr("blk-status")));
  EXPECT_THAT(show(std::string(kBlocks) + " | display json"), HasSubstr("\"blk-low-port\""));
}

TEST_F(PortBlocks, each_form_asks_flowd_for_what_it_says) {
  static_cast<void>(show(std::string(kBlocks) + " pool kept host-ip 192.0.2.11"));
  EXPECT_EQ(world_.flowd().last_filter(), "pool_name: \"kept\" host: \"\\300\\000\\002\\013\"");
  static_cast<void>(show(std::string(kArithmetic) + " xlated-ip 203.0.113.16 xlated-port 1030"));
  EXPECT_EQ(world_.flowd().last_filter(),
            "deterministic: true pool_name: \"pool-1\" address: \"\\313\\000q\\020\" port: 1030 from: 1");
  EXPECT_THAT(show(std::string(kBlocks) + " host-ip 192.0.2"), HasSubstr("'192.0.2' is not an address"));
}

TEST_F(PortBlocks, who_had_tells_of_a_block_without_sessions) {
  EXPECT_EQ(show("show security nat who-had 203.0.113.16 1030"),
            "192.0.2.11 has ports 1024 to 1279 of it, by pool pool-1 since 2026-01-04 23:40:00 UTC\n"
            "192.0.2.12 had ports 1024 to 1279 of it, by pool pool-1 from 2026-01-04 20:53:20 UTC until "
            "2026-01-04 21:10:00 UTC\n"
            "192.0.2.12 had ports 1024 to 1279 of it, by pool pool-1 from 2026-01-04 18:06:40 UTC until "
            "2026-01-04 20:53:20 UTC at the latest\n");
  EXPECT_EQ(show("show security nat who-had 203.0.113.17 1030"),
            "192.0.2.11 has ports 1024 to 1279 of it, by pool pool-1 (deterministic)\n");
}

TEST_F(PortBlocks, a_pool_with_blocks_says_that_hosts_keep_their_address) {
  ASSERT_FALSE(world_
                   .commit(std::string(kNatConfiguration) +
                           "set security nat source pool pool-1 port block-allocation block-size 100\n")
                   .refused());
  EXPECT_THAT(show("show security nat source pool pool-1"), HasSubstr("Address assignment : paired\n"));
}

}  // namespace
}  // namespace sluice::test
