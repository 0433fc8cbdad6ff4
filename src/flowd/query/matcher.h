// Matcher: a Filter compiled for records of one family, asked where the records are.
//
// The cheapest test comes first: prefixes, ports and protocol are one masked compare of the In wing's
// key. What needs the cold part, such as the Out wing's key of a translated session, is tested only for those
// left. All reads are relaxed atomic loads; the caller confirms with the record's version that what it saw
// was one session.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/session/record.h"
#include "flowd/query/filter.h"
#include "flowd/query/row.h"

namespace sluice::query {

template <class F>
class Matcher {
 public:
  Matcher(const Filter& filter, const Moment& moment);

  // False: no session of this family can match.
  [[nodiscard]] bool possible() const noexcept { return possible_; }

  // Whether more is read of a session than its record.
  [[nodiscard]] bool needs_cold() const noexcept { return needs_cold_; }

  [[nodiscard]] bool test(const session::Record<F>& record, const session::Cold<F>& cold) const noexcept {
    return test_line(record) && (!needs_more_ || test_more(record, cold));
  }

 private:
  using Key = typename F::Key;

  // What a key must have.
  class KeyTest {
   public:
    KeyTest() = default;
    KeyTest(const Key& value, const Key& mask) noexcept;
    [[nodiscard]] bool matches(const Key& key) const noexcept {
      const auto* words = reinterpret_cast<const std::uint64_t*>(&key);
      std::uint64_t difference = 0;
      for (std::size_t i = 0; i < kWords; ++i) {
        difference |= (session::get(words[i]) ^ value_[i]) & mask_[i];
      }
      return difference == 0;
    }

   private:
    static constexpr std::size_t kWords = sizeof(Key) / sizeof(std::uint64_t);
    std::array<std::uint64_t, kWords> value_{};
    std::array<std::uint64_t, kWords> mask_{};
  };

  // An inclusive range; the whole of it by default.
  struct Span {
    std::uint64_t low = 0;
    std::uint64_t high = ~std::uint64_t{0};
    [[nodiscard]] bool contains(std::uint64_t value) const noexcept { return value - low <= high - low; }
    [[nodiscard]] bool whole() const noexcept { return low == 0 && high == ~std::uint64_t{0}; }
  };

  [[nodiscard]] bool test_line(const session::Record<F>& record) const noexcept {
    return sent_.matches(record.key) && (session::get(record.flags) & flags_mask_) == flags_value_;
  }
  [[nodiscard]] bool test_more(const session::Record<F>& record, const session::Cold<F>& cold) const noexcept;
  [[nodiscard]] bool test_cold(const session::Record<F>& record, const session::Cold<F>& cold) const noexcept;
  [[nodiscard]] bool test_traffic(const session::Record<F>& record,
                                  const session::Cold<F>& cold) const noexcept;
  [[nodiscard]] bool test_translation(const session::Record<F>& record,
                                      const session::Cold<F>& cold) const noexcept;

  // Of the key of packets with this tuple, or of the answers to them.
  enum class Direction { packets, answers };
  [[nodiscard]] static KeyTest test_of(const Tuple& tuple, Direction direction,
                                       std::optional<std::uint8_t> protocol = {});
  [[nodiscard]] Span span_of(const Bounds& bounds);

  KeyTest sent_;
  KeyTest plain_;    // what is asked of the translation, where there is none: of wing 0's key
  KeyTest answers_;  // and where there is one: of wing 1's
  std::uint16_t flags_mask_ = 0;
  std::uint16_t flags_value_ = 0;
  bool possible_ = true;
  bool needs_more_ = false;
  bool needs_traffic_ = false;
  bool needs_cold_ = false;
  bool needs_translation_ = false;

  static constexpr std::uint32_t kAny = 0xffffffff;
  std::uint32_t zone_ = kAny;
  std::uint32_t policy_ = kAny;
  std::vector<bool> applications_;  // by AppId; empty: any
  std::vector<bool> interfaces_;    // by IflId; empty: any
  std::vector<bool> nat_pools_;     // by NatPoolId; empty: any
  Span timeout_;
  Span remaining_;
  Span packets_;
  Span bytes_;
  Span duration_;
  Moment moment_;
};

extern template class Matcher<packet::V4>;
extern template class Matcher<packet::V6>;

}  // namespace sluice::query
