// The memory floor of this machine: what the fast path's cache misses cost when nothing else is done.
//
// Per packet one random bucket line, one record line read and its neighbour written, in bursts of 64 with
// prefetch, from one core. Quote it beside dataplane_bench: machines differ by factors here.
#include <x86intrin.h>

#include <cstdint>

#include "base/pages.h"
#include "kit/report.h"

namespace sluice::bench {
namespace {

constexpr std::uint32_t kBurst = 64;
constexpr std::uint32_t kPackets = 2'000'000;
constexpr int kRuns = 7;

struct alignas(64) Line {
  std::uint64_t words[8];
};
struct alignas(128) Pair {
  Line identity;
  Line counters;
};

// A cheap stream of random numbers: good enough to defeat every prefetcher.
std::uint64_t next_random(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

double clocks_per_packet(PageArray<Line>& buckets, PageArray<Pair>& records) {
  std::uint64_t state = 88172645463325252ULL;
  std::uint64_t sum = 0;
  std::uint32_t slots[kBurst];
  const std::uint64_t start = clocks();
  for (std::uint32_t done = 0; done < kPackets; done += kBurst) {
    for (std::uint32_t& slot : slots) {
      slot = static_cast<std::uint32_t>(((next_random(state) & 0xffffffff) * records.size()) >> 32);
      __builtin_prefetch(&buckets[slot / 4]);
    }
    for (const std::uint32_t slot : slots) {
      sum += buckets[slot / 4].words[0];
      __builtin_prefetch(&records[slot].identity);
      __builtin_prefetch(&records[slot].counters, 1);
    }
    for (const std::uint32_t slot : slots) {
      sum += records[slot].identity.words[0];
      ++records[slot].counters.words[0];
    }
  }
  const std::uint64_t spent = clocks() - start;
  asm volatile("" : : "r"(sum));
  return static_cast<double>(spent) / kPackets;
}

void measure(const char* name, std::uint32_t flows) {
  PageArray<Line> buckets(flows / 4 + 1);
  PageArray<Pair> records(flows);
  for (std::uint32_t i = 0; i < flows; ++i) {
    records[i].counters.words[0] = 1;
    buckets[i / 4].words[0] = 1;
  }
  Figure figure{
      .name = name,
      .unit = "clocks/packet",
      .conditions = "one bucket line, one record line read, its neighbour written; random; bursts of 64",
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
