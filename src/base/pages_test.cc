#include "base/pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

namespace sluice {
namespace {

// The flags that the kernel has of the mapping at `memory` (proc(5), smaps): "hg" transparent huge pages are
// asked for, "ht" it is of huge pages.
std::string flags_of(const void* memory) {
  std::ostringstream begin;
  begin << std::hex << reinterpret_cast<std::uintptr_t>(memory) << '-';
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    inside = inside || line.starts_with(begin.str());
    if (inside && line.starts_with("VmFlags:")) return line + " ";
  }
  return "";
}

TEST(Pages, memory_is_of_huge_pages_or_asks_for_transparent_ones_and_is_zero) {
  constexpr std::size_t kBytes = 3 * kHugePage + 5;
  auto* memory = static_cast<std::uint8_t*>(map_pages(kBytes));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % kHugePage, 0U);
  EXPECT_EQ(memory[0], 0);
  EXPECT_EQ(memory[kBytes - 1], 0);
  const std::string flags = flags_of(memory);
  const bool huge = flags.find(" ht ") != std::string::npos;
  const bool asked = flags.find(" hg ") != std::string::npos;
  // A kernel built without transparent huge pages refuses to be asked.
  const bool possible = std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled").good();
  EXPECT_TRUE(huge || asked || !possible) << flags;
  unmap_pages(memory, kBytes);
}

TEST(Pages, more_than_the_address_space_is_refused) {
  EXPECT_EQ(try_map_pages(std::size_t{1} << 60), nullptr);
}

TEST(Pages, nothing_is_nothing) {
  EXPECT_EQ(map_pages(0), nullptr);
  EXPECT_EQ(try_map_pages(0), nullptr);
  unmap_pages(nullptr, 0);
}

}  // namespace
}  // namespace sluice
