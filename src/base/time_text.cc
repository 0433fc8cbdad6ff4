#include "base/time_text.h"

#include <fmt/format.h>

namespace sluice {

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
