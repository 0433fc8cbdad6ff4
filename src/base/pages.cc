#include "base/pages.h"

#include <sys/mman.h>

#include <cstdint>

#include "base/check.h"

namespace sluice {
namespace {

std::size_t round_up(std::size_t bytes) {
  return (bytes + kHugePage - 1) & ~(kHugePage - 1);
}

// Ordinary memory or null, cut to huge-page alignment so that every aligned 2 MiB can become one page.
void* map_transparent(std::size_t size) {
  const std::size_t reserved = size + kHugePage;
  void* raw =
      mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) {
    return nullptr;
  }
  auto* const start = static_cast<std::uint8_t*>(raw);
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(raw) % kHugePage;
  if (before != 0) {
    munmap(start, before);
  }
  std::uint8_t* const memory = start + before;
  munmap(memory + size, kHugePage - before);
  madvise(memory, size, MADV_HUGEPAGE);
  return memory;
}

}  // namespace

void* try_map_pages(std::size_t bytes) {
  if (bytes == 0) {
    return nullptr;
  }
  const std::size_t size = round_up(bytes);
  // Fails at once when fewer huge pages than that are reserved.
  void* huge = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
  return huge != MAP_FAILED ? huge : map_transparent(size);
}

void* map_pages(std::size_t bytes) {
  void* const memory = try_map_pages(bytes);
  check(memory != nullptr || bytes == 0, "the system gives address space for a table");
  return memory;
}

void unmap_pages(void* memory, std::size_t bytes) {
  if (memory != nullptr) {
    munmap(memory, round_up(bytes));
  }
}

}  // namespace sluice
