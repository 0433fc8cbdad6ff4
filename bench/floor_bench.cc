// The memory floor of this machine: what the fast path's cache misses cost when nothing else is done.
//
// Per packet one random bucket line read and one random record line written, as many bytes in all as the
// session table has for so many flows, in bursts with prefetch, from one core. Quote it beside
// dataplane_bench: machines differ by factors here.
#include <x86intrin.h>

#include <cstdint>

#include "base/pages.h"
#include "base/prefetch.h"
#include "kit/report.h"

namespace sluice::bench {
namespace {

constexpr std::uint32_t kBurst = 128;
constexpr std::uint32_t kFlowsPerBucket = 7;
constexpr std::uint32_t kPackets = 2'000'000;
constexpr int kRuns = 7;

struct alignas(64) Line {
  std::uint64_t words[8];
};
// A cheap stream of random numbers: good enough to defeat every prefetcher.
std::uint64_t next_random(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

std::uint64_t bucket_of(std::uint32_t slot, std::uint64_t buckets) {
  return ((std::uint64_t{slot} * 0x9e3779b1U & 0xffffffff) * buckets) >> 32;
}

double clocks_per_packet(PageArray<Line>& buckets, PageArray<Line>& records) {
  std::uint64_t state = 88172645463325252ULL;
  std::uint64_t sum = 0;
  std::uint32_t slots[kBurst];
  const std::uint64_t start = clocks();
  for (std::uint32_t done = 0; done < kPackets; done += kBurst) {
    for (std::uint32_t& slot : slots) {
      slot = static_cast<std::uint32_t>(((next_random(state) & 0xffffffff) * records.size()) >> 32);
      // Not the slots' order: a bucket's sessions lie anywhere.
      prefetch<Cache::second>(&buckets[bucket_of(slot, buckets.size())]);
    }
    for (const std::uint32_t slot : slots) {
      sum += buckets[bucket_of(slot, buckets.size())].words[0];
    }
    for (const std::uint32_t slot : slots) {
      prefetch<Cache::second>(&records[slot]);
    }
    for (const std::uint32_t slot : slots) {
      sum += records[slot].words[0];
      ++records[slot].words[1];
    }
  }
  const std::uint64_t spent = clocks() - start;
  asm volatile("" : : "r"(sum));
  return static_cast<double>(spent) / kPackets;
}

void measure(const char* name, std::uint32_t flows) {
  PageArray<Line> buckets(flows / kFlowsPerBucket + 1);
  PageArray<Line> records(flows);
  for (std::uint32_t i = 0; i < flows; ++i) {
    records[i].words[1] = 1;
    buckets[i / kFlowsPerBucket].words[0] = 1;
  }
  Figure figure{.name = name,
                .unit = "clocks/packet",
                .conditions = "one bucket line read, one record line written; random; bursts of 128",
                .runs = {}};
  for (int run = 0; run < kRuns; ++run) {
    figure.runs.push_back(clocks_per_packet(buckets, records));
  }
  report(figure);
}

}  // namespace
}  // namespace sluice::bench

int main() {
  sluice::bench::measure("memory_floor_clocks_1k", 1'000);
  sluice::bench::measure("memory_floor_clocks_1m", 1'000'000);
  sluice::bench::measure("memory_floor_clocks_10m", 10'000'000);
  return 0;
}
