#include "flowd/service/counters.h"

#include <gtest/gtest.h>

#include <set>

#include "dataplane/port/eal.h"

namespace sluice::service {
namespace {

TEST(Statistics, every_reason_to_drop_is_listed_once_by_its_name_for_each_worker) {
  ASSERT_TRUE(port::start_eal().has_value());
  rte_mempool* pool = port::make_pool("statistics", 1023).value();
  {
    const flowd::Fleet fleet(
        {.workers = 2, .maximum_sessions = 1000, .cores = {}, .pool = pool, .wait = [] {}});
    v1::StatisticsReply reply;
    put_statistics(fleet, true, reply);
    ASSERT_EQ(reply.workers_size(), 2);
    for (const v1::WorkerStatistics* statistics : {&reply.total(), &reply.workers(0), &reply.workers(1)}) {
      ASSERT_EQ(static_cast<std::size_t>(statistics->drops_size()), packet::kDropReasons - 1);
      std::set<std::string> names;
      for (int i = 0; i < statistics->drops_size(); ++i) {
        const v1::DropCount& drop = statistics->drops(i);
        EXPECT_EQ(drop.reason(), packet::name(static_cast<packet::DropReason>(i + 1)));
        EXPECT_FALSE(drop.description().empty()) << drop.reason();
        EXPECT_TRUE(names.insert(drop.reason()).second) << drop.reason();
      }
    }
  }
  port::free_pool(pool);
}

}  // namespace
}  // namespace sluice::service
