#include "mgd/rpc/machine_use.h"

#include <gtest/gtest.h>

#include <sstream>

namespace sluice::rpc {
namespace {

CpuTimes times(const char* line) {
  std::istringstream stat(line);
  return read_cpu_times(stat);
}

TEST(MachineUse, of_processors_is_told_by_kind_and_is_all_together) {
  const CpuTimes before = times("cpu  100 10 50 800 40 5 5 70 0 0\ncpu0 1 2 3\n");
  const CpuTimes after = times("cpu  130 10 60 850 40 7 8 90 0 0\n");
  const CpuUse use = use_between(before, after);
  EXPECT_EQ(use.user, 32U);
  EXPECT_EQ(use.background, 0U);
  EXPECT_EQ(use.system, 11U);
  EXPECT_EQ(use.interrupt, 5U);
  EXPECT_EQ(use.idle, 52U);
}

TEST(MachineUse, of_no_time_at_all_is_idle) {
  EXPECT_EQ(use_between(times("cpu 1 1 1 1 1 1 1"), times("cpu 1 1 1 1 1 1 1")).idle, 100U);
  EXPECT_EQ(use_between(times("cpu 9 1 1 1 1 1 1"), times("")).idle, 100U);
}

TEST(MachineUse, of_memory_is_what_is_not_available) {
  std::istringstream meminfo(
      "MemTotal:        8000 kB\nMemFree:          100 kB\nMemAvailable:    6000 kB\nHugePages_Total: 0\n");
  const MemoryUse use = read_memory(meminfo);
  EXPECT_EQ(use.total, 8000U);
  EXPECT_EQ(use.used, 2000U);
  EXPECT_EQ(use.percent(), 25U);
  std::istringstream nothing;
  EXPECT_EQ(read_memory(nothing).percent(), 0U);
}

TEST(MachineUse, of_this_machine_is_known) {
  const CpuUse use = cpu_use();
  const unsigned all = use.user + use.background + use.system + use.interrupt + use.idle;
  EXPECT_GE(all, 98U) << "rounded";
  EXPECT_LE(all, 102U);
  EXPECT_GT(memory_use().total, 0U);
}

}  // namespace
}  // namespace sluice::rpc
