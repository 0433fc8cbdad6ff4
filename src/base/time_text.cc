#include "base/time_text.h"

#include <fmt/format.h>

namespace sluice {
namespace {

constexpr std::int64_t kDay_s = 86400;

// Whether the text has a digit where `shape` has one, and is the same elsewhere.
bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '0' ? !digit : text[i] != shape[i]) return false;
  }
  return true;
}

// Of digits.
int number(std::string_view text) {
  int value = 0;
  for (const char digit : text) value = value * 10 + (digit - '0');
  return value;
}

// "hh:mm[:ss]" as seconds of a day; nullopt: there is no such time.
std::optional<std::int64_t> second_of_day(std::string_view text) {
  const bool with_seconds = has_shape(text, "00:00:00");
  if (!with_seconds && !has_shape(text, "00:00")) return std::nullopt;
  const int hour = number(text.substr(0, 2)), minute = number(text.substr(3, 2));
  const int second = with_seconds ? number(text.substr(6, 2)) : 0;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return (hour * 60 + minute) * 60 + second;
}

// "yyyy-mm-dd" as the second when it begins; nullopt: there is no such day.
std::optional<std::int64_t> start_of_day(std::string_view text) {
  if (!has_shape(text, "0000-00-00")) return std::nullopt;
  std::tm day{};
  day.tm_year = number(text.substr(0, 4)) - 1900;
  day.tm_mon = number(text.substr(5, 2)) - 1;
  day.tm_mday = number(text.substr(8, 2));
  const std::tm asked = day;
  const std::time_t start = ::timegm(&day);  // takes the 31st of February for a day in March
  if (day.tm_mon != asked.tm_mon || day.tm_mday != asked.tm_mday) return std::nullopt;
  return start;
}

}  // namespace

std::optional<std::int64_t> unix_time(std::string_view text, std::int64_t now_unix_s) {
  if (text.ends_with('Z')) text.remove_suffix(1);
  const std::size_t blank = text.find_first_of(" T");
  const bool today = blank == std::string_view::npos;
  const auto day = today ? now_unix_s - now_unix_s % kDay_s : start_of_day(text.substr(0, blank));
  const auto time = second_of_day(today ? text : text.substr(blank + 1));
  if (!day || !time) return std::nullopt;
  return *day + *time;
}

std::string utc_time(std::int64_t unix_s) {
  const std::time_t time = unix_s;
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string weeks_and_days(std::uint64_t seconds) {
  const std::uint64_t days = seconds / 86400;
  const std::string weeks = days >= 7 ? fmt::format("{}w", days / 7) : "";
  return days > 0 ? fmt::format("{}{}d ", weeks, days % 7) : "";
}

std::string rfc3339(const std::tm& time, unsigned milliseconds) {
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}", time.tm_year + 1900, time.tm_mon + 1,
                  time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec, milliseconds);
  if (time.tm_gmtoff == 0) return text + 'Z';
  // Whole minutes, as every zone in use has.
  const long minutes = (time.tm_gmtoff < 0 ? -time.tm_gmtoff : time.tm_gmtoff) / 60;
  return text + fmt::format("{}{:02}:{:02}", time.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

}  // namespace sluice
