// What benchmarks with threads of their own share: elapsed and processor time, and cores.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <cstdint>
#include <ctime>
#include <thread>

#include "kit/report.h"

namespace sluice::bench {

inline double clocks_per_second() {
  return clocks_per_ns() * 1e9;
}

inline double seconds_since(std::uint64_t start_clocks) {
  return static_cast<double>(clocks() - start_clocks) / clocks_per_second();
}

// Processor time that a running thread has had.
inline double cpu_seconds_of(std::jthread& thread) {
  clockid_t clock{};
  timespec time{};
  pthread_getcpuclockid(thread.native_handle(), &clock);
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

inline void pin_to_core(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

}  // namespace sluice::bench
