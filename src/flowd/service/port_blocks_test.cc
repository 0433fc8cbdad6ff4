// What is told of blocks of ports, with two workers that run.
#include "flowd/service/port_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowd/service/test_nat.h"

namespace sluice::service {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kBlocks =
    "set security nat source pool out port block-allocation block-size 64\n"
    "set security nat source pool out port block-allocation active-block-timeout 1200\n";
const std::string kArithmetic =
    "set security nat source pool out port deterministic block-size 252\n"
    "set security nat source pool out port deterministic host address 192.0.2.0/24\n";
const std::string kHost("\300\000\002\011", 4);
const std::string kPublic("\313\000\161\005", 4);

class PortBlocksTest : public NatTest {
 protected:
  v1::PortBlocksReply told(const v1::PortBlocksRequest& request) {
    v1::PortBlocksReply reply;
    const Status put = put_port_blocks(control_.running()->snapshot, now_.unix_s, request, reply);
    EXPECT_TRUE(put) << put.error().text();
    return reply;
  }
  static v1::PortBlocksRequest of_out(bool deterministic = false) {
    v1::PortBlocksRequest request;
    request.set_pool_name("out");
    request.set_deterministic(deterministic);
    return request;
  }
};

TEST_F(PortBlocksTest, a_hosts_blocks_are_told_with_their_pool) {
  commit(kNatBase + kBlocks);
  send(80, 70);
  advance(14);
  const auto reply = told(of_out());
  ASSERT_THAT(reply.pools(), SizeIs(1));
  EXPECT_EQ(reply.pools(0).name(), "out");
  EXPECT_EQ(reply.pools(0).block_size(), 64U);
  EXPECT_EQ(reply.pools(0).blocks(), 1008U);
  EXPECT_EQ(reply.pools(0).blocks_used(), 2U);
  EXPECT_EQ(reply.pools(0).maximum_per_host(), 8U);
  ASSERT_THAT(reply.blocks(), SizeIs(2));
  std::uint32_t used = 0;
  for (const v1::PortBlock& block : reply.blocks()) {
    EXPECT_EQ(block.host(), kHost);
    EXPECT_EQ(block.address(), kPublic);
    EXPECT_EQ(block.high() - block.low(), 63U);
    used += block.used();
    EXPECT_EQ(block.state() == v1::PortBlock::ACTIVE, block.used() == 6);
    if (block.state() == v1::PortBlock::ACTIVE) {
      EXPECT_EQ(block.left_s(), 1186U);
    }
  }
  EXPECT_EQ(used, 70U);
}

TEST_F(PortBlocksTest, one_is_found_by_host_address_or_port) {
  commit(kNatBase + kBlocks);
  send(80, 70);
  auto request = of_out();
  request.set_host(kHost);
  EXPECT_THAT(told(request).blocks(), SizeIs(2));
  const auto first = told(request).blocks(0);
  request.set_address(kPublic);
  request.set_port(first.low() + 5);
  ASSERT_THAT(told(request).blocks(), SizeIs(1));
  EXPECT_EQ(told(request).blocks(0).low(), first.low());
  request.set_host(kPublic);
  EXPECT_THAT(told(request).blocks(), IsEmpty());
  request = of_out();
  request.set_pool_name("nobody");
  v1::PortBlocksReply reply;
  EXPECT_EQ(put_port_blocks(control_.running()->snapshot, now_.unix_s, request, reply).error().text(),
            "pool: there is no source NAT pool nobody with block-allocation; there are out");
  request.clear_pool_name();
  EXPECT_THAT(told(request).pools(), SizeIs(1));
  EXPECT_THAT(told(request).blocks(), IsEmpty());
  request.set_deterministic(true);
  EXPECT_THAT(told(request).pools(), IsEmpty());
}

TEST_F(PortBlocksTest, by_arithmetic_all_hosts_are_told_whether_they_have_sessions_or_not) {
  commit(kNatBase + kArithmetic);
  send(80, 3);
  auto request = of_out(true);
  const auto reply = told(request);
  ASSERT_THAT(reply.blocks(), SizeIs(256));
  EXPECT_EQ(reply.blocks(0).low(), 1024U);
  EXPECT_EQ(reply.blocks(9).host(), kHost);
  EXPECT_EQ(reply.blocks(9).used(), 3U);
  EXPECT_EQ(reply.blocks(9).low(), 1024U + 9 * 252);
  EXPECT_EQ(reply.blocks(10).used(), 0U);
  EXPECT_EQ(reply.pools(0).blocks(), 256U);
  EXPECT_EQ(reply.pools(0).blocks_used(), 1U);
  request.set_host(kHost);
  EXPECT_THAT(told(request).blocks(), SizeIs(1));
  request.clear_host();
  request.set_port(1024 + 9 * 252 + 251);
  ASSERT_THAT(told(request).blocks(), SizeIs(1));
  EXPECT_EQ(told(request).blocks(0).host(), kHost);
}

TEST_F(PortBlocksTest, who_had_a_port_is_known_by_its_block_though_he_has_no_session) {
  commit(kNatBase + kArithmetic);
  const packet::IpAddress address = *packet::parse_address("203.0.113.5");
  auto block = block_with(control_.running()->snapshot, address, 1024 + 9 * 252);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->host(), kHost);
  EXPECT_TRUE(block->deterministic());
  EXPECT_EQ(block->high(), 1024U + 10 * 252 - 1);
  EXPECT_FALSE(block_with(control_.running()->snapshot, address, 1023));
  commit(kNatBase + kBlocks);
  send(80, 1);
  const auto one = told(of_out()).blocks(0);
  block = block_with(control_.running()->snapshot, address, static_cast<std::uint16_t>(one.high()));
  ASSERT_TRUE(block);
  EXPECT_EQ(block->host(), kHost);
  EXPECT_EQ(block->pool_name(), "out");
  EXPECT_EQ(block->start_unix_s(), now_.unix_s);
}

}  // namespace
}  // namespace sluice::service
