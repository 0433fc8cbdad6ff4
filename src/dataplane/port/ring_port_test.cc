#include <gtest/gtest.h>
#include <poll.h>
#include <rte_mbuf.h>

#include "dataplane/port/eal.h"
#include "dataplane/port/test_port.h"

namespace sluice::port {
namespace {

class Rings : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(start_eal().has_value());
    pool_ = *make_pool("rings", 511);
  }
  static void TearDownTestSuite() { free_pool(pool_); }
  static RingPortOptions options(std::uint32_t depth = 8) {
    RingPortOptions made;
    made.name = "ge-0/0/0";
    made.mac = {2, 0, 0, 0, 0, 1};
    made.depth = depth;
    return made;
  }
  static Frame frame(std::uint8_t fill, std::size_t size = 64) { return Frame(size, fill); }
  static bool readable(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
  }
  static inline rte_mempool* pool_ = nullptr;
};

TEST_F(Rings, the_worker_receives_what_was_injected_and_the_other_end_gets_what_it_sends) {
  const auto port = std::move(*TestPort::create(options(), pool_));
  ASSERT_TRUE(port->inject(frame(7, 60)));
  rte_mbuf* frames[4];
  ASSERT_EQ(port->receive(0, frames, 4), 1);
  EXPECT_EQ(rte_pktmbuf_pkt_len(frames[0]), 60U);
  ASSERT_EQ(port->transmit(0, frames, 1), 1);
  EXPECT_EQ(port->collect(), std::vector<Frame>{frame(7, 60)});
  EXPECT_EQ(port->statistics().received_bytes, 60U);
  EXPECT_EQ(port->statistics().transmitted_packets, 1U);
}

TEST_F(Rings, a_full_ring_refuses_frames_and_counts_those_that_were_missed) {
  const auto port = std::move(*TestPort::create(options(4), pool_));
  for (std::uint8_t i = 0; i < 4; ++i) ASSERT_TRUE(port->inject(frame(i)));
  EXPECT_FALSE(port->inject(frame(9)));
  EXPECT_EQ(port->statistics().missed, 1U);
}

TEST_F(Rings, transmit_keeps_to_the_room_that_is_left_and_the_caller_keeps_the_rest) {
  const auto port = std::move(*TestPort::create(options(4), pool_));
  std::vector<rte_mbuf*> frames(6);
  ASSERT_EQ(rte_pktmbuf_alloc_bulk(pool_, frames.data(), 6), 0);
  EXPECT_EQ(port->transmit(0, frames.data(), 6), 4);
  EXPECT_EQ(port->collect().size(), 4U);
  EXPECT_EQ(port->transmit(0, frames.data() + 4, 2), 2);
}

TEST_F(Rings, queues_do_not_mix) {
  RingPortOptions two = options();
  two.queues = 2;
  const auto port = std::move(*TestPort::create(two, pool_));
  ASSERT_TRUE(port->inject(frame(1), 1));
  rte_mbuf* out = nullptr;
  EXPECT_EQ(port->receive(0, &out, 1), 0);
  ASSERT_EQ(port->receive(1, &out, 1), 1);
  rte_pktmbuf_free(out);
}

TEST_F(Rings, frames_left_in_a_port_go_back_to_the_pool_with_it) {
  const unsigned before = rte_mempool_avail_count(pool_);
  {
    const auto port = std::move(*TestPort::create(options(), pool_));
    ASSERT_TRUE(port->inject(frame(1)));
    EXPECT_EQ(rte_mempool_avail_count(pool_), before - 1);
  }
  EXPECT_EQ(rte_mempool_avail_count(pool_), before);
}

TEST_F(Rings, a_frame_larger_than_a_buffer_is_in_several) {
  const auto port = std::move(*TestPort::create(options(), pool_));
  const unsigned buffers = rte_mempool_avail_count(pool_);
  ASSERT_TRUE(port->inject(frame(1, 5000)));
  rte_mbuf* frames[2];
  ASSERT_EQ(port->receive(0, frames, 2), 1);
  EXPECT_EQ(rte_pktmbuf_pkt_len(frames[0]), 5000U);
  EXPECT_EQ(frames[0]->nb_segs, 3);
  ASSERT_EQ(port->transmit(0, frames, 1), 1);
  EXPECT_EQ(port->collect(), std::vector<Frame>{frame(1, 5000)});
  EXPECT_FALSE(port->inject(frame(1, 70000)));
  EXPECT_EQ(rte_mempool_avail_count(pool_), buffers);
}

TEST_F(Rings, a_frame_that_the_pool_has_not_enough_buffers_for_is_refused_whole) {
  rte_mempool* few = *make_pool("few", 3);
  {
    const auto port = std::move(*TestPort::create(options(), few));
    EXPECT_FALSE(port->inject(frame(1, 9000)));
    EXPECT_EQ(rte_mempool_avail_count(few), 3U);
  }
  free_pool(few);
}

TEST_F(Rings, a_doorbell_rings_only_for_a_reader_that_sleeps) {
  Doorbell bell;
  bell.ring();
  EXPECT_FALSE(readable(bell.fd()));
  bell.arm();
  bell.ring();
  EXPECT_TRUE(readable(bell.fd()));
  bell.disarm();
  EXPECT_FALSE(readable(bell.fd()));
}

TEST_F(Rings, transmitting_rings_the_doorbell) {
  const auto port = std::move(*RingPort::create(options()));
  const auto bell = std::make_shared<Doorbell>();
  port->set_doorbell(bell);
  bell->arm();
  rte_mbuf* frame = rte_pktmbuf_alloc(pool_);
  ASSERT_EQ(port->transmit(0, &frame, 1), 1);
  EXPECT_TRUE(readable(bell->fd()));
}

}  // namespace
}  // namespace sluice::port
