// What benchmarks share: TSC clocks, medians, pinning, and results in the form of bench-results.json.
#pragma once

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <x86intrin.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace sluice::bench {

inline std::uint64_t clocks() {
  return __rdtsc();
}

inline double clocks_per_second() {
  static const double rate = [] {
    const auto start = std::chrono::steady_clock::now();
    const std::uint64_t from = clocks();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const std::uint64_t to = clocks();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    return static_cast<double>(to - from) / elapsed.count();
  }();
  return rate;
}

inline double seconds_since(std::uint64_t start) {
  return static_cast<double>(clocks() - start) / clocks_per_second();
}

// Processor time that a running thread has had.
inline double cpu_seconds_of(std::jthread& thread) {
  clockid_t clock{};
  timespec time{};
  pthread_getcpuclockid(thread.native_handle(), &clock);
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

inline void pin_to_core(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

struct Measured {
  std::string name;
  std::string unit;
  std::vector<double> runs;
  std::string conditions;
  std::string target;
};

// Prints one result for people on stderr and one JSON member for bench/run on stdout.
inline void report(const Measured& result) {
  const double value = median(result.runs);
  fmt::print(stderr, "{:<24} {:>12.4g} {:<10} target {:<10} {}\n", result.name, value, result.unit,
             result.target, result.conditions);
  std::string runs;
  for (const double run : result.runs) {
    runs += fmt::format("{}{:.6g}", runs.empty() ? "" : ", ", run);
  }
  fmt::print("\"{}\": {{\"value\": {:.6g}, \"unit\": \"{}\", \"runs\": [{}], \"conditions\": \"{}\"}}\n",
             result.name, value, result.unit, runs, result.conditions);
  std::fflush(stdout);
}

}  // namespace sluice::bench
