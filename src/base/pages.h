// PageArray: one big zeroed array in memory of its own, in huge pages when there are any.
//
// Reserved huge pages (MAP_HUGETLB) are tried first, then ordinary memory with transparent huge
// pages advised. Nothing is touched before it is used, so a table sized for tens of millions costs
// what it holds. Owner: one; the memory goes back on destruction. Aborts when the address space itself is
// refused, which only happens at start; what is made later takes try_map_pages() and refuses in its turn.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace sluice {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

// Maps `bytes`, aligned to a huge page. Returns null for zero bytes, and when the system refuses.
[[nodiscard]] void* try_map_pages(std::size_t bytes);
// The same, but aborts when the system refuses: null only for zero bytes.
[[nodiscard]] void* map_pages(std::size_t bytes);
void unmap_pages(void* memory, std::size_t bytes);

template <class T>
class PageArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  PageArray() = default;
  explicit PageArray(std::size_t count) : PageArray(map_pages(count * sizeof(T)), count) {}
  // Empty when the system refuses.
  [[nodiscard]] static PageArray try_make(std::size_t count) {
    void* data = try_map_pages(count * sizeof(T));
    return PageArray(data, data == nullptr ? 0 : count);
  }
  PageArray(PageArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  PageArray& operator=(PageArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~PageArray() { unmap_pages(data_, count_ * sizeof(T)); }

  [[nodiscard]] T* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  T& operator[](std::size_t i) const noexcept { return data_[i]; }

 private:
  PageArray(void* data, std::size_t count) : data_(static_cast<T*>(data)), count_(count) {}

  T* data_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace sluice
