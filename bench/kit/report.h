// What a benchmark says: named figures with their runs and conditions, on the screen beside their
// targets and in bench-results.json.
#pragma once

#include <x86intrin.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::bench {

[[nodiscard]] inline std::uint64_t clocks() {
  return __rdtsc();
}

// TSC ticks per nanosecond, measured once.
[[nodiscard]] double clocks_per_ns();

[[nodiscard]] double median(std::vector<double> values);

struct Figure {
  std::string name;
  std::string unit;
  std::string conditions;
  std::vector<double> runs;
  // The goal; `at_most` says on which side of it is good. 0: none.
  double target = 0;
  bool at_most = true;
};

// Prints the figure and adds it to the results file named by the environment's SLUICE_BENCH_RESULTS
// (bench-results.json in the current folder by default), replacing an older one of the same name.
void report(const Figure& figure);

}  // namespace sluice::bench
