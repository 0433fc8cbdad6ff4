#include "dataplane/port/narrow_port.h"

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include "dataplane/port/eal.h"
#include "dataplane/port/test_port.h"

namespace sluice::port {
namespace {

// One queue, and two workers.
class NarrowDevice : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(start_eal().has_value());
    pool_ = *make_pool("narrow", 511);
    RingPortOptions options;
    options.name = "ge-0/0/0";
    options.depth = 4;
    auto device = std::move(*TestPort::create(options, pool_));
    device_ = device.get();
    port_ = std::move(*NarrowPort::wrap(std::move(device), 1));
  }
  void TearDown() override {
    port_.reset();
    EXPECT_EQ(rte_mempool_avail_count(pool_), 511U);
    free_pool(pool_);
  }
  unsigned transmit(std::uint16_t queue, unsigned count) {
    std::vector<rte_mbuf*> frames(count);
    EXPECT_EQ(rte_pktmbuf_alloc_bulk(pool_, frames.data(), count), 0);
    for (rte_mbuf* frame : frames) rte_pktmbuf_append(frame, 60);
    return port_->transmit(queue, frames.data(), static_cast<std::uint16_t>(count));
  }
  rte_mempool* pool_ = nullptr;
  TestPort* device_ = nullptr;
  std::unique_ptr<Port> port_;
};

TEST_F(NarrowDevice, the_worker_with_a_queue_has_the_device_as_it_is) {
  ASSERT_TRUE(device_->inject(Frame(60, 1)));
  rte_mbuf* frame = nullptr;
  ASSERT_EQ(port_->receive(0, &frame, 1), 1);
  ASSERT_EQ(port_->transmit(0, &frame, 1), 1);
  EXPECT_EQ(device_->collect(), std::vector<Frame>{Frame(60, 1)});
}

TEST_F(NarrowDevice, a_worker_without_a_queue_receives_nothing) {
  ASSERT_TRUE(device_->inject(Frame(60, 1)));
  rte_mbuf* frame = nullptr;
  EXPECT_EQ(port_->receive(1, &frame, 1), 0);
}

TEST_F(NarrowDevice, what_a_worker_without_a_queue_transmits_is_sent_by_the_one_that_has_it) {
  EXPECT_EQ(transmit(1, 2), 2U);
  EXPECT_TRUE(device_->collect().empty());
  rte_mbuf* frame = nullptr;
  EXPECT_EQ(port_->receive(0, &frame, 1), 0);
  EXPECT_EQ(device_->collect().size(), 2U);
}

TEST_F(NarrowDevice, what_the_device_does_not_take_is_counted_as_an_error) {
  EXPECT_EQ(transmit(1, 6), 6U);
  rte_mbuf* frame = nullptr;
  EXPECT_EQ(port_->receive(0, &frame, 1), 0);
  EXPECT_EQ(device_->collect().size(), 4U);
  EXPECT_EQ(port_->statistics().transmit_errors, 2U);
}

}  // namespace
}  // namespace sluice::port
