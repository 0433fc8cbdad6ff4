// The time of a log line. The text of a second is made once and reused for all its records.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "flowd/logship/logship.h"
#include "flowd/logship/put.h"

namespace sluice::logship {

inline constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

enum class TimeStyle : std::uint8_t {
  bsd,      // "Jun  7 16:49:31" (RFC 3164)
  rfc3339,  // "2026-04-01T10:11:12.345Z" or with an offset (RFC 5424)
};

// Owned by one Formatter; the log thread.
class Timestamp {
 public:
  Timestamp(TimeStyle style, TimeFormat format, bool utc) : style_(style), format_(format), utc_(utc) {}

  char* put(char* at, std::uint64_t unix_ns) noexcept {
    const std::uint64_t second = unix_ns / kNsPerSecond;
    if (second != second_) [[unlikely]] {
      render(second);
    }
    put_text(at, text_.data(), size_);
    if (millisecond_at_ != 0) {
      std::array<char, 8> digits{};
      put_digits(digits.data(), static_cast<std::uint32_t>(unix_ns % kNsPerSecond / 1'000'000), 3);
      std::memcpy(at + millisecond_at_, digits.data(), 3);
    }
    return at + size_;
  }

  static constexpr std::size_t kMaxSize = 48;

 private:
  void render(std::uint64_t second) noexcept;

  const TimeStyle style_;
  const TimeFormat format_;
  const bool utc_;
  std::uint64_t second_ = ~std::uint64_t{0};
  std::array<char, kMaxSize + kSlack> text_{};
  std::size_t size_ = 0;
  std::size_t millisecond_at_ = 0;  // where its three digits go; 0: nowhere
};

}  // namespace sluice::logship
