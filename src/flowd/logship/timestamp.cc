#include "flowd/logship/timestamp.h"

#include <algorithm>
#include <ctime>
#include <string>

#include "base/time_text.h"

namespace sluice::logship {
namespace {

char* put_two(char* at, int value) noexcept {
  return put_digits(at, static_cast<std::uint32_t>(value), 2);
}

char* put_clock(char* at, const std::tm& time) noexcept {
  at = put_two(at, time.tm_hour);
  *at++ = ':';
  at = put_two(at, time.tm_min);
  *at++ = ':';
  return put_two(at, time.tm_sec);
}

char* put_year(char* at, const std::tm& time) noexcept {
  return put_digits(at, static_cast<std::uint32_t>(time.tm_year + 1900), 4);
}

}  // namespace

void Timestamp::render(std::uint64_t second) noexcept {
  const auto when = static_cast<std::time_t>(second);
  std::tm time{};
  if (utc_) {
    gmtime_r(&when, &time);
  } else {
    localtime_r(&when, &time);
  }
  char* at = text_.data();
  const auto leave_room_for_milliseconds = [&] {
    *at++ = '.';
    millisecond_at_ = static_cast<std::size_t>(at - text_.data());
    at += 3;
  };
  if (style_ == TimeStyle::rfc3339) {
    const std::string text = rfc3339(time, 0);
    at = std::copy(text.begin(), text.end(), at);
    millisecond_at_ = text.find('.') + 1;
  } else {
    const std::string_view month = kMonths[static_cast<std::size_t>(time.tm_mon)];
    at = std::copy(month.begin(), month.end(), at);
    *at++ = ' ';
    *at++ = time.tm_mday < 10 ? ' ' : static_cast<char>('0' + time.tm_mday / 10);
    *at++ = static_cast<char>('0' + time.tm_mday % 10);
    *at++ = ' ';
    at = put_clock(at, time);
    if (format_.millisecond) {
      leave_room_for_milliseconds();
    }
    if (format_.year) {
      *at++ = ' ';
      at = put_year(at, time);
    }
  }
  second_ = second;
  size_ = static_cast<std::size_t>(at - text_.data());
}

}  // namespace sluice::logship
