// How much of this machine is in use, as the kernel counts it. Private to the room.
#pragma once

#include <cstdint>
#include <istream>

namespace sluice::rpc {

// Of all processors together, since the machine started, in the kernel's ticks.
struct CpuTimes {
  std::uint64_t user = 0, background = 0, system = 0, interrupt = 0, idle = 0;
};
// The first line of /proc/stat. What another machine took is nobody's here.
CpuTimes read_cpu_times(std::istream& stat);

// In percent, 100 together.
struct CpuUse {
  unsigned user = 0, background = 0, system = 0, interrupt = 0, idle = 100;
};
CpuUse use_between(const CpuTimes& before, const CpuTimes& after);
// Of a tenth of a second, for which it waits.
CpuUse cpu_use();

// In KiB. What the kernel would give away for another use is not used.
struct MemoryUse {
  std::uint64_t total = 0, used = 0;
  [[nodiscard]] unsigned percent() const {
    return total == 0 ? 0 : static_cast<unsigned>((used * 100 + total / 2) / total);
  }
};
// From /proc/meminfo.
MemoryUse read_memory(std::istream& meminfo);
MemoryUse memory_use();

}  // namespace sluice::rpc
