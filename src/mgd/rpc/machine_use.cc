#include "mgd/rpc/machine_use.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace sluice::rpc {

CpuTimes read_cpu_times(std::istream& stat) {
  // user, nice, system, idle, waiting for a disk, interrupts, soft ones.
  std::string word;
  std::array<std::uint64_t, 7> ticks{};
  stat >> word;
  for (std::uint64_t& tick : ticks) stat >> tick;
  return {.user = ticks[0],
          .background = ticks[1],
          .system = ticks[2],
          .interrupt = ticks[5] + ticks[6],
          .idle = ticks[3] + ticks[4]};
}

// What is not idle is rounded, and idle is the rest.
CpuUse use_between(const CpuTimes& before, const CpuTimes& after) {
  const auto sum = [](const CpuTimes& t) { return t.user + t.background + t.system + t.interrupt + t.idle; };
  const std::uint64_t all = sum(after) - sum(before);
  if (sum(after) <= sum(before)) return {};
  const auto percent = [&](std::uint64_t CpuTimes::*part) {
    const std::uint64_t ticks = after.*part > before.*part ? after.*part - before.*part : 0;
    return static_cast<unsigned>((ticks * 100 + all / 2) / all);
  };
  CpuUse use{.user = percent(&CpuTimes::user),
             .background = percent(&CpuTimes::background),
             .system = percent(&CpuTimes::system),
             .interrupt = percent(&CpuTimes::interrupt)};
  const unsigned busy = use.user + use.background + use.system + use.interrupt;
  use.idle = busy < 100 ? 100 - busy : 0;
  return use;
}

CpuUse cpu_use() {
  constexpr std::chrono::milliseconds kWindow{100};
  std::ifstream before("/proc/stat");
  const CpuTimes first = read_cpu_times(before);
  std::this_thread::sleep_for(kWindow);
  std::ifstream after("/proc/stat");
  return use_between(first, read_cpu_times(after));
}

MemoryUse read_memory(std::istream& meminfo) {
  MemoryUse use;
  std::uint64_t available = 0;
  std::string name, unit;
  for (std::uint64_t kib = 0; meminfo >> name >> kib && std::getline(meminfo, unit);) {
    if (name == "MemTotal:") use.total = kib;
    if (name == "MemAvailable:") available = kib;
  }
  use.used = use.total - std::min(available, use.total);
  return use;
}

MemoryUse memory_use() {
  std::ifstream meminfo("/proc/meminfo");
  return read_memory(meminfo);
}

}  // namespace sluice::rpc
